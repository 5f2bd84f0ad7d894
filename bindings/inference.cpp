// SPDX-License-Identifier: MIT
// Domain inference: kernels, their configurations and features; formulas of devices.
#include "inference.hpp"

namespace co2lib::bindings::inference_domain {

namespace {

std::string repr(const KernelConfig& c) { return "<co2lib.inference.KernelConfig " + c.to_json() + ">"; }

KernelConfig make_config(const std::string& kernel, std::int64_t h, std::optional<std::int64_t> w, std::int64_t cin,
                         std::int64_t cout, std::int64_t k, std::int64_t s, double pad, std::int64_t dilation,
                         std::int64_t groups, bool bias, int w_bits, int a_bits, std::optional<bool> integer,
                         std::int64_t batch, std::int64_t reduction, std::optional<std::array<std::int64_t, 2>> array,
                         std::int64_t m, std::int64_t n, std::int64_t heads, std::vector<std::int64_t> cins) {
  return {.kernel = kernel,
          .h = h,
          .w = w,
          .cin = cin,
          .cout = cout,
          .k = k,
          .s = s,
          .pad = pad,
          .dilation = dilation,
          .groups = groups,
          .bias = bias,
          .w_bits = w_bits,
          .a_bits = a_bits,
          .integer = integer,
          .batch = batch,
          .reduction = reduction,
          .array = array,
          .m = m,
          .n = n,
          .heads = heads,
          .cins = std::move(cins)};
}

void bind_config(py::module_& m) {
  py::class_<KernelConfig>(m, "KernelConfig", "One kernel with its sizes; of a matmul `k` is the inner size.")
      .def(py::init(&make_config), py::arg("kernel"), py::kw_only(), py::arg("h") = 1, py::arg("w") = std::nullopt,
           py::arg("cin") = 0, py::arg("cout") = 0, py::arg("k") = 1, py::arg("s") = 1, py::arg("pad") = 0.0,
           py::arg("dilation") = 1, py::arg("groups") = 1, py::arg("bias") = true, py::arg("w_bits") = 32,
           py::arg("a_bits") = 32, py::arg("integer") = std::nullopt, py::arg("batch") = 1, py::arg("reduction") = 4,
           py::arg("array") = std::nullopt, py::arg("m") = 0, py::arg("n") = 0, py::arg("heads") = 1,
           py::arg("cins") = std::vector<std::int64_t>())
      .def_readonly("kernel", &KernelConfig::kernel, "Any name; mapped by `kernel_name` where it is used.")
      .def_readonly("h", &KernelConfig::h, "Height of the input; of tokens their number.")
      .def_property_readonly(
          "w", [](const KernelConfig& c) { return c.w.value_or(c.h); }, "Width of the input.")
      .def_readonly("cin", &KernelConfig::cin, "Channels of the input.")
      .def_readonly("cout", &KernelConfig::cout, "Channels of the output.")
      .def_readonly("k", &KernelConfig::k, "Edge of the window.")
      .def_readonly("s", &KernelConfig::s, "Stride.")
      .def_readonly("pad", &KernelConfig::pad, "At each side; a half where both sides differ by one.")
      .def_readonly("dilation", &KernelConfig::dilation, "Distance of the window's taps.")
      .def_readonly("groups", &KernelConfig::groups, "Groups of a convolution.")
      .def_readonly("bias", &KernelConfig::bias, "Whether there is one.")
      .def_readonly("w_bits", &KernelConfig::w_bits, "Bits of a weight.")
      .def_readonly("a_bits", &KernelConfig::a_bits, "Bits of an activation.")
      .def_property_readonly(
          "integer", [](const KernelConfig& c) { return c.integer.value_or(c.w_bits <= 8); },
          "Whether biases are 4 bytes; None: where w_bits <= 8.")
      .def_readonly("batch", &KernelConfig::batch, "Inputs at once.")
      .def_readonly("reduction", &KernelConfig::reduction, "Of the channels inside a kernel `se`.")
      .def_readonly("array", &KernelConfig::array, "Rows and columns of the device's array of multipliers.")
      .def_readonly("m", &KernelConfig::m, "Rows of a matmul; tokens of an embedding.")
      .def_readonly("n", &KernelConfig::n, "Columns of a matmul; width of an embedding.")
      .def_readonly("heads", &KernelConfig::heads, "Independent products of a matmul.")
      .def_readonly("cins", &KernelConfig::cins, "Channels of the inputs of a concat.")
      .def("to_json", &KernelConfig::to_json, "`kernel`, and every field that differs from its default.")
      .def(
          "__eq__", [](const KernelConfig& a, const KernelConfig& b) { return a == b; }, py::is_operator())
      .def("__hash__", [](const KernelConfig& c) { return py::hash(py::str(c.to_json())); })
      .def("__repr__", &repr)
      .def(py::pickle([](const KernelConfig& c) { return py::make_tuple(c.to_json()); },
                      [](const py::tuple& t) { return parse_kernel(t[0].cast<std::string>()); }));
  m.def("parse_kernel", &parse_kernel, py::arg("text"), py::arg("name") = "kernel",
        "A configuration from JSON; raises inference.out_of_range naming the field.");
  m.def("kernel_name", &kernel_name, py::arg("name"), "The name under which kernels share a predictor.");
  m.def("known_kernels", &known_kernels, "The kernels that features are known for.");
  py::class_<Precision>(m, "Precision", "How weights and activations are stored.")
      .def_readonly("name", &Precision::name, "`fp32`, `int8`, `w4a16`.")
      .def_readonly("w_bits", &Precision::w_bits, "Bits of a weight.")
      .def_readonly("a_bits", &Precision::a_bits, "Bits of an activation.")
      .def_readonly("integer", &Precision::integer, "Arithmetic with integers, of which peaks differ.")
      .def_property_readonly("arithmetic", &Precision::arithmetic, "That of the wider operand.")
      .def(
          "__eq__", [](const Precision& a, const Precision& b) { return a == b; }, py::is_operator())
      .def("__repr__", [](const Precision& p) { return "<co2lib.inference.Precision " + p.name + ">"; });
  m.def("precision", &precision, py::arg("text"), "fp32, fp16, bf16, int8, int4, or bits as in w4a16.");
  m.def("precision_of", &precision_of, py::arg("config"), "The precision that a configuration's bits have.");
  m.def("with_precision", &with_precision, py::arg("config"), py::arg("precision"),
        "The configuration with the bits of a precision.");
}

void bind_features(py::module_& m) {
  py::class_<Features>(m, "Features", "Work and traffic of one kernel; a multiply-accumulate counts as 2 operations.")
      .def_readonly("ops", &Features::ops, "A multiply-accumulate counts as 2.")
      .def_readonly("macs", &Features::macs, "Multiply-accumulates alone.")
      .def_readonly("bytes_w", &Features::bytes_w, "Weights and biases.")
      .def_readonly("bytes_in", &Features::bytes_in, "Activations read.")
      .def_readonly("bytes_out", &Features::bytes_out, "Activations written.")
      .def_property_readonly("bytes", &Features::bytes, "All three.")
      .def_readonly("ai", &Features::ai, "Operations per byte.")
      .def_readonly("util", &Features::util, "Share of the device's array that the kernel can use.")
      .def_property_readonly("vector", &Features::vector, "The eight of the extension vector.")
      .def("__repr__", [](const Features& f) {
        return "<co2lib.inference.Features " + numeric::text(f.ops) + " operations, " + numeric::text(f.bytes()) +
               " B>";
      });
  m.def("features", &features, py::arg("config"), "Raises inference.unknown_kernel or inference.out_of_range.");
  m.def("training_vector", &training_vector, py::arg("config"), "Base, extension and derived columns.");
  m.def("feature_names", &feature_names, py::arg("kernel"), "The names of `training_vector`, in its order.");
  m.def(
      "flops",
      [](const std::string& kernel, std::optional<double> hw, std::optional<double> cin, std::optional<double> cout,
         std::optional<double> k, std::optional<double> s) {
        const FlopsParams f = flops(kernel, {hw, cin, cout, k, s});
        return std::make_tuple(f.flops, f.params);
      },
      py::arg("kernel"), py::kw_only(), py::arg("hw") = std::nullopt, py::arg("cin") = std::nullopt,
      py::arg("cout") = std::nullopt, py::arg("k") = std::nullopt, py::arg("s") = std::nullopt,
      "(FLOPs, parameters) by nn-Meter's formulas.");
  m.def(
      "base_features",
      [](const std::string& kernel, std::optional<double> hw, std::optional<double> cin, std::optional<double> cout,
         std::optional<double> k, std::optional<double> s, std::vector<double> cins, const std::string& style) {
        return base_features(kernel, {hw, cin, cout, k, s, std::move(cins)},
                             parse_or_refuse<ConcatStyle>(style, "style"));
      },
      py::arg("kernel"), py::kw_only(), py::arg("hw") = std::nullopt, py::arg("cin") = std::nullopt,
      py::arg("cout") = std::nullopt, py::arg("k") = std::nullopt, py::arg("s") = std::nullopt,
      py::arg("cins") = std::vector<double>(), py::arg("style") = "builder", "nn-Meter's vector of a kernel.");
}

void bind_rooflines(py::module_& m) {
  py::class_<RooflineResult>(m, "RooflineResult", "Time, energy, and which side of the roof decides.")
      .def_readonly("time_s", &RooflineResult::time_s, "Of the kernel, its start included.")
      .def_readonly("energy_j", &RooflineResult::energy_j, "Of the kernel, static power over its time included.")
      .def_property_readonly(
          "bound", [](const RooflineResult& r) { return std::string(text(r.bound)); }, "Which side decided.")
      .def_readonly("power_capped", &RooflineResult::power_capped,
                    "The limit was lower than what operations and bytes add up to.");
  m.def(
      "roofline",
      [](double ops, double bytes, double peak_ops, double bandwidth, double efficiency, double p_static_w,
         double e_op_j, double e_byte_j, double t0_s, std::optional<double> limit_w) {
        return roofline(ops, bytes, {peak_ops, bandwidth, efficiency, p_static_w, e_op_j, e_byte_j, t0_s, limit_w});
      },
      py::arg("ops"), py::arg("bytes"), py::kw_only(), py::arg("peak_ops"), py::arg("bandwidth"),
      py::arg("efficiency") = 1.0, py::arg("p_static_w") = 0.0, py::arg("e_op_j") = 0.0, py::arg("e_byte_j") = 0.0,
      py::arg("t0_s") = 0.0, py::arg("limit_w") = std::nullopt, "Operations/s and B/s of a data sheet to s and J.");
  py::class_<Simulation>(m, "Simulation", "What kernels take on a simulated device; totals are their sums.")
      .def_readonly("latency_us", &Simulation::latency_us, "Of all kernels, one after the other.")
      .def_readonly("energy_mj", &Simulation::energy_mj, "Of all kernels.")
      .def_readonly("kernel_latency_us", &Simulation::kernel_latency_us, "Of each, in the order given.")
      .def_readonly("kernel_energy_mj", &Simulation::kernel_energy_mj, "Of each, in the order given.");
  m.def(
      "simulate",
      [](const std::string& device, const std::vector<KernelConfig>& kernels) {
        return simulate(simulated_device(device), kernels);
      },
      py::arg("device"), py::arg("kernels"), "Kernels on sim-npu, sim-mcu or sim-gpu.");
  py::class_<RegressionMetrics>(m, "RegressionMetrics", "How far predictions are from measurements.")
      .def_readonly("rmse", &RegressionMetrics::rmse, "Root of the mean squared error, in the unit of the values.")
      .def_readonly("rmspe_percent", &RegressionMetrics::rmspe_percent, "100 sqrt(mean(((pred - true) / true)^2)).")
      .def_readonly("nrmse", &RegressionMetrics::nrmse, "rmse / mean(true).")
      .def_readonly("mape_percent", &RegressionMetrics::mape_percent, "100 mean(abs(pred - true) / true).")
      .def_readonly("acc5", &RegressionMetrics::acc5, "Share within 5 %, inclusive.")
      .def_readonly("acc10", &RegressionMetrics::acc10, "Share within 10 %, inclusive.")
      .def_readonly("acc15", &RegressionMetrics::acc15, "Share within 15 %, inclusive.");
  m.def(
      "regression_metrics",
      [](const std::vector<double>& truth, const std::vector<double>& pred) { return regression_metrics(truth, pred); },
      py::arg("true"), py::arg("pred"), "Errors of `pred` against `true`, which are above 0.");
}

}  // namespace

void register_kernels(py::module_& m) {
  bind_config(m);
  bind_features(m);
  bind_rooflines(m);
}

}  // namespace co2lib::bindings::inference_domain

namespace co2lib::bindings {

void register_inference(py::module_& m) {
  inference_domain::register_kernels(m);
  inference_domain::register_graphs(m);
  inference_domain::register_life(m);
  inference_domain::register_devices(m);
  inference_domain::register_llm(m);
}

}  // namespace co2lib::bindings
