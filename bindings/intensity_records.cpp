// SPDX-License-Identifier: MIT
// Domain intensity: Record, EnergySample, RelativeError.
#include "intensity.hpp"
#include "registrar.hpp"

namespace co2lib::bindings::intensity_domain {

void register_records(py::module_& m) {
  py::class_<RelativeError>(m, "RelativeError", "How far the truth can be from a value, as parts of it.")
      .def(py::init<double, double>(), py::arg("low"), py::arg("high"))
      .def_readonly("low", &RelativeError::low, ">= -1: the truth is at least value (1 + low).")
      .def_readonly("high", &RelativeError::high, "The truth is at most value (1 + high).")
      .def(
          "__eq__", [](const RelativeError& a, const RelativeError& b) { return a == b; }, py::is_operator())
      .def("__repr__", [](const RelativeError& e) {
        return "RelativeError(" + py::repr(py::float_(e.low)).cast<std::string>() + ", " +
               py::repr(py::float_(e.high)).cast<std::string>() + ")";
      });
  py::class_<Record>(m, "Record", "The carbon intensity over [start, end), and how it is known; value None is missing.")
      .def(py::init([](const py::object& start, const py::object& end, std::optional<CarbonIntensity> value,
                       const std::string& signal, const std::string& scope, const std::string& basis,
                       const std::string& method, const std::string& status, std::string provider, std::string zone,
                       std::string origin, std::string factor_set, std::string gas, std::optional<double> raw_value,
                       std::string raw_unit, const py::object& generated_at, const py::object& updated_at,
                       const std::optional<RelativeError>& error, const std::optional<Source>& source,
                       std::vector<std::string> flags) {
             Record r;
             r.start = to_utc(start);
             r.end = to_utc(end);
             r.value = value;
             r.signal = signal_of(signal);
             r.scope = scope_of(scope);
             r.basis = basis_of(basis);
             r.method = method_of(method);
             r.status = status_of(status);
             r.provider = std::move(provider);
             r.zone = std::move(zone);
             r.origin = std::move(origin);
             r.factor_set = std::move(factor_set);
             r.gas = std::move(gas);
             r.raw_value = raw_value;
             r.raw_unit = std::move(raw_unit);
             r.generated_at = optional_utc(generated_at);
             r.updated_at = optional_utc(updated_at);
             r.error = error;
             if (source) r.source = *source;
             r.flags = std::move(flags);
             return r;
           }),
           py::arg("start"), py::arg("end"), py::arg("value"), py::kw_only(), py::arg("signal") = "average",
           py::arg("scope") = "lifecycle", py::arg("basis") = "unknown", py::arg("method") = "location",
           py::arg("status") = "measured", py::arg("provider") = "", py::arg("zone") = "", py::arg("origin") = "",
           py::arg("factor_set") = "", py::arg("gas") = "", py::arg("raw_value") = std::nullopt,
           py::arg("raw_unit") = "", py::arg("generated_at") = py::none(), py::arg("updated_at") = py::none(),
           py::arg("error") = std::nullopt, py::arg("source") = std::nullopt,
           py::arg("flags") = std::vector<std::string>{})
      .def_property_readonly(
          "start", [](const Record& r) { return from_utc(r.start); }, "Part of the interval.")
      .def_property_readonly(
          "end", [](const Record& r) { return from_utc(r.end); }, "Not part of the interval.")
      .def_readonly("value", &Record::value, "None where it is missing.")
      .def_property_readonly(
          "signal", [](const Record& r) { return text(r.signal); }, "Whose emissions.")
      .def_property_readonly(
          "scope", [](const Record& r) { return text(r.scope); }, "What is counted.")
      .def_property_readonly(
          "basis", [](const Record& r) { return text(r.basis); }, "Which electricity.")
      .def_property_readonly(
          "method", [](const Record& r) { return text(r.method); }, "Which accounting.")
      .def_property_readonly(
          "status", [](const Record& r) { return text(r.status); }, "How the value came about.")
      .def_readonly("provider", &Record::provider, "Who published it: `electricitymaps`.")
      .def_readonly("zone", &Record::zone, "The provider's own key of the place: `SE-SE3`.")
      .def_readonly("origin", &Record::origin, "Which link answered: `trace`, `live`, `annual_factor`, ...")
      .def_readonly("factor_set", &Record::factor_set, "The fuel factors it was computed with.")
      .def_readonly("gas", &Record::gas, "`CO2`, `CO2e` or `CO2eq`, as the unit text says.")
      .def_readonly("raw_value", &Record::raw_value, "As received.")
      .def_readonly("raw_unit", &Record::raw_unit, "As received.")
      .def_property_readonly(
          "generated_at", [](const Record& r) { return optional_time(r.generated_at); }, "Issue time of a forecast.")
      .def_property_readonly(
          "updated_at", [](const Record& r) { return optional_time(r.updated_at); },
          "When the publisher last changed it.")
      .def_readonly("error", &Record::error, "Relative error of the value, None where unknown.")
      .def_readonly("source", &Record::source, "Publication, year and licence.")
      .def_readonly("flags", &Record::flags, "Codes of remarks: `negative`, `old_factor`, ...")
      .def(
          "__eq__", [](const Record& a, const Record& b) { return a == b; }, py::is_operator())
      .def("__repr__", [](const Record& r) {
        return "<co2lib.intensity.Record " + intensity::detail::range_text(r.start, r.end) + " " +
               (r.value ? to_string(*r.value) : "missing") + ">";
      });

  bindings::declared<py::class_<EnergySample>>(m, "EnergySample")
      .def(py::init([](const py::object& start, const py::object& end, Energy energy) {
             return EnergySample{to_utc(start), to_utc(end), energy};
           }),
           py::arg("start"), py::arg("end"), py::arg("energy"))
      .def_property_readonly(
          "start", [](const EnergySample& s) { return from_utc(s.start); }, "Part of the interval.")
      .def_property_readonly(
          "end", [](const EnergySample& s) { return from_utc(s.end); }, "Not part of the interval.")
      .def_readonly("energy", &EnergySample::energy, "Of the interval, IT energy.")
      .def(
          "__eq__", [](const EnergySample& a, const EnergySample& b) { return a == b; }, py::is_operator())
      .def("__repr__", [](const EnergySample& s) {
        return "<co2lib.intensity.EnergySample " + intensity::detail::range_text(s.start, s.end) + " " +
               to_string(s.energy) + ">";
      });
}

}  // namespace co2lib::bindings::intensity_domain
