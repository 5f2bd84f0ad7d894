// SPDX-License-Identifier: MIT
// Domain preindex: forecasts, calibration runs, and the retrain-or-not report.
#include "arguments.hpp"
#include "notebook.hpp"
#include "preindex_state.hpp"

namespace co2lib::bindings {

template <>
struct Fields<preindex::Forecast> {
  static constexpr int version = 1;
  static auto of(auto& f) {
    return std::tie(f.value, f.bounds, f.interval, f.issues, f.sources, f.bounded, f.extrapolated, f.model, f.runs,
                    f.lowest, f.highest, f.cost);
  }
};

template <>
struct Fields<preindex::CalibrationRun> {
  static constexpr int version = 1;
  static auto of(auto& r) {
    return std::tie(r.x, r.epochs, r.kwh, r.gco2e, r.config, r.model, r.dataset, r.protocol, r.machine, r.time);
  }
};

template <>
struct Fields<preindex::CostPrediction> {
  static constexpr int version = 1;
  static auto of(auto& p) { return std::tie(p.x, p.epochs, p.kwh, p.gco2e, p.issues); }
};

template <>
struct Fields<preindex::Costs> {
  static constexpr int version = 1;
  static auto of(auto& c) { return std::tie(c.epochs, c.kwh, c.gco2e); }
};

template <>
struct Fields<preindex::RetrainQuestion> {
  static constexpr int version = 1;
  static auto of(auto& q) {
    return std::tie(q.index, q.x, q.forecast, q.accuracy, q.required_accuracy, q.budget, q.from_scratch, q.index_cost,
                    q.candidates);
  }
};

template <>
struct Fields<preindex::RetrainReport> {
  static constexpr int version = 2;
  static auto of(auto& r) { return std::tie(r.decision, r.reason, r.advice, r.issues, r.question); }
};

}  // namespace co2lib::bindings

