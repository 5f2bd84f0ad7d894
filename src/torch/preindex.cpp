// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <set>
#include <span>
#include <utility>

#include <ATen/ATen.h>
#include <torch/csrc/inductor/aoti_package/model_package_loader.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/nn/module.h>

#include <nlohmann/json.hpp>

#include <co2lib/preindex/cluster.hpp>
#include <co2lib/torch.hpp>

namespace co2lib::libtorch {
namespace {

using preindex::Accumulator;
using preindex::Layer;
using preindex::Side;
using preindex::View;

[[nodiscard]] std::size_t size(std::int64_t n) { return static_cast<std::size_t>(n); }

[[nodiscard]] View view(const at::Tensor& rows) {
  return {rows.const_data_ptr<float>(), size(rows.size(0)), size(rows.size(1))};
}

[[nodiscard]] std::string shape_text(const at::Tensor& x) {
  return preindex::detail::shape_text({x.sizes().begin(), x.sizes().end()});
}

// ---------------------------------------------------------------------------------------------------------------------
// Batches
// ---------------------------------------------------------------------------------------------------------------------
[[nodiscard]] std::vector<std::int64_t> integers(const at::Tensor& labels, std::size_t first) {
  if (!labels.defined() || labels.dim() != 1 || !at::isIntegralType(labels.scalar_type(), true)) {
    throw Error("preindex.bad_sample", "sample " + std::to_string(first) +
                                           ": the label is missing; give a tensor of integers, one per sample");
  }
  const at::Tensor host = labels.to(at::TensorOptions(at::kCPU).dtype(at::kLong)).contiguous();
  const std::int64_t* data = host.const_data_ptr<std::int64_t>();
  return {data, data + host.numel()};
}

void check_pair(const Batch& clean, const Batch& shifted, std::span<const std::int64_t> labels,
                std::span<const std::int64_t> labels_shifted, std::size_t first) {
  const auto unpaired = [](std::size_t pair, const std::string& why) {
    return Error("preindex.unpaired", "pair " + std::to_string(pair) + ": " + why,
                 {{"pair", static_cast<std::int64_t>(pair)}});
  };
  for (std::size_t i = 0; i < std::min(labels.size(), labels_shifted.size()); ++i) {
    if (labels[i] != labels_shifted[i]) {
      throw unpaired(first + i, "label " + std::to_string(labels[i]) + " on the clean side, " +
                                    std::to_string(labels_shifted[i]) +
                                    " on the shifted side; give the same samples in the same order");
    }
  }
  if (labels.size() != labels_shifted.size()) {
    throw unpaired(first + std::min(labels.size(), labels_shifted.size()),
                   "clean batch of " + std::to_string(labels.size()) + " samples, shifted " +
                       std::to_string(labels_shifted.size()));
  }
  for (const auto& [side, batch] : {std::pair{Side::clean, &clean}, std::pair{Side::shifted, &shifted}}) {
    const at::Tensor& x = batch->x;
    const std::string where = std::string(text(side)) + " side";
    if (!x.defined() || x.dim() == 0 || size(x.size(0)) != labels.size()) {
      throw Error("preindex.bad_sample", where + ", from sample " + std::to_string(first) +
                                             " on: " + std::to_string(labels.size()) +
                                             " labels and an input of shape " + (x.defined() ? shape_text(x) : "()"));
    }
    if (!x.is_floating_point()) continue;
    const at::Tensor bad = x.isnan().reshape({x.size(0), -1}).any(1);
    if (bad.any().item<bool>()) {
      const auto at = first + size(bad.nonzero()[0][0].item<std::int64_t>());
      throw Error("preindex.bad_sample", "sample " + std::to_string(at) + ", " + where + ": NaN in the input");
    }
  }
  if (clean.x.sizes() != shifted.x.sizes()) {
    throw unpaired(first, "batch of shape " + shape_text(clean.x) + " on the clean side, " + shape_text(shifted.x) +
                              " on the shifted side");
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// The run, whatever the kind of model
// ---------------------------------------------------------------------------------------------------------------------
using Pass = std::function<Activations(const at::Tensor& x, const ProbeOptions& options)>;

/// Hands the pairs of a batch over.
void add(Accumulator& sums, const Activations& clean, const Activations& shifted, std::size_t first) {
  std::vector<std::string> order;
  std::map<std::string, std::array<std::vector<const LayerVectors*>, 2>> calls;
  for (const auto* side : {&clean, &shifted}) {
    for (const LayerVectors& call : side->calls) {
      auto& of_layer = calls[call.name];
      if (of_layer[0].empty() && of_layer[1].empty()) order.push_back(call.name);
      of_layer[side == &clean ? 0 : 1].push_back(&call);
    }
  }
  for (const std::string& name : order) {
    const auto& [before, after] = calls[name];
    const auto id = sums.layer(name, (before.empty() ? after : before).front()->width);
    if (!sums.layers()[id].kept) continue;
    if (before.size() != after.size()) {
      throw Error("preindex.unpaired", "layer " + name + " was called " + std::to_string(before.size()) +
                                           " times on the clean side, " + std::to_string(after.size()) +
                                           " times on the shifted side, from pair " + std::to_string(first) +
                                           " on; exclude it");
    }
    for (std::size_t i = 0; i < before.size(); ++i) sums.add_pairs(id, view(before[i]->rows), view(after[i]->rows));
  }
}

[[nodiscard]] std::string default_embedding(const Activations& seen, const Options& options, std::size_t classes) {
  std::vector<Layer> layers;
  std::vector<bool> convolution;
  for (const LayerVectors& call : seen.calls) {
    const auto known = [&](const Layer& layer) { return layer.name == call.name; };
    if (std::any_of(layers.begin(), layers.end(), known)) continue;
    layers.push_back({call.name, call.width, preindex::is_kept(call.name, call.width, classes, options)});
    convolution.push_back(call.convolution);
  }
  return preindex::default_embedding(layers, convolution, options.mode);
}

/// Runs a pass on another number of samples, for which a first axis that is not the batch keeps its length: the probe
/// throws. A model for batches of one size is told by the issue.
[[nodiscard]] std::optional<Issue> check_batch_axis(const Pass& pass, const at::Tensor& x, const ProbeOptions& probe) {
  // Never one sample, for which models drop the axis.
  const std::int64_t samples = x.size(0);
  std::vector<std::int64_t> wanted(samples == 2 ? 3 : 2);
  for (std::size_t i = 0; i < wanted.size(); ++i) wanted[i] = static_cast<std::int64_t>(i) % samples;
  const at::Tensor index = at::tensor(wanted, at::TensorOptions(at::kLong)).to(x.device());
  try {
    (void)pass(x.index_select(0, index), probe);
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    const std::string_view text(error.what());
    const std::string why(text.substr(0, text.find('\n')));
    return Issue{"batch_axis", "layers",
                 "the first axis of outputs is taken for the batch: "
                 "the model does not run on another number of samples (" +
                     why + ")"};
  }
  return std::nullopt;
}

/// `observer`: tells of all layers and parameters; none where a model does not tell.
[[nodiscard]] Result run(const Pass& pass, const ActivationProbe* observer, Batches& clean, Batches& shifted,
                         Options options, std::size_t classes) {
  const std::vector<Layer> candidates = observer != nullptr ? observer->candidates() : std::vector<Layer>{};
  preindex::check(options);
  if (options.store == preindex::Store::recompute) {
    throw preindex::detail::bad_option("store", "'recompute'", "memory, or file if the memory is too small");
  }
  if (classes == 0) classes = clean.classes();
  const auto check_name = [&](const std::string& use, const std::string& name) {
    const auto same = [&](const Layer& layer) { return layer.name == name; };
    if (!candidates.empty() && std::none_of(candidates.begin(), candidates.end(), same)) {
      throw preindex::unknown_layer(use, name, candidates);
    }
  };
  if (!options.embedding.empty()) check_name("embedding", options.embedding);
  for (const std::string& name : options.include) check_name("include", name);
  for (const std::string& name : options.exclude) check_name("exclude", name);

  // Layers that are left out by name may have any output.
  const ProbeOptions base{options.mode, options.embedding, [&options](std::string_view name) {
                            return !preindex::is_kept(name, std::numeric_limits<std::size_t>::max(), 0, options);
                          }};
  ProbeOptions probe = base;
  std::optional<Accumulator> sums;
  std::optional<Issue> axis;
  std::set<std::string> seen;
  const auto side_pass = [&](const at::Tensor& x) {
    Activations shown = pass(x, probe);
    for (const LayerVectors& call : shown.calls) seen.insert(call.name);
    return shown;
  };
  for (std::size_t first = 0;;) {
    const std::optional<Batch> before = clean.next();
    const std::optional<Batch> after = shifted.next();
    if (before.has_value() != after.has_value()) {
      throw Error("preindex.unpaired",
                  "pair " + std::to_string(first) + ": the " + (before ? "shifted" : "clean") +
                      " side has ended, the " + (before ? "clean" : "shifted") + " side has not",
                  {{"pair", static_cast<std::int64_t>(first)}});
    }
    if (!before) break;
    const auto labels = integers(before->labels, first);
    const auto labels_shifted = integers(after->labels, first);
    check_pair(*before, *after, labels, labels_shifted, first);
    if (labels.empty()) continue;
    if (!sums) {
      if (observer != nullptr) axis = check_batch_axis(pass, before->x, probe);
      // Which layer is clustered unless one is named is known after a pass only: the first batch is run once more.
      if (options.embedding.empty()) options.embedding = default_embedding(side_pass(before->x), options, classes);
      probe.embedding = options.embedding;
      sums.emplace(options, classes);
    }
    const Activations on_clean = side_pass(before->x);
    const Activations on_shifted = side_pass(after->x);
    add(*sums, on_clean, on_shifted, first);
    if (!on_clean.embedding.defined() || !on_shifted.embedding.defined()) {
      throw preindex::unknown_layer("embedding", options.embedding, sums->layers());
    }
    const std::vector<preindex::Label> names(labels.begin(), labels.end());
    sums->add_embedding(Side::clean, view(on_clean.embedding), names);
    sums->add_embedding(Side::shifted, view(on_shifted.embedding), names);
    sums->end_batch();
    first += labels.size();
  }
  if (!sums) throw Error("preindex.empty", "the sides hold no batch");
  Result result = sums->result();
  if (observer == nullptr) return result;
  std::set<std::string> kept;
  for (const auto& layer : result.layers) {
    if (layer.kept) kept.insert(layer.name);
  }
  for (const Layer& layer : candidates) {
    if (!seen.contains(layer.name)) result.layers_unseen.push_back(layer.name);
  }
  add_coverage(result, observer->coverage(kept, seen));
  if (axis) result.issues.push_back(*axis);
  return result;
}

/// Runs a model under a probe; a batch that took a fused path is repeated on the ordinary one.
[[nodiscard]] Pass observed(ActivationProbe& probe, const Forward& forward, std::optional<at::Device> device) {
  return [&probe, &forward, device](const at::Tensor& batch, const ProbeOptions& options) {
    const at::Tensor x = device ? batch.to(*device) : batch;
    const auto samples = size(x.size(0));
    probe.set(options);
    probe.drop();
    {
      const at::NoGradGuard no_gradients;
      forward(x);
    }
    if (probe.fused()) {
      probe.drop();
      const at::AutoGradMode gradients(true);
      forward(x.is_floating_point() ? x.detach().requires_grad_() : x);
    }
    return probe.take(samples);
  };
}

/// Evaluation mode while it lives; afterwards each module's mode is what it was.
class Evaluating {
 public:
  explicit Evaluating(::torch::nn::Module& model) {
    remember(model.is_training(), [&model](bool on) { set(model, on); });
    for (const auto& module : model.modules(false)) {
      remember(module->is_training(), [module](bool on) { set(*module, on); });
    }
    model.eval();
  }
  explicit Evaluating(::torch::jit::Module& model) {
    for (::torch::jit::Module module : model.modules()) {  // handles
      if (!module.hasattr("training")) continue;
      const auto set_one = [module](bool on) mutable { module.setattr("training", on); };
      remember(module.is_training(), set_one);
      module.setattr("training", false);
    }
  }
  Evaluating(const Evaluating&) = delete;
  Evaluating& operator=(const Evaluating&) = delete;
  ~Evaluating() {
    for (const auto& [training, restore] : before_) restore(training);
  }

 private:
  // Parents come first: what a parent sets in its children is corrected by these.
  static void set(::torch::nn::Module& module, bool on) { module.train(on); }
  void remember(bool training, std::function<void(bool)> restore) {
    before_.emplace_back(training, std::move(restore));
  }

  std::vector<std::pair<bool, std::function<void(bool)>>> before_{};
};

}  // namespace

// ---------------------------------------------------------------------------------------------------------------------
// Packages
// ---------------------------------------------------------------------------------------------------------------------
struct Package::State {
  ::torch::inductor::AOTIModelPackageLoader loader;
  std::string name{};
  Mode mode = Mode::cnn;
  std::string embedding{};
  std::vector<LayerVectors> calls{};  ///< without rows
};

Package::Package(const std::filesystem::path& file) {
  const auto bad = [&](const std::string& why, ErrorCategory category = ErrorCategory::value) {
    return Error("preindex.bad_state", file.string() + ": " + why, {}, category);
  };
  if (!std::filesystem::is_regular_file(file)) throw bad("no such file", ErrorCategory::os);
  try {
    state_.reset(new State{::torch::inductor::AOTIModelPackageLoader(file.string())});
  } catch (const std::exception& e) {
    throw bad(std::string("AOTInductor cannot load the package: ") + e.what());
  }
  const auto metadata = state_->loader.get_metadata();
  const auto entry = metadata.find("co2lib.preindex");
  if (entry == metadata.end()) {
    throw bad("no entry co2lib.preindex in the metadata; export the model with co2lib.preindex.instrument");
  }
  try {
    const auto json = nlohmann::json::parse(entry->second);
    state_->name = file.string();
    state_->mode = preindex::parse<Mode>("mode", json.at("mode").get<std::string>());
    state_->embedding = json.at("embedding").get<std::string>();
    for (const auto& layer : json.at("layers")) {
      state_->calls.push_back(
          {layer.at("name").get<std::string>(), layer.at("kind").get<std::string>() == "convolution", 0, {}});
    }
  } catch (const nlohmann::json::exception& e) {
    throw bad(std::string("metadata co2lib.preindex: ") + e.what());
  }
}
Package::Package(Package&&) noexcept = default;
Package& Package::operator=(Package&&) noexcept = default;
Package::~Package() = default;

Mode Package::mode() const noexcept { return state_->mode; }
const std::string& Package::embedding() const noexcept { return state_->embedding; }

Activations Package::run(const at::Tensor& x) {
  const at::NoGradGuard no_gradients;
  const std::vector<at::Tensor> outputs = state_->loader.run({x});
  // The model's own output may be several tensors; the embedding and the vectors come last.
  const std::size_t ours = state_->calls.size() + 1;
  const auto bad = [&](const std::string& why) { return Error("preindex.bad_state", state_->name + ": " + why); };
  if (outputs.size() < ours) {
    throw bad(std::to_string(outputs.size()) + " outputs, " + std::to_string(ours) + " expected");
  }
  const auto host = [](const at::Tensor& rows) {
    return rows.to(at::TensorOptions(at::kCPU).dtype(at::kFloat)).contiguous();
  };
  const auto begin = outputs.end() - static_cast<std::ptrdiff_t>(ours);
  Activations shown{state_->calls, host(*begin)};
  for (std::size_t i = 0; i < shown.calls.size(); ++i) {
    LayerVectors& call = shown.calls[i];
    call.rows = host(begin[static_cast<std::ptrdiff_t>(i + 1)]);
    if (call.rows.dim() != 2 || call.rows.size(0) != x.size(0)) {
      throw bad("layer " + call.name + ": an output of shape " + shape_text(call.rows) + " for " +
                std::to_string(x.size(0)) + " samples");
    }
    call.width = size(call.rows.size(1));
  }
  return shown;
}

// ---------------------------------------------------------------------------------------------------------------------
// The index in one call
// ---------------------------------------------------------------------------------------------------------------------
Batches::Batches(std::vector<Batch> batches) {
  std::set<std::int64_t> labels;
  std::size_t first = 0;
  for (const Batch& batch : batches) {
    const auto some = integers(batch.labels, first);
    labels.insert(some.begin(), some.end());
    first += some.size();
  }
  classes_ = std::max<std::size_t>(1, labels.size());
  next_ = [all = std::move(batches), at = std::size_t{0}]() mutable -> std::optional<Batch> {
    if (at == all.size()) return std::nullopt;
    return all[at++];
  };
}

std::size_t Batches::classes() const {
  if (!classes_) {
    throw preindex::detail::bad_option("classes", "0", "the number of labels: a callable can be read once only");
  }
  return *classes_;
}

Result preindex(::torch::nn::Module& module, const Forward& forward, Batches clean, Batches shifted,
                const Options& options, std::size_t classes) {
  const Evaluating evaluating(module);
  ActivationProbe probe(module);
  const auto parameters = module.parameters();
  const auto device = parameters.empty() ? std::nullopt : std::optional(parameters.front().device());
  return run(observed(probe, forward, device), &probe, clean, shifted, options, classes);
}

Result preindex(::torch::jit::Module& module, Batches clean, Batches shifted, const Options& options,
                std::size_t classes) {
  const Evaluating evaluating(module);
  ActivationProbe probe(module);
  std::optional<at::Device> device;
  for (const at::Tensor& parameter : module.parameters()) {
    device = parameter.device();
    break;
  }
  const Forward forward = [&module](const at::Tensor& x) { (void)module.forward({x}); };
  return run(observed(probe, forward, device), &probe, clean, shifted, options, classes);
}

Result preindex(Package& package, Batches clean, Batches shifted, const Options& options, std::size_t classes) {
  Options chosen = options;
  chosen.mode = package.mode();
  if (chosen.embedding.empty()) chosen.embedding = package.embedding();
  if (chosen.embedding != package.embedding()) {
    throw preindex::unknown_layer("embedding", chosen.embedding, {{package.embedding(), 0, false}});
  }
  const Pass pass = [&package](const at::Tensor& x, const ProbeOptions&) { return package.run(x); };
  return run(pass, nullptr, clean, shifted, chosen, classes);
}

}  // namespace co2lib::libtorch
