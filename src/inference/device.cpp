// SPDX-License-Identifier: MIT
// A device's kernels added up: sums, intervals, methods, what was not modelled.
#include <co2lib/inference/device.hpp>

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <co2lib/inference/refuse.hpp>
#include <co2lib/inference/simulate.hpp>

#include "inference/device_model.hpp"

namespace co2lib::inference {

namespace {

using detail::KernelValue;

constexpr double unmodelled_limit = 0.05;    ///< of all output bytes
constexpr double extrapolated_limit = 0.10;  ///< of a prediction, for an interval from whole models
constexpr std::size_t enough_models = 20;    ///< for an interval from whole models

/// The sum of kernels with the ends of its 90 % interval.
struct Total {
  numeric::Sum value;
  numeric::Sum low;
  numeric::Sum high;
  numeric::Sum extrapolated;

  void add(const Ranged& x, bool outside) {
    value += x.value;
    low += x.low;
    high += x.high;
    if (outside) extrapolated += x.value;
  }

  /// The errors of whole models replace those of kernels where enough were measured.
  [[nodiscard]] Ranged ranged(const std::vector<double>& ratios) const {
    const double v = value.value();
    if (ratios.size() >= enough_models && extrapolated.value() <= extrapolated_limit * v) {
      return {v, v * detail::weibull_percentile(ratios, 0.05), v * detail::weibull_percentile(ratios, 0.95)};
    }
    return {v, low.value(), high.value()};
  }
};

void add_methods(Prediction& p, bool by_energy) {
  double total = 0;
  for (const KernelPrediction& k : p.kernels) {
    const double part = by_energy ? k.energy_mj->value : k.latency_us.value;
    total += part;
    const auto known =
        std::find_if(p.methods.begin(), p.methods.end(), [&](const MethodShare& m) { return m.method == k.method; });
    if (known == p.methods.end()) {
      p.methods.push_back({k.method, part});
    } else {
      known->energy_share += part;
    }
  }
  for (MethodShare& m : p.methods) m.energy_share = total > 0 ? m.energy_share / total : 1;
}

void add_kernel_issues(Prediction& p, double extrapolated_share) {
  if (extrapolated_share > 0) {
    add_issue(p.issues, {"extrapolated", p.device,
                         fmt::format("kernels outside of what was sampled hold {:.1f} % of the time; their interval is "
                                     "wider, and a profile that samples them would narrow it",
                                     100 * extrapolated_share)});
  }
  std::vector<std::string> capped{};
  bool assumed = false;
  for (const KernelPrediction& k : p.kernels) {
    for (const std::string& flag : k.flags) {
      if (flag == "power_capped") capped.push_back(k.name);
      assumed = assumed || flag == "power_assumed";
    }
  }
  if (!capped.empty()) {
    add_issue(p.issues, {"power_capped", p.device,
                         fmt::format("{} kernels would need more than the board's power limit by the coefficients of "
                                     "energy; theirs is the limit times their time",
                                     capped.size())});
  }
  if (assumed) {
    add_issue(p.issues, {"power_assumed", p.device,
                         "energy is time times the power that the profile states; no energy was measured"});
  }
}

/// Estimates, methods and issues from the kernels of a prediction.
void finish(Prediction& p, const detail::DeviceModel& model) {
  Total time;
  Total energy;
  bool with_energy = true;
  for (const KernelPrediction& k : p.kernels) {
    time.add(k.latency_us, k.extrapolated);
    with_energy = with_energy && k.energy_mj.has_value();
    if (k.energy_mj) energy.add(*k.energy_mj, k.extrapolated);
  }
  const Ranged us = time.ranged(model.ratios(Target::latency_us, p.precision));
  p.latency.value = Seconds(us.value / 1e6);
  p.latency.interval = Interval<Seconds>{Seconds(us.low / 1e6), Seconds(us.high / 1e6), 0.9};
  if (with_energy) {
    const Ranged mj = energy.ranged(model.ratios(Target::energy_mj, p.precision));
    const auto of = [](double x) { return Energy::from_joules(x / 1000); };
    p.energy.value = of(mj.value);
    p.energy.interval = Interval<Energy>{of(mj.low), of(mj.high), 0.9};
  } else {
    add_issue(p.issues, {"no_energy", p.device,
                         "only time was profiled on this device; profile it where it has a meter of energy"});
  }
  add_methods(p, with_energy);
  add_kernel_issues(p, us.value > 0 ? time.extrapolated.value() / us.value : 0);
  model.describe(p);
  p.latency.issues = p.issues;
  p.energy.issues = p.issues;
  p.latency.sources = p.sources;
  p.energy.sources = p.sources;
}

Prediction predict_kernels(const detail::DeviceModel& model, std::vector<KernelPrediction> kernels) {
  if (kernels.empty()) detail::out_of_range("kernels: there is none; the model computes nothing");
  Prediction p{.device = model.name, .processor = model.processor};
  std::vector<KernelConfig> configs{};
  for (KernelPrediction& k : kernels) {
    k.kernel = k.config.kernel = kernel_name(k.config.kernel);
    const std::string precision = precision_of(k.config).name;
    p.precision = p.precision.empty() || p.precision == precision ? precision : "mixed";
    configs.push_back(k.config);
  }
  std::vector<KernelValue> values = model.evaluate(configs);
  for (std::size_t i = 0; i < kernels.size(); ++i) {
    KernelPrediction& k = kernels[i];
    k.latency_us = values[i].latency_us;
    k.energy_mj = values[i].energy_mj;
    k.method = values[i].method;
    k.extrapolated = values[i].extrapolated;
    k.bound = values[i].bound;
    k.flags = std::move(values[i].flags);
  }
  p.kernels = std::move(kernels);
  return p;
}

/// Refuses a graph whose operators without a mapping write too much; the others become issues.
std::vector<Issue> unmodelled_issues(const Graph& graph) {
  std::vector<Issue> issues{};
  double share = 0;
  std::vector<std::string> names{};
  for (const Unmodelled& u : unmodelled(graph)) {
    share += u.share;
    const std::string what = u.type.empty() ? u.node : fmt::format("{} ({})", u.node, u.type);
    names.push_back(what);
    issues.push_back({"unmodelled", u.node,
                      fmt::format("{} has no mapping and is not counted; it writes {:.2f} % of the output bytes", what,
                                  100 * u.share)});
  }
  if (share > unmodelled_limit) {
    const std::size_t shown = std::min<std::size_t>(names.size(), 10);
    const auto first = std::vector<std::string>(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown));
    throw Error("inference.unmodelled",
                fmt::format("operators without a mapping write {:.1f} % of the output bytes, more than 5 %: {}{}",
                            100 * std::min(share, 1.0), fmt::join(first, ", "), shown < names.size() ? " ..." : ""),
                {{"share", std::min(share, 1.0)}, {"operators", names}});
  }
  return issues;
}

/// The precision whose rules hold: the one asked for, else that of the first operator that says its bits.
std::string precision_name(const Graph& graph, const PredictOptions& options) {
  if (!options.precision.empty()) return precision(options.precision).name;
  KernelConfig config{};
  for (const Node& node : graph.nodes) {
    if (!node.attrs.w_bits) continue;
    config.w_bits = *node.attrs.w_bits;
    config.a_bits = node.attrs.a_bits.value_or(32);
    break;
  }
  return precision_of(config).name;
}

/// Operators that are counted as others, one issue for each kind.
void add_stand_ins(Prediction& p, const Graph& graph) {
  for (const Node& node : graph.nodes) {
    if (node.attrs.stands_for.empty()) continue;
    add_issue(p.issues,
              {"stand_in_operator", node.attrs.stands_for,
               fmt::format("{} has no kernel of its own; it is counted as {}", node.attrs.stands_for, node.op)});
  }
}

}  // namespace

