// SPDX-License-Identifier: MIT
// RecordFunction has other members without NDEBUG, and released LibTorch libraries are built with it: before every
// include, whatever this build is. CO2LIB_TORCH_DEBUG: LibTorch itself is a debug build.
#if !defined(NDEBUG) && !defined(CO2LIB_TORCH_DEBUG)
#define NDEBUG
#endif

#include <algorithm>
#include <exception>
#include <map>
#include <numeric>
#include <set>
#include <string_view>
#include <utility>

#include <ATen/ATen.h>
#include <ATen/record_function.h>

#include <co2lib/torch.hpp>

#include "modules.hpp"
#include "show.hpp"

namespace co2lib::libtorch {
namespace {

// Values of an output that are widened to double at a time.
constexpr std::int64_t chunk = 1 << 18;

/// Where a parameter lies; a transpose lies at the same place.
using Place = std::pair<const void*, std::int64_t>;

[[nodiscard]] std::optional<Place> place_of(const at::Tensor& tensor) {
  if (!tensor.defined() || !tensor.has_storage() || tensor.numel() == 0) return std::nullopt;
  return Place{tensor.storage().unsafeGetStorageImpl(), tensor.storage_offset()};
}

struct Candidate {
  std::int64_t weight_axes = 0;
  std::optional<Place> bias{};
  bool convolution = false;
  bool uncalled = false;  ///< its weight is used without a call of the module
};

enum class Operator { other, convolution, linear, matmul, add, fused };

[[nodiscard]] Operator operator_of(const char* full) {
  const std::string_view name(full);
  if (!name.starts_with("aten::")) return Operator::other;
  const std::string_view op = name.substr(6);
  using namespace std::string_view_literals;
  if (op == "linear"sv || op == "addmm"sv) return Operator::linear;
  if (op == "matmul"sv) return Operator::matmul;
  if (op == "add_"sv || op == "add"sv) return Operator::add;
  if (op == "conv1d"sv || op == "conv2d"sv || op == "conv3d"sv || op.starts_with("conv_transpose"sv) ||
      op == "_convolution"sv || op == "convolution"sv) {
    return Operator::convolution;
  }
  if (op == "_transformer_encoder_layer_fwd"sv || op == "_native_multi_head_attention"sv ||
      op == "_addmm_activation"sv) {
    return Operator::fused;
  }
  return Operator::other;
}

/// The mean over the axes after the channels: summed in double on the device, rounded once.
[[nodiscard]] at::Tensor spatial_mean(const at::Tensor& output) {
  if (output.is_cpu() && output.scalar_type() == at::kFloat) {  // in place; LibTorch would widen a copy
    const preindex::TensorView view{.data = output.const_data_ptr<float>(),
                                    .shape = {output.sizes().begin(), output.sizes().end()},
                                    .strides = {output.strides().begin(), output.strides().end()}};
    const preindex::Rows rows = preindex::sample_vectors(view, preindex::Mode::cnn, output.dim() == 3);
    return at::from_blob(const_cast<float*>(rows.values.data()),  // NOLINT(cppcoreguidelines-pro-type-const-cast)
                         {output.size(0), output.size(1)}, at::kFloat)
        .clone();
  }
  std::vector<std::int64_t> axes(static_cast<std::size_t>(output.dim() - 2));
  std::iota(axes.begin(), axes.end(), 2);
  at::Tensor means = at::empty({output.size(0), output.size(1)}, output.options().dtype(at::kFloat));
  const std::int64_t samples = output.size(0);
  const std::int64_t step = std::max<std::int64_t>(1, chunk / std::max<std::int64_t>(1, output.numel() / samples));
  for (std::int64_t i = 0; i < samples; i += step) {
    const std::int64_t end = std::min(samples, i + step);
    means.slice(0, i, end).copy_(output.slice(0, i, end).mean(axes, false, at::kDouble));
  }
  return means;
}

/// Everything after the batch axis, float32, on the host; a copy, because the model may overwrite its output.
[[nodiscard]] at::Tensor flat(const at::Tensor& output) {
  return output.flatten(1).to(at::TensorOptions(at::kCPU).dtype(at::kFloat), false, true).contiguous();
}

}  // namespace

struct ActivationProbe::State {
  ProbeOptions options{};
  std::vector<preindex::Layer> layers{};
  std::vector<Candidate> candidates{};  ///< one per layer
  std::map<Place, std::size_t> by_place{};
  std::set<Place> attention{};  ///< weights that are used without a call of their module
  /// The parameters of a module that none before it has.
  struct Own {
    std::string kind{};
    std::string layer{};  ///< empty: it is none
    std::int64_t size = 0;
  };
  std::vector<Own> owned{};
  at::CallbackHandle handle = 0;
  State* outer = nullptr;
  bool named = false;  ///< the graph of the model shows its layers itself

