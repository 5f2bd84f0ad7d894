// SPDX-License-Identifier: MIT
// Features of a kernel. Compiled, so that the user's flags do not change their bits: trees compare them.
//
// The rules are those of docs/inference.md, "Features"; one function for each group of kernels, chosen by name.
#include <co2lib/inference/features.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <co2lib/inference/refuse.hpp>

namespace co2lib::inference {

namespace {

using detail::out_of_range;

bool one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool has_window(std::string_view kernel) { return one_of(kernel, {"maxpool", "avgpool"}); }

/// Base vector HW, CIN (nn-Meter's kernels of that shape).
bool plain_base(std::string_view kernel) {
  return one_of(kernel, {"global-avgpool", "bn", "bnrelu", "relu", "hswish", "swish", "se", "split", "channelshuffle"});
}

double up(double bits) { return std::ceil(bits / 8); }

/// A size of a `BaseShape`.
double size(const std::optional<double>& x, const char* field, std::string_view kernel) {
  if (!x) out_of_range(std::string(field) + ": missing; " + std::string(kernel) + " needs it");
  if (!(*x >= 1) || !std::isfinite(*x)) out_of_range(std::string(field) + ": " + numeric::text(*x) + " is below 1");
  return *x;
}

/// A size of a configuration, as a double: products of sizes stay exact below 2^53 and never overflow.
double count(std::int64_t x, const char* field, std::string_view kernel) {
  if (x < 1) out_of_range(std::string(kernel) + ": " + field + " is " + std::to_string(x) + "; it must be at least 1");
  return static_cast<double>(x);
}

FlopsParams conv_flops(double hw, double s, double params) { return {2 * (hw / s) * (hw / s) * params, params}; }

std::vector<double> concat_base(const BaseShape& shape, std::string_view kernel, ConcatStyle style) {
  if (shape.cins.empty()) out_of_range("cins: missing; a concat needs the channels of its inputs");
  std::vector<double> v{size(shape.hw, "hw", kernel)};
  const std::size_t n = shape.cins.size();
  if (style == ConcatStyle::pretrained) v.push_back(n > 4 ? 6 : static_cast<double>(n));
  for (std::size_t i = 0; i < 4; ++i) v.push_back(i < n ? size(shape.cins[i], "cins", kernel) : 0);
  for (std::size_t i = 4; i < n; ++i) (void)size(shape.cins[i], "cins", kernel);
  return v;
}

// ---------------------------------------------------------------------------------------------------------------------
// Extended features
// ---------------------------------------------------------------------------------------------------------------------

/// A configuration on its way to features: names resolved, sizes as doubles.
struct Sizes {
  const KernelConfig& c;
  std::string kernel;
  double batch;
  double w_bits;
  double a_bits;

  explicit Sizes(const KernelConfig& config)
      : c(config),
        kernel(kernel_name(config.kernel)),
        batch(count(config.batch, "batch", kernel)),
        w_bits(config.w_bits),
        a_bits(config.a_bits) {
    for (const auto& [bits, field] : {std::pair(c.w_bits, "w_bits"), std::pair(c.a_bits, "a_bits")}) {
      if (bits < 1 || bits > 64) {
        out_of_range(kernel + ": " + field + " is " + std::to_string(bits) + "; it must lie in 1 to 64");
      }
    }
  }

  [[nodiscard]] double of(std::int64_t x, const char* field) const { return count(x, field, kernel); }
  [[nodiscard]] double height() const { return of(c.h, "h"); }
  [[nodiscard]] double width() const { return of(c.w.value_or(c.h), "w"); }
  [[nodiscard]] double cin() const { return of(c.cin, "cin"); }

