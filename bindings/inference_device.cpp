// SPDX-License-Identifier: MIT
// Devices, predictions, and the tables of hardware.
#include "inference.hpp"

namespace co2lib::bindings::inference_domain {

namespace {

using MeasurementTuple = std::tuple<KernelConfig, double, std::optional<double>>;

std::string us_or_none(const Estimate<Seconds>& t) {
  return t.value ? numeric::text(t.value->count() * 1e6) + " us" : std::string("no time");
}
std::string mj_or_none(const Estimate<Energy>& e) {
  return e.value ? numeric::text(e.value->joules() * 1e3) + " mJ" : std::string("no energy");
}

void bind_prediction(py::module_& m) {
  py::class_<KernelPrediction>(m, "KernelPrediction", "One kernel of a prediction; ends of a 90 % interval.")
      .def_readonly("name", &KernelPrediction::name, "Operators joined by `-`, or the kernel that was asked for.")
      .def_readonly("kernel", &KernelPrediction::kernel, "The predictor in use.")
      .def_readonly("nodes", &KernelPrediction::nodes, "Of the graph.")
      .def_readonly("config", &KernelPrediction::config, "What was predicted.")
      .def_property_readonly(
          "latency_us", [](const KernelPrediction& k) { return k.latency_us.value; }, "Time of one run.")
      .def_property_readonly(
          "latency_low_us", [](const KernelPrediction& k) { return k.latency_us.low; },
          "Lower end of the 90 % interval of the time, us.")
      .def_property_readonly(
          "latency_high_us", [](const KernelPrediction& k) { return k.latency_us.high; },
          "Upper end of the 90 % interval of the time, us.")
      .def_property_readonly(
          "energy_mj",
          [](const KernelPrediction& k) { return k.energy_mj ? std::optional(k.energy_mj->value) : std::nullopt; },
          "None where only time was profiled.")
      .def_property_readonly(
          "energy_low_mj",
          [](const KernelPrediction& k) { return k.energy_mj ? std::optional(k.energy_mj->low) : std::nullopt; },
          "Lower end of the 90 % interval of the energy, mJ; None without an energy.")
      .def_property_readonly(
          "energy_high_mj",
          [](const KernelPrediction& k) { return k.energy_mj ? std::optional(k.energy_mj->high) : std::nullopt; },
          "Upper end of the 90 % interval of the energy, mJ; None without an energy.")
      .def_property_readonly(
          "method", [](const KernelPrediction& k) { return std::string(text(k.method)); },
          "measured, fitted, roofline or simulated.")
      .def_readonly("extrapolated", &KernelPrediction::extrapolated, "Outside of what was sampled.")
      .def_property_readonly(
          "bound",
          [](const KernelPrediction& k) { return k.bound ? std::optional(std::string(text(*k.bound))) : std::nullopt; },
          "compute or memory, of a roofline.")
      .def_readonly("flags", &KernelPrediction::flags, "Codes of remarks: `power_capped`, `power_assumed`.")
      .def("__repr__", [](const KernelPrediction& k) {
        return "<co2lib.inference.KernelPrediction " + k.name + " " + numeric::text(k.latency_us.value) + " us>";
      });
  py::class_<Prediction>(m, "Prediction", "Time and energy of one inference, with 90 % intervals.")
      .def_readonly("device", &Prediction::device, "`Device.name`.")
      .def_readonly("processor", &Prediction::processor, "`Device.processor`.")
      .def_readonly("precision", &Prediction::precision, "'mixed' where kernels differ.")
      .def_readonly("latency", &Prediction::latency, "Of one inference.")
      .def_readonly("energy", &Prediction::energy, "Without a value where only time was profiled.")
      .def_property_readonly(
          "methods",
          [](const Prediction& p) {
            std::map<std::string, double> shares;
            for (const MethodShare& s : p.methods) shares[std::string(text(s.method))] = s.energy_share;
            return shares;
          },
          "The share of each method in the energy (in the time where there is no energy).")
      .def_readonly("kernels", &Prediction::kernels,
                    "In the order in which they run; empty for a workload of the tables.")
      .def_readonly("issues", &Prediction::issues, "What a reader must know about these numbers.")
      .def_readonly("sources", &Prediction::sources, "Of the device's numbers.")
      .def(
          "carbon",
          [](const Prediction& p, const std::variant<double, CarbonIntensity>& intensity, double pue) {
            const double* number = std::get_if<double>(&intensity);
            return p.carbon(
                number != nullptr ? CarbonIntensity::from_g_per_kwh(*number) : std::get<CarbonIntensity>(intensity),
                pue);
          },
          py::arg("intensity"), py::arg("pue") = 1.0, "Carbon of one inference; a number is in g/kWh.")
      .def("to_json", &Prediction::to_json, "co2lib-prediction/1: seconds and joules.")
      .def("__repr__", [](const Prediction& p) {
        return "<co2lib.inference.Prediction on " + p.device + ": " + us_or_none(p.latency) + ", " +
               mj_or_none(p.energy) + ">";
      });
}

void bind_device(py::module_& m) {
  py::class_<Device>(m, "CoreDevice", "A device that predicts graphs and kernels.")
      .def_static("load", &Device::load, py::arg("folder"), "A profile: device.json and its forests.")
      .def_static("named", &Device::named, py::arg("name"), "A row of the tables; raises inference.unknown_device.")
      .def_property_readonly("name", &Device::name, "Of the device: `h100_sxm`, or that of the profile.")
      .def_property_readonly("processor", &Device::processor,
                             "What of the device is meant: the processor of a profile, or the kind of the table's row.")
      .def_property_readonly("precisions", &Device::precisions,
                             "Texts of the precisions that it can predict; empty for tables of whole workloads.")
      .def("rules", &Device::rules, py::arg("precision") = "", "How its runtime fuses operators.")
      .def(
          "predict_graph",
          [](const Device& d, const Graph& graph, const std::string& precision,
             const std::optional<RulesArgument>& given) {
            PredictOptions options{.precision = precision};
            if (given) options.rules = rules_of(*given);
            return d.predict(graph, options);
          },
          py::arg("graph"), py::kw_only(), py::arg("precision") = "", py::arg("rules") = std::nullopt,
          py::call_guard<py::gil_scoped_release>(), "What one inference of a graph takes.")
      .def(
          "predict_kernels",
          [](const Device& d, const std::vector<KernelConfig>& kernels, const std::string& precision) {
            return d.predict(kernels, {.precision = precision});
          },
          py::arg("kernels"), py::kw_only(), py::arg("precision") = "", py::call_guard<py::gil_scoped_release>(),
          "What kernels take, one after the other.")
      .def("predict_workload", &Device::predict_workload, py::arg("workload"),
           "One inference of a workload of the measured tables; inference.no_profile where it was not "
           "measured.")
      .def(
          "transfer",
          [](const Device& d, const std::vector<MeasurementTuple>& given, const std::string& name) {
            std::vector<Measurement> measurements;
            for (const auto& [config, us, mj] : given) measurements.push_back({config, us, mj});
            return d.transfer(measurements, name);
          },
          py::arg("measurements"), py::arg("name"), py::call_guard<py::gil_scoped_release>(),
          "Another device, from a few kernels measured there.");
  m.def("device_names", &device_names, "The names of the tables.");
}

void bind_tables(py::module_& m) {
  py::class_<McuRow>(m, "McuRow", "One workload on one board (TFLite-Micro, int8).")
      .def_readonly("board", &McuRow::board, "Name of the board, such as `rp2350`.")
      .def_readonly("workload", &McuRow::workload, "`kws-s`: the task and its size.")
      .def_readonly("time_us", &McuRow::time_us, "Of the processing loop, us; None where it was not measured.")
      .def_readonly("energy_mj", &McuRow::energy_mj, "Of one cycle, from another run than the time.")
      .def_readonly("cycle_s", &McuRow::cycle_s,
                    "Duration of the inference cycle of which the energy is, s; None where it was not measured.")
      .def_readonly("implausible_power", &McuRow::implausible_power, "Time or energy cannot be right.")
      .def_readonly("sources", &McuRow::sources, "Of the numbers.")
      .def("__repr__", [](const McuRow& r) { return "<co2lib.inference.McuRow " + r.board + ", " + r.workload + ">"; });
  m.def("mcu_table", &mcu_table, "All rows of the boards, in the order of the table.");
  m.def("mcu_boards", &mcu_boards, "Names of the boards that have measured workloads.");
  m.def("mcu_row", &mcu_row, py::arg("board"), py::arg("workload"),
        "Raises inference.unknown_device or inference.no_profile.");
  m.def("mcu_sleep_w", &mcu_sleep_w, py::arg("board"), "W asleep, not optimised; None where it was not measured.");
  m.def(
      "mcu_sums",
      [](const std::string& workload, const std::vector<std::string>& boards) {
        const McuSums s = mcu_sums(workload, boards);
        return std::make_tuple(s.count, s.sum_mj, s.sum_us);
      },
      py::arg("workload"), py::arg("boards") = std::vector<std::string>(), "(boards, mJ, us) of one inference each.");
}

}  // namespace

void register_devices(py::module_& m) {
  bind_prediction(m);
  bind_device(m);
  bind_tables(m);
}

}  // namespace co2lib::bindings::inference_domain
