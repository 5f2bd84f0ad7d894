/* SPDX-License-Identifier: MIT */
/* c_test FOLDER: the C interface, on counters whose energy is known; FOLDER is made and filled. */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <co2lib/c.h>

static int failures = 0;

static void expect(int holds, const char* what, int line) {
  if (holds) return;
  ++failures;
  fprintf(stderr, "line %d: %s; error: %s: %s\n", line, what, co2lib_error_code(), co2lib_error());
}
#define EXPECT(condition) expect((condition), #condition, __LINE__)

static char folder[2048];
static char root[4096];
static char counter[4200];

static void put(const char* name, const char* text) {
  char path[4400];
  snprintf(path, sizeof path, "%s/%s", root, name);
  FILE* file = fopen(path, "w");
  if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0) {
    fprintf(stderr, "%s: cannot be written\n", path);
    exit(1);
  }
}

/* One package whose counter shows what the test writes. */
static void make_package(void) {
  char zone[4200];
  snprintf(root, sizeof root, "%s/powercap", folder);
  snprintf(zone, sizeof zone, "%s/intel-rapl:0", root);
  mkdir(folder, 0755);
  mkdir(root, 0755);
  mkdir(zone, 0755);
  put("intel-rapl:0/name", "package-0\n");
  put("intel-rapl:0/max_energy_range_uj", "262143328850\n");
  put("intel-rapl:0/energy_uj", "1000000\n");
  snprintf(counter, sizeof counter, "intel-rapl:0/energy_uj");
}

static co2lib_tracker* open_package(const char* name, const char* value) {
  const co2lib_option options[] = {{"powercap_root", root}, {"meters", "powercap"}, {"gpus", "none"},
                                   {"intensity", "3600"},   {"pue", "1.5"},         {"p_max_w", "package=100000"},
                                   {"ram_w", "0"},          {"period_s", "3600"},   {name, value}};
  return co2lib_open(options, name == NULL ? 8 : 9);
}

static void what_is_known_is_measured(void) {
  put(counter, "1000000\n");
  co2lib_tracker* tracker = open_package(NULL, NULL);
  EXPECT(tracker != NULL);
  if (tracker == NULL) return;
  EXPECT(strcmp(co2lib_error(), "") == 0);

  put(counter, "6000000\n");
  co2lib_values values;
  EXPECT(co2lib_sample(tracker, &values) == 0);
  EXPECT(values.energy_j == 5.0);
  EXPECT(values.energy_low_j <= 5.0 && values.energy_high_j >= 5.0);
  EXPECT(fabs(values.carbon_g - 1.5 * 5.0 / 1000) < 1e-12); /* 3600 g/kWh are 1 g/kJ */
  EXPECT(values.duration_s > 0);
  EXPECT(values.modelled_share == 0);

  const uint64_t outer = co2lib_region_begin(tracker, "outer");
  const uint64_t inner = co2lib_region_begin(tracker, "inner");
  EXPECT(outer != 0 && inner != 0 && inner != outer);
  put(counter, "8000000\n");
  EXPECT(co2lib_region_end(tracker, inner, &values) == 0);
  EXPECT(values.energy_j == 2.0);
  EXPECT(isnan(values.modelled_share));
  put(counter, "9000000\n");
  EXPECT(co2lib_region_end(tracker, outer, NULL) == 0);
  EXPECT(co2lib_region_end(tracker, outer, NULL) == -1);
  EXPECT(strcmp(co2lib_error_code(), "c.not_open") == 0);
  const uint64_t forgotten = co2lib_region_begin(tracker, "forgotten");
  EXPECT(co2lib_region_cancel(tracker, forgotten) == 0);
  EXPECT(strcmp(co2lib_error_code(), "") == 0);
  EXPECT(co2lib_region_cancel(tracker, forgotten) == -1);

  EXPECT(co2lib_stop(tracker, &values) == 0);
  EXPECT(values.energy_j == 8.0);
  co2lib_values again;
  EXPECT(co2lib_stop(tracker, &again) == 0 && memcmp(&again, &values, sizeof again) == 0);
  EXPECT(co2lib_sample(tracker, &again) == 0 && again.energy_j == 8.0);
  EXPECT(co2lib_region_begin(tracker, "late") == 0 && strcmp(co2lib_error_code(), "c.stopped") == 0);

  const char* text = co2lib_text(tracker);
  EXPECT(text != NULL && strstr(text, "outer") != NULL);
  const char* json = co2lib_json(tracker);
  EXPECT(json != NULL && strstr(json, "co2lib-footprint/1") != NULL && strstr(json, "\"forgotten\"") == NULL);
  /* The error functions leave a string as it is. */
  EXPECT(strcmp(co2lib_error(), "") == 0 && json != NULL && json[0] == '{');
  co2lib_close(tracker);
}

static int refuses(const char* name, const char* value, const char* code, const char* says) {
  co2lib_tracker* tracker = open_package(name, value);
  const int right = tracker == NULL && strcmp(co2lib_error_code(), code) == 0 && strstr(co2lib_error(), says) != NULL;
  if (!right) fprintf(stderr, "%s=%s: %s: %s\n", name, value, co2lib_error_code(), co2lib_error());
  co2lib_close(tracker);
  return right;
}

