/* SPDX-License-Identifier: MIT */
/* A user's program in C: models alone, so that it runs anywhere. */
#include <stdio.h>

#include <co2lib/c.h>

int main(void) {
  const co2lib_option options[] = {{"meters", "none"}, {"gpus", "none"}, {"intensity", "56"}};
  co2lib_tracker* tracker = co2lib_open(options, 3);
  if (tracker == NULL) {
    printf("%s\n", co2lib_error());
    return 1;
  }
  co2lib_values values;
  const int measured = co2lib_stop(tracker, &values) == 0;
  co2lib_close(tracker);
  printf("co2lib %s from C\n", co2lib_version());
  return measured ? 0 : 1;
}
