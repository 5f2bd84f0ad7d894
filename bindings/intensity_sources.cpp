// SPDX-License-Identifier: MIT
// Domain intensity: sources, also those that are a function of Python.
#include "gil.hpp"
#include "intensity.hpp"
#include "registrar.hpp"

namespace co2lib::bindings::intensity_domain {

namespace {

/// A function of Python that is called, and given up, with the GIL held.
std::shared_ptr<py::function> held(py::function function) {
  return {new py::function(std::move(function)), [](py::function* f) {
            const py::gil_scoped_acquire acquire;
            delete f;
          }};
}

std::optional<RelativeError> error_of(const std::optional<std::pair<double, double>>& x) {
  return x ? std::optional(RelativeError{x->first, x->second}) : std::nullopt;
}

}  // namespace

SourcePointer source_of(const py::object& what, SourceOptions options) {
  if (py::isinstance<IntensitySource>(what)) return what.cast<SourcePointer>();
  if (py::isinstance<Trace>(what)) return unconst(make_source(what.cast<Trace>(), options.error));
  if (py::isinstance<CarbonIntensity>(what)) {
    return unconst(make_source(what.cast<CarbonIntensity>(), std::move(options)));
  }
  if (py::isinstance<py::function>(what) || PyCallable_Check(what.ptr()) != 0) {
    const auto function = held(py::reinterpret_borrow<py::function>(what));
    return unconst(make_source(
        [function](UtcTime t) {
          const py::gil_scoped_acquire acquire;
          const py::object answer = (*function)(from_utc(t));
          if (!py::isinstance<CarbonIntensity>(answer)) {
            throw Error("intensity.bad_value",
                        "the function of an intensity source must return a co2lib.CarbonIntensity, "
                        "not " +
                            py::repr(answer).cast<std::string>());
          }
          return answer.cast<CarbonIntensity>();
        },
        std::move(options)));
  }
  throw Error("intensity.bad_value",
              "an intensity source is an IntensitySource, a Trace, a CarbonIntensity or a function of the time, not " +
                  py::repr(what).cast<std::string>());
}

void register_sources(py::module_& m) {
  py::class_<Description>(m, "Description", "What a source is.")
      .def_readonly("name", &Description::name, "`FRA`, `world_average`, `fixed`, a zone.")
      .def_property_readonly(
          "signal", [](const Description& d) { return text(d.signal); }, "Of all its values.")
      .def_property_readonly(
          "scope", [](const Description& d) { return text(d.scope); }, "Of all its values.")
      .def_readonly("sources", &Description::sources, "Of all its values, as far as known before asking.");
  bindings::declared<py::class_<IntensitySource, SourcePointer>>(m, "IntensitySource")
      .def(
          "at",
          [](const SourcePointer& s, const py::object& time) {
            const UtcTime t = to_utc(time);
            const bindings::GilReleased released;  // a function of Python takes the GIL itself
            return s->at(t);
          },
          py::arg("time"), "The record in force.")
      .def(
          "between",
          [](const SourcePointer& s, const py::object& start, const py::object& end) {
            const UtcTime a = to_utc(start);
            const UtcTime b = to_utc(end);
            const bindings::GilReleased released;  // as above
            return s->between(a, b);
          },
          py::arg("start"), py::arg("end"), "The records that overlap [start, end).")
      .def(
          "describe", [](const SourcePointer& s) { return s->describe(); }, "What it is; asks nobody.")
      .def(
          "line",
          [](const SourcePointer& s, const py::object& start, const py::object& end) {
            return s->line(to_utc(start), to_utc(end));
          },
          py::arg("start"), py::arg("end"), "What answers for [start, end), in a line for people.")
      .def_property_readonly(
          "relative_error", [](const SourcePointer& s) { return s->relative_error(); },
          "The error that all its values share; None where it is not known.")
      .def("__repr__",
           [](const SourcePointer& s) { return "<co2lib.intensity.IntensitySource " + s->describe().name + ">"; });

  m.def(
      "make_source",
      [](const py::object& what, std::string name, const std::string& signal, const std::string& scope,
         const py::object& resolution, const std::optional<std::pair<double, double>>& relative_error) {
        SourceOptions options;
        options.name = std::move(name);
        options.signal = signal_of(signal);
        options.scope = scope_of(scope);
        if (!resolution.is_none()) options.resolution = to_duration(resolution);
        options.error = error_of(relative_error);
        return source_of(what, std::move(options));
      },
      py::arg("what"), py::kw_only(), py::arg("name") = "", py::arg("signal") = "average",
      py::arg("scope") = "lifecycle", py::arg("resolution") = py::none(), py::arg("relative_error") = py::none(),
      "A source from a CarbonIntensity, a Trace or a function (datetime) -> CarbonIntensity.");
  m.def(
      "location_source",
      [](std::string location, const std::string& scope) {
        return unconst(location_source(location, scope_of(scope)));
      },
      py::arg("location"), py::kw_only(), py::arg("scope") = "lifecycle",
      "The annual factor of a place by the UTC year of the time priced.");
  m.def(
      "world_average", [](const std::string& scope) { return unconst(world_average(scope_of(scope))); }, py::kw_only(),
      py::arg("scope") = "lifecycle", "The world average by the UTC year of the time priced.");
}

}  // namespace co2lib::bindings::intensity_domain
