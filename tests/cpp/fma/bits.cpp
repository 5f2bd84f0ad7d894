// SPDX-License-Identifier: MIT
// Prints the bits of results that must not depend on fused multiply-add; built with it and without, outputs compared.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string_view>
#include <vector>

#include <co2lib/hub/rating.hpp>
#include <co2lib/intensity/price.hpp>
#include <co2lib/meter/counter.hpp>
#include <co2lib/meter/power.hpp>
#include <co2lib/numeric.hpp>
#include <co2lib/preindex/corruption.hpp>
#include <co2lib/preindex/distance.hpp>
#include <co2lib/preindex/index.hpp>
#include <co2lib/preindex/vector.hpp>
#include <co2lib/quantiles.hpp>
#include <co2lib/random.hpp>
#include <co2lib/tracker/forecast.hpp>
#include <co2lib/units.hpp>

namespace {

using namespace co2lib;

/// Values that no compiler knows, so that nothing is computed while compiling.
class Values {
 public:
  double next() {
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return numeric::product(static_cast<double>(state_ >> 11) / 9007199254740992.0, 1000.0);
  }

 private:
  volatile std::uint64_t seed_ = 20240501;
  std::uint64_t state_ = seed_;
};

/// Apart from its caller, so that its product is no other's.
[[gnu::noinline]] double multiply_add(double a, double b, double c) { return a * b + c; }

void show(const char* name, double value) { std::printf("%s %a\n", name, value); }

void show_preindex(Values& values) {
  const auto floats = [&](std::size_t n) {
    std::vector<float> result(n);
    for (float& x : result) x = static_cast<float>(values.next() - 500);
    return result;
  };
  for (const auto rule : {preindex::EdgeRule::numpy1, preindex::EdgeRule::numpy2}) {
    preindex::Options options;
    options.bins = {64, 32, 16};
    options.distances = {preindex::Distance::js, preindex::Distance::wasserstein, preindex::Distance::bhattacharyya,
                         preindex::Distance::kl};
    options.edge_rule = rule;
    for (const std::size_t width : {17U, 512U}) {
      const auto found = preindex::distances(floats(width), floats(width), options);
      for (const double value : found.values) show("distance", value);
      for (const auto& counts : found.clean) {
        for (const auto count : counts) show("count", static_cast<double>(count));
      }
    }
    for (const float edge : preindex::edges(floats(1)[0], 600, 64, rule)) show("edge", static_cast<double>(edge));
  }
  const auto output = floats(std::size_t{2} * 3 * 35);
  const preindex::TensorView tensor{.data = output.data(), .shape = {2, 3, 5, 7}};
  for (const float mean : preindex::sample_vectors(tensor, preindex::Mode::cnn).values) show("channel", double{mean});
  show("index", preindex::combine(values.next() / 1000, values.next() / 1000, values.next(), values.next()));
  preindex::Image image{.channels = 1, .height = 8, .width = 8, .values = floats(64)};
  for (float& x : image.values) x = x / 1000 + 0.5F;
  for (const std::string_view name : preindex::corruption_names) {
    for (const float x : preindex::corrupt(image, name, name == "frost" ? 3 : 0.3, {.seed = 5, .item = 7}).values) {
      show("pixel", double{x});
    }
  }
}

void show_ratings() {
  const std::vector<double> weights = {0.35, 0.10, 0.10, 0.25, 0.20};
  for (int pattern = 0; pattern < 3125; ++pattern) {
    std::vector<int> ratings;
    for (int rest = pattern; ratings.size() < weights.size(); rest /= 5) ratings.push_back(rest % 5);
    const hub::Compound all = hub::compound(ratings, weights);
    show("mean", all.mean);
    show("rating", all.rating);
  }
}

}  // namespace

