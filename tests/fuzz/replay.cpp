// SPDX-License-Identifier: MIT
// Runs a fuzz target on every file of its corpus folder, without libFuzzer: fuzz_replay units tests/fuzz/units
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "target.hpp"

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "give the name of a fuzz target and the folder of its corpus\n");
    return 1;
  }
  const auto target = fuzz::targets().find(argv[1]);
  if (target == fuzz::targets().end()) {
    std::fprintf(stderr, "%s is not a fuzz target; known:", argv[1]);
    for (const auto& known : fuzz::targets()) std::fprintf(stderr, " %s", known.first.c_str());
    std::fprintf(stderr, "\n");
    return 1;
  }
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(argv[2])) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const auto& file : files) {
    std::ifstream stream(file, std::ios::binary);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(stream), {}};
    std::printf("%s\n", file.c_str());
    std::fflush(stdout);
    target->second(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  }
  if (files.empty()) {
    std::fprintf(stderr, "no corpus: give a folder with at least one file\n");
    return 1;
  }
  return 0;
}
