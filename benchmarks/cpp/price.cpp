// SPDX-License-Identifier: MIT
// What pricing and reading cost beside their limits, as Markdown: co2lib_price FILE, a CSV of hourly intensities.
// Each ratio is of two things measured in turn, the least of several rounds.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <co2lib/intensity/price.hpp>

namespace {

using namespace co2lib::intensity;

double cpu_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) * 1e-6;
}

/// What is computed must be seen, or the compiler leaves it out.
volatile double seen = 0;

/// The least CPU time of each of two functions, called in turn.
struct Pair {
  double ours = std::numeric_limits<double>::infinity();
  double limit = std::numeric_limits<double>::infinity();
};
template <class Ours, class Limit>
Pair measure(int rounds, Ours ours, Limit limit) {
  Pair best;
  for (int round = 0; round < rounds; ++round) {
    double begin = cpu_ms();
    seen = seen + limit();
    best.limit = std::min(best.limit, cpu_ms() - begin);
    begin = cpu_ms();
    seen = seen + ours();
    best.ours = std::min(best.ours, cpu_ms() - begin);
  }
  return best;
}

void row(const char* what, const char* limit, Pair t, const char* most) {
  std::printf("| %s | %.2f ms | %s | %.2f ms | %.2f | %s |\n", what, t.ours, limit, t.limit, t.ours / t.limit, most);
}

void pricing(const Trace& trace) {
  constexpr std::size_t count = 1'000'000;
  const auto length = (trace.end() - trace.start()) / count;
  std::vector<EnergySample> samples;
  std::vector<double> joules;
  std::vector<double> values;
  for (std::size_t i = 0; i < count; ++i) {
    const co2lib::UtcTime start = trace.start() + static_cast<std::int64_t>(i) * length;
    const double energy = 1.0 + static_cast<double>(i % 97);
    samples.push_back({start, start + length, co2lib::Energy::from_joules(energy)});
    joules.push_back(energy);
    values.push_back(trace.at(start).value_or(co2lib::CarbonIntensity{}).g_per_kwh());
  }
  const auto multiply_and_add = [&] {
    double sum = 0;
    for (std::size_t i = 0; i < count; ++i) sum += joules[i] * values[i];
    return sum;
  };
  const auto priced = [&] { return price(samples, trace, {.gap = Gap::hold}).mass.grams(); };
  row("price 10^6 samples", "multiply and add 10^6 pairs", measure(15, priced, multiply_and_add), "4");
}

void reading(const std::filesystem::path& file) {
  const auto lines = [&] {
    std::ifstream in(file);
    std::string line;
    std::size_t bytes = 0;
    while (std::getline(in, line)) bytes += line.size();
    return static_cast<double>(bytes);
  };
  const auto trace = [&] { return static_cast<double>(read_csv(file, {.scope = Scope::lifecycle}).size()); };
  const std::string what = "read a CSV of " + std::to_string(std::filesystem::file_size(file) / 1000) + " kB";
  row(what.c_str(), "`std::getline` of its lines", measure(15, trace, lines), "6");
}

void looking_up(const Trace& trace) {
  constexpr int count = 1'000'000;
  std::mt19937_64 random(1);
  const auto length = static_cast<std::uint64_t>((trace.end() - trace.start()).count());
  std::vector<co2lib::UtcTime> times;
  for (int i = 0; i < count; ++i) {
    times.push_back(trace.start() + std::chrono::nanoseconds(static_cast<std::int64_t>(random() % length)));
  }
  const auto at = [&] {
    double sum = 0;
    for (const co2lib::UtcTime t : times) sum += trace.at(t).value_or(co2lib::CarbonIntensity{}).g_per_kwh();
    return sum;
  };
  const double ms = measure(5, at, [] { return 0.0; }).ours;
  std::printf("\n`Trace::at` of a time chosen at random among %zu hours: %.0f ns (limit: 100 ns).\n", trace.size(),
              ms * 1e6 / count);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "co2lib_price FILE: a CSV file of hourly carbon intensities\n");
    return 2;
  }
  const Trace trace = read_csv(argv[1], {.scope = Scope::lifecycle});
  std::printf("| what | CPU time | beside | its CPU time | ratio | limit |\n|---|---|---|---|---|---|\n");
  pricing(trace);
  reading(argv[1]);
  looking_up(trace);
  return 0;
}