static void bad_input_is_refused(void) {
  EXPECT(refuses("colour", "blue", "c.bad_option", "location, intensity, pue"));
  EXPECT(refuses("tdp_w", "much", "c.bad_option", "tdp_w: takes a number, not 'much'"));
  EXPECT(refuses("tdp_w", "", "c.bad_option", "tdp_w"));
  EXPECT(refuses("wue", "nan", "c.bad_option", "wue"));
  EXPECT(refuses("resume", "yes", "c.bad_option", "true or false"));
  EXPECT(refuses("pue", "2", "c.bad_option", "given twice"));
  EXPECT(refuses("scope", "planet", "c.bad_option", "machine, process, container"));
  EXPECT(refuses("slack_s", "package", "c.bad_option", "package=500"));
  EXPECT(refuses("location", "XX-NOWHERE", "intensity.unknown_zone", "XX-NOWHERE"));
  EXPECT(refuses("log", NULL, "c.null", "log"));
  EXPECT(co2lib_open(NULL, 1) == NULL && strcmp(co2lib_error_code(), "c.null") == 0);
  const co2lib_option csv[] = {{"intensity", "/nowhere/grid.csv"}};
  EXPECT(co2lib_open(csv, 1) == NULL && strstr(co2lib_error(), "/nowhere/grid.csv") != NULL);

  co2lib_values values;
  EXPECT(co2lib_sample(NULL, &values) == -1 && strcmp(co2lib_error_code(), "c.null") == 0);
  EXPECT(co2lib_text(NULL) == NULL && co2lib_json(NULL) == NULL && co2lib_stop(NULL, NULL) == -1);
  EXPECT(co2lib_region_begin(NULL, "x") == 0 && co2lib_region_end(NULL, 1, NULL) == -1);
  EXPECT(co2lib_region_cancel(NULL, 1) == -1);
  co2lib_close(NULL);
  EXPECT(strcmp(co2lib_error(), "") == 0);
  co2lib_tracker* tracker = open_package(NULL, NULL);
  EXPECT(co2lib_sample(tracker, NULL) == -1 && strcmp(co2lib_error_code(), "c.null") == 0);
  EXPECT(co2lib_region_begin(tracker, NULL) == 0 && strcmp(co2lib_error_code(), "c.null") == 0);
  EXPECT(co2lib_region_end(tracker, 77, NULL) == -1 && strstr(co2lib_error(), "77") != NULL);
  co2lib_close(tracker);
}

static void* use_in_a_thread(void* given) {
  co2lib_tracker* tracker = given;
  EXPECT(strcmp(co2lib_error(), "") == 0); /* errors are each thread's own */
  for (int i = 0; i < 20; ++i) {
    const uint64_t id = co2lib_region_begin(tracker, "step");
    co2lib_values values;
    EXPECT(id != 0 && co2lib_sample(tracker, &values) == 0 && co2lib_region_end(tracker, id, &values) == 0);
  }
  return NULL;
}

static void threads_share_a_tracker(void) {
  co2lib_tracker* tracker = open_package(NULL, NULL);
  EXPECT(tracker != NULL && co2lib_region_end(tracker, 1, NULL) == -1);
  pthread_t threads[4];
  for (int i = 0; i < 4; ++i) pthread_create(&threads[i], NULL, use_in_a_thread, tracker);
  for (int i = 0; i < 4; ++i) pthread_join(threads[i], NULL);
  EXPECT(strcmp(co2lib_error_code(), "c.not_open") == 0);
  const char* text = co2lib_text(tracker);
  EXPECT(text != NULL && strstr(text, "step") != NULL);
  co2lib_close(tracker);
}

static void a_log_is_written(void) {
  char log[2100];
  snprintf(log, sizeof log, "%s/run.jsonl", folder);
  remove(log);
  co2lib_tracker* tracker = open_package("log", log);
  EXPECT(tracker != NULL);
  co2lib_tracker* second = open_package("log", log);
  EXPECT(second == NULL && strcmp(co2lib_error_code(), "tracker.bad_log") == 0);
  co2lib_close(tracker); /* ends the run, which the log then holds */
  FILE* file = fopen(log, "r");
  EXPECT(file != NULL);
  if (file != NULL) fclose(file);
}

static void a_forked_child_is_told_so(void) {
  co2lib_tracker* tracker = open_package(NULL, NULL);
  const pid_t child = fork();
  if (child == 0) {
    const int right = co2lib_region_begin(tracker, "x") == 0 && strcmp(co2lib_error_code(), "c.stopped") == 0;
    _exit(right ? 0 : 1);
  }
  int status = 1;
  EXPECT(waitpid(child, &status, 0) == child && status == 0);
  co2lib_close(tracker);
}

int main(int count, char** arguments) {
  if (count != 2) return 2;
  snprintf(folder, sizeof folder, "%s", arguments[1]);
  make_package();
  EXPECT(strlen(co2lib_version()) >= 5);
  const char* sensors = co2lib_sensors();
  EXPECT(sensors != NULL && strstr(sensors, "powercap") != NULL);
  what_is_known_is_measured();
  bad_input_is_refused();
  threads_share_a_tracker();
  a_log_is_written();
  a_forked_child_is_told_so();
  if (failures == 0) printf("all passed\n");
  return failures == 0 ? 0 : 1;
}
