// SPDX-License-Identifier: MIT
// What adapting is worth on every trace at hand, and how fast it is decided, as Markdown:
// co2lib_adaptive FOLDER [SLOTS]. With a number of slots: the optimum and the time of that many slots and 10 models,
// for the comparison with a solver.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <co2lib/adaptive.hpp>
#include <co2lib/error.hpp>
#include <co2lib/random.hpp>

namespace {

using namespace co2lib;
using namespace co2lib::adaptive;

double cpu_us() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) * 1e-3;
}

/// The least of five times `rounds` calls, each, in us.
double time_of(int rounds, const std::function<void()>& call) {
  double best = INFINITY;
  for (int i = 0; i < 5; ++i) {
    const double begin = cpu_us();
    for (int k = 0; k < rounds; ++k) call();
    best = std::min(best, (cpu_us() - begin) / rounds);
  }
  return best;
}

std::vector<Model> resnets() {
  const auto model = [](const char* name, double kwh, double accuracy) {
    return Model{.name = name, .energy = Energy::from_kwh(kwh), .accuracy = accuracy};
  };
  return {model("resnet18", 1.81, 69.758), model("resnet34", 3.66, 73.314), model("resnet50", 4.09, 76.130),
          model("resnet101", 7.80, 77.374), model("resnet152", 11.51, 78.312)};
}

constexpr std::size_t year_of_minutes = 105120;  // slots of 5 minutes

/// Slots and 10 models on a hull, from numbers that depend on a seed alone.
std::pair<std::vector<Model>, std::vector<double>> large_case(std::size_t slots = year_of_minutes) {
  std::vector<Model> models;
  for (int i = 0; i < 10; ++i) {
    models.push_back({.name = std::to_string(i),
                      .energy = Energy::from_kwh(1 + i),
                      .accuracy = 60 + 10 * std::log1p(static_cast<double>(i))});
  }
  std::vector<double> c(slots);
  for (std::size_t t = 0; t < c.size(); ++t) c[t] = 50 + 500 * random::draw(1, t, "adaptive.benchmark");
  return {models, c};
}

double sum(const std::vector<double>& values) {
  double total = 0;
  for (const double x : values) total += x;
  return total;
}

CarbonMass grams(double x) { return CarbonMass::from_grams(x); }

void heuristics(const std::string& name, const Slots& year) {
  for (const Heuristic rule : all<Heuristic>()) {
    const HeuristicResult r = heuristic(rule, resnets(), year);
    std::printf("| %s | %s | %.3f | %.1f |", name.c_str(), text(rule).data(), r.accuracy,
                r.carbon.grams() / static_cast<double>(year.size()));
    for (const char* model : {"resnet152", "resnet101", "resnet50", "resnet34"}) {
      std::printf(" %+.1f %% |", r.improvement.at(model).value_or(NAN) * 100);
    }
    std::printf(" %+.1f %% |\n", r.extra_carbon.value_or(NAN) * 100);
  }
}

void plans(const std::string& name, const Slots& year) {
  const double single = 4.09 * sum(year.g_per_kwh);
  for (const double factor : {1.3, 0.6}) {
    const Plan p = plan(resnets(), year, {.budget = grams(factor * single)});
    std::printf("| %s, %.1f | %.5f | %.6f | %.6e | %.6f | %.2f %% |\n", name.c_str(), factor, factor * single,
                p.accuracy, p.lambda_per_g, p.agnostic_accuracy, p.saving_at_agnostic_accuracy.value_or(NAN) * 100);
  }
}

void savings(const std::string& name, const Slots& year) {
  std::printf("| %s |", name.c_str());
  for (const char* model : {"resnet50", "resnet101"}) {
    const Model m = resnets()[index_of(resnets(), model)];
    const StaticOptimal s = static_optimal(resnets(), year, model);
    const Plan p = plan(resnets(), year, {.accuracy = m.accuracy});
    std::printf(" %.2f | %.2f | %.4f %% |", s.ratio_of_intensity, s.ratio_of_slopes.value_or(NAN),
                std::max(p.saving.value_or(NAN), 0.0) * 100);
  }
  std::printf("\n");
}

