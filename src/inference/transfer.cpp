// SPDX-License-Identifier: MIT
// A device that is known by few kernels, with the help of another one (docs/inference.md, "Transfer").
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <co2lib/inference/features.hpp>
#include <co2lib/inference/refuse.hpp>

#include "inference/device_model.hpp"
#include "inference/transfer_fit.hpp"

namespace co2lib::inference::detail {

namespace {

constexpr std::size_t fewest = 8;     ///< measurements; ours
constexpr std::size_t finalists = 3;  ///< arrays that are compared on kernels left out; ours
constexpr double sampled_slack = 2;   ///< beyond the sampled work or bytes by more is extrapolated; ours

TransferPoint point_of(const KernelConfig& config) {
  KernelConfig plain = config;
  plain.array = std::nullopt;
  const Features f = features(plain);
  TransferPoint p{.kernel = kernel_name(config.kernel), .ops = f.ops, .bytes = f.bytes()};
  if (p.kernel == "conv-bn-relu") {
    p.a = double(config.cin) / double(config.groups);
    p.b = double(config.cout);
  } else if (p.kernel == "dwconv-bn-relu") {
    p.a = 1;
    p.b = double(config.cin);
  } else if (p.kernel == "fc") {
    p.a = double(config.cin);
    p.b = double(config.cout);
  } else if (p.kernel == "matmul") {
    p.a = double(config.k);
    p.b = double(config.n);
  }
  return p;
}

/// Arrays that hardware has, and none.
std::vector<Array> arrays() {
  std::vector<Array> all{std::nullopt};
  for (std::int64_t p = 4; p <= 256; p *= 2) {
    for (std::int64_t q = std::max<std::int64_t>(4, p / 4); q <= std::min<std::int64_t>(256, p * 4); q *= 2) {
      all.push_back(std::array{p, q});
    }
  }
  return all;
}

/// Forms for time: rooflines with the arrays that explain the measurements best, and those that use the first device.
std::vector<TransferForm> time_forms(std::span<const TransferPoint> points, std::span<const double> y) {
  using Kind = TransferForm::Kind;
  std::vector<TransferForm> roofs{};
  for (const Array& array : arrays()) {
    roofs.emplace_back(Kind::roof, array, false);
    roofs.back().fit(points, y);
  }
  numeric::stable_sort(roofs, [](const TransferForm& a, const TransferForm& b) { return a.error() < b.error(); });
  std::vector<TransferForm> forms{};
  for (const bool by_kernel : {false, true}) {
    for (std::size_t i = 0; i < finalists; ++i) {
      forms.emplace_back(Kind::roof, roofs[i].array(), by_kernel);
    }
    forms.emplace_back(Kind::scaled, std::nullopt, by_kernel);
    forms.emplace_back(Kind::combined, roofs.front().array(), by_kernel);
  }
  return forms;
}

std::vector<TransferForm> energy_forms(bool known_of_first) {
  using Kind = TransferForm::Kind;
  std::vector<TransferForm> forms{};
  for (const bool by_kernel : {false, true}) {
    forms.emplace_back(Kind::power, std::nullopt, by_kernel);
    if (known_of_first) forms.emplace_back(Kind::scaled, std::nullopt, by_kernel);
  }
  return forms;
}

struct Sampled {
  double least_ops = 0;
  double most_ops = 0;
  double least_bytes = 0;
  double most_bytes = 0;

  [[nodiscard]] bool outside(const TransferPoint& p) const {
    return p.ops > most_ops * sampled_slack || p.bytes > most_bytes * sampled_slack ||
           p.ops * sampled_slack < least_ops || p.bytes * sampled_slack < least_bytes;
  }
};

class TransferredModel final : public DeviceModel {
 public:
  TransferredModel(std::shared_ptr<const DeviceModel> from, const std::string& device, TransferFit time,
                   std::optional<TransferFit> energy, Sampled sampled, std::size_t count)
      : DeviceModel(device, from->processor),
        from_(std::move(from)),
        time_(std::move(time)),
        energy_(std::move(energy)),
        sampled_(sampled),
        count_(count) {}

  [[nodiscard]] const Rules& rules(const std::string& precision) const override { return from_->rules(precision); }