namespace detail {

Prediction DeviceModel::workload(std::string_view workload) const {
  no_profile(
      fmt::format("'{}' is not a table of measured workloads; give {} as a graph", name, workload.substr(0, 60)));
}

double weibull_percentile(std::vector<double> values, double p) {
  std::sort(values.begin(), values.end());
  const auto n = static_cast<double>(values.size());
  const double rank = std::clamp((n + 1) * p, 1.0, n);
  const auto below = static_cast<std::size_t>(rank);
  const double a = values[below - 1];
  return below < values.size() ? a + (rank - static_cast<double>(below)) * (values[below] - a) : a;
}

}  // namespace detail

Device Device::load(const std::filesystem::path& folder) { return Device(detail::load_profile(folder)); }

Device Device::of(const Accelerator& accelerator) { return Device(detail::roofline_model(accelerator)); }

Device Device::named(std::string_view name) {
  const auto among = [&](const std::vector<std::string>& names) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  if (among(accelerator_names())) return Device(detail::roofline_model(accelerator(name)));
  if (among(mcu_boards())) return Device(detail::mcu_model(name));
  for (const SimulatedDevice& device : simulated_devices()) {
    if (device.name == name) return Device(detail::simulated_model(name));
  }
  detail::unknown_device(fmt::format("'{}' is in no table; known: {}; a profile is read by its folder",
                                     name.substr(0, 60), fmt::join(device_names(), ", ")));
}