void controllers(const std::string& name, const Slots& year) {
  const double single = 4.09 * sum(year.g_per_kwh);
  for (const double factor : {1.3, 0.6}) {
    const CarbonMass budget = grams(factor * single);
    const double good = plan(resnets(), year, {.budget = budget}).lambda_per_g;
    const auto run = [&](const ControlOptions& o) {
      const Controlled c = control(resnets(), year, budget, o);
      std::printf(" %.4f / %.4f / %.3f |", c.spend_over_budget, c.share_of_gain.value_or(NAN),
                  c.gap_closed.value_or(NAN));
    };
    std::printf("| %s %.1f |", name.c_str(), factor);
    run({});
    run({.method = Method::mpc});
    for (const double off : {1.0, 3.0, 1.0 / 3}) {
      run({.method = Method::primal_dual, .update = Update::additive, .lambda0_per_g = off * good});
    }
    for (const double off : {1.0, 3.0, 1.0 / 3}) run({.method = Method::primal_dual, .lambda0_per_g = off * good});
    std::printf("\n");
  }
}

double shifts(const std::string& name, const Slots& year) {
  double us = 0;
  for (const auto& [work, window] : {std::pair<std::size_t, std::size_t>{6, 24}, {12, 48}}) {
    const double begin = cpu_us();
    const ShiftTable t = shift_table(year.g_per_kwh, {work, window}, 336, 6);
    us = std::max(us, cpu_us() - begin);
    std::printf("| %s %zu/%zu |", name.c_str(), work, window);
    for (const double x : t.ratio) std::printf(" %.4f |", x);
    std::printf("\n");
  }
  return us;
}

void speed(double table_us) {
  const auto large_one = large_case();
  const std::vector<Model>& models = large_one.first;
  const std::vector<double>& c = large_one.second;
  const std::vector<Model> four{models[0], models[2], models[5], models[9]};
  const std::vector<double> year(c.begin(), c.begin() + 8760);
  const std::vector<double> week(c.begin(), c.begin() + 168);
  const auto planned = [](const std::vector<Model>& m, const std::vector<double>& x, int rounds) {
    const Slots slots(x);
    const CarbonMass budget = grams(3.3 * sum(x));
    return time_of(rounds, [&] { (void)plan(m, slots, {.budget = budget}); });
  };
  const double small = planned(four, year, 20);
  const double large = planned(four, c, 2);
  const double sorted = time_of(20, [&] {
    std::vector<double> x;
    for (int k = 0; k < 4; ++k) x.insert(x.end(), year.begin(), year.end());
    std::sort(x.begin(), x.end());
  });
  std::printf("\n| what | measured | target |\n|---|---|---|\n");
  std::printf("| plan, 8760 slots, 4 models | %.2f ms | 15 ms |\n", small / 1e3);
  std::printf("| plan, 105,120 slots over 8760 | %.1f x | 20 x |\n", large / small);
  std::printf("| plan over sorting T K doubles | %.2f x | 3 x |\n", small / sorted);
  std::printf("| plan of 168 slots | %.1f us | 150 us |\n", planned(four, week, 500));
  const Policy policy(four, 0.01);
  std::size_t served = 0;
  double x = 0;
  const double choose = time_of(2000000, [&] { served += policy.choose(CarbonIntensity::from_g_per_kwh(x += 1e-4)); });
  std::printf("| `Policy::choose` (%zu) | %.1f ns | 20 ns |\n", served % 2, choose * 1e3);
  Pacer pacer(four, grams(3.3 * sum(year)), {.start = UtcTime()});
  const double between = time_of(500000, [&] { (void)pacer.choose(UtcTime(), CarbonIntensity::from_g_per_kwh(99)); });
  std::printf("| `Pacer::choose` between solves | %.1f ns | 50 ns |\n", between * 1e3);
  const double begin = cpu_us();
  Pacer hourly(four, grams(3.3 * sum(year)), {.start = UtcTime()});
  for (std::size_t t = 0; t < year.size(); ++t) {
    (void)hourly.choose(UtcTime() + std::chrono::hours(static_cast<long>(t)), CarbonIntensity::from_g_per_kwh(year[t]));
  }
  std::printf("| `Pacer::choose`, one call an hour, mean | %.2f us | 10 us |\n", (cpu_us() - begin) / 8760);
  std::printf("| k-search thresholds, k = 1000, with alpha_1 | %.2f ms | 5 ms |\n",
              time_of(5, [] {
                (void)k_search_thresholds(1000, {400, 100});
              }) / 1e3);
  std::printf("| a row of the table of shifts | %.0f ms | 1000 ms |\n", table_us / 1e3);
}

