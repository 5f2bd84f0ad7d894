// SPDX-License-Identifier: MIT
// Quantities with their operators, and Interval and Estimate of each.
#include "bindings.hpp"

#include <pybind11/operators.h>

#include <co2lib/units.hpp>

namespace co2lib::bindings {

namespace {

/// Any object given in the place of a number and its unit; `typing.Never` in signatures, so that type checkers refuse
/// it as the call does.
struct Unitless {
  py::object given;
};

}  // namespace

}  // namespace co2lib::bindings

template <>
struct pybind11::detail::type_caster<co2lib::bindings::Unitless> {
  PYBIND11_TYPE_CASTER(co2lib::bindings::Unitless, const_name("typing.Never"));
  bool load(handle source, bool) {
    value.given = reinterpret_borrow<object>(source);
    return true;
  }
};

namespace co2lib::bindings {

namespace {

/// A factory `from_x` and the property `x` that reads it back, with the same property on the quantity's Estimate.
template <class Q>
struct Accessor {
  const char* name;
  Q (*make)(double);
  double (Q::*read)() const noexcept;
  const char* doc;
};

std::string name_of_type(const py::handle& x) { return py::str(py::type::of(x).attr("__name__")).cast<std::string>(); }

/// A time in s; a timedelta is taken too, but ends at 1 us, so that times are given out as floats.
Seconds to_seconds(const py::object& time) {
  try {
    return Seconds((py::hasattr(time, "total_seconds") ? time.attr("total_seconds")() : time).cast<double>());
  } catch (const py::cast_error&) {
    throw py::type_error("time is a number of seconds or a timedelta, not " + name_of_type(time));
  }
}

/// How a quantity is seen from Python: as its class, a time as a float in s.
template <class Q>
struct Seen {
  using Out = Q;
  using In = Q;
  static Out out(Q q) { return q; }
  static Q in(const In& q) { return q; }
};
template <>
struct Seen<Seconds> {
  using Out = double;
  using In = py::object;
  static Out out(Seconds t) { return t.count(); }
  static Seconds in(const In& t) { return to_seconds(t); }
};

template <class Q>
std::optional<Q> taken(const std::optional<typename Seen<Q>::In>& value) {
  return value ? std::optional<Q>(Seen<Q>::in(*value)) : std::nullopt;
}

/// True for a format specification that only places a text (">12", "*^20s"); any other one is for the number (".3f").
bool places_text(std::string_view spec) {
  const auto aligns = [](char c) { return c == '<' || c == '>' || c == '^'; };
  if (spec.size() > 1 && aligns(spec[1])) {
    spec.remove_prefix(2);
  } else if (!spec.empty() && aligns(spec[0])) {
    spec.remove_prefix(1);
  }
  if (spec.ends_with('s')) spec.remove_suffix(1);
  return !spec.starts_with('0') && spec.find_first_not_of("0123456789") == std::string_view::npos;
}

std::string formatted(double value, const std::string& spec) {
  if (spec.ends_with('%')) throw py::value_error("format '" + spec + "': a quantity is not a share and has no percent");
  return py::float_(value).attr("__format__")(spec).cast<std::string>();
}

std::string placed(const std::string& text, const std::string& spec) {
  return py::str(text).attr("__format__")(spec).cast<std::string>();
}

template <class Q>
std::string format_quantity(Q q, const std::string& spec) {
  if (places_text(spec)) return placed(to_string(q), spec);
  const double value = detail::QuantityText<Q>::read(q);
  const detail::Scale& scale = detail::scale_of<Q>(value, detail::quantity_digits);
  return formatted(value / scale.size, spec) + " " + std::string(scale.unit);
}

template <class Q>
std::string format_estimate(const Estimate<Q>& e, const std::string& spec) {
  if (places_text(spec)) return placed(to_string(e), spec);
  const detail::Scale& scale = detail::scale_of(e);
  const auto number = [&](Q q) { return formatted(detail::QuantityText<Q>::read(q) / scale.size, spec); };
  std::string text = e.value ? number(*e.value) + " " + std::string(scale.unit) : "unknown";
  if (e.interval) {
    text += " (" + number(e.interval->low) + " to " + number(e.interval->high) + " " + std::string(scale.brief) + ")";
  }
  return text;
}

template <class Q>
Q rounded(Q q, std::optional<int> ndigits) {
  const double value = detail::QuantityText<Q>::read(q);
  const detail::Scale& scale = detail::scale_of<Q>(value, detail::quantity_digits);
  const double number = py::float_(value / scale.size).attr("__round__")(ndigits.value_or(0)).template cast<double>();
  return detail::QuantityText<Q>::make(number * scale.size);
}

[[noreturn]] void not_compared(const char* sign) {
  throw py::type_error(std::string("'") + sign +
                       "' is not defined for estimates, whose truth lies in an interval; compare their values "
                       "(a.value < b.value) or, to be sure, their intervals (a.interval.high < b.interval.low)");
}

[[noreturn]] void not_added() {
  throw py::type_error(
      "estimates are not added: whether they share a device or an error is not known to them; add their values "
      "(a.value + b.value, sum(e.value for e in ...)), or merge the runs that they come from (co2lib.tracker.merge)");
}

template <class Q>
void bind_interval(py::class_<Interval<Q>>& interval, const std::string& name) {
  using Limits = Interval<Q>;
  interval
      .def(py::init([](typename Seen<Q>::In low, typename Seen<Q>::In high, double confidence) {
             return Limits{Seen<Q>::in(low), Seen<Q>::in(high), confidence};
           }),
           py::arg("low"), py::arg("high"), py::arg("confidence") = 0.95)
      .def_property_readonly(
          "low", [](const Limits& i) { return Seen<Q>::out(i.low); }, "Lower end, part of the range.")
      .def_property_readonly(
          "high", [](const Limits& i) { return Seen<Q>::out(i.high); }, "Upper end, part of the range.")
      .def_readonly("confidence", &Limits::confidence, "Probability that the truth lies inside; 1 for hard bounds.")
      .def(
          "__eq__", [](const Limits& a, const Limits& b) { return a == b; }, py::is_operator())
      .def("__hash__",
           [](const Limits& i) {
             return py::hash(py::make_tuple(Seen<Q>::out(i.low), Seen<Q>::out(i.high), i.confidence));
           })
      .def("__str__", [](const Limits& i) { return interval_text(Estimate<Q>{.interval = i}); })
      .def("__repr__",
           [name](const Limits& i) {
             return "<" + name + "Interval " + interval_text(Estimate<Q>{.interval = i}) + ">";
           })
      .def(py::pickle(
          [](const Limits& i) { return py::make_tuple(Seen<Q>::out(i.low), Seen<Q>::out(i.high), i.confidence); },
          [](const py::tuple& t) {
            return Limits{Seen<Q>::in(t[0].cast<typename Seen<Q>::In>()),
                          Seen<Q>::in(t[1].cast<typename Seen<Q>::In>()), t[2].cast<double>()};
          }));
}

template <class Q>
void bind_estimate(py::class_<Estimate<Q>>& estimate, const std::string& name) {
  using Limits = Interval<Q>;
  using Guess = Estimate<Q>;
  using Value = std::optional<typename Seen<Q>::Out>;
  const auto value = [](const Guess& e) { return e.value ? Value(Seen<Q>::out(*e.value)) : Value(); };
  estimate
      .def(py::init([](std::optional<typename Seen<Q>::In> given, std::optional<Limits> bounds,
                       std::optional<Limits> range, std::vector<Issue> issues, std::vector<Source> sources) {
             return Guess{taken<Q>(given), bounds, range, std::move(issues), std::move(sources)};
           }),
           py::arg("value") = std::nullopt, py::arg("bounds") = std::nullopt, py::arg("interval") = std::nullopt,
           py::arg("issues") = std::vector<Issue>{}, py::arg("sources") = std::vector<Source>{})
      .def_property_readonly("value", value, "The best value, or None where nothing is known.")
      .def_readonly("bounds", &Guess::bounds, "Where the value must lie if the readings are right.")
      .def_readonly("interval", &Guess::interval, "`bounds` widened by sensor and model error.")
      .def_readonly("issues", &Guess::issues, "What a reader must know about this number.")
      .def_readonly("sources", &Guess::sources, "Of the factors and data it was computed with.")
      .def_property_readonly("value_text", &value_text<Q>, "The value for people, `unknown` where there is none.")
      .def_property_readonly("interval_text", &interval_text<Q>,
                             "The interval in the unit of the value, empty where there is none.")
      .def("__str__", [](const Guess& e) { return to_string(e); })
      .def("__repr__", [name](const Guess& e) { return "<" + name + "Estimate " + to_string(e) + ">"; })
      .def("__format__", &format_estimate<Q>, py::arg("format_spec"),
           "Value and interval with each number written by the specification, in one unit.")
      .def(
          "__eq__", [](const Guess& a, const Guess& b) { return a == b; }, py::is_operator())
      .def("__hash__", [value](const Guess& e) { return py::hash(py::make_tuple(value(e), e.bounds, e.interval)); })
      .def("__lt__", [](const Guess&, const Unitless&) -> bool { not_compared("<"); })
      .def("__le__", [](const Guess&, const Unitless&) -> bool { not_compared("<="); })
      .def("__gt__", [](const Guess&, const Unitless&) -> bool { not_compared(">"); })
      .def("__ge__", [](const Guess&, const Unitless&) -> bool { not_compared(">="); })
      .def("__add__", [](const Guess&, const Unitless&) -> Guess { not_added(); })
      .def("__radd__", [](const Guess&, const Unitless&) -> Guess { not_added(); })
      .def(py::pickle(
          [value](const Guess& e) { return py::make_tuple(value(e), e.bounds, e.interval, e.issues, e.sources); },
          [](const py::tuple& t) {
            return Guess{taken<Q>(t[0].cast<std::optional<typename Seen<Q>::In>>()), t[1].cast<std::optional<Limits>>(),
                         t[2].cast<std::optional<Limits>>(), t[3].cast<std::vector<Issue>>(),
                         t[4].cast<std::vector<Source>>()};
          }));
}

template <class Q>
py::class_<Q> bind_quantity(py::module_& m, const std::string& name, const char* doc,
                            std::initializer_list<Accessor<Q>> accessors) {
  using Guess = Estimate<Q>;
  const Accessor<Q> canonical = *accessors.begin();

  py::class_<Q> quantity(m, name.c_str(), doc);
  py::class_<Interval<Q>> interval(m, (name + "Interval").c_str(), "A range of a quantity with its confidence.");
  py::class_<Guess> estimate(m, (name + "Estimate").c_str(), "A quantity with how sure it is; `value` may be None.");

  quantity.def(py::init<>())
      .def(py::init([name, canonical](const Unitless& bare) -> Q {
             const std::string given = py::repr(bare.given).cast<std::string>();
             throw py::type_error(name + "(" + given.substr(0, 60) + "): a quantity needs its unit: " + name +
                                  ".from_" + canonical.name + "(...) and the like, or " + name + ".parse(\"1.5 " +
                                  std::string(detail::QuantityText<Q>::unit) + "\")");
           }),
           py::arg("value"))
      .def(py::self + py::self)
      .def(
          "__radd__",
          [](const Q& q, int zero) {
            if (zero != 0) throw py::type_error("a number has no unit; only the 0 with which sum() begins is added");
            return q;
          },
          py::arg("zero").noconvert(), py::is_operator(), "0 + quantity, with which `sum` begins.")
      .def(py::self - py::self)
      .def(-py::self)
      .def("__abs__", [](const Q& q) { return q < Q() ? -q : q; })
      .def("__round__", &rounded<Q>, py::arg("ndigits") = py::none(),
           "The quantity with its number rounded in the unit in which it is written.")
      .def("__format__", &format_quantity<Q>, py::arg("format_spec"),
           "The number by the specification, in the unit in which the quantity is written, and that unit.")
      .def(py::self * double())
      .def(double() * py::self)
      .def(py::self / double())
      .def(py::self / py::self)
      .def(py::self == py::self)
      .def(py::self < py::self)
      .def(py::self <= py::self)
      .def(py::self > py::self)
      .def(py::self >= py::self)
      .def("__hash__", [read = canonical.read](const Q& q) { return py::hash(py::float_((q.*read)())); })
      .def("__str__", [](const Q& q) { return to_string(q); })
      .def("__repr__",
           [name, canonical](const Q& q) {
             return name + ".from_" + canonical.name + "(" +
                    py::repr(py::float_((q.*canonical.read)())).template cast<std::string>() + ")";
           })
      .def(py::pickle([read = canonical.read](const Q& q) { return py::make_tuple((q.*read)()); },
                      [make = canonical.make](const py::tuple& t) { return make(t[0].cast<double>()); }))
      .def_static(
          "parse", [](const std::string& text) { return bindings::value_or_throw(parse<Q>(text), "meter"); },
          py::arg("text"), "Reads a number and a unit, such as \"1.5 kWh\"; raises meter.bad_unit.");
  for (const Accessor<Q>& a : accessors) {
    quantity.def_static((std::string("from_") + a.name).c_str(), a.make, py::arg("value"), a.doc);
    quantity.def_property_readonly(
        a.name, [read = a.read](const Q& q) { return (q.*read)(); }, a.doc);
    estimate.def_property_readonly(
        a.name,
        [read = a.read](const Guess& e) { return e.value ? std::optional(((*e.value).*read)()) : std::nullopt; },
        a.doc);
  }
  bind_interval(interval, name);
  bind_estimate(estimate, name);
  return quantity;
}

/// Interval and Estimate of a time; there is no class of times: Python has floats and timedeltas.
void bind_times(py::module_& m) {
  py::class_<Interval<Seconds>> interval(m, "TimeInterval", "A range of a time, in s, with its confidence.");
  py::class_<Estimate<Seconds>> estimate(
      m, "TimeEstimate", "A time in s with how sure it is; `value` may be None. A timedelta would end at 1 us.");
  estimate.def_property_readonly("seconds", &Estimate<Seconds>::seconds, "s");
  bind_interval(interval, "Time");
  bind_estimate(estimate, "Time");
}

}  // namespace

void register_units(py::module_& m) {
  // All classes are there before any operator names one, so that signatures show Python types.
  auto energy = bind_quantity<Energy>(m, "Energy", "An amount of energy.",
                                      {{"joules", &Energy::from_joules, &Energy::joules, "J"},
                                       {"kwh", &Energy::from_kwh, &Energy::kwh, "kWh; 1 kWh = 3.6e6 J"},
                                       {"wh", &Energy::from_wh, &Energy::wh, "Wh"}});
  auto power = bind_quantity<Power>(m, "Power", "Power.",
                                    {{"watts", &Power::from_watts, &Power::watts, "W"},
                                     {"kilowatts", &Power::from_kilowatts, &Power::kilowatts, "kW"}});
  auto mass = bind_quantity<CarbonMass>(m, "CarbonMass", "Mass of greenhouse gases in CO2 equivalents.",
                                        {{"grams", &CarbonMass::from_grams, &CarbonMass::grams, "g CO2e"},
                                         {"kilograms", &CarbonMass::from_kilograms, &CarbonMass::kilograms, "kg CO2e"},
                                         {"tonnes", &CarbonMass::from_tonnes, &CarbonMass::tonnes, "t CO2e"}});
  auto intensity = bind_quantity<CarbonIntensity>(
      m, "CarbonIntensity", "Carbon intensity of electricity.",
      {{"g_per_kwh", &CarbonIntensity::from_g_per_kwh, &CarbonIntensity::g_per_kwh, "g CO2e/kWh"},
       {"kg_per_kwh", &CarbonIntensity::from_kg_per_kwh, &CarbonIntensity::kg_per_kwh, "kg CO2e/kWh"}});
  auto water =
      bind_quantity<Water>(m, "Water", "A volume of water.", {{"litres", &Water::from_litres, &Water::litres, "L"}});
  auto wue = bind_quantity<WaterIntensity>(
      m, "WaterIntensity", "Water used per IT energy (WUE).",
      {{"l_per_kwh", &WaterIntensity::from_l_per_kwh, &WaterIntensity::l_per_kwh, "L/kWh"}});

  bind_times(m);

  energy.def(py::self * CarbonIntensity())
      .def(py::self * WaterIntensity())
      .def(
          "__truediv__", [](Energy e, Power p) { return (e / p).count(); }, py::is_operator())
      .def(
          "over", [](Energy e, const py::object& time) { return e / to_seconds(time); }, py::arg("time"),
          "Mean power over a time in s or a timedelta.");
  power.def(
      "times", [](Power p, const py::object& time) { return p * to_seconds(time); }, py::arg("time"),
      "Energy over a time in s or a timedelta.");
  mass.def(py::self / Energy()).def(py::self / CarbonIntensity());
  intensity.def(py::self * Energy());
  water.def(py::self / Energy());
  wue.def(py::self * Energy());

  m.def(
      "convert",
      [](double value, const std::string& from, const std::string& to) {
        return bindings::value_or_throw(convert(value, from, to), "meter");
      },
      py::arg("value"), py::arg("from_unit"), py::arg("to_unit"),
      "Convert between unit texts, e.g. lb/MWh to g/kWh; raises meter.bad_unit.");
  m.def(
      "sci",
      [](Energy e, CarbonIntensity i, CarbonMass embodied, double functional_units) {
        return bindings::value_or_throw(sci(e, i, embodied, functional_units), "meter");
      },
      py::arg("energy"), py::arg("intensity"), py::arg("embodied"), py::arg("functional_units"),
      "Software carbon intensity (E * I + M) / R in g CO2e per functional unit (ISO/IEC 21031:2024).");
}

}  // namespace co2lib::bindings
