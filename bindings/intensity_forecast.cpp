// SPDX-License-Identifier: MIT
// Forecasts, their JSON lines, backtests.
#include "intensity.hpp"

#include "gil.hpp"
#include "notebook.hpp"
#include "registrar.hpp"

#include <co2lib/intensity/backtest.hpp>
#include <co2lib/intensity/forecast.hpp>
#include <co2lib/intensity/lines.hpp>
#include <co2lib/intensity/source.hpp>

namespace co2lib::bindings::intensity_domain {

namespace {

/// A time as elsewhere, or a day (`2022-01-15`), which is its beginning in UTC.
UtcTime issue_of(const py::object& time) {
  if (py::isinstance<py::str>(time)) {
    const auto text = time.cast<std::string>();
    if (text.size() == 10) return bindings::to_utc(py::str(text + "T00:00:00Z"), "intensity");
  }
  return bindings::to_utc(time, "intensity");
}

std::optional<UtcTime> maybe_issue(const py::object& time) {
  return time.is_none() ? std::nullopt : std::optional(issue_of(time));
}

Forecaster forecaster_of(const std::string& method) {
  return parse<Forecaster>(method, "method", "intensity.bad_value");
}

void bind_forecast(py::module_& m) {
  py::class_<Forecast>(m, "Forecast",
                       "A forecast issued at one time: values over equal steps, and how far off they may be.")
      .def_readonly("method", &Forecast::method, "blend, ridge28, ..., a provider's id.")
      .def_property_readonly(
          "issued_at", [](const Forecast& f) { return from_utc(f.issued_at); }, "Nothing known later was used.")
      .def_property_readonly(
          "start", [](const Forecast& f) { return from_utc(f.start); }, "Of the first step.")
      .def_property_readonly(
          "end", [](const Forecast& f) { return from_utc(f.end()); }, "End of the last step.")
      .def_property_readonly(
          "step_s", [](const Forecast& f) { return std::chrono::duration<double>(f.step).count(); },
          "Length of each step, s.")
      .def_readonly("g_per_kwh", &Forecast::g_per_kwh, "Finite; an average is >= 0.")
      .def_readonly("half_widths", &Forecast::half_widths, "Of the 80, 90 and 95 % intervals of each step, g/kWh.")
      .def_property_readonly(
          "climatology_from", [](const Forecast& f) { return std::min(f.climatology_from, f.size()); },
          "From this step on it is the mean of the same hour of the last 28 days.")
      .def_readonly("attributes", &Forecast::attributes, "Signal, scope, zone, ... as a Record without value.")
      .def_readonly("issues", &Forecast::issues, "`no_interval`, `climatology`.")
      .def("__len__", &Forecast::size)
      .def("value", &Forecast::value, py::arg("step"), "The value of a step; beyond the last `intensity.out_of_range`.")
      .def("interval", &Forecast::interval, py::arg("step"), py::arg("level") = 0.9,
           "The interval of a step at 0.8, 0.9 or 0.95; None where none is known.")
      .def("trace", &Forecast::trace, "Its steps as a trace, to price energy with.")
      .def(
          "__eq__", [](const Forecast& a, const Forecast& b) { return a == b; }, py::is_operator())
      .def("__repr__", [](const Forecast& f) {
        return "<co2lib.intensity.Forecast " + f.method + " " + intensity::detail::range_text(f.start, f.end()) +
               " issued " + format_utc(f.issued_at) + ">";
      });
  bindings::shown_as_table(m, "Forecast", "forecast");
  m.def(
      "forecast",
      [](const Trace& trace, const py::object& issued_at, int horizon_h, const std::string& method, bool intervals) {
        const ForecastOptions options{.method = forecaster_of(method),
                                      .issued_at = maybe_issue(issued_at),
                                      .horizon = std::chrono::hours(horizon_h),
                                      .intervals = intervals};
        const bindings::GilReleased released;  // pure computation; the argument keeps the trace alive
        return forecast(trace, options);
      },
      py::arg("trace"), py::arg("issued_at") = py::none(), py::kw_only(), py::arg("horizon_h") = 96,
      py::arg("method") = "blend", py::arg("intervals") = true,
      "Forecasts the hours after `issued_at` (default: the end of what is known) from those before it alone.");
  m.def(
      "forecast_of", [](const std::vector<Record>& records) { return forecast_of(records); }, py::arg("records"),
      "A forecast that somebody else made, from its records: in equal steps, of one generated_at.");
  m.def("json_line", py::overload_cast<const Forecast&>(&json_line), py::arg("forecast"),
        "One forecast as a line of JSON, without a line end.");
  m.def("parse_forecast_line", &parse_forecast_line, py::arg("line"), "The forecast of a line of json_line.");
  m.def("parse_forecasts", &parse_forecasts, py::arg("text"), py::arg("name") = "JSON lines",
        "The forecasts of lines of JSON; refusals name `name` and the line.");
  m.def(
      "read_forecasts",
      [](const std::filesystem::path& file) {
        const bindings::GilReleased released;  // reads a file, touches no Python object
        return read_forecasts(file);
      },
      py::arg("file"), "The forecasts of a file of JSON lines; refusals name the file and the line.");
  m.def(
      "write_forecasts",
      [](const std::filesystem::path& file, const std::vector<Forecast>& forecasts) {
        const bindings::GilReleased released;  // writes a file, touches no Python object
        write_forecasts(file, forecasts);
      },
      py::arg("file"), py::arg("forecasts"), "Writes forecasts to a file of JSON lines, which is replaced.");
}

void bind_backtest(py::module_& m) {
  py::class_<LevelScore>(m, "LevelScore", "How the intervals of one level did.")
      .def_readonly("level", &LevelScore::level, "What they promise: 0.8, 0.9, 0.95.")
      .def_readonly("coverage", &LevelScore::coverage, "Part of the truths inside.")
      .def_readonly("winkler", &LevelScore::winkler,
                    "Width, and 2 / (1 - level) times what a truth lies outside, g/kWh.");
  py::class_<DayScore>(m, "DayScore", "The scores of one day of leads: day d has the leads 24 (d - 1) to 24 d - 1 h.")
      .def_readonly("pairs", &DayScore::pairs, "Forecast and truth.")
      .def_readonly("mae_g_per_kwh", &DayScore::mae_g_per_kwh, "Mean of abs(f - a).")
      .def_readonly("mape_percent", &DayScore::mape_percent, "100 times the mean of abs(f - a) / a over a > 0.")
      .def_readonly("with_interval", &DayScore::with_interval, "Pairs whose forecast has intervals.")
      .def_readonly("levels", &DayScore::levels, "Of those; empty if there are none.")
      .def_readonly("pinball_g_per_kwh", &DayScore::pinball_g_per_kwh,
                    "Mean over those and the quantiles .025 .05 .1 .5 .9 .95 .975.");
  py::class_<Backtest>(m, "Backtest", "The scores of a method on a series.")
      .def_readonly("method", &Backtest::method, "Name of the forecaster.")
      .def_readonly("issues", &Backtest::issues, "How many forecasts.")
      .def_property_readonly(
          "first", [](const Backtest& b) { return from_utc(b.first); }, "The first issue.")
      .def_property_readonly(
          "last", [](const Backtest& b) { return from_utc(b.last); }, "The last issue.")
      .def_readonly("days", &Backtest::days, "By day ahead: leads 0 to 23 h, 24 to 47 h, ...")
      .def_readonly("mean_spearman_day1", &Backtest::mean_spearman_day1,
                    "Rank correlation of the first 24 leads, mean over the issues where it is defined.")
      .def(
          "__eq__", [](const Backtest& a, const Backtest& b) { return a == b; }, py::is_operator())
      .def("__repr__", [](const Backtest& b) {
        return "<co2lib.intensity.Backtest " + b.method + ", " + std::to_string(b.issues) + " issues>";
      });
  m.def(
      "backtest",
      [](const Trace& trace, const std::string& method, const py::object& first_issue, int horizon_h, int step_h) {
        const BacktestOptions options{.method = forecaster_of(method),
                                      .first_issue = maybe_issue(first_issue),
                                      .horizon = std::chrono::hours(horizon_h),
                                      .step = std::chrono::hours(step_h)};
        const bindings::GilReleased released;  // pure computation; the argument keeps the trace alive
        return backtest(trace, options);
      },
      py::arg("trace"), py::kw_only(), py::arg("method") = "blend", py::arg("first_issue") = py::none(),
      py::arg("horizon_h") = 96, py::arg("step_h") = 24,
      "Issues a forecast every `step_h` hours, each from the hours before it alone, and scores them all.");
  m.def(
      "score", [](const std::vector<Forecast>& forecasts, const Trace& truth) { return score(forecasts, truth); },
      py::arg("forecasts"), py::arg("truth"), "Scores forecasts that somebody made.");
  m.def(
      "score",
      [](const std::vector<Forecast>& forecasts, const std::vector<Trace>& truth) { return score(forecasts, truth); },
      py::arg("forecasts"), py::arg("truth"), "As above, each forecast with a truth of its own.");
}

}  // namespace

void register_forecast(py::module_& m) {
  bind_forecast(m);
  bind_backtest(m);
  // The method needs Forecast.
  bindings::declared<py::class_<IntensitySource, SourcePointer>>(m, "IntensitySource")
      .def(
          "forecast",
          [](const std::shared_ptr<IntensitySource>& s, const py::object& issued_at, int horizon_h) {
            const UtcTime issue = issue_of(issued_at);
            const bindings::GilReleased released;  // a function of Python takes the GIL itself
            return s->forecast(issue, std::chrono::hours(horizon_h));
          },
          py::arg("issued_at"), py::kw_only(), py::arg("horizon_h") = 96,
          "Its own forecast, if it has one; else blend on what it answers for the time before.");
}

}  // namespace co2lib::bindings::intensity_domain