std::map<std::string, Slots> traces(const std::filesystem::path& folder) {
  std::map<std::string, Slots> found;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".csv" || !entry.path().filename().string().starts_with("em_")) continue;
    found.emplace(entry.path().stem().string(),
                  Slots(intensity::read_csv(entry.path(), {.scope = intensity::Scope::lifecycle})));
  }
  return found;
}

void tables(const std::map<std::string, Slots>& years) {
  std::printf(
      "Heuristics (reconstructions of ours), five ResNets, one request an hour; carbon in g per request with GFLOPs "
      "in the place of kWh.\n\n| trace | rule | accuracy | carbon | CEE vs resnet152 | vs 101 | vs 50 | vs 34 | "
      "carbon vs the agnostic mix |\n|---|---|---|---|---|---|---|---|---|\n");
  for (const auto& [name, year] : years) heuristics(name, year);
  std::printf(
      "\nPlans, for 1.3 and 0.6 times the carbon of always ResNet-50.\n\n| trace, budget | g | optimum accuracy | "
      "lambda (1/g) | agnostic accuracy | saving there |\n|---|---|---|---|---|---|\n");
  for (const auto& [name, year] : years) plans(name, year);
  std::printf(
      "\nAt the accuracy of one model: max c / min c, ratio of slopes, saving.\n\n| trace | resnet50: max/min | "
      "slopes | saving | resnet101: max/min | slopes | saving |\n|---|---|---|---|---|---|---|\n");
  for (const auto& [name, year] : years) savings(name, year);
  std::printf(
      "\nControllers: spend over budget / share of the gain / gap closed. Primal-dual additive and "
      "multiplicative with lambda_0 good (known in hindsight only), 3 x too high, 3 x too low.\n\n| trace, budget | "
      "pacing | MPC | additive | x 3 | x 1/3 | multiplicative | x 3 | x 1/3 |\n|---|---|---|---|---|---|---|---|---|\n");
  for (const auto& [name, year] : years) controllers(name, year);
  std::printf("\nShifting: carbon over starting now.\n\n| trace, k/T |");
  for (const ShiftRule rule : all<ShiftRule>()) std::printf(" %s |", text(rule).data());
  std::printf("\n|---|---|---|---|---|---|---|---|---|\n");
  double us = 0;
  for (const auto& [name, year] : years) us = std::max(us, shifts(name, year));
  speed(us);
}

void one_large(std::size_t count) {
  const auto large = large_case(count);
  const Slots slots(large.second);
  const CarbonMass budget = grams(4.2 * sum(large.second));
  Plan p;
  const double us = time_of(5, [&] { p = plan(large.first, slots, {.budget = budget}); });
  std::printf("{\"accuracy\": %.17g, \"ms\": %.6g, \"budget_g\": %.17g}\n", p.accuracy, us / 1e3, budget.grams());
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc == 3 && std::atoi(argv[2]) > 0) {
      one_large(static_cast<std::size_t>(std::atoi(argv[2])));
      return 0;
    }
    if (argc != 2) {
      std::fprintf(stderr, "co2lib_adaptive FOLDER [SLOTS]: a folder with CSV files of hourly carbon intensities\n");
      return 2;
    }
    tables(traces(argv[1]));
  } catch (const co2lib::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