namespace co2lib::bindings::preindex_domain {

namespace {

template <Name option>
using Number = Real<"preindex", option>;
template <Name option>
using Word = Text<"preindex", option>;
using EnergyEstimate = Estimate<Energy>;
using CarbonEstimate = Estimate<CarbonMass>;

template <Name option>
std::optional<double> value_of(const std::optional<Number<option>>& given) {
  return given ? std::optional(given->value) : std::nullopt;
}

/// A quantity, or the value of an estimate, as footprints give it.
template <class Q>
Q quantity_of(const std::variant<Q, Estimate<Q>>& given, const char* option) {
  if (const auto* quantity = std::get_if<Q>(&given)) return *quantity;
  const auto& estimate = std::get<Estimate<Q>>(given);
  if (!estimate.value) {
    throw Error("preindex.bad_cost", std::string(option) + ": the estimate has no value; leave this cost out");
  }
  return *estimate.value;
}

}  // namespace

void register_cost(py::module_& m) {
  py::class_<Forecast> forecast_class(m, "Forecast", "A forecast cost with its interval.");
  forecast_class
      .def_property_readonly(
          "value", [](const Forecast& f) { return *f.value; }, "The point forecast.")
      .def_property_readonly(
          "lower", [](const Forecast& f) { return f.interval->low; }, "Lower end of the interval.")
      .def_property_readonly(
          "upper", [](const Forecast& f) { return f.interval->high; }, "inf where not bounded.")
      .def_property_readonly(
          "confidence", [](const Forecast& f) { return f.interval->confidence; }, "1 - alpha.")
      .def_readonly("bounded", &Forecast::bounded,
                    "False if an end of the interval is no bound (too few runs for alpha).")
      .def_readonly("extrapolated", &Forecast::extrapolated, "The index lies outside of the range of the runs.")
      .def_readonly("cost", &Forecast::cost, "`epochs`, `kwh` or `gco2e`; empty where only numbers were given.")
      .def_property_readonly(
          "model", [](const Forecast& f) { return std::string(text(f.model)); }, "The curve that was fitted.")
      .def_readonly("runs", &Forecast::runs, "Number of runs used.")
      .def_property_readonly(
          "range", [](const Forecast& f) { return std::pair(f.lowest, f.highest); },
          "Smallest and largest index of the runs.")
      .def_property_readonly(
          "issues", [](const Forecast& f) { return f.issues; },
          "What a reader must know about the forecast: few runs, an index outside of their range.")
      .def("__repr__", [](const Forecast& f) {
        return "<co2lib.preindex.Forecast " + py::repr(py::float_(*f.value)).cast<std::string>() + " (" +
               py::repr(py::float_(f.interval->low)).cast<std::string>() + " to " +
               py::repr(py::float_(f.interval->high)).cast<std::string>() + ")" +
               (f.extrapolated ? ", extrapolated>" : ">");
      });

  pickles(forecast_class);

  py::class_<CalibrationRun> run_class(m, "CalibrationRun", "A past retraining: its index and what it cost.");
  run_class
      .def(py::init([](Number<"x"> x, std::optional<Number<"epochs">> epochs, std::optional<Number<"kwh">> kwh,
                       std::optional<Number<"gco2e">> gco2e,
                       const std::optional<std::variant<Energy, EnergyEstimate>>& energy,
                       const std::optional<std::variant<CarbonMass, CarbonEstimate>>& carbon, Word<"config"> config,
                       Word<"model"> model, Word<"dataset"> dataset, Word<"protocol"> protocol, Word<"machine"> machine,
                       Word<"time"> time) {
             if ((kwh && energy) || (gco2e && carbon)) {
               throw preindex::detail::bad_option("energy", "the same cost given twice", "one of number and quantity");
             }
             return CalibrationRun{
                 .x = x.value,
                 .epochs = value_of(epochs),
                 .kwh = energy ? std::optional(quantity_of(*energy, "energy").kwh()) : value_of(kwh),
                 .gco2e = carbon ? std::optional(quantity_of(*carbon, "carbon").grams()) : value_of(gco2e),
                 .config = std::move(config.value),
                 .model = std::move(model.value),
                 .dataset = std::move(dataset.value),
                 .protocol = std::move(protocol.value),
                 .machine = std::move(machine.value),
                 .time = std::move(time.value)};
           }),
           py::arg("x"), py::kw_only(), py::arg("epochs") = py::none(), py::arg("kwh") = py::none(),
           py::arg("gco2e") = py::none(), py::arg("energy") = py::none(), py::arg("carbon") = py::none(),
           py::arg("config") = "", py::arg("model") = "", py::arg("dataset") = "", py::arg("protocol") = "",
           py::arg("machine") = "", py::arg("time") = "")
      .def_readonly("x", &CalibrationRun::x, "The index before the retraining.")
      .def_readonly("epochs", &CalibrationRun::epochs, "May be a fraction.")
      .def_readonly("kwh", &CalibrationRun::kwh, "Energy of the training, kWh.")
      .def_readonly("gco2e", &CalibrationRun::gco2e, "Operational carbon, g CO2e.")
      .def_readonly("config", &CalibrationRun::config, "`Result.config_hash`.")
      .def_readonly("model", &CalibrationRun::model, "Name of the model family.")
      .def_readonly("dataset", &CalibrationRun::dataset, "Name of the data.")
      .def_readonly("protocol", &CalibrationRun::protocol, "How it was retrained.")
      .def_readonly("machine", &CalibrationRun::machine, "On which it ran.")
      .def_readonly("time", &CalibrationRun::time, "When it ended, UTC.")
      .def("to_json", &CalibrationRun::to_json, "One line of a calibration file.")
      .def(
          "__eq__", [](const CalibrationRun& a, const CalibrationRun& b) { return a == b; }, py::is_operator())
      .def("__repr__", [](const CalibrationRun& r) { return "<co2lib.preindex.CalibrationRun " + r.to_json() + ">"; });
  pickles(run_class);
  m.def("read_runs", &read_runs, py::arg("file"));
  m.def("append_run", &append_run, py::arg("file"), py::arg("run"));

  py::class_<CostPrediction> prediction_class(m, "CostPrediction", "Forecasts of the costs that the runs know.");
  prediction_class.def_readonly("x", &CostPrediction::x, "The index that it is for.")
      .def_readonly("epochs", &CostPrediction::epochs, "Forecast of the epochs; None where too few runs know it.")
      .def_readonly("kwh", &CostPrediction::kwh, "Forecast of the energy, kWh; None where too few runs know it.")
      .def_readonly("gco2e", &CostPrediction::gco2e,
                    "Forecast of the operational carbon, g CO2e; None where too few runs know it.")
      .def_readonly("issues", &CostPrediction::issues, "Of the runs, and of how they were used.")
      .def(
          "__getitem__",
          [](const CostPrediction& p, const std::string& name) {
            const auto& cost = name == "epochs" ? p.epochs : name == "kwh" ? p.kwh : p.gco2e;
            if ((name != "epochs" && name != "kwh" && name != "gco2e") || !cost) throw py::key_error(name);
            return *cost;
          },
          py::arg("name"), "The forecast of `epochs`, `kwh` or `gco2e`.")
      .def(
          "keys",
          [](const CostPrediction& p) {
            std::vector<std::string> names;
            if (p.epochs) names.emplace_back("epochs");
            if (p.kwh) names.emplace_back("kwh");
            if (p.gco2e) names.emplace_back("gco2e");
            return names;
          },
          "Names of the costs that have a forecast.");
  pickles(prediction_class);
  bindings::shown_as_table(m, "Forecast", "cost");
  bindings::shown_as_table(m, "CostPrediction", "costs");
  m.def("carbon_of", &carbon_of, py::arg("kwh"), py::arg("intensity"), py::arg("hardware") = CarbonMass{});

  py::class_<CostForecast>(m, "CostForecast", "What retraining will cost, from past retrainings.")
      .def_static(
          "fit",
          [](const std::vector<CalibrationRun>& runs, const std::string& model, double alpha,
             const std::map<std::string, std::string>& select) {
            return CostForecast::fit(
                runs,
                {.model = parse<Model>("model", model), .alpha = alpha, .select = {select.begin(), select.end()}});
          },
          py::arg("runs"), py::arg("model") = "auto", py::arg("alpha") = 0.2,
          py::arg("select") = std::map<std::string, std::string>{},
          "Throws preindex.config_mismatch naming the fields in which the runs differ, preindex.bad_cost, "
          "and preindex.not_enough_calibration if no cost has enough runs.")
      .def("predict", py::overload_cast<double>(&CostForecast::predict, py::const_), py::arg("x"),
           "Forecasts every cost at an index; a cost without enough runs is absent, with an issue that says"
           " so.")
      .def("predict_result", py::overload_cast<const preindex::Result&>(&CostForecast::predict, py::const_),
           py::arg("result"),
           "Forecasts every cost at the index of a result, whose configuration must be that of the runs.")
      .def_property_readonly("runs", &CostForecast::runs, "Those in use.");

  py::class_<Costs> costs(m, "Costs", "Costs by name; what is not known or not limited is None.");
  costs
      .def(py::init([](std::optional<Number<"epochs">> epochs, std::optional<Number<"kwh">> kwh,
                       std::optional<Number<"gco2e">> gco2e) {
             return Costs{.epochs = value_of(epochs), .kwh = value_of(kwh), .gco2e = value_of(gco2e)};
           }),
           py::kw_only(), py::arg("epochs") = py::none(), py::arg("kwh") = py::none(), py::arg("gco2e") = py::none())
      .def_readonly("epochs", &Costs::epochs, "Epochs; may be a fraction.")
      .def_readonly("kwh", &Costs::kwh, "Energy of the training, kWh.")
      .def_readonly("gco2e", &Costs::gco2e, "Operational carbon, g CO2e.");
  pickles(costs);

  py::class_<RetrainReport> report(m, "RetrainReport", "Whether to retrain, and why.");
  report
      .def_property_readonly(
          "decision", [](const RetrainReport& r) { return std::string(text(r.decision)); },
          "`not_needed`, `no_forecast`, `over_budget`, `retrain` or `uncertain`.")
      .def_readonly("reason", &RetrainReport::reason, "The decision rule in words.")
      .def_readonly("advice", &RetrainReport::advice, "For `uncertain`: which calibration run would help.")
      .def_readonly("issues", &RetrainReport::issues, "Of the forecast and the index.")
      .def("to_json", &RetrainReport::to_json, "JSON with stable keys.")
      .def("__str__", &RetrainReport::to_text);
  pickles(report);
  m.def(
      "retrain_or_not",
      [](const std::optional<preindex::Result>& result, double x, const std::optional<CostPrediction>& prediction,
         double accuracy, double required_accuracy, const Costs& budget, const Costs& from_scratch,
         const Costs& index_cost, const std::map<std::string, CostPrediction>& candidates) {
        return retrain_or_not({.index = result,
                               .x = x,
                               .forecast = prediction,
                               .accuracy = accuracy,
                               .required_accuracy = required_accuracy,
                               .budget = budget,
                               .from_scratch = from_scratch,
                               .index_cost = index_cost,
                               .candidates = {candidates.begin(), candidates.end()}});
      },
      py::arg("result"), py::arg("x"), py::arg("forecast"), py::arg("accuracy"), py::arg("required_accuracy"),
      py::arg("budget"), py::arg("from_scratch"), py::arg("index_cost"), py::arg("candidates"));
}

}  // namespace co2lib::bindings::preindex_domain
