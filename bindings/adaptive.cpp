// SPDX-License-Identifier: MIT
// Domain adaptive: its parts, and what they take from Python.
#include "adaptive.hpp"

namespace co2lib::bindings::adaptive_domain {

std::vector<double> numbers_of(const py::object& given, const std::string& field) {
  if (!py::isinstance<py::iterable>(given) || py::isinstance<py::str>(given)) {
    throw Error(bad_input, field + ": expected numbers, got " + py::repr(given).cast<std::string>().substr(0, 60));
  }
  std::vector<double> values;
  for (const py::handle item : given) {
    if (item.is_none()) {
      values.push_back(std::nan(""));
      continue;
    }
    const double x = py::isinstance<py::str>(item) ? -1.0 : PyFloat_AsDouble(item.ptr());
    if (py::isinstance<py::str>(item) || PyErr_Occurred() != nullptr) {
      PyErr_Clear();
      throw Error(bad_input, field + "[" + std::to_string(values.size()) + "]: expected a number, got " +
                                 py::repr(item).cast<std::string>().substr(0, 60));
    }
    values.push_back(x);
  }
  return values;
}

std::vector<double> maybe_numbers(const py::object& given, const std::string& field) {
  return given.is_none() ? std::vector<double>() : numbers_of(given, field);
}

std::vector<Seconds> seconds_of(const py::object& given, const std::string& field) {
  std::vector<Seconds> values;
  for (const double x : maybe_numbers(given, field))
    values.emplace_back(co2lib::adaptive::detail::not_negative(x, field));
  return values;
}

Slots slots_of(const py::object& given) {
  if (py::isinstance<Slots>(given)) return given.cast<Slots>();
  if (py::isinstance<intensity::Trace>(given)) return Slots(given.cast<const intensity::Trace&>());
  if (py::isinstance<intensity::Forecast>(given)) return Slots(given.cast<const intensity::Forecast&>());
  return Slots(numbers_of(given, "intensity"));
}

}  // namespace co2lib::bindings::adaptive_domain

namespace co2lib::bindings {

void register_adaptive(py::module_& m) {
  adaptive_domain::register_models(m);
  adaptive_domain::register_plans(m);
  adaptive_domain::register_reports(m);
  adaptive_domain::register_receipts(m);
  adaptive_domain::register_control(m);
  adaptive_domain::register_shift(m);
  adaptive_domain::register_search(m);
}

}  // namespace co2lib::bindings
