// SPDX-License-Identifier: MIT
#include <co2lib/inference/forest.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include <nlohmann/json.hpp>

#include <co2lib/inference/refuse.hpp>

#include "detail/files.hpp"

namespace co2lib::inference {

namespace {

using Json = nlohmann::json;

constexpr std::size_t lanes = 16;  ///< rows that go through a tree together

std::vector<float> rounded(std::span<const double> rows) {
  std::vector<float> x;
  x.reserve(rows.size());
  for (const double value : rows) {
    const auto single = static_cast<float>(value);
    if (!std::isfinite(single)) detail::bad_model("a feature is " + numeric::text(value) + ", which is not finite");
    x.push_back(single);
  }
  return x;
}

/// The greatest float that is not above `x`.
float rounded_down(double x) {
  const auto nearest = static_cast<float>(x);
  return static_cast<double>(nearest) > x ? std::nextafter(nearest, -std::numeric_limits<float>::infinity()) : nearest;
}

}  // namespace

/// Rows go down together: while one waits for its node, the nodes of the others are on their way.
void Forest::add_tree(std::uint32_t root, const float* rows, std::span<double> sums) const noexcept {
  const TreeNode* const nodes = nodes_.data();
  const std::size_t width = features.size();
  std::array<std::uint32_t, lanes> at{};
  at.fill(root);
  std::uint32_t moved = 0;
  do {
    moved = 0;
    const float* row = rows;
    for (std::size_t lane = 0; lane < sums.size(); ++lane, row += width) {
      const TreeNode& node = nodes[at[lane]];
      const std::uint32_t next = row[node.feature] <= node.threshold ? node.left : node.right;
      moved |= next ^ at[lane];
      at[lane] = next;
    }
  } while (moved != 0);
  for (std::size_t lane = 0; lane < sums.size(); ++lane) sums[lane] += values_[nodes[at[lane]].right];
}

double Forest::predict(std::span<const double> x) const {
  if (x.size() != features.size()) {
    detail::bad_model("x has " + std::to_string(x.size()) + " values; the forest of " + kernel + " has " +
                      std::to_string(features.size()) + " features");
  }
  return predict_many(x).front();
}

std::vector<double> Forest::predict_many(std::span<const double> rows) const {
  const std::size_t width = features.size();
  if (width == 0 || rows.size() % width != 0) {
    detail::bad_model("the rows have " + std::to_string(rows.size()) + " values, which " + std::to_string(width) +
                      " features do not divide");
  }
  const std::vector<float> x = rounded(rows);
  std::vector<double> sums(rows.size() / width, 0.0);
  for (const std::uint32_t root : roots_) {
    for (std::size_t i = 0; i < sums.size(); i += lanes) {
      add_tree(root, x.data() + i * width, std::span(sums).subspan(i, std::min(lanes, sums.size() - i)));
    }
  }
  const auto count = static_cast<double>(roots_.size());
  for (double& sum : sums) {
    sum /= count;
    if (log) sum = std::exp(sum);
    if (!std::isfinite(sum)) detail::bad_model("the forest of " + kernel + " predicts what is not finite");
  }
  return sums;
}

bool Forest::outside(std::span<const double> x) const {
  for (std::size_t i = 0; i < features.size() && i < x.size(); ++i) {
    const auto found = range.find(features[i]);
    if (found != range.end() && !inside(x[i], found->second)) return true;
  }
  return false;
}

bool Forest::inside(double x, const std::pair<double, double>& ends) noexcept {
  const auto single = static_cast<float>(x);
  return single >= static_cast<float>(ends.first) && single <= static_cast<float>(ends.second);
}

/// Reads the events of a forest's file: each tree is kept in its own form as soon as it is complete.
class ForestReader {
 public:
  explicit ForestReader(const std::string& name) : name_(name) {}

  [[nodiscard]] Forest read(std::string_view text) {
    Json rest;
    try {
      // A tree is an object in a list in the object: the third level.
      const auto keep = [this](int depth, Json::parse_event_t event, Json& parsed) {
        if (event == Json::parse_event_t::key && depth == 1) in_trees_ = parsed == "trees";
        if (depth > 16) refuse("the file is nested deeper than 16 levels");
        if (event != Json::parse_event_t::object_end || depth != 2 || !in_trees_) return true;
        add_tree(parsed);
        return false;
      };
      rest = Json::parse(text.begin(), text.end(), keep);
    } catch (const Json::exception& error) {
      refuse(std::string("not JSON of a forest (is the file whole?): ") + error.what());
    }
    header(rest);
    if (forest_.roots_.empty()) refuse("trees: there is none");
    for (const Forest::TreeNode& node : forest_.nodes_) {
      if (node.feature >= forest_.features.size()) {
        refuse("trees: feature " + std::to_string(node.feature) + " is not in the list of " +
               std::to_string(forest_.features.size()) + " features");
      }
    }
    return std::move(forest_);
  }

 private:
  [[noreturn]] void refuse(const std::string& why) const { detail::bad_model(name_ + ": " + why); }

  [[nodiscard]] const Json& need(const Json& object, const char* key) const {
    const auto found = object.find(key);
    if (found == object.end()) refuse(std::string(key) + ": missing");
    return *found;
  }
  [[nodiscard]] std::string text(const Json& value, const std::string& key) const {
    if (!value.is_string()) refuse(key + ": expected a text, got " + value.dump().substr(0, 40));
    return value.get<std::string>();
  }
  [[nodiscard]] double number(const Json& value, const std::string& key) const {
    if (!value.is_number() || !std::isfinite(value.get<double>())) {
      refuse(key + ": expected a finite number, got " + value.dump().substr(0, 40));
    }
    return value.get<double>();
  }