const std::string& Device::name() const { return model_->name; }
const std::string& Device::processor() const { return model_->processor; }
std::vector<std::string> Device::precisions() const { return model_->precisions(); }
const Rules& Device::rules(const std::string& precision) const { return model_->rules(precision); }

Prediction Device::predict(const Graph& graph, const PredictOptions& options) const {
  Graph given = graph;
  if (!options.precision.empty()) {
    const Precision p = precision(options.precision);
    for (Node& node : given.nodes) {
      node.attrs.w_bits = p.w_bits;
      node.attrs.a_bits = p.a_bits;
      node.attrs.integer = p.integer;
    }
  }
  const std::vector<Issue> issues = unmodelled_issues(given);
  std::vector<KernelPrediction> list{};
  for (GraphKernel& k :
       kernels(given, options.rules ? *options.rules : model_->rules(precision_name(given, options)))) {
    if (k.kernel.empty()) continue;  // without a mapping: an issue
    if (!k.config) detail::bad_graph("the kernel " + k.name + " has no features; " + k.missing);
    list.push_back({.name = std::move(k.name), .nodes = std::move(k.nodes), .config = std::move(*k.config)});
  }
  Prediction p = predict_kernels(*model_, std::move(list));
  if (p.precision != "mixed" && !options.precision.empty()) p.precision = precision(options.precision).name;
  add_issues(p.issues, issues);
  add_stand_ins(p, graph);

  finish(p, *model_);
  return p;
}

Prediction Device::predict(std::span<const KernelConfig> kernels, const PredictOptions& options) const {
  std::vector<KernelPrediction> list{};
  for (const KernelConfig& config : kernels) {
    list.push_back(
        {.name = config.kernel,
         .config = options.precision.empty() ? config : with_precision(config, precision(options.precision))});
  }
  Prediction p = predict_kernels(*model_, std::move(list));
  finish(p, *model_);
  return p;
}

Prediction Device::predict_workload(std::string_view workload) const { return model_->workload(workload); }

Device Device::transfer(std::span<const Measurement> measurements, const std::string& name) const {
  return Device(detail::transferred_model(model_, measurements, name));
}

std::vector<std::string> device_names() {
  std::vector<std::string> names = accelerator_names();
  for (std::string& board : mcu_boards()) names.push_back(std::move(board));
  for (const SimulatedDevice& device : simulated_devices()) names.emplace_back(device.name);
  return names;
}

}  // namespace co2lib::inference
