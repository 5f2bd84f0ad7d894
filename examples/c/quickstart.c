/* SPDX-License-Identifier: MIT */
/* A run with three regions, measured from C. */
#include <stdio.h>

#include <co2lib/c.h>

static double train(void) {
  double x = 0;
  for (int i = 0; i < 20000000; ++i) x += 1.0 / (1.0 + i);
  return x;
}

int main(void) {
  const co2lib_option options[] = {{"location", "FRA"}};
  co2lib_tracker* tracker = co2lib_open(options, 1);
  if (tracker == NULL) {
    fprintf(stderr, "%s: %s\n", co2lib_error_code(), co2lib_error());
    return 1;
  }
  double sum = 0;
  for (int i = 0; i < 3; ++i) {
    const uint64_t epoch = co2lib_region_begin(tracker, "epoch");
    sum += train();
    co2lib_values used;
    if (co2lib_region_end(tracker, epoch, &used) == 0) printf("epoch %d: %.2f J\n", i, used.energy_j);
  }
  co2lib_values total;
  co2lib_stop(tracker, &total);
  printf("%.3f\nenergy %.2f J (%.2f to %.2f), %.3g g CO2e, %.0f %% of it modelled\n", sum, total.energy_j,
         total.energy_low_j, total.energy_high_j, total.carbon_g, 100 * total.modelled_share);
  printf("%s\n", co2lib_text(tracker));
  co2lib_close(tracker);
  return 0;
}
