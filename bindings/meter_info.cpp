// SPDX-License-Identifier: MIT
// Domain meter: what a meter is (MeterInfo) and what it yields (Count, Watts, Failed).
#include "meter.hpp"
#include "registrar.hpp"

#include <cstdint>
#include <tuple>
#include <utility>

namespace co2lib::bindings::meter_domain {

namespace {

/// Joules per count: `uJ`, `mJ`, `J`, or a pair (numerator, denominator).
CounterUnit unit_from(const py::object& unit) {
  if (py::isinstance<py::str>(unit)) {
    const auto name = unit.cast<std::string>();
    if (name == "uJ") return CounterUnit::microjoule();
    if (name == "mJ") return CounterUnit::millijoule();
    if (name == "J") return CounterUnit::joule();
    throw Error("meter.bad_unit", "unit: '" + name + "' is not uJ, mJ or J, nor a pair (numerator, denominator) of J");
  }
  const auto [numerator, denominator] = unit.cast<std::pair<std::int64_t, std::int64_t>>();
  if (numerator < 1 || denominator < 1) throw Error("meter.bad_unit", "unit: numerator and denominator are above 0");
  return {numerator, denominator};
}

/// `None`: unknown; "none": never wraps; an int: the modulus in counts.
WrapRange wrap_from(const py::object& wrap) {
  if (wrap.is_none()) return WrapRange::unknown();
  if (py::isinstance<py::str>(wrap)) {
    if (wrap.cast<std::string>() == "none") return WrapRange::none();
    throw Error("meter.bad_input", "wrap_max is an int, \"none\" (never wraps) or None (unknown)");
  }
  const auto counts = wrap.cast<std::uint64_t>();
  if (counts == 0) throw Error("meter.bad_input", "wrap_max must be above 0");
  return WrapRange::modulus(counts);
}

/// How Python gives and sees a field: texts for enumerations, all else as it is.
template <class T>
struct PythonField {
  using Given = T;
  using Shown = T;
  static T read(Given value, const char*) { return value; }
  static Shown show(const T& value) { return value; }
};

template <Named E>
struct PythonField<E> {
  using Given = std::string;
  using Shown = std::string;
  static E read(const Given& name, const char* field) { return parse<E>(name, field, "meter.bad_input"); }
  static Shown show(E value) { return std::string(text(value)); }
};

template <>
struct PythonField<CounterUnit> {
  using Given = py::object;
  using Shown = std::pair<std::int64_t, std::int64_t>;
  static CounterUnit read(const Given& unit, const char*) { return unit_from(unit); }
  static Shown show(const CounterUnit& unit) { return {unit.numerator, unit.denominator}; }
};

template <>
struct PythonField<WrapRange> {
  using Given = py::object;
  using Shown = py::object;
  static WrapRange read(const Given& wrap, const char*) { return wrap_from(wrap); }
  static Shown show(const WrapRange& wrap) {
    if (wrap.is_unknown()) return py::none();
    if (wrap.is_none()) return py::str("none");
    return py::int_(wrap.counts());
  }
};

/// The keywords and the properties: all fields after the first one, which is the id.
template <class... T>
void define_fields(py::class_<MeterInfo>& cls, const MeterField<std::string>& id, const MeterField<T>&... fields) {
  const MeterInfo defaults{.id = {}, .kind = Kind::power};
  cls.def(py::init([=](std::string name, typename PythonField<T>::Given... values) {
            if (name.empty()) throw Error("meter.bad_input", "id: a meter needs a name of its own");
            MeterInfo info{.id = std::move(name)};
            ((info.*fields.member = PythonField<T>::read(std::move(values), fields.name)), ...);
            return info;
          }),
          py::arg(id.name), py::kw_only(), (py::arg(fields.name) = PythonField<T>::show(defaults.*fields.member))...,
          "unit: 'uJ', 'mJ', 'J' or (numerator, denominator) J per count; wrap_max: counts until the counter starts "
          "again, 'none' (never) or None (unknown). Raises meter.bad_input or meter.bad_unit.");
  const auto property = [&]<class F>(const MeterField<F>& field) {
    cls.def_property_readonly(
        field.name, [member = field.member](const MeterInfo& info) { return PythonField<F>::show(info.*member); },
        field.what);
  };
  property(id);
  (property(fields), ...);
}

}  // namespace

py::dict info_dict(const MeterInfo& info) {
  py::dict d;
  for_each_field(
      info, [&]<class T>(const char* name, const T& value, const char*) { d[name] = PythonField<T>::show(value); });
  return d;
}

void register_info(py::module_& m) {
  auto cls = bindings::declared<py::class_<MeterInfo>>(m, "MeterInfo");
  std::apply([&](const auto&... fields) { define_fields(cls, fields...); }, meter_fields);
  cls.def("to_dict", &info_dict, "The fields as a dict.").def("__repr__", [](const MeterInfo& i) {
    return "<co2lib.meter.MeterInfo " + i.id + ": " + std::string(text(i.device)) + "/" + std::string(text(i.domain)) +
           ", " + std::string(text(i.kind)) + ">";
  });
}

void register_readings(py::module_& m) {
  py::class_<Count>(m, "Count", "One cumulative count of a counter.")
      .def(py::init([](std::uint64_t value) { return Count{value}; }), py::arg("value"))
      .def_readonly("value", &Count::value, "Raw, in counter units.")
      .def(
          "__eq__", [](const Count& a, const Count& b) { return a.value == b.value; }, py::is_operator())
      .def("__repr__", [](const Count& c) { return "Count(" + std::to_string(c.value) + ")"; });
  py::class_<Watts>(m, "Watts", "A power in W, with the interval of a model.")
      .def(py::init([](double value, std::optional<double> low, std::optional<double> high, bool mean) {
             return Watts{value, low.value_or(value), high.value_or(value), mean};
           }),
           py::arg("value"), py::arg("low") = std::nullopt, py::arg("high") = std::nullopt,
           py::arg("mean_since_previous") = false)
      .def_readonly("value", &Watts::value, "W")
      .def_readonly("low", &Watts::low, "Lower end of a model's interval in W.")
      .def_readonly("high", &Watts::high, "Upper end of a model's interval in W.")
      .def_readonly("mean_since_previous", &Watts::mean_since_previous,
                    "True if the value is the mean since the previous good sample of this meter (models that read "
                    "cumulative CPU time): the step is then value * length, and not a trapezoid.")
      .def(
          "__eq__",
          [](const Watts& a, const Watts& b) {
            return a.value == b.value && a.low == b.low && a.high == b.high &&
                   a.mean_since_previous == b.mean_since_previous;
          },
          py::is_operator())
      .def("__repr__", [](const Watts& w) {
        return py::str("Watts({}, low={}, high={})").format(w.value, w.low, w.high).cast<std::string>();
      });
  py::class_<Failed>(m, "Failed", "A read that did not succeed; never a number.")
      .def(py::init([](const std::string& why, std::string text) {
             return Failed{parse<Failure>(why, "why", "meter.bad_input"), std::move(text)};
           }),
           py::arg("why") = "io", py::arg("text") = "", "why: no_permission, absent, io, lost, parse or blocked.")
      .def_property_readonly(
          "why", [](const Failed& f) { return std::string(text(f.why)); }, "The reason, for programs.")
      .def_readonly("text", &Failed::text, "The reason, for people; may be empty.")
      .def("__repr__", [](const Failed& f) {
        return py::str("Failed({!r}, {!r})").format(std::string(text(f.why)), f.text).cast<std::string>();
      });
}

}  // namespace co2lib::bindings::meter_domain