  [[nodiscard]] std::vector<KernelValue> evaluate(std::span<const KernelConfig> kernels) const override {
    const std::vector<KernelValue> first = first_values(kernels);
    std::vector<KernelValue> values;
    for (std::size_t i = 0; i < kernels.size(); ++i) {
      TransferPoint p = point_of(kernels[i]);
      KernelValue& v = values.emplace_back();
      v.method = Method::fitted;
      v.flags.emplace_back("transferred");
      v.extrapolated = sampled_.outside(p);
      if (!first.empty()) p.from = first[i].latency_us.value;
      v.latency_us = ranged(time_, p, v.extrapolated);
      if (!energy_) continue;
      p.time_us = v.latency_us.value;
      p.from = !first.empty() && first[i].energy_mj ? first[i].energy_mj->value : 0;
      v.energy_mj = ranged(*energy_, p, v.extrapolated);
    }
    return values;
  }

  [[nodiscard]] std::vector<std::string> precisions() const override { return from_->precisions(); }

  void describe(Prediction& p) const override {
    std::string what =
        fmt::format("fitted to {} kernels with the help of {}; time by {}", count_, from_->name, time_.form.text());
    if (energy_) what += "; energy by " + energy_->form.text();
    add_issue(p.issues, {"transferred", name, what});
  }

 private:
  /// What the first device says, where a form asks for it.
  [[nodiscard]] std::vector<KernelValue> first_values(std::span<const KernelConfig> kernels) const {
    using Kind = TransferForm::Kind;
    const Kind time = time_.form.kind();
    const bool asks =
        time == Kind::scaled || time == Kind::combined || (energy_ && energy_->form.kind() == Kind::scaled);
    return asks ? from_->evaluate(kernels) : std::vector<KernelValue>();
  }

  [[nodiscard]] static Ranged ranged(const TransferFit& fit, const TransferPoint& p, bool outside) {
    const double y = fit.form.predict(p);
    return {y, y * std::min(1.0, weibull_percentile(fit.ratios, 0.05)) * (outside ? 0.5 : 1),
            y * std::max(1.0, weibull_percentile(fit.ratios, 0.95)) * (outside ? 2 : 1)};
  }

  const std::shared_ptr<const DeviceModel> from_;
  const TransferFit time_;
  const std::optional<TransferFit> energy_;
  const Sampled sampled_;
  const std::size_t count_;
};

}  // namespace

std::shared_ptr<const DeviceModel> transferred_model(std::shared_ptr<const DeviceModel> from,
                                                     std::span<const Measurement> measurements,
                                                     const std::string& name) {
  if (measurements.size() < fewest) {
    out_of_range(fmt::format("measurements: {} given; a transfer needs at least {}", measurements.size(), fewest));
  }
  std::vector<KernelConfig> configs{};
  std::vector<TransferPoint> points{};
  std::vector<double> us{};
  std::vector<double> mj{};
  for (const Measurement& m : measurements) {
    configs.push_back(m.config);
    points.push_back(point_of(m.config));
    us.push_back(positive(m.latency_us, "measurements.latency_us"));
    if (m.energy_mj) mj.push_back(positive(*m.energy_mj, "measurements.energy_mj"));
  }
  if (!mj.empty() && mj.size() != us.size()) {
    out_of_range("measurements: energy_mj is given for some only; give it for all or for none");
  }
  Sampled sampled{points[0].ops, points[0].ops, points[0].bytes, points[0].bytes};
  for (const TransferPoint& p : points) {
    sampled.least_ops = std::min(sampled.least_ops, p.ops);
    sampled.most_ops = std::max(sampled.most_ops, p.ops);
    sampled.least_bytes = std::min(sampled.least_bytes, p.bytes);
    sampled.most_bytes = std::max(sampled.most_bytes, p.bytes);
  }
  const std::vector<KernelValue> first = from->evaluate(configs);
  for (std::size_t i = 0; i < points.size(); ++i) points[i].from = first[i].latency_us.value;
  TransferFit time = best_form(points, us, time_forms(points, us));
  std::optional<TransferFit> energy{};
  if (!mj.empty()) {
    bool known = true;
    for (std::size_t i = 0; i < points.size(); ++i) {
      known = known && first[i].energy_mj.has_value();
      points[i].from = first[i].energy_mj ? first[i].energy_mj->value : 0;
      points[i].time_us = us[i];
    }
    energy = best_form(points, mj, energy_forms(known));
  }
  return std::make_shared<TransferredModel>(std::move(from), name, std::move(time), std::move(energy), sampled,
                                            measurements.size());
}

}  // namespace co2lib::inference::detail
