// SPDX-License-Identifier: MIT
// A step of serving is divided without an allocation: a program of its own, for it counts every call of operator new.
#include <co2lib/inference/llm.hpp>

#include <cstdio>
#include <cstdlib>
#include <new>
#include <vector>

namespace {

long allocations = 0;

void* counted(std::size_t size) {
  ++allocations;
  if (void* found = std::malloc(size)) return found;
  throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t size) { return counted(size); }
void* operator new[](std::size_t size) { return counted(size); }
void operator delete(void* p) noexcept { std::free(p); }
void operator delete[](void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t) noexcept { std::free(p); }

int main() {
  using namespace co2lib::inference;
  const llm::Coefficients c{6e-11, 2.2e-13, 8e-11, 0.002, 0.0015};
  std::vector<llm::Request> requests;
  for (int i = 0; i < 64; ++i) requests.push_back({static_cast<double>(1 + i), 1e10, 1e8});
  std::vector<double> parts(requests.size());
  if (allocations < 2) {
    std::fprintf(stderr, "allocations are not counted: %ld\n", allocations);
    return 1;
  }
  const long before = allocations;
  double idle = 0;
  for (int step = 0; step < 100; ++step) idle += llm::split(c, {16e9, 32, 3, 0.5}, requests, parts);
  if (allocations != before || idle != 50) {
    std::fprintf(stderr, "%ld allocations in 100 steps, idle %g J\n", allocations - before, idle);
    return 1;
  }
  return 0;
}
