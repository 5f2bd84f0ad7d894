// SPDX-License-Identifier: MIT
// Front door of the domain `torch`: PreIndex of models that run in LibTorch. Needs the target co2lib::torch.
//
//   torch::nn::Sequential net = ...;                     // or a torch::jit::Module, or a co2lib::libtorch::Package
//   const auto result = co2lib::libtorch::preindex(net, clean, shifted);      // std::vector<co2lib::libtorch::Batch>
//
// The namespace is `libtorch`, so that `torch` stays LibTorch's own, also after `using namespace co2lib`.
#pragma once

#include <concepts>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#if !__has_include(<ATen/core/Tensor.h>)
#error "co2lib/torch.hpp needs LibTorch: build co2lib with -DCO2LIB_TORCH=ON and link co2lib::torch"
#endif
#include <ATen/core/Tensor.h>

#include <co2lib/preindex/accumulator.hpp>  // Result
#include <co2lib/preindex/coverage.hpp>     // Coverage
#include <co2lib/preindex/layer.hpp>        // Layer
#include <co2lib/preindex/options.hpp>      // Options, Mode

// LibTorch's headers cost half a minute per file: whoever has such a module has included what declares it.
namespace torch::nn {
class Module;
}
namespace torch::jit {
struct Module;
}

namespace co2lib::libtorch {

using preindex::Mode;
using preindex::Options;

// ---------------------------------------------------------------------------------------------------------------------
// What one forward pass shows
// ---------------------------------------------------------------------------------------------------------------------

/// The vectors of the samples in one call of a layer.
struct LayerVectors {
  std::string name{};        ///< of the layer, as `named_modules` has it
  bool convolution = false;  ///< or else linear
  std::size_t width = 0;     ///< values per sample
  at::Tensor rows{};         ///< samples x width, float32, on the host; undefined for a layer that is left out
};

/// What one forward pass shows.
struct Activations {
  std::vector<LayerVectors> calls{};  ///< in the order of the outputs
  at::Tensor embedding{};             ///< samples x D, float32, on the host; undefined if its layer gave no output
};

/// What a probe looks at.
struct ProbeOptions {
  Mode mode = Mode::cnn;                                ///< which layers are reduced, and how
  std::string embedding{};                              ///< layer whose raw output is kept, flattened
  std::function<bool(std::string_view)> left_out = {};  ///< layers whose outputs are not reduced; none if empty
};

/// Observes the forward passes of a model on this thread while it lives.
///
/// C++ modules have no hooks: a thread-local RecordFunction callback sees the operators, and names a layer by the
/// parameter whose storage enters one. Raw outputs of linear and convolution layers are reduced at once, on
/// their device. Works for `torch::nn` modules, and for scripted and traced TorchScript modules that are not frozen.
/// To be destroyed on the thread that made it; parameters must stay where they are meanwhile.
///
///   co2lib::libtorch::ActivationProbe probe(*net, {.embedding = "conv2"});
///   net->forward(images);
///   const co2lib::libtorch::Activations seen = probe.take(images.size(0));
class ActivationProbe {
 public:
  /// Throws preindex.no_layer for a model without linear or convolution layers.
  explicit ActivationProbe(const ::torch::nn::Module& model, ProbeOptions options = {});
  /// The same for a scripted or traced model.
  explicit ActivationProbe(const ::torch::jit::Module& model, ProbeOptions options = {});
  ActivationProbe(const ActivationProbe&) = delete;
  ActivationProbe& operator=(const ActivationProbe&) = delete;
  ~ActivationProbe();

  /// Layers that may give outputs, with the width of their weight.
  [[nodiscard]] const std::vector<preindex::Layer>& candidates() const noexcept;

  /// Where the parameters of the model lie, for layers that count and layers that gave an output, by name.
  [[nodiscard]] preindex::Coverage coverage(const std::set<std::string>& kept, const std::set<std::string>& seen) const;

  /// Changes what the next passes show.
  void set(ProbeOptions options);

  /// What the pass since the last call showed, for a batch of `samples`.
  ///
  /// Throws preindex.no_layer (nothing was observed: the module is frozen or optimised, or ran on another thread),
  /// preindex.fused_layer (a layer is hidden in a fused operator; see `fused`), preindex.bad_shape.
  [[nodiscard]] Activations take(std::size_t samples);

  /// True if the pass took a fused path of the transformer encoder; with gradient mode on it takes the ordinary one.
  [[nodiscard]] bool fused() const noexcept;

  /// Forgets the pass.
  void drop() noexcept;

