// SPDX-License-Identifier: MIT
// A day of intensities, three models, a budget of carbon: which serves when, and what is that worth?
#include <cstdio>

#include <co2lib/adaptive.hpp>

int main() {
  using namespace co2lib;
  using namespace co2lib::adaptive;
  const std::vector<Model> models{{.name = "small", .energy = Energy::from_wh(1), .accuracy = 60},
                                  {.name = "medium", .energy = Energy::from_wh(2), .accuracy = 80},
                                  {.name = "large", .energy = Energy::from_wh(4), .accuracy = 90}};
  const Slots day(std::vector<double>{310, 300, 290, 260, 190, 120, 80, 60, 70, 110, 180, 260});
  const Plan p = plan(models, day, {.budget = CarbonMass::from_grams(5)});
  std::printf("%s\n", to_string(report(p)).c_str());

  const Policy policy = p.policy();  // needs nothing but the intensity now
  for (const double c : {60.0, 180.0, 310.0}) {
    std::printf("%.0f g/kWh: %s\n", c, models[policy.choose(CarbonIntensity::from_g_per_kwh(c))].name.c_str());
  }
  const Shift job = shift(day, {.power = Power::from_watts(400), .duration = std::chrono::hours(3)});
  std::printf("3 h of work at 400 W: start in slot %zu and save %s\n", job.slots.front(), to_string(job.saved).c_str());
  return 0;
}
