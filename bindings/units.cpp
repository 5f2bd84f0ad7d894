// SPDX-License-Identifier: MIT
// Quantities with their operators, and Interval and Estimate of each.
#include "bindings.hpp"

#include <pybind11/chrono.h>
#include <pybind11/operators.h>

#include <co2lib/units.hpp>

using namespace co2lib;

namespace {

/// A factory `from_x` and the property `x` that reads it back, with the same property on the quantity's Estimate.
template <class Q>
struct Accessor {
  const char* name;
  Q (*make)(double);
  double (Q::*read)() const noexcept;
  const char* doc;
};

template <class Q>
std::string estimate_text(const Estimate<Q>& e) {
  if (!e.value) return "unknown";
  std::string text = to_string(*e.value);
  if (e.interval) text += " (" + to_string(e.interval->low) + " to " + to_string(e.interval->high) + ")";
  return text;
}

template <class Q>
py::class_<Q> bind_quantity(py::module_& m, const std::string& name, const char* doc,
                            std::initializer_list<Accessor<Q>> accessors) {
  using Limits = Interval<Q>;
  using Guess = Estimate<Q>;
  const Accessor<Q> canonical = *accessors.begin();

  py::class_<Q> quantity(m, name.c_str(), doc);
  py::class_<Limits> interval(m, (name + "Interval").c_str(), "A range of a quantity with its confidence.");
  py::class_<Guess> estimate(m, (name + "Estimate").c_str(), "A quantity with how sure it is; `value` may be None.");

  quantity.def(py::init<>())
      .def(py::self + py::self)
      .def(py::self - py::self)
      .def(-py::self)
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

  interval
      .def(py::init([](Q low, Q high, double confidence) {
             return Limits{low, high, confidence};
           }),
           py::arg("low"), py::arg("high"), py::arg("confidence") = 0.95)
      .def_readonly("low", &Limits::low)
      .def_readonly("high", &Limits::high)
      .def_readonly("confidence", &Limits::confidence, "Probability that the truth lies inside; 1 for hard bounds.")
      .def(
          "__eq__", [](const Limits& a, const Limits& b) { return a == b; }, py::is_operator())
      .def("__hash__", [](const Limits& i) { return py::hash(py::make_tuple(i.low, i.high, i.confidence)); })
      .def("__repr__",
           [name](const Limits& i) {
             return "<" + name + "Interval " + to_string(i.low) + " to " + to_string(i.high) + ">";
           })
      .def(py::pickle([](const Limits& i) { return py::make_tuple(i.low, i.high, i.confidence); },
                      [](const py::tuple& t) {
                        return Limits{t[0].cast<Q>(), t[1].cast<Q>(), t[2].cast<double>()};
                      }));

  estimate
      .def(py::init([](std::optional<Q> value, std::optional<Limits> bounds, std::optional<Limits> range,
                       std::vector<Issue> issues, std::vector<Source> sources) {
             return Guess{value, bounds, range, std::move(issues), std::move(sources)};
           }),
           py::arg("value") = std::nullopt, py::arg("bounds") = std::nullopt, py::arg("interval") = std::nullopt,
           py::arg("issues") = std::vector<Issue>{}, py::arg("sources") = std::vector<Source>{})
      .def_readonly("value", &Guess::value, "The best value, or None where nothing is known.")
      .def_readonly("bounds", &Guess::bounds, "Where the value must lie if the readings are right.")
      .def_readonly("interval", &Guess::interval, "`bounds` widened by sensor and model error.")
      .def_readonly("issues", &Guess::issues)
      .def_readonly("sources", &Guess::sources)
      .def("__str__", &estimate_text<Q>)
      .def("__repr__", [name](const Guess& e) { return "<" + name + "Estimate " + estimate_text(e) + ">"; })
      .def(
          "__eq__", [](const Guess& a, const Guess& b) { return a == b; }, py::is_operator())
      .def("__hash__", [](const Guess& e) { return py::hash(py::make_tuple(e.value, e.bounds, e.interval)); })
      .def(py::pickle([](const Guess& e) { return py::make_tuple(e.value, e.bounds, e.interval, e.issues, e.sources); },
                      [](const py::tuple& t) {
                        return Guess{t[0].cast<std::optional<Q>>(), t[1].cast<std::optional<Limits>>(),
                                     t[2].cast<std::optional<Limits>>(), t[3].cast<std::vector<Issue>>(),
                                     t[4].cast<std::vector<Source>>()};
                      }));
  return quantity;
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

  const auto seconds = [](const py::object& time) {
    try {
      return Seconds((py::hasattr(time, "total_seconds") ? time.attr("total_seconds")() : time).cast<double>());
    } catch (const py::cast_error&) {
      throw py::type_error("time is a number of seconds or a timedelta, not " +
                           py::str(py::type::of(time).attr("__name__")).cast<std::string>());
    }
  };
  energy.def(py::self * CarbonIntensity())
      .def(py::self * WaterIntensity())
      .def(
          "__truediv__", [](Energy e, Power p) { return (e / p).count(); }, py::is_operator())
      .def(
          "over", [seconds](Energy e, const py::object& time) { return e / seconds(time); }, py::arg("time"),
          "Mean power over a time in s or a timedelta.");
  power.def(
      "times", [seconds](Power p, const py::object& time) { return p * seconds(time); }, py::arg("time"),
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