int main() {
#if defined(__x86_64__) && defined(__FMA__)
  if (!__builtin_cpu_supports("fma")) {
    std::puts("this processor has no FMA");
    return 77;
  }
#endif
  Values values;
  show_ratings();

  // The rounding error of a product: 0 unless the compiler fuses.
  double control = 0;
  for (int i = 0; i < 100; ++i) {
    const double a = values.next();
    const double b = values.next();
    control += std::fabs(multiply_add(a, b, -numeric::product(a, b)));
  }
  show("control", control);

  for (int i = 0; i < 8; ++i) {
    const double a = values.next();
    const double b = values.next();
    const double c = values.next();
    const double d = values.next();
    show("product", numeric::product(a, b) + c);
    show("energies", (Energy::from_kwh(a) + Energy::from_kwh(b)).joules());
    show("scaled", (Energy::from_joules(a) * b + Energy::from_joules(c) * d).joules());
    show("difference", (a * Energy::from_joules(b) - Energy::from_joules(c)).joules());
    show("power", (Power::from_watts(a) * Seconds(b) + Power::from_watts(c) * Seconds(d)).joules());
    const CarbonIntensity intensity = CarbonIntensity::from_g_per_kwh(b);
    show("carbon", (Energy::from_joules(a) * intensity + CarbonMass::from_kilograms(c)).grams());
    show("water", (Energy::from_joules(a) * WaterIntensity::from_l_per_kwh(b) + Water::from_litres(c)).litres());
    show("pounds", (CarbonIntensity::from_lb_per_mwh(a) - intensity).g_per_kwh());
    show("convert", *convert(a, "kWh", "J") + *convert(b, "kg", "lb") - c);
    show("sci", *sci(Energy::from_joules(a * 1e6), intensity, CarbonMass::from_grams(c), d));
  }

  numeric::Sum sum;
  numeric::Sum other;
  numeric::Moments moments;
  for (int i = 0; i < 1000; ++i) {
    const double x = values.next() - 500;
    sum += numeric::product(x, x * 1e-3);
    other += x;
    moments.push(x);
  }
  sum += other;
  // The engines on traces whose windows cut steps, and pricing of what they give.
  for (int round = 0; round < 50; ++round) {
    std::vector<meter::CounterSample> counts;
    std::vector<meter::PowerSample> watts;
    std::vector<intensity::EnergySample> samples;
    std::vector<intensity::TimedValue> grid;
    MonotonicTime t{};
    std::uint64_t count = 1'000'000;
    for (int i = 0; i < 40; ++i) {
      const std::chrono::nanoseconds step = std::chrono::milliseconds(1 + static_cast<int>(values.next() * 7.3));
      const double w = values.next() * 0.8;
      counts.push_back({t, i % 11 == 10 ? std::nullopt : std::optional(count)});
      watts.push_back({t, i % 13 == 12 ? std::nullopt : std::optional(meter::Watts{w, w * 0.3, w * 1.7})});
      const UtcTime utc{t};
      samples.push_back({utc, utc + step, Energy::from_joules(w)});
      grid.push_back({utc, utc + step / 3, CarbonIntensity::from_g_per_kwh(w)});
      grid.push_back({utc + step / 3, utc + step, CarbonIntensity::from_g_per_kwh(values.next())});
      count += static_cast<std::uint64_t>(values.next() * 4000);
      t += step;
    }
    meter::MeterInfo info{.id = "bits"};
    info.p_max_w = 1000;
    info.accuracy = 0.05;
    info.update_period_s = 0.001;
    const auto show_window = [&](const meter::WindowEnergy& w) {
      show("energy", w.energy_j.value_or(-1));
      show("low", w.low_j);
      show("high", w.high_j);
      show("interval_low", w.interval_low_j);
      show("interval_high", w.interval_high_j);
    };
    const meter::TimeWindow window{t / 7, t - t / 5};
    show_window(meter::integrate_counter(info, counts).record(window).window);
    info.kind = meter::Kind::power;
    show_window(meter::integrate_power(info, watts, 0.5).record(window).window);
    const intensity::Trace trace(intensity::Record{}, grid);
    show("grams", intensity::price(samples, trace).mass.grams());
    show("linear", intensity::price(samples, trace, {.mode = intensity::Mode::linear}).mass.grams());
  }
  tracker::UnitForecast forecast;
  for (int i = 0; i < 20; ++i) forecast.push(Energy::from_joules(values.next()));
  show("forecast", forecast.total(50).total.joules());
  show("half_width", forecast.total(50).half_width->joules());

  std::vector<double> sample;
  for (std::uint64_t d = 0; d < 64; ++d) {
    const double u = random::draw(5, d, "bits");
    sample.push_back(values.next());
    show("percentile", *numeric::percentile(sample, u));
    show("triangular", random::triangular(u, sample.back(), sample.back() + 3.7, sample.back() + 100));
    show("uniform", random::uniform(u, sample.back(), 1001.3));
  }
  show("coverage", numeric::median_interval(sample)->coverage);

  show_preindex(values);

  show("sum", sum.value());
  show("mean", moments.mean());
  show("sd", moments.sample_sd());
  return 0;
}
