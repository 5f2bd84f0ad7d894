// SPDX-License-Identifier: MIT
// The C interface: texts become options, exceptions become the thread's error, footprints become plain numbers.
#include <co2lib/c.h>

#include <charconv>
#include <cmath>
#include <exception>
#include <limits>
#include <memory>
#include <new>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <co2lib/error.hpp>
#include <co2lib/intensity/source.hpp>
#include <co2lib/intensity/trace.hpp>
#include <co2lib/tracker.hpp>
#include <co2lib/version.hpp>

struct co2lib_tracker {
  explicit co2lib_tracker(co2lib::tracker::Options options) : tracker(std::move(options)) {}
  co2lib::tracker::Tracker tracker;
};

namespace {

using co2lib::Error;
using co2lib::Estimate;
using co2lib::tracker::Footprint;
using co2lib::tracker::Options;

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

// ---------------------------------------------------------------------------------------------------------------------
// What belongs to a thread: the strings that it was given, and its error
// ---------------------------------------------------------------------------------------------------------------------
struct ThreadState {
  std::string text;
  std::string error;
  std::string code;
};
thread_local ThreadState of_thread;
/// For where there is no memory left to copy a message.
thread_local bool out_of_memory = false;

void remember(std::string_view code, std::string_view message) noexcept {
  try {
    of_thread.code = code;
    of_thread.error = message;
  } catch (...) {
    out_of_memory = true;
  }
}

/// Runs one function of the interface; what it throws becomes the thread's error and the answer `failed`.
template <class Answer, class Body>
Answer answer_of(Answer failed, const Body& body) noexcept {
  out_of_memory = false;
  of_thread.error.clear();
  of_thread.code.clear();
  try {
    return body();
  } catch (const Error& error) {
    remember(error.code(), error.what());
  } catch (const std::bad_alloc&) {
    out_of_memory = true;
  } catch (const std::exception& error) {
    remember("c.failed", error.what());
  } catch (...) {
    remember("c.failed", "an unknown exception");
  }
  return failed;
}

template <class T>
T& there(T* given, const char* what) {
  if (given == nullptr) throw Error("c.null", std::string(what) + " must not be NULL");
  return *given;
}

co2lib::tracker::Tracker& tracker_of(co2lib_tracker* given) { return there(given, "tracker").tracker; }

const char* kept(std::string text) {
  of_thread.text = std::move(text);
  return of_thread.text.c_str();
}

// ---------------------------------------------------------------------------------------------------------------------
// Options from texts
// ---------------------------------------------------------------------------------------------------------------------
[[noreturn]] void bad(std::string_view option, std::string_view value, std::string_view takes) {
  throw Error("c.bad_option",
              std::string(option).append(": takes ").append(takes).append(", not '").append(value).append("'"));
}

std::optional<double> number_in(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

double number(std::string_view option, std::string_view text) {
  const auto value = number_in(text);
  if (!value) bad(option, text, "a number");
  return *value;
}

bool truth(std::string_view option, std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  bad(option, text, "true or false");
}

std::vector<std::string> list(std::string_view text) {
  std::vector<std::string> entries;
  if (text.empty() || text == "none") return entries;
  for (std::size_t from = 0; from <= text.size();) {
    const std::size_t comma = std::min(text.find(',', from), text.size());
    entries.emplace_back(text.substr(from, comma - from));
    from = comma + 1;
  }
  return entries;
}

std::map<std::string, double> by_domain(std::string_view option, std::string_view text) {
  std::map<std::string, double> values;
  for (const std::string& entry : list(text)) {
    const std::size_t at = entry.find('=');
    const auto value = at == std::string::npos ? std::nullopt : number_in(std::string_view(entry).substr(at + 1));
    if (!value) bad(option, text, "domains and numbers, such as package=500,gpu=700");
    values[entry.substr(0, at)] = *value;
  }
  return values;
}

co2lib::tracker::IntensityChoice intensity(std::string_view, std::string_view text) {
  if (const auto value = number_in(text)) return co2lib::CarbonIntensity::from_g_per_kwh(*value);
  return co2lib::intensity::make_source(co2lib::intensity::read_csv(std::string(text)));
}

co2lib::meter::GpuOption gpus(std::string_view, std::string_view text) {
  std::vector<co2lib::meter::GpuKey> keys;
  for (std::string& entry : list(text)) {
    int index = 0;
    const auto [end, error] = std::from_chars(entry.data(), entry.data() + entry.size(), index);
    if (error == std::errc() && end == entry.data() + entry.size()) {
      keys.emplace_back(index);
    } else {
      keys.emplace_back(std::move(entry));
    }
  }
  return keys;
}

std::optional<std::vector<co2lib::meter::MeterChoice>> meters(std::string_view, std::string_view text) {
  std::vector<co2lib::meter::MeterChoice> choices;
  for (std::string& entry : list(text)) choices.emplace_back(std::move(entry));
  return choices;
}

template <class E>
E named(std::string_view option, std::string_view text) {
  return co2lib::parse<E>(text, option, "c.bad_option");
}

std::string plain(std::string_view, std::string_view text) { return std::string(text); }

struct OptionReader {
  const char* name;
  void (*read)(Options& options, std::string_view option, std::string_view text);
};

/// A reader that stores what `parse` makes of the text in a field of the options.
template <auto parse, auto field>
constexpr OptionReader reader(const char* name) {
  return {name, [](Options& o, std::string_view option, std::string_view text) { o.*field = parse(option, text); }};
}

/// The same for a field of the host.
template <auto field>
constexpr OptionReader host_reader(const char* name) {
  return {name, [](Options& o, std::string_view, std::string_view text) { o.host.*field = std::string(text); }};
}

/// All options that a text can say, in the order of `Options`.
constexpr OptionReader readers[] = {
    reader<plain, &Options::location>("location"),
    reader<intensity, &Options::intensity>("intensity"),
    reader<number, &Options::pue>("pue"),
    reader<number, &Options::wue>("wue"),
    reader<plain, &Options::log>("log"),
    reader<named<co2lib::tracker::LogExists>, &Options::log_exists>("log_exists"),
    reader<plain, &Options::run_id>("run_id"),
    reader<truth, &Options::resume>("resume"),
    reader<number, &Options::period_s>("period_s"),
    reader<number, &Options::power_period_s>("power_period_s"),
    reader<number, &Options::flush_s>("flush_s"),
    reader<truth, &Options::fsync>("fsync"),
    reader<meters, &Options::meters>("meters"),
    reader<gpus, &Options::gpus>("gpus"),
    reader<named<co2lib::meter::Scope>, &Options::scope>("scope"),
    reader<number, &Options::idle_w>("idle_w"),
    reader<number, &Options::tdp_w>("tdp_w"),
    reader<number, &Options::ram_w>("ram_w"),
    reader<named<co2lib::meter::Modulus>, &Options::modulus>("modulus"),
    reader<by_domain, &Options::p_max_w>("p_max_w"),
    reader<by_domain, &Options::slack_s>("slack_s"),
    reader<truth, &Options::owner>("owner"),
    reader<plain, &Options::project>("project"),
    reader<plain, &Options::command>("command"),
    reader<plain, &Options::powercap_root>("powercap_root"),
    host_reader<&co2lib::Host::sysfs>("sysfs"),
    host_reader<&co2lib::Host::procfs>("procfs"),
    host_reader<&co2lib::Host::dev>("dev"),
    host_reader<&co2lib::Host::etc>("etc"),
};

Options options_of(std::span<const co2lib_option> given) {
  Options options;
  std::set<std::string_view> seen;
  for (const co2lib_option& option : given) {
    const std::string_view name(&there(option.name, "the name of an option"));
    if (option.value == nullptr) throw Error("c.null", std::string(name) + ": its value must not be NULL");
    if (!seen.insert(name).second) throw Error("c.bad_option", std::string(name) + ": is given twice");
    const OptionReader* found = nullptr;
    std::string known;
    for (const OptionReader& one : readers) {
      if (one.name == name) found = &one;
      known.append(known.empty() ? "" : ", ").append(one.name);
    }
    if (found == nullptr) {
      throw Error("c.bad_option", std::string("'").append(name).append("' is not an option; known: ").append(known));
    }
    found->read(options, name, option.value);
  }
  return options;
}

// ---------------------------------------------------------------------------------------------------------------------
// Footprints to numbers
// ---------------------------------------------------------------------------------------------------------------------
struct Range {
  double value = unknown;
  double low = unknown;
  double high = unknown;
};

/// An estimate in one unit; its interval, or where it has none its bounds.
template <class Q, class Unit>
Range range(const Estimate<Q>& estimate, const Unit& in_unit) {
  Range range;
  if (!estimate.value) return range;
  range.value = in_unit(*estimate.value);
  const auto& interval = estimate.interval ? estimate.interval : estimate.bounds;
  if (!interval) return range;
  range.low = in_unit(interval->low);
  range.high = in_unit(interval->high);
  return range;
}

co2lib_values values_of(co2lib::Seconds duration, const Estimate<co2lib::Energy>& energy,
                        const Estimate<co2lib::CarbonMass>& carbon) {
  const Range j = range(energy, [](co2lib::Energy e) { return e.joules(); });
  const Range g = range(carbon, [](co2lib::CarbonMass m) { return m.grams(); });
  return {duration.count(), j.value, j.low,
          j.high,           g.value, g.low,
          g.high,           unknown, static_cast<int64_t>(energy.issues.size() + carbon.issues.size())};
}

co2lib_values values_of(const Footprint& footprint) {
  co2lib_values values = values_of(footprint.duration, footprint.energy, footprint.operational);
  values.issues = static_cast<int64_t>(footprint.issues.size());
  if (!footprint.methods.empty()) values.modelled_share = 0;
  for (const auto& [method, share] : footprint.methods) {
    if (method == co2lib::meter::Method::model) values.modelled_share += share;
  }
  return values;
}

Footprint footprint_of(co2lib_tracker* given) {
  co2lib::tracker::Tracker& tracker = tracker_of(given);
  return tracker.running() ? tracker.snapshot() : tracker.stop();
}

Error not_open(uint64_t id) {
  return {"c.not_open",
          "the region " + std::to_string(id) +
              " is not open: it has ended, was cancelled, or belongs to another tracker or a parent process"};
}

}  // namespace

extern "C" {

const char* co2lib_version(void) {
  return answer_of<const char*>("", [] { return CO2LIB_VERSION; });
}

co2lib_tracker* co2lib_open(const co2lib_option* options, size_t count) {
  return answer_of<co2lib_tracker*>(nullptr, [&] {
    if (count > 0) there(options, "options");
    return std::make_unique<co2lib_tracker>(options_of({options, count})).release();
  });
}

int co2lib_sample(co2lib_tracker* tracker, co2lib_values* values) {
  return answer_of(-1, [&] {
    there(values, "values") = values_of(footprint_of(tracker));
    return 0;
  });
}

uint64_t co2lib_region_begin(co2lib_tracker* tracker, const char* name) {
  return answer_of(uint64_t{0}, [&]() -> uint64_t {
    const uint64_t id = tracker_of(tracker).begin(&there(name, "name"));
    if (id == 0) throw Error("c.stopped", "no region can be opened: the run has ended, or this is a forked child");
    return id;
  });
}

int co2lib_region_end(co2lib_tracker* tracker, uint64_t id, co2lib_values* values) {
  return answer_of(-1, [&] {
    const auto result = tracker_of(tracker).end(id);
    if (!result) throw not_open(id);
    if (values != nullptr) *values = values_of(result->duration, result->energy, result->carbon);
    return 0;
  });
}

int co2lib_region_cancel(co2lib_tracker* tracker, uint64_t id) {
  return answer_of(-1, [&] {
    if (!tracker_of(tracker).cancel(id)) throw not_open(id);
    return 0;
  });
}

int co2lib_stop(co2lib_tracker* tracker, co2lib_values* values) {
  return answer_of(-1, [&] {
    const Footprint footprint = tracker_of(tracker).stop();
    if (values != nullptr) *values = values_of(footprint);
    return 0;
  });
}

const char* co2lib_text(co2lib_tracker* tracker) {
  return answer_of<const char*>(nullptr, [&] { return kept(footprint_of(tracker).to_string()); });
}

const char* co2lib_json(co2lib_tracker* tracker) {
  return answer_of<const char*>(nullptr, [&] { return kept(footprint_of(tracker).to_json()); });
}

void co2lib_close(co2lib_tracker* tracker) {
  answer_of(0, [&] {
    const std::unique_ptr<co2lib_tracker> closed(tracker);
    return 0;
  });
}

const char* co2lib_sensors(void) {
  return answer_of<const char*>(nullptr, [] {
    std::string text;
    for (const auto& finding : co2lib::meter::sensors()) text.append(co2lib::meter::to_string(finding)).append("\n");
    return kept(std::move(text));
  });
}

const char* co2lib_error(void) { return out_of_memory ? "there is no memory left" : of_thread.error.c_str(); }

const char* co2lib_error_code(void) { return out_of_memory ? "c.no_memory" : of_thread.code.c_str(); }

}  // extern "C"