  // The pass.
  struct Pending {
    std::size_t layer;
    at::Tensor product;
  };
  Activations seen{};
  std::vector<std::int64_t> first_axes{};  ///< one per call; -1: not looked at
  std::optional<Pending> pending{};        ///< a product without its bias yet
  std::string fused{};                     ///< the fused operator that a weight entered
  std::string fused_layer{};
  std::exception_ptr error{};
  int depth = 0;      ///< observed operators that are running
  bool busy = false;  ///< the probe itself computes

  State(const std::vector<Parameters>& modules, ProbeOptions chosen);
  void forget() noexcept;
  void show(std::size_t layer, const at::Tensor& raw);
  void reduce(std::size_t layer, const at::Tensor& output);

  [[nodiscard]] std::optional<std::size_t> layer_of(c10::ArrayRef<const c10::IValue> inputs) const {
    for (const c10::IValue& input : inputs) {
      if (!input.isTensor()) continue;
      const auto place = place_of(input.toTensor());
      const auto found = place ? by_place.find(*place) : by_place.end();
      if (found != by_place.end()) return found->second;
    }
    return std::nullopt;
  }
  [[nodiscard]] bool enters_attention(c10::ArrayRef<const c10::IValue> inputs) const {
    return std::any_of(inputs.begin(), inputs.end(), [&](const c10::IValue& input) {
      const auto place = input.isTensor() ? place_of(input.toTensor()) : std::nullopt;
      return place && attention.contains(*place);
    });
  }
};

struct ProbeCallbacks {
  using State = ActivationProbe::State;

  struct Call : at::ObserverContext {
    std::size_t layer = 0;
    Operator op = Operator::other;
  };

  /// The innermost probe of this thread.
  static thread_local State* current;