  [[nodiscard]] const Json& array(const Json& tree, const char* key, std::size_t size) const {
    const auto found = tree.find(key);
    const std::string here = "trees[" + std::to_string(forest_.roots_.size()) + "]." + key;
    if (found == tree.end() || !found->is_array()) refuse(here + ": expected a list");
    if (found->empty()) refuse(here + ": the tree is empty");
    if (size != 0 && found->size() != size) {
      refuse(here + " has " + std::to_string(found->size()) + " entries, feature has " + std::to_string(size));
    }
    return *found;
  }

  [[nodiscard]] std::uint32_t child(const Json& value, std::size_t parent, std::size_t size, const char* key) const {
    const std::string here =
        "trees[" + std::to_string(forest_.roots_.size()) + "]." + key + "[" + std::to_string(parent) + "]";
    if (!value.is_number_integer()) refuse(here + ": expected a whole number");
    const auto at = value.get<std::int64_t>();
    if (at <= static_cast<std::int64_t>(parent) || at >= static_cast<std::int64_t>(size)) {
      refuse(here + " is " + std::to_string(at) + "; a child stands after its parent and inside the tree");
    }
    return static_cast<std::uint32_t>(at);
  }

  void add_tree(const Json& tree) {
    const Json& feature = array(tree, "feature", 0);
    const std::size_t size = feature.size();
    const Json& threshold = array(tree, "threshold", size);
    const Json& left = array(tree, "left", size);
    const Json& right = array(tree, "right", size);
    const Json& value = array(tree, "value", size);
    const std::size_t base = forest_.nodes_.size();
    if (base + size >= std::numeric_limits<std::uint32_t>::max()) refuse("trees: more than 2^32 nodes");
    forest_.nodes_.reserve(base + size);
    for (std::size_t i = 0; i < size; ++i) {
      const std::string here = "trees[" + std::to_string(forest_.roots_.size()) + "]";
      if (!feature[i].is_number_integer()) refuse(here + ".feature: expected whole numbers");
      const auto at = feature[i].get<std::int64_t>();
      if (at < -1 || at > std::numeric_limits<std::int32_t>::max()) {
        refuse(here + ".feature: " + std::to_string(at) + " is no feature; a leaf is -1");
      }
      Forest::TreeNode node;
      if (at == -1) {
        node.threshold = std::numeric_limits<float>::infinity();
        node.left = static_cast<std::uint32_t>(base + i);
        node.right = static_cast<std::uint32_t>(forest_.values_.size());
        forest_.values_.push_back(number(value[i], here + ".value"));
      } else {
        node.feature = static_cast<std::uint32_t>(at);
        node.threshold = rounded_down(number(threshold[i], here + ".threshold"));
        node.left = static_cast<std::uint32_t>(base) + child(left[i], i, size, "left");
        node.right = static_cast<std::uint32_t>(base) + child(right[i], i, size, "right");
      }
      forest_.nodes_.push_back(node);
    }
    forest_.roots_.push_back(static_cast<std::uint32_t>(base));
  }

  void header(const Json& rest) {
    if (!rest.is_object()) refuse("expected an object");
    if (const std::string format = text(need(rest, "format"), "format"); format != "co2lib-forest/1") {
      refuse("format: '" + format.substr(0, 60) + "' is not co2lib-forest/1");
    }
    const auto trees = rest.find("trees");
    if (trees != rest.end() && (!trees->is_array() || !trees->empty())) refuse("trees: expected a list of trees");
    forest_.kernel = text(need(rest, "kernel"), "kernel");
    const Json& features = need(rest, "features");
    if (!features.is_array() || features.empty()) refuse("features: expected a list of names");
    for (const Json& name : features) forest_.features.push_back(text(name, "features"));
    forest_.target = parse<Target>(text(need(rest, "target"), "target"), name_ + ": target", "inference.bad_model");
    if (const auto log = rest.find("log"); log != rest.end()) {
      if (!log->is_boolean()) refuse("log: expected true or false");
      forest_.log = log->get<bool>();
    }
    optional_parts(rest);
  }

  void optional_parts(const Json& rest) {
    if (const auto range = rest.find("range"); range != rest.end()) {
      for (const auto& [name, ends] : range->items()) {
        if (!ends.is_array() || ends.size() != 2) refuse("range." + name + ": expected [min, max]");
        forest_.range[name] = {number(ends[0], "range." + name), number(ends[1], "range." + name)};
      }
    }
    if (const auto residual = rest.find("residual"); residual != rest.end()) {
      if (!residual->is_object()) refuse("residual: expected p5 and p95");
      const double p5 = number(need(*residual, "p5"), "residual.p5");
      const double p95 = number(need(*residual, "p95"), "residual.p95");
      if (!(p5 >= 0) || !(p95 >= p5)) refuse("residual: p5 and p95 must not be negative, p95 not below p5");
      forest_.residual = {p5, p95};
    }
    if (const auto meta = rest.find("meta"); meta != rest.end()) {
      if (!meta->is_object()) refuse("meta: expected an object");
      for (const auto& [name, value] : meta->items()) {
        forest_.meta[name] = value.is_string() ? value.get<std::string>() : value.dump();
      }
    }
  }

  const std::string& name_;
  Forest forest_;
  bool in_trees_ = false;
};

Forest parse_forest(std::string_view text, const std::string& name) { return ForestReader(name).read(text); }

Forest load_forest(const std::filesystem::path& file) {
  const auto text = co2lib::detail::read_file(file, std::size_t{1} << 30);
  if (!text) detail::bad_model(file.string() + ": " + text.issue().text);
  return parse_forest(*text, file.string());
}

}  // namespace co2lib::inference