 private:
  friend struct ProbeCallbacks;
  struct State;
  explicit ActivationProbe(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// A copy of a TorchScript module, with the same parameters, whose graph itself names its layers to a probe.
///
/// Takes the names from the attributes through which the graph reads a weight, so layers that share one keep their
/// own names. Linear and convolution operators of `forward` and what it calls; the probe looks at nothing else then.
[[nodiscard]] ::torch::jit::Module with_named_layers(const ::torch::jit::Module& module);

/// A program that AOTInductor compiled from a model made by `co2lib.preindex.instrument` in Python (`.pt2`).
///
/// Its mode and its embedding layer were chosen there.
class Package {
 public:
  /// Throws preindex.bad_state for a file that is no package, or not an instrumented one.
  explicit Package(const std::filesystem::path& file);
  Package(Package&&) noexcept;
  Package& operator=(Package&&) noexcept;
  ~Package();

  [[nodiscard]] Mode mode() const noexcept;                     ///< that it was compiled for
  [[nodiscard]] const std::string& embedding() const noexcept;  ///< the layer whose raw output it keeps; empty: none

  /// Runs the program. The model's own output is its first result.
  [[nodiscard]] Activations run(const at::Tensor& x);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// ---------------------------------------------------------------------------------------------------------------------
// The index in one call
// ---------------------------------------------------------------------------------------------------------------------

/// Inputs of a model and the labels of its samples.
struct Batch {
  at::Tensor x{};       ///< batch axis first
  at::Tensor labels{};  ///< integers, one per sample
};

/// One side of the pairs: a vector of batches, or a callable that returns the next batch until there is none.
class Batches {
 public:
  using Next = std::function<std::optional<Batch>()>;  ///< gives the next batch; none at the end

  /// Batches that are in memory; they can be read again.
  Batches(std::vector<Batch> batches);  // NOLINT(google-explicit-constructor)
  /// A callable that gives the next batch; it can be read once.
  template <class F>
  requires std::convertible_to<F, Next> Batches(F next)  // NOLINT(google-explicit-constructor)
      : next_(std::move(next)) {}

  [[nodiscard]] std::optional<Batch> next() { return next_(); }  ///< gives the next batch; none at the end

  /// The number of distinct labels. Throws preindex.bad_option for a callable, which can be read once only.
  [[nodiscard]] std::size_t classes() const;

 private:
  std::optional<std::size_t> classes_{};
  Next next_;
};

using preindex::Result;

/// A forward pass of a `torch::nn` module on this thread; what it returns is not looked at.
using Forward = std::function<void(const at::Tensor&)>;

/// PreIndex of an eager module, observed by an `ActivationProbe`.
///
/// Both sides hold the same samples in the same order. `classes`: number of distinct labels; 0: counted, which needs a
/// vector on the clean side. Evaluation mode and no gradients during the run; the modes are restored. An empty
/// `options.embedding` means the last kept convolution in mode `cnn`, or else the last kept layer.
///
/// Throws preindex.unpaired, preindex.bad_sample, preindex.nonfinite, preindex.no_layer, preindex.unknown_layer,
/// preindex.fused_layer, preindex.bad_shape, preindex.bad_option.
[[nodiscard]] Result preindex(::torch::nn::Module& module, const Forward& forward, Batches clean, Batches shifted,
                              const Options& options = {}, std::size_t classes = 0);

/// The same for a module with `forward(Tensor)`: a holder (`torch::nn::Sequential`, ...) or a pointer to one.
template <class M>
requires requires(M& module, const at::Tensor& x) {
  module->forward(x);
  static_cast<::torch::nn::Module&>(*module);
}
[[nodiscard]] Result preindex(M module, Batches clean, Batches shifted, const Options& options = {},
                              std::size_t classes = 0) {
  const Forward forward = [&module](const at::Tensor& x) { (void)module->forward(x); };
  return preindex(static_cast<::torch::nn::Module&>(*module), forward, std::move(clean), std::move(shifted), options,
                  classes);
}

/// PreIndex of a TorchScript module, scripted or traced, not frozen.
[[nodiscard]] Result preindex(::torch::jit::Module& module, Batches clean, Batches shifted, const Options& options = {},
                              std::size_t classes = 0);

/// PreIndex of a compiled package. Its mode replaces that of the options; another embedding is preindex.unknown_layer.
[[nodiscard]] Result preindex(Package& package, Batches clean, Batches shifted, const Options& options = {},
                              std::size_t classes = 0);

}  // namespace co2lib::libtorch
