// SPDX-License-Identifier: MIT
// Domain tracker: Options. Each option is named once, in `all_options`; what it takes and how Python reads and shows it
// follow from the type of its field, and its default is that of the C++ struct.
#include "tracker.hpp"

#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <string_view>
#include <type_traits>

#include "gil.hpp"
#include "meter.hpp"
#include "registrar.hpp"

namespace co2lib::bindings::tracker_domain {

namespace {

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
template <class E>
E named(const char* option, const py::handle& value) {
  const std::string name = py::isinstance<py::str>(value) ? text(option, value) : std::string();
  const Result<E> known = parse<E>(name);
  if (known) return *known;
  std::string choices = co2lib::known<E>();
  choices.replace(choices.rfind(", "), 2, " or ");
  refuse(option, value, choices, std::is_same_v<E, meter::Modulus> ? "meter.bad_option" : "tracker.bad_config");
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

std::vector<meter::GpuKey> gpus(const char* option, const py::handle& value) {
  std::vector<meter::GpuKey> keys;
  const auto add = [&](const py::handle& key) {
    if (py::isinstance<py::str>(key)) {
      keys.emplace_back(text(option, key));
    } else if (!is_truth(key) && py::hasattr(key, "__index__")) {
      const py::object index = key.attr("__index__")();
      int overflow = 0;
      const long number = PyLong_AsLongAndOverflow(index.ptr(), &overflow);
      const bool fits =
          overflow == 0 && number >= std::numeric_limits<int>::min() && number <= std::numeric_limits<int>::max();
      fits ? keys.emplace_back(static_cast<int>(number)) : keys.emplace_back(py::str(index).cast<std::string>());
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
      bindings::use("meter");
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

/// on, off, a mass such as `1200 kg`, or the file of a bill of materials.
EmbodiedChoice embodied_of(const char* option, const py::handle& value) {
  if (is_truth(value)) return truth(option, value);
  if (py::isinstance<CarbonMass>(value)) return value.cast<CarbonMass>();
  if (!py::isinstance<py::str>(value) && !py::hasattr(value, "__fspath__")) {
    refuse(option, value, "\"on\", \"off\", a mass such as \"1200 kg\" or the file of a bill of materials");
  }
  if (py::isinstance<py::str>(value)) {
    const std::string word = text(option, value);
    if (word == "on" || word == "off") return word == "on";
    if (const Result<CarbonMass> mass = co2lib::parse<CarbonMass>(word)) return *mass;
    if (word.empty()) refuse(option, value, "\"on\", \"off\", a mass or a file");
  }
  return path(option, value);
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

/// What a field takes (`kind`), and how it is read and shown. The kinds number, truth, text, path, list and intensity
/// can be set by text too, which mapping and object cannot.
template <class T>
struct Field;

template <class T>
struct Field<std::optional<T>> {
  static constexpr const char* kind = Field<T>::kind;
  static std::optional<T> read(const char* option, const py::object& value) { return Field<T>::read(option, value); }
  static py::object show(const std::optional<T>& value) {
    return value ? Field<T>::show(*value) : py::object(py::none());
  }
};
template <>
struct Field<double> {
  static constexpr const char* kind = "number";
  static double read(const char* option, const py::object& value) { return number(option, value); }
  static py::object show(double value) { return py::float_(value); }
};
template <>
struct Field<bool> {
  static constexpr const char* kind = "truth";
  static bool read(const char* option, const py::object& value) { return truth(option, value); }
  static py::object show(bool value) { return py::bool_(value); }
};
template <>
struct Field<std::string> {
  static constexpr const char* kind = "text";
  static std::string read(const char* option, const py::object& value) { return text(option, value); }
  static py::object show(const std::string& value) { return py::str(value); }
};
template <class E>
requires std::is_enum_v<E>
struct Field<E> {
  static constexpr const char* kind = "text";
  static E read(const char* option, const py::object& value) { return named<E>(option, value); }
  static py::object show(E value) { return py::str(std::string(text(value))); }
};
template <>
struct Field<std::filesystem::path> {
  static constexpr const char* kind = "path";
  static std::filesystem::path read(const char* option, const py::object& value) { return path(option, value); }
  static py::object show(const std::filesystem::path& value) {
    return value.empty() ? py::object(py::none()) : py::cast(value);
  }
};
template <>
struct Field<std::vector<meter::GpuKey>> {
  static constexpr const char* kind = "list";
  static std::vector<meter::GpuKey> read(const char* option, const py::object& value) { return gpus(option, value); }
  static py::object show(const std::vector<meter::GpuKey>& value) { return py::cast(value); }
};
template <>
struct Field<std::vector<MeterChoice>> {
  static constexpr const char* kind = "list";
  static std::vector<MeterChoice> read(const char* option, const py::object& value) { return meters(option, value); }
  static py::object show(const std::vector<MeterChoice>& value) {
    bindings::use("meter");
    return py::cast(value);
  }
};
template <>
struct Field<IntensityChoice> {
  static constexpr const char* kind = "intensity";
  static IntensityChoice read(const char* option, const py::object& value) { return intensity_of(option, value); }
  static py::object show(const IntensityChoice& value) {
    if (const auto* number = std::get_if<CarbonIntensity>(&value)) return py::cast(*number);
    const auto* source = std::get_if<std::shared_ptr<const intensity::IntensitySource>>(&value);
    if (source == nullptr || !*source) return py::none();
    return py::cast(std::const_pointer_cast<intensity::IntensitySource>(*source));  // has const functions only
  }
};
template <>
struct Field<EmbodiedChoice> {
  static constexpr const char* kind = "text";
  static EmbodiedChoice read(const char* option, const py::object& value) { return embodied_of(option, value); }
  static py::object show(const EmbodiedChoice& value) {
    if (const bool* wanted = std::get_if<bool>(&value)) return py::str(*wanted ? "on" : "off");
    if (const auto* mass = std::get_if<CarbonMass>(&value)) return py::cast(*mass);
    return py::cast(std::get<std::filesystem::path>(value));
  }
};
template <>
struct Field<std::map<std::string, double>> {
  static constexpr const char* kind = "mapping";
  static std::map<std::string, double> read(const char* option, const py::object& value) {
    return by_domain(option, value);
  }
  static py::object show(const std::map<std::string, double>& value) { return py::cast(value); }
};
template <>
struct Field<std::function<void()>> {
  static constexpr const char* kind = "object";
  static std::function<void()> read(const char* option, const py::object& value) {
    if (PyCallable_Check(value.ptr()) == 0) refuse(option, value, "a callable");
    return value.cast<std::function<void()>>();
  }
  static py::object show(const std::function<void()>& value) { return py::cast(value); }
};
using Log = std::function<void(std::string_view, std::string_view)>;
template <>
struct Field<Log> {
  static constexpr const char* kind = "object";
  static Log read(const char* option, const py::object& value) { return on_log(option, value); }
  static py::object show(const Log& value) { return py::cast(value); }
};
template <>
struct Field<Host> {
  static constexpr const char* kind = "object";
  static Host read(const char* option, const py::object& value) {
    if (!py::isinstance<Host>(value)) refuse(option, value, "a co2lib.Host");
    return value.cast<Host>();
  }
  static py::object show(const Host& value) { return py::cast(value); }
};
template <>
struct Field<std::shared_ptr<Clock>> {
  static constexpr const char* kind = "object";
  static std::shared_ptr<Clock> read(const char* option, const py::object& value) {
    if (!py::isinstance<Clock>(value)) refuse(option, value, "a clock");
    return value.cast<std::shared_ptr<Clock>>();
  }
  static py::object show(const std::shared_ptr<Clock>& value) { return py::cast(value); }
};
template <>
struct Field<std::vector<Issue>> {
  static constexpr const char* kind = "object";
  static std::vector<Issue> read(const char*, const py::object& value) { return value.cast<std::vector<Issue>>(); }
  static py::object show(const std::vector<Issue>& value) { return py::cast(value); }
};

struct Binding {
  const char* name;
  const char* kind;
  void (*set)(Options&, const char*, const py::object&);
  py::object (*get)(const Options&);
};

/// An option is the field of its name.
template <auto member>
constexpr Binding option(const char* name) {
  using T = std::remove_cvref_t<decltype(std::declval<Options&>().*member)>;
  return {name, Field<T>::kind,
          [](Options& o, const char* called, const py::object& value) { o.*member = Field<T>::read(called, value); },
          [](const Options& o) { return Field<T>::show(o.*member); }};
}

constexpr std::array all_options{
    option<&Options::location>("location"),
    option<&Options::intensity>("intensity"),
    option<&Options::pue>("pue"),
    option<&Options::wue>("wue"),
    option<&Options::embodied>("embodied"),
    option<&Options::log>("log"),
    option<&Options::log_exists>("log_exists"),
    option<&Options::run_id>("run_id"),
    option<&Options::resume>("resume"),
    option<&Options::period_s>("period_s"),
    option<&Options::power_period_s>("power_period_s"),
    option<&Options::flush_s>("flush_s"),
    option<&Options::fsync>("fsync"),
    option<&Options::meters>("meters"),
    option<&Options::gpus>("gpus"),
    option<&Options::scope>("scope"),
    option<&Options::idle_w>("idle_w"),
    option<&Options::tdp_w>("tdp_w"),
    option<&Options::ram_w>("ram_w"),
    option<&Options::modulus>("modulus"),
    option<&Options::p_max_w>("p_max_w"),
    option<&Options::slack_s>("slack_s"),
    option<&Options::owner>("owner"),
    option<&Options::project>("project"),
    option<&Options::command>("command"),
    option<&Options::sync>("sync"),
    option<&Options::on_log>("on_log"),
    option<&Options::host>("host"),
    option<&Options::powercap_root>("powercap_root"),
    option<&Options::clock>("clock"),
    option<&Options::issues>("issues"),
};

}  // namespace

Options options_from(const py::kwargs& values) {
  Options options;
  for (const auto& [key, value] : values) {
    const auto name = key.cast<std::string>();
    const auto found =
        std::find_if(all_options.begin(), all_options.end(), [&](const Binding& b) { return name == b.name; });
    if (found == all_options.end()) throw Error("tracker.bad_config", "'" + name + "' is not an option of a tracker");
    found->set(options, found->name, py::reinterpret_borrow<py::object>(value));
  }
  return options;
}

void register_options(py::module_& m) {
  auto cls = py::class_<Options>(m, "Options", "How a tracker measures and prices.");
  cls.def(
      py::init(&options_from),
      "Options by name; what is not given has the default of C++. Raises tracker.bad_config, naming the option, what "
      "was given and what it takes.");
  for (const Binding& b : all_options) {
    cls.def_property(
        b.name, [&b](const Options& o) { return b.get(o); },
        [&b](Options& o, const py::object& value) { b.set(o, b.name, value); });
  }
}

void register_option_kinds(py::module_& m) {
  m.def(
      "option_kinds",
      [] {
        py::dict kinds;
        for (const Binding& b : all_options) kinds[b.name] = b.kind;
        return kinds;
      },
      "The name of every option, with its kind: number, truth, text, path, list, intensity, mapping or object.");
}

}  // namespace co2lib::bindings::tracker_domain