  static std::unique_ptr<at::ObserverContext> start(const at::RecordFunction& function);
  static void end(const at::RecordFunction& function, at::ObserverContext* context);
  static void show(const std::string& name, const at::Tensor& output);
};

thread_local ActivationProbe::State* ProbeCallbacks::current = nullptr;

// LibTorch swallows what callbacks throw: errors are kept for `take`.
std::unique_ptr<at::ObserverContext> ProbeCallbacks::start(const at::RecordFunction& function) {
  State* state = current;
  if (state == nullptr || state->busy || state->depth > 0) return nullptr;
  const Operator op = operator_of(function.name());
  if (op == Operator::other) return nullptr;
  // The interpreter of TorchScript hands its stack over: what belongs to the call comes last.
  auto inputs = function.inputs();
  const std::size_t arguments = function.num_inputs();
  if (arguments > 0 && arguments < inputs.size()) inputs = inputs.slice(inputs.size() - arguments);
  auto call = std::make_unique<Call>();
  call->op = op;
  if (op == Operator::add) {
    // C++'s Linear adds its bias after the product: the output is complete only then.
    if (!state->pending || inputs.size() < 2 || !inputs[0].isTensor() || !inputs[1].isTensor() ||
        !inputs[0].toTensor().is_same(state->pending->product) ||
        place_of(inputs[1].toTensor()) != state->candidates[state->pending->layer].bias) {
      return nullptr;
    }
    call->layer = state->pending->layer;
    state->pending.reset();
  } else {
    const auto layer = state->layer_of(inputs);
    if (op == Operator::fused) {
      if ((layer || state->enters_attention(inputs)) && state->fused.empty()) {
        state->fused = function.name();
        state->fused_layer = layer ? state->layers[*layer].name : "an attention";
      }
      return nullptr;
    }
    if (state->named || !layer || state->candidates[*layer].convolution != (op == Operator::convolution))
      return nullptr;
    call->layer = *layer;
  }
  ++state->depth;
  return call;
}

void ProbeCallbacks::end(const at::RecordFunction& function, at::ObserverContext* context) {
  State* state = current;
  if (state == nullptr || context == nullptr) return;
  const auto& call = static_cast<const Call&>(*context);
  --state->depth;
  const auto& outputs = function.outputs();
  if (outputs.empty() || !outputs.back().isTensor()) return;  // the operator threw
  const at::Tensor& output = outputs.back().toTensor();
  if (call.op == Operator::matmul && state->candidates[call.layer].bias) {
    state->pending = State::Pending{call.layer, output};
  } else {
    state->show(call.layer, output);
  }
}

// A single layer as the model is the first of its candidates.
void ProbeCallbacks::show(const std::string& name, const at::Tensor& output) {
  if (current == nullptr || !current->named) return;
  const auto& layers = current->layers;
  const auto same = [&](const preindex::Layer& layer) { return layer.name == name; };
  const auto found = name.empty() ? layers.begin() : std::find_if(layers.begin(), layers.end(), same);
  const auto layer = static_cast<std::size_t>(found - layers.begin());
  if (found != layers.end() && !current->candidates[layer].uncalled) current->show(layer, output);
}

void show(const std::string& layer, const at::Tensor& output) { ProbeCallbacks::show(layer, output); }

ActivationProbe::State::State(const std::vector<Parameters>& modules, ProbeOptions chosen)
    : options(std::move(chosen)) {
  // PyTorch's multi-head attention uses the weight of its out_proj without calling it: unseen by hooks, so here too.
  std::set<std::string> uncalled;
  for (const Parameters& module : modules) {
    for (const auto& [name, tensor] : module.own) {
      if (name != "in_proj_weight" && name != "q_proj_weight") continue;
      uncalled.insert(module.module.empty() ? "out_proj" : module.module + ".out_proj");
      if (const auto place = place_of(tensor)) attention.insert(*place);
    }
  }
  std::set<const void*> met;
  for (const Parameters& module : modules) {
    Own own{module.type, {}, 0};
    for (const auto& [name, tensor] : module.own) {
      if (met.insert(tensor.unsafeGetTensorImpl()).second) own.size += tensor.numel();
    }
    owned.push_back(std::move(own));
    if (module.type.find("Embedding") != std::string::npos || module.type.find("Norm") != std::string::npos) continue;
    at::Tensor weight;
    at::Tensor bias;
    for (const auto& [name, tensor] : module.own) {
      if (name == "weight") weight = tensor;
      if (name == "bias") bias = tensor;
    }
    if (!weight.defined() || weight.dim() < 2) continue;
    const std::string& name = module.module.empty() ? module.type : module.module;
    const auto place = place_of(weight);
    if (uncalled.contains(module.module)) {
      if (place) attention.insert(*place);
    } else if (place) {
      by_place.emplace(*place, layers.size());
    }
    const bool transposed = module.type.find("Transpose") != std::string::npos;
    owned.back().layer = name;
    layers.push_back({name, static_cast<std::size_t>(weight.size(transposed ? 1 : 0)), true});
    candidates.push_back({weight.dim(), place_of(bias), weight.dim() > 2, uncalled.contains(module.module)});
  }
  if (layers.empty()) throw Error("preindex.no_layer", "the model has no linear or convolution layer with a weight");
}

void ActivationProbe::State::forget() noexcept {
  seen = {};
  first_axes.clear();
  pending.reset();
  fused.clear();
  fused_layer.clear();
  error = nullptr;
}

void ActivationProbe::State::show(std::size_t layer, const at::Tensor& raw) {
  if (error) return;
  busy = true;
  try {
    const at::NoGradGuard no_gradients;
    reduce(layer, raw.is_quantized() ? raw.dequantize() : raw.detach());
  } catch (...) {
    error = std::current_exception();
  }
  busy = false;
}

void ActivationProbe::State::reduce(std::size_t layer, const at::Tensor& output) {
  const std::string& name = layers[layer].name;
  const Candidate& candidate = candidates[layer];
  const bool left_out = options.left_out && options.left_out(name);
  if (output.dim() >= 2 && output.size(0) > 0 && name == options.embedding && !seen.embedding.defined()) {
    seen.embedding = flat(output);
  }
  if (left_out) {
    seen.calls.push_back({name, candidate.convolution, layers[layer].width, {}});
    first_axes.push_back(-1);
    return;
  }
  const auto shape = [&] {
    std::string text;
    for (const std::int64_t n : output.sizes()) text += (text.empty() ? "(" : ", ") + std::to_string(n);
    return text.empty() ? "()" : text + ")";
  };
  if (output.dim() < 2) {
    throw Error("preindex.bad_shape", "layer " + name + ": output of shape " + shape() + "; give batches of samples");
  }
  const bool channels = candidate.convolution && candidate.weight_axes == 3;
  if (options.mode == Mode::cnn && output.dim() == 3 && !channels) {
    throw Error("preindex.bad_shape",
                "layer " + name + ": an output of shape " + shape() + " has tokens, no channels; use mode 'vit'");
  }
  if (output.numel() == 0) throw Error("preindex.empty", "layer " + name + ": an output without values");
  // A linear layer gives its features as the last axis.
  const auto means = [&] { return spatial_mean(candidate.convolution ? output : output.movedim(-1, 1)); };
  const at::Tensor rows = flat(options.mode == Mode::cnn && output.dim() > 2 ? means() : output);
  seen.calls.push_back({name, candidate.convolution, static_cast<std::size_t>(rows.size(1)), rows});
  first_axes.push_back(output.size(0));
}

ActivationProbe::ActivationProbe(const ::torch::nn::Module& model, ProbeOptions options)
    : ActivationProbe(std::make_unique<State>(modules_of(model), std::move(options))) {}

ActivationProbe::ActivationProbe(const ::torch::jit::Module& model, ProbeOptions options)
    : ActivationProbe(std::make_unique<State>(modules_of(model), std::move(options))) {
  state_->named = has_named_layers(model);
}

ActivationProbe::ActivationProbe(std::unique_ptr<State> state) : state_(std::move(state)) {
  state_->outer = ProbeCallbacks::current;
  if (state_->outer == nullptr) {
    state_->handle = at::addThreadLocalCallback(at::RecordFunctionCallback(&ProbeCallbacks::start, &ProbeCallbacks::end)
                                                    .needsInputs(true)
                                                    .needsOutputs(true)
                                                    .scopes({at::RecordScope::FUNCTION}));
  }
  ProbeCallbacks::current = state_.get();
}

ActivationProbe::~ActivationProbe() {
  ProbeCallbacks::current = state_->outer;
  if (state_->outer == nullptr) at::removeCallback(state_->handle);
}

const std::vector<preindex::Layer>& ActivationProbe::candidates() const noexcept { return state_->layers; }

preindex::Coverage ActivationProbe::coverage(const std::set<std::string>& kept,
                                             const std::set<std::string>& seen) const {
  preindex::Coverage found;
  for (const State::Own& own : state_->owned) {
    if (own.size == 0) continue;
    if (kept.contains(own.layer)) {
      found.counted += own.size;
    } else {
      const char* why = own.layer.empty() ? "" : seen.contains(own.layer) ? " (not counted)" : " (no output)";
      found.elsewhere[own.kind + why] += own.size;
    }
  }
  return found;
}

void ActivationProbe::set(ProbeOptions options) { state_->options = std::move(options); }

bool ActivationProbe::fused() const noexcept { return !state_->fused.empty(); }

void ActivationProbe::drop() noexcept { state_->forget(); }

Activations ActivationProbe::take(std::size_t samples) {
  struct Forget {
    State& state;
    ~Forget() { state.forget(); }
  } forget{*state_};
  const auto hidden = [](const std::string& layer, const std::string& why) {
    return Error("preindex.fused_layer", "layer " + layer + ": its raw output does not exist: " + why +
                                             "; exclude it, or run an unoptimised module");
  };
  if (!state_->fused.empty()) throw hidden(state_->fused_layer, "its weight enters " + state_->fused);
  if (state_->error) std::rethrow_exception(state_->error);
  if (state_->pending) {
    throw hidden(state_->layers[state_->pending->layer].name, "aten::matmul is not followed by the sum with its bias");
  }
  if (state_->seen.calls.empty()) {
    throw Error("preindex.no_layer",
                "no layer was observed: the module is frozen or optimised, or ran on another thread; "
                "candidates and their widths: " +
                    preindex::detail::candidates(state_->layers));
  }
  for (std::size_t i = 0; i < state_->first_axes.size(); ++i) {
    const std::int64_t first = state_->first_axes[i];
    if (first >= 0 && first != static_cast<std::int64_t>(samples)) {
      throw hidden(state_->seen.calls[i].name,
                   "an operator gave " + std::to_string(first) + " rows for " + std::to_string(samples) + " samples");
    }
  }
  return std::move(state_->seen);
}

}  // namespace co2lib::libtorch