  /// Height or width of the output of a window.
  [[nodiscard]] double out(double in) const {
    if (!(c.pad >= 0) || !std::isfinite(c.pad)) out_of_range(kernel + ": pad is " + numeric::text(c.pad));
    const double reach = of(c.dilation, "dilation") * (of(c.k, "k") - 1);
    const double o = std::floor((in + 2 * c.pad - reach - 1) / of(c.s, "s")) + 1;
    if (!(o >= 1)) out_of_range(kernel + ": the output has no element; the window is larger than the padded input");
    return o;
  }

  [[nodiscard]] double bias(double outputs) const {
    if (!c.bias) return 0;
    return c.integer.value_or(c.w_bits <= 8) ? 4 * outputs : up(outputs * w_bits);
  }

  /// The share of the device's array that an a x b tile of multipliers fills.
  [[nodiscard]] double util(double a, double b) const {
    if (!c.array) return 1;
    const double p = of((*c.array)[0], "array[0]");
    const double q = of((*c.array)[1], "array[1]");
    return a * b / (p * q * std::ceil(a / p) * std::ceil(b / q));
  }
};

Features conv_features(const Sizes& z, bool depthwise) {
  const double cin = z.cin();
  if (depthwise && z.c.cout != 0 && z.c.cout != z.c.cin) {
    out_of_range("dwconv: cout is " + std::to_string(z.c.cout) + " and cin " + std::to_string(z.c.cin) +
                 "; a depthwise convolution has as many outputs as inputs (a conv with groups has not)");
  }
  const double cout = depthwise ? cin : z.of(z.c.cout, "cout");
  const double groups = depthwise ? cin : z.of(z.c.groups, "groups");
  if (std::fmod(cin, groups) != 0 || std::fmod(cout, groups) != 0) {
    out_of_range(z.kernel + ": groups " + numeric::text(groups) + " does not divide cin and cout");
  }
  const double h = z.height();
  const double w = z.width();
  const double ho = z.out(h);
  const double wo = z.out(w);
  const double k = z.of(z.c.k, "k");
  const double weights = cout * (cin / groups) * k * k;
  Features f;
  f.macs = z.batch * ho * wo * weights;
  f.ops = 2 * f.macs;
  f.bytes_w = up(weights * z.w_bits) + z.bias(cout);
  f.bytes_in = up(z.batch * cin * h * w * z.a_bits);
  f.bytes_out = up(z.batch * cout * ho * wo * z.a_bits);
  f.util = z.util(cin / groups, cout);
  return f;
}

Features fc_features(const Sizes& z) {
  const double cin = z.cin();
  const double cout = z.of(z.c.cout, "cout");
  Features f;
  f.macs = z.batch * cin * cout;
  f.ops = 2 * f.macs;
  f.bytes_w = up(cin * cout * z.w_bits) + z.bias(cout);
  f.bytes_in = up(z.batch * cin * z.a_bits);
  f.bytes_out = up(z.batch * cout * z.a_bits);
  f.util = z.util(cin, cout);
  return f;
}

Features matmul_features(const Sizes& z) {
  const double m = z.of(z.c.m, "m");
  const double k = z.of(z.c.k, "k");
  const double n = z.of(z.c.n, "n");
  const double heads = z.of(z.c.heads, "heads");
  Features f;
  f.macs = z.batch * heads * m * k * n;
  f.ops = 2 * f.macs;
  f.bytes_w = up(heads * k * n * z.w_bits);
  f.bytes_in = up(z.batch * heads * m * k * z.a_bits);
  f.bytes_out = up(z.batch * heads * m * n * z.a_bits);
  f.util = z.util(k, n);
  return f;
}

Features pool_features(const Sizes& z) {
  const double cin = z.cin();
  const double h = z.height();
  const double w = z.width();
  const double k = z.of(z.c.k, "k");
  const double out = z.out(h) * z.out(w) * cin;
  Features f;
  f.ops = z.batch * out * k * k;
  f.bytes_in = up(z.batch * cin * h * w * z.a_bits);
  f.bytes_out = up(z.batch * out * z.a_bits);
  return f;
}

Features global_pool_features(const Sizes& z) {
  const double cin = z.cin();
  const double elements = z.height() * z.width() * cin;
  Features f;
  f.ops = z.batch * elements;
  f.bytes_in = up(z.batch * elements * z.a_bits);
  f.bytes_out = up(z.batch * cin * z.a_bits);
  return f;
}

/// Operations for each element; nothing for kernels of another shape.
std::optional<double> per_element(std::string_view kernel) {
  constexpr std::array<std::pair<std::string_view, double>, 13> costs{{{"relu", 1},
                                                                       {"bn", 2},
                                                                       {"bnrelu", 3},
                                                                       {"hswish", 4},
                                                                       {"swish", 4},
                                                                       {"sigmoid", 4},
                                                                       {"softmax", 5},
                                                                       {"norm", 5},
                                                                       {"add", 1},
                                                                       {"mul", 1},
                                                                       {"addrelu", 2},
                                                                       {"split", 0},
                                                                       {"channelshuffle", 0}}};
  for (const auto& [name, cost] : costs) {
    if (name == kernel) return cost;
  }
  return std::nullopt;
}

Features element_features(const Sizes& z, double cost) {
  const double cin = z.cin();
  const double elements = z.height() * z.width() * cin;
  const double bytes = up(z.batch * elements * z.a_bits);
  Features f;
  f.ops = z.batch * cost * elements;
  f.bytes_w = one_of(z.kernel, {"bn", "bnrelu", "norm"}) ? 8 * cin : 0;
  f.bytes_in = one_of(z.kernel, {"add", "addrelu", "mul"}) ? 2 * bytes : bytes;
  f.bytes_out = bytes;
  return f;
}

Features embedding_features(const Sizes& z) {
  const double m = z.of(z.c.m, "m");
  const double n = z.of(z.c.n, "n");
  Features f;
  f.bytes_w = up(m * n * z.w_bits);
  f.bytes_in = 4 * m * z.batch;
  f.bytes_out = up(z.batch * m * n * z.a_bits);
  return f;
}

Features concat_features(const Sizes& z) {
  if (z.c.cins.empty()) out_of_range("concat: cins is empty; give the channels of its inputs");
  double c = 0;
  for (const std::int64_t cin : z.c.cins) c += z.of(cin, "cins");
  Features f;
  f.bytes_in = up(z.batch * c * z.height() * z.width() * z.a_bits);
  f.bytes_out = f.bytes_in;
  return f;
}

Features se_features(const Sizes& z) {
  const double cin = z.cin();
  const double elements = z.height() * z.width() * cin;
  const double r = std::floor(cin / z.of(z.c.reduction, "reduction"));
  if (r < 1) out_of_range("se: cin " + numeric::text(cin) + " reduced by " + std::to_string(z.c.reduction) + " is 0");
  Features f;
  f.macs = z.batch * 2 * cin * r;
  f.ops = z.batch * (2 * elements + 4 * cin * r);
  f.bytes_w = up(2 * cin * r * z.w_bits) + z.bias(r + cin);
  f.bytes_in = up(z.batch * elements * z.a_bits);
  f.bytes_out = f.bytes_in;
  return f;
}

[[noreturn]] void no_features(std::string_view kernel) {
  std::string list;
  for (const std::string& name : known_kernels()) list.append(list.empty() ? "" : ", ").append(name);
  detail::unknown_kernel("kernel: '" + std::string(kernel.substr(0, 80)) + "' is not known; known: " + list);
}

Features features_by_kernel(const Sizes& z) {
  const std::string_view kernel = z.kernel;
  if (kernel == "conv-bn-relu") return conv_features(z, false);
  if (kernel == "dwconv-bn-relu") return conv_features(z, true);
  if (kernel == "fc") return fc_features(z);
  if (kernel == "matmul") return matmul_features(z);
  if (has_window(kernel)) return pool_features(z);
  if (kernel == "global-avgpool") return global_pool_features(z);
  if (kernel == "embedding") return embedding_features(z);
  if (kernel == "concat") return concat_features(z);
  if (kernel == "se") return se_features(z);
  if (const std::optional<double> cost = per_element(kernel)) return element_features(z, *cost);
  no_features(z.kernel);
}

/// The base part of a training vector.
std::vector<double> training_base(const KernelConfig& c, const std::string& kernel) {
  if (kernel == "matmul") return {double(c.m), double(c.k), double(c.n)};
  if (kernel == "embedding") return {std::sqrt(double(c.m)), double(c.n)};
  BaseShape shape{.hw = std::sqrt(double(c.h) * double(c.w.value_or(c.h))),
                  .cin = double(c.cin),
                  .cout = double(c.cout),
                  .k = double(c.k),
                  .s = double(c.s)};
  for (const std::int64_t cin : c.cins) shape.cins.push_back(double(cin));
  if (one_of(kernel, {"sigmoid", "softmax", "norm", "mul"})) return {*shape.hw, *shape.cin};
  return base_features(kernel, shape);
}

std::vector<std::string> base_names(std::string_view kernel) {
  if (kernel == "conv-bn-relu" || kernel == "dwconv-bn-relu") {
    return {"HW", "CIN", "COUT", "K", "S", "MFLOPS_HALF", "MPARAMS"};
  }
  if (kernel == "fc") return {"CIN", "COUT", "MFLOPS_HALF", "MPARAMS"};
  if (has_window(kernel)) return {"HW", "CIN", "COUT", "K", "S"};
  if (kernel == "add" || kernel == "addrelu") return {"HW", "CIN", "CIN_2"};
  if (kernel == "concat") return {"HW", "CIN1", "CIN2", "CIN3", "CIN4"};
  if (kernel == "matmul") return {"M", "K", "N"};
  if (plain_base(kernel) || one_of(kernel, {"sigmoid", "softmax", "norm", "mul", "embedding"})) return {"HW", "CIN"};
  no_features(kernel);
}

/// The largest power of two, up to 64, that divides a number of channels: what vectors and packed blocks ask for.
double alignment(std::int64_t x) { return x < 1 ? 1 : double(std::min<std::int64_t>(x & -x, 64)); }

/// A column that says how a kernel is laid out rather than how much it does.
struct LayoutColumn {
  std::string_view name;
  double (*value)(const KernelConfig&);
};

/// The columns of layout of a kernel. A runtime has several algorithms for one kernel and chooses by these. (Kernels
/// that compute each element by itself have one; the alignment of their channels was tried and told nothing.)
std::vector<LayoutColumn> layout_columns(std::string_view kernel) {
  const bool depthwise = kernel == "dwconv-bn-relu";
  std::vector<LayoutColumn> columns{};
  if (kernel == "matmul") {
    columns = {{"k_align", [](const KernelConfig& c) { return alignment(c.k); }},
               {"n_align", [](const KernelConfig& c) { return alignment(c.n); }},
               {"heads", [](const KernelConfig& c) { return double(c.heads); }}};
  } else if (kernel != "concat" && kernel != "embedding" && !per_element(kernel)) {
    columns.push_back({"cin_align", [](const KernelConfig& c) { return alignment(c.cin); }});
  }
  if (kernel == "conv-bn-relu" || kernel == "fc") {
    columns.push_back({"cout_align", [](const KernelConfig& c) { return alignment(c.cout); }});
  }
  if (kernel == "conv-bn-relu") {
    columns.push_back({"groups", [](const KernelConfig& c) { return double(c.groups); }});
  }
  if (kernel == "conv-bn-relu" || depthwise) {
    columns.push_back({"dilation", [](const KernelConfig& c) { return double(c.dilation); }});
    columns.push_back(
        {"pad_same", [](const KernelConfig& c) { return c.pad - double(c.dilation) * double(c.k - 1) / 2; }});
  }
  columns.push_back({"batch", [](const KernelConfig& c) { return double(c.batch); }});
  return columns;
}

}  // namespace

FlopsParams flops(std::string_view kernel, const BaseShape& shape) {
  const std::string name = kernel_name(kernel);
  const auto cin = [&] { return size(shape.cin, "cin", name); };
  const auto cout = [&] { return size(shape.cout, "cout", name); };
  const auto k = [&] { return size(shape.k, "k", name); };
  if (name == "conv-bn-relu") {
    return conv_flops(size(shape.hw, "hw", name), size(shape.s, "s", name), cout() * (k() * k() * cin() + 1));
  }
  if (name == "dwconv-bn-relu") {
    return conv_flops(size(shape.hw, "hw", name), size(shape.s, "s", name), cin() * (k() * k() + 1));
  }
  if (name == "fc") {
    const double both = (2 * cin() + 1) * cout();
    return {both, both};
  }
  detail::unknown_kernel("kernel: FLOPs and parameters of '" + name.substr(0, 80) +
                         "' are not defined; those of conv, dwconv and fc are");
}

std::vector<double> base_features(std::string_view kernel, const BaseShape& shape, ConcatStyle style) {
  const std::string name = kernel_name(kernel);
  const auto cin = [&] { return size(shape.cin, "cin", name); };
  if (name == "conv-bn-relu" || name == "dwconv-bn-relu") {
    const FlopsParams f = flops(name, shape);
    const double cout = name == "conv-bn-relu" ? *shape.cout : cin();
    return {*shape.hw, cin(), cout, *shape.k, *shape.s, f.flops / 2e6, f.params / 1e6};
  }
  if (name == "fc") {
    const FlopsParams f = flops(name, shape);
    return {cin(), *shape.cout, f.flops / 2e6, f.params / 1e6};
  }
  if (name == "concat") return concat_base(shape, name, style);
  if (has_window(name)) {
    return {size(shape.hw, "hw", name), cin(), cin(), size(shape.k, "k", name), size(shape.s, "s", name)};
  }
  if (name == "add" || name == "addrelu") return {size(shape.hw, "hw", name), cin(), cin()};
  if (plain_base(name)) return {size(shape.hw, "hw", name), cin()};
  detail::unknown_kernel("kernel: '" + name.substr(0, 80) +
                         "' has no base features; those of nn-Meter are conv, "
                         "dwconv, fc, pooling, bn, relu, hswish, swish, se, add, split, channelshuffle and concat");
}

Features features(const KernelConfig& config) {
  const Sizes sizes(config);
  Features f = features_by_kernel(sizes);
  f.w_bits = config.w_bits;
  f.a_bits = config.a_bits;
  f.ai = f.ops / f.bytes();
  return f;
}

std::vector<double> training_vector(const KernelConfig& config) {
  const Features f = features(config);
  const std::string kernel = kernel_name(config.kernel);
  std::vector<double> v = training_base(config, kernel);
  const auto extension = f.vector();
  v.insert(v.end(), extension.begin(), extension.end());
  const double bytes = f.bytes();
  v.insert(v.end(), {f.ops / (1e6 * f.util), bytes / 1e6, f.ops / (f.util * bytes)});
  for (const LayoutColumn& column : layout_columns(kernel)) v.push_back(column.value(config));
  return v;
}

std::vector<std::string> feature_names(std::string_view kernel) {
  const std::string shared = kernel_name(kernel);
  std::vector<std::string> names = base_names(shared);
  names.insert(names.end(),
               {"w_bits", "a_bits", "mops", "mb_w", "mb_in", "mb_out", "ai", "util", "mops_util", "mb", "ai_util"});
  for (const LayoutColumn& column : layout_columns(shared)) names.emplace_back(column.name);
  return names;
}

}  // namespace co2lib::inference
