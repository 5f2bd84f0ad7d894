// SPDX-License-Identifier: MIT
// Prints the bits of results that must not depend on fused multiply-add; built with it and without, outputs compared.
#include <cmath>
#include <cstdint>
#include <cstdio>

#include <co2lib/numeric.hpp>
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

}  // namespace

int main() {
#if defined(__x86_64__) && defined(__FMA__)
  if (!__builtin_cpu_supports("fma")) {
    std::puts("this processor has no FMA");
    return 77;
  }
#endif
  Values values;

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
  show("sum", sum.value());
  show("mean", moments.mean());
  show("sd", moments.sample_sd());
  return 0;
}
