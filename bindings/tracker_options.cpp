// SPDX-License-Identifier: MIT
// The options of a tracker, each once: its name, what it takes, and how it is set. Defaults are those of the C++
// struct.
#include "tracker.hpp"

#include <array>
#include <cmath>
#include <functional>
#include <map>
#include <string_view>

#include "gil.hpp"
#include "meter.hpp"

namespace {

using namespace co2lib;
using namespace co2lib::tracker;

/// What was given, for a message: its text and its type.
std::string shown(const py::handle& value) {
  std::string text = py::repr(value).cast<std::string>();
  if (text.size() > 80) text = text.substr(0, 77) + "...";
  return text + " (" + py::str(py::type::handle_of(value).attr("__name__")).cast<std::string>() + ")";
}

[[noreturn]] void refuse(const char* option, const py::handle& value, std::string_view takes,
                         const char* code = "tracker.bad_config") {
  throw Error(code, std::string(option) + ": takes " + std::string(takes) + ", not " + shown(value));
}

bool is_text(const py::handle& value) { return py::isinstance<py::str>(value) || py::isinstance<py::bytes>(value); }

/// True or False, also as NumPy has them: `bool`, and `bool_` before NumPy 2.
bool is_truth(const py::handle& value) {
  if (py::isinstance<py::bool_>(value)) return true;
  const auto type = py::str(py::type::handle_of(value).attr("__name__")).cast<std::string>();
  return type == "bool" || type == "bool_";
}

/// Python's numbers and those of NumPy, but no texts and no truths.
double number(const char* option, const py::handle& value) {
  const bool numeric =
      !is_text(value) && !is_truth(value) && (py::hasattr(value, "__float__") || py::hasattr(value, "__index__"));
  if (!numeric) refuse(option, value, "a number");
  try {
    return py::float_(py::reinterpret_borrow<py::object>(value)).cast<double>();
  } catch (py::error_already_set&) {  // an integer beyond all doubles, an array of several numbers
    refuse(option, value, "a number");
  }
}

bool truth(const char* option, const py::handle& value) {
  if (!is_truth(value)) refuse(option, value, "True or False");
  return py::bool_(py::reinterpret_borrow<py::object>(value));
}

/// A text; what is not Unicode in it (a file name in another encoding) is written out.
std::string text(const char* option, const py::handle& value) {
  if (!py::isinstance<py::str>(value)) refuse(option, value, "a text");
  return value.attr("encode")("utf-8", "backslashreplace").cast<std::string>();
}

std::filesystem::path path(const char* option, const py::handle& value) {
  if (!py::isinstance<py::str>(value) && !py::hasattr(value, "__fspath__")) refuse(option, value, "a path");
  const auto name = py::module_::import("os").attr("fsencode")(value).cast<std::string>();
  if (name.find('\0') != std::string::npos) refuse(option, value, "a path, which has no NUL");  // it would end there
  return name;
}

/// The enumerator of a name.
template <class E, std::size_t N>
E named(const char* option, const py::handle& value, const std::array<E, N>& all,
        const char* code = "tracker.bad_config") {
  std::string known;
  const std::string name = py::isinstance<py::str>(value) ? text(option, value) : std::string();
  for (const E& e : all) {
    if (text(e) == name) return e;
    known += (&e == all.begin() ? "" : &e == all.end() - 1 ? " or " : ", ") + std::string(text(e));
  }
  refuse(option, value, known, code);
}

std::map<std::string, double> by_domain(const char* option, const py::handle& value) {
  if (!py::hasattr(value, "items"))
    refuse(option, value, "a mapping of domains to numbers, such as {\"package\": 500}");
  std::map<std::string, double> numbers;
  for (const py::handle item : value.attr("items")()) {
    const auto pair = item.cast<py::tuple>();
    numbers.emplace(text(option, pair[0]), number(option, pair[1]));
  }
  return numbers;
}

std::vector<std::string> gpus(const char* option, const py::handle& value) {
  std::vector<std::string> keys;
  const auto add = [&](const py::handle& key) {
    if (py::isinstance<py::str>(key)) {
      keys.push_back(text(option, key));
    } else if (!is_truth(key) && py::hasattr(key, "__index__")) {
      keys.push_back(py::str(key.attr("__index__")()).cast<std::string>());
    } else {
      refuse(option, value, "a list of indices and UUID prefixes, or \"none\"");
    }
  };
  if (py::isinstance<py::str>(value)) {
    if (const std::string word = text(option, value); word != "none") add(value);
  } else if (py::hasattr(value, "__iter__")) {
    for (const py::handle key : value) add(key);
  } else {
    add(value);
  }
  return keys;
}

std::vector<MeterChoice> meters(const char* option, const py::handle& value) {
  std::vector<MeterChoice> chosen;
  const auto add = [&](const py::handle& one) {
    if (py::isinstance<py::str>(one)) {
      chosen.emplace_back(text(option, one));
    } else {
      chosen.emplace_back(bindings::meter_from_python(py::reinterpret_borrow<py::object>(one)));
    }
  };
  if (py::isinstance<py::str>(value) || PyCallable_Check(value.ptr()) != 0) {
    add(value);
  } else if (py::hasattr(value, "__iter__")) {
    for (const py::handle one : value) add(one);
  } else {
    refuse(option, value, "a list of providers and meters");
  }
  return chosen;
}

IntensityChoice intensity_of(const char* option, const py::handle& value) {
  if (py::isinstance<CarbonIntensity>(value)) return value.cast<CarbonIntensity>();
  if (py::isinstance<intensity::IntensitySource>(value)) {
    return std::shared_ptr<const intensity::IntensitySource>(value.cast<std::shared_ptr<intensity::IntensitySource>>());
  }
  refuse(option, value, "a number of g/kWh, a trace, a source or a function of time");
}

std::function<void(std::string_view, std::string_view)> on_log(const char* option, const py::handle& value) {
  if (PyCallable_Check(value.ptr()) == 0) refuse(option, value, "a callable of (level, text)");
  const auto call = value.cast<std::function<void(std::string, std::string)>>();
  return [call](std::string_view level, std::string_view message) { call(std::string(level), std::string(message)); };
}

struct Binding {
  const char* name;
  const char* kind;  ///< number, truth, text, path, list: can be set by text too; mapping, object: in Python only
  void (*set)(Options&, const char*, const py::object&);
};

using O = Options;
using V = const py::object&;
using N = const char*;

constexpr Binding all_options[] = {
    {"location", "text", [](O& o, N n, V v) { o.location = text(n, v); }},
    {"intensity", "intensity", [](O& o, N n, V v) { o.intensity = intensity_of(n, v); }},
    {"pue", "number", [](O& o, N n, V v) { o.pue = number(n, v); }},
    {"wue", "number", [](O& o, N n, V v) { o.wue = number(n, v); }},
    {"log", "path", [](O& o, N n, V v) { o.log = path(n, v); }},
    {"log_exists", "text",
     [](O& o, N n, V v) {
       o.log_exists =
           named(n, v, std::array{LogExists::error, LogExists::number, LogExists::resume, LogExists::overwrite});
     }},
    {"run_id", "text", [](O& o, N n, V v) { o.run_id = text(n, v); }},
    {"resume", "truth", [](O& o, N n, V v) { o.resume = truth(n, v); }},
    {"period_s", "number", [](O& o, N n, V v) { o.period_s = number(n, v); }},
    {"power_period_s", "number", [](O& o, N n, V v) { o.power_period_s = number(n, v); }},
    {"flush_s", "number", [](O& o, N n, V v) { o.flush_s = number(n, v); }},
    {"fsync", "truth", [](O& o, N n, V v) { o.fsync = truth(n, v); }},
    {"meters", "list", [](O& o, N n, V v) { o.meters = meters(n, v); }},
    {"gpus", "list", [](O& o, N n, V v) { o.gpus = gpus(n, v); }},
    {"scope", "text",
     [](O& o, N n, V v) {
       o.scope = named(n, v, std::array{meter::Scope::machine, meter::Scope::process, meter::Scope::container});
     }},
    {"idle_w", "number", [](O& o, N n, V v) { o.idle_w = number(n, v); }},
    {"tdp_w", "number", [](O& o, N n, V v) { o.tdp_w = number(n, v); }},
    {"ram_w", "number", [](O& o, N n, V v) { o.ram_w = number(n, v); }},
    {"modulus", "text",
     [](O& o, N n, V v) {
       o.modulus = named(n, v, std::array{meter::Modulus::kernel_max, meter::Modulus::exact_unit}, "meter.bad_option");
     }},
    {"p_max_w", "mapping", [](O& o, N n, V v) { o.p_max_w = by_domain(n, v); }},
    {"slack_s", "mapping", [](O& o, N n, V v) { o.slack_s = by_domain(n, v); }},
    {"owner", "truth", [](O& o, N n, V v) { o.owner = truth(n, v); }},
    {"project", "text", [](O& o, N n, V v) { o.project = text(n, v); }},
    {"command", "text", [](O& o, N n, V v) { o.command = text(n, v); }},
    {"on_log", "object", [](O& o, N n, V v) { o.on_log = on_log(n, v); }},
    {"host", "object",
     [](O& o, N n, V v) {
       if (!py::isinstance<Host>(v)) refuse(n, v, "a co2lib.Host");
       o.host = v.cast<Host>();
     }},
    {"powercap_root", "path", [](O& o, N n, V v) { o.powercap_root = path(n, v); }},
    {"clock", "object",
     [](O& o, N n, V v) {
       if (!py::isinstance<Clock>(v)) refuse(n, v, "a clock");
       o.clock = v.cast<std::shared_ptr<Clock>>();
     }},
    {"issues", "object", [](O& o, N, V v) { o.issues = v.cast<std::vector<Issue>>(); }},
};

}  // namespace

void bind_tracker_options(py::module_& m) {
  py::class_<Options>(m, "Options", "How a tracker measures and prices; made by make_options().");
  m.def(
      "make_options",
      [](const py::dict& values) {
        Options options;
        for (const auto& [key, value] : values) {
          const auto name = key.cast<std::string>();
          const auto* const found = std::find_if(std::begin(all_options), std::end(all_options),
                                                 [&](const Binding& b) { return name == b.name; });
          if (found == std::end(all_options)) {
            throw Error("tracker.bad_config", "'" + name + "' is not an option of a tracker");
          }
          found->set(options, found->name, py::reinterpret_borrow<py::object>(value));
        }
        return options;
      },
      py::arg("values"),
      "Options by name; what is not given has the default of C++. Raises tracker.bad_config, naming the option, what "
      "was "
      "given and what it takes.");
  m.def(
      "option_kinds",
      [] {
        py::dict kinds;
        for (const Binding& b : all_options) kinds[b.name] = b.kind;
        return kinds;
      },
      "The name of every option, with its kind: number, truth, text, path, list, intensity, mapping or object.");
}
