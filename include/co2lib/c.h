/* SPDX-License-Identifier: MIT */
/* The tracker for C, and for every language that can call C (Rust, Julia, Go, Fortran): docs/c.md.
 *
 * Functions that return int return 0, or -1 for an error; those that return a pointer or a region's id return NULL or 0
 * for one. co2lib_error() then says what was wrong and what to do. Nothing is printed, nothing ends the process, and no
 * exception leaves the library.
 *
 * Strings that are returned belong to the library. They are valid until the same thread calls any function of this
 * header again, but for co2lib_error and co2lib_error_code, which leave them as they are: copy what is to stay.
 *
 * All functions may be called from any thread, also with the same tracker; only co2lib_close must be the last. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#define CO2LIB_C_API
#else
/** Marks what the library shows to its users. */
#define CO2LIB_C_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** A run that is measured. */
typedef struct co2lib_tracker co2lib_tracker;

/** One option of `co2lib_open`: its name, as in `co2lib::tracker::Options`, and its value as text. */
typedef struct co2lib_option {
  const char* name;  /**< as in `co2lib::tracker::Options`: `location` */
  const char* value; /**< its text, as `co2lib run` takes it: `FRA`, `1.2`, `true` */
} co2lib_option;

/** What a run or a region used. Numbers that are not known are NaN, and never 0; intervals have a confidence of 95 %.
 */
typedef struct co2lib_values {
  double duration_s;     /**< time in which it was measured, in s */
  double energy_j;       /**< IT energy of all counted devices in the run's scope, in J */
  double energy_low_j;   /**< lower end of its interval */
  double energy_high_j;  /**< upper end of its interval */
  double carbon_g;       /**< operational carbon, PUE included, in g CO2e */
  double carbon_low_g;   /**< lower end of its interval */
  double carbon_high_g;  /**< upper end of its interval */
  double modelled_share; /**< part of the energy, from 0 to 1, that models say and no sensor; NaN for a region */
  int64_t issues;        /**< how many remarks there are on it; `co2lib_text` and `co2lib_json` show those of the run */
} co2lib_values;

/** The version of the library, such as `0.1.0`; the version of the header is `CO2LIB_VERSION` of version.hpp. */
CO2LIB_C_API const char* co2lib_version(void);

/** Begins a run and returns its tracker, or NULL.
 *
 * `options`: `count` of them; NULL and 0 for the defaults. Names and defaults are those of
 * `co2lib::tracker::Options` (docs/c.md lists them), values are texts: numbers, `true` or `false`, names, paths, lists
 * with commas. A name that is not known, or is given twice, and a value that cannot be read are errors
 * (`c.bad_option`). */
CO2LIB_C_API co2lib_tracker* co2lib_open(const co2lib_option* options, size_t count);

/** What the run has used so far; it goes on. Reads all meters once. */
CO2LIB_C_API int co2lib_sample(co2lib_tracker* tracker, co2lib_values* values);

/** Opens a region in the innermost open region of this thread, and returns its id, or 0. */
CO2LIB_C_API uint64_t co2lib_region_begin(co2lib_tracker* tracker, const char* name);

/** Ends a region. `values`: what it used; may be NULL. An id that is not open is the error `c.not_open`. */
CO2LIB_C_API int co2lib_region_end(co2lib_tracker* tracker, uint64_t id, co2lib_values* values);

/** Forgets an open region: it enters no statistics. An id that is not open is the error `c.not_open`. */
CO2LIB_C_API int co2lib_region_cancel(co2lib_tracker* tracker, uint64_t id);

/** Ends the run. `values`: what it used in all; may be NULL. A second call gives the same again. */
CO2LIB_C_API int co2lib_stop(co2lib_tracker* tracker, co2lib_values* values);

/** The footprint so far, or of the whole run once it has ended, as text for people. */
CO2LIB_C_API const char* co2lib_text(co2lib_tracker* tracker);

/** The same as JSON of schema `co2lib-footprint/1`: every device, region, issue and source. */
CO2LIB_C_API const char* co2lib_json(co2lib_tracker* tracker);

/** Ends the run if it goes on, and frees the tracker; NULL does nothing. */
CO2LIB_C_API void co2lib_close(co2lib_tracker* tracker);

/** What can be measured on this machine, and what would make the rest readable: a line for each provider. */
CO2LIB_C_API const char* co2lib_sensors(void);

/** What was wrong with this thread's last call, with the remedy; an empty text if nothing was. */
CO2LIB_C_API const char* co2lib_error(void);

/** The stable code of that error, such as `intensity.unknown_zone`; an empty text if there was none. */
CO2LIB_C_API const char* co2lib_error_code(void);

#ifdef __cplusplus
}
#endif
