// SPDX-License-Identifier: MIT
// Domain intensity: Trace, its statistics, and the CSV files it is read from.
#include "gil.hpp"
#include "intensity.hpp"

namespace co2lib::bindings::intensity_domain {

namespace {

CsvOptions csv_options(const std::optional<std::string>& scope, const std::optional<std::string>& signal,
                       const std::optional<std::string>& unit, const std::optional<std::string>& zone) {
  CsvOptions options{.unit = unit, .zone = zone};
  if (scope) options.scope = scope_of(*scope);
  if (signal) options.signal = signal_of(*signal);
  return options;
}

}  // namespace

void register_trace(py::module_& m) {
  py::class_<Statistics>(m, "Statistics", "What a trace's known values are like; None where undefined.")
      .def_readonly("count", &Statistics::count, "Intervals with a value.")
      .def_readonly("sum", &Statistics::sum, "Of all values, g/kWh.")
      .def_readonly("mean", &Statistics::mean, "Each interval counting once; None without values.")
      .def_readonly("min", &Statistics::min, "The least; None without values.")
      .def_readonly("max", &Statistics::max, "The greatest; None without values.")
      .def_readonly("sd", &Statistics::sd, "Population standard deviation.")
      .def_readonly("cv", &Statistics::cv, "sd / mean.")
      .def_readonly("mean_daily_range", &Statistics::mean_daily_range, "Mean over whole UTC days of max - min.");
  py::class_<Trace>(m, "Trace", "A sorted series of non-overlapping records of one signal and scope; immutable.")
      .def(py::init<const std::vector<Record>&>(), py::arg("records"))
      .def_static(
          "regular",
          [](const py::object& start, const py::object& step, const std::vector<std::optional<double>>& g_per_kwh,
             const std::string& signal, const std::string& scope, std::string zone,
             const std::optional<Source>& source) {
            std::vector<std::optional<CarbonIntensity>> values;
            values.reserve(g_per_kwh.size());
            for (const auto& x : g_per_kwh) {
              values.push_back(x ? std::optional(CarbonIntensity::from_g_per_kwh(*x)) : std::nullopt);
            }
            Record attributes;
            attributes.signal = signal_of(signal);
            attributes.scope = scope_of(scope);
            attributes.zone = std::move(zone);
            if (source) attributes.source = *source;
            return Trace::regular(to_utc(start), to_duration(step), values, std::move(attributes));
          },
          py::arg("start"), py::arg("step"), py::arg("g_per_kwh"), py::kw_only(), py::arg("signal") = "average",
          py::arg("scope") = "lifecycle", py::arg("zone") = "", py::arg("source") = std::nullopt,
          "Equal steps (a timedelta or seconds) from start; values in g/kWh, None is missing.")
      .def("__len__", &Trace::size)
      .def_property_readonly(
          "start", [](const Trace& t) { return from_utc(t.start()); },
          "The start of the first record; intensity.no_data if the trace is empty.")
      .def_property_readonly(
          "end", [](const Trace& t) { return from_utc(t.end()); },
          "The end of the last record; intensity.no_data if the trace is empty.")
      .def_property_readonly(
          "signal", [](const Trace& t) { return text(t.signal()); }, "Of all records.")
      .def_property_readonly(
          "scope", [](const Trace& t) { return text(t.scope()); }, "Of all records.")
      .def_property_readonly("provider", &Trace::provider, "Of the first record; those of a chained trace may differ.")
      .def_property_readonly("zone", &Trace::zone, "Of the first record; those of a chained trace may differ.")
      .def_property_readonly("source", &Trace::source, "Of the first record; those of a chained trace may differ.")
      .def("records", &Trace::records, "All records, in the order of time.")
      .def(
          "__getitem__",
          [](const Trace& t, std::ptrdiff_t i) {
            const auto n = static_cast<std::ptrdiff_t>(t.size());
            if (i < -n || i >= n)
              throw py::index_error("record " + std::to_string(i) + " of a trace of " + std::to_string(n));
            return t.record(static_cast<std::size_t>(i < 0 ? i + n : i));
          },
          py::arg("index"))
      .def(
          "at", [](const Trace& t, const py::object& time) { return t.at(to_utc(time)); }, py::arg("time"),
          "The value in force; None where missing; raises intensity.out_of_range outside.")
      .def(
          "between",
          [](const Trace& t, const py::object& a, const py::object& b) { return t.between(to_utc(a), to_utc(b)); },
          py::arg("start"), py::arg("end"), "The records that overlap [start, end), uncut.")
      .def(
          "mean", [](const Trace& t, const py::object& a, const py::object& b) { return t.mean(to_utc(a), to_utc(b)); },
          py::arg("start"), py::arg("end"), "Mean of the known values over [start, end); None where none is known.")
      .def("scaled", &Trace::scaled, py::arg("factor"), "Every value times a factor >= 0.")
      .def("stats", &Trace::stats, "Statistics over the known values.")
      .def(
          "price",
          [](const py::object& self, const py::iterable& samples, const std::string& gap, const std::string& mode,
             const py::object& max_hold) {
            return price_with(samples_of(samples), self, options_of(gap, mode, max_hold));
          },
          py::arg("samples"), py::kw_only(), py::arg("gap") = "fail", py::arg("mode") = "step",
          py::arg("max_hold") = py::none(), "Prices energy samples; see co2lib.intensity.price.")
      .def("__repr__", [](const Trace& t) { return "<co2lib.intensity.Trace " + to_string(t) + ">"; });

  m.def(
      "read_csv",
      [](const std::filesystem::path& file, const std::optional<std::string>& scope,
         const std::optional<std::string>& signal, const std::optional<std::string>& unit,
         const std::optional<std::string>& zone) {
        const CsvOptions options = csv_options(scope, signal, unit, zone);
        const bindings::GilReleased released;  // reads a file, touches no Python object
        return read_csv(file, options);
      },
      py::arg("file"), py::kw_only(), py::arg("scope") = py::none(), py::arg("signal") = py::none(),
      py::arg("unit") = py::none(), py::arg("zone") = py::none(),
      "Reads a CSV file of Electricity Maps, of CarbonCast, or our own (start,end,value,unit,signal,scope).");
  m.def(
      "parse_csv",
      [](const std::string& content, const std::optional<std::string>& scope, const std::optional<std::string>& signal,
         const std::optional<std::string>& unit, const std::optional<std::string>& zone,
         const std::string& name) { return parse_csv(content, csv_options(scope, signal, unit, zone), name); },
      py::arg("text"), py::kw_only(), py::arg("scope") = py::none(), py::arg("signal") = py::none(),
      py::arg("unit") = py::none(), py::arg("zone") = py::none(), py::arg("name") = "CSV", "As read_csv, from a text.");
}

}  // namespace co2lib::bindings::intensity_domain
