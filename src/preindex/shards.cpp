// SPDX-License-Identifier: MIT
// Accumulator: shards: merge, sums that travel as arrays, the state as JSON.
#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "configuration.hpp"
#include "printable.hpp"
#include "state.hpp"

namespace co2lib::preindex {

namespace {

using co2lib::detail::Json;
using co2lib::detail::json_list;
using co2lib::detail::JsonList;
using co2lib::detail::JsonObject;
using co2lib::detail::JsonWriter;

constexpr int state_version = 1;

Accumulator::Widths at_least(Accumulator::Widths widths, const Accumulator::Widths& seen) {
  for (std::size_t i = 0; i < widths.size(); ++i) widths[i] = std::max(widths[i], seen[i]);
  return widths;
}

auto limbs_json(const FixedSum& sum) {
  return JsonList{[&sum](JsonWriter& l) {
    l.add(sum.limbs());
    l.add(sum.nan());
  }};
}

auto class_json(const Label& label, const ClassState& state) {
  return JsonObject{[&](JsonWriter& o) {
    std::visit([&](const auto& name) { o.add("label", name); }, label);
    o.add("count", state.count);
    o.add("sum", state.sum);
    o.add("resque_count", state.resque_count);
    o.add("resque_sum", state.resque_sum);
  }};
}

FixedSum limbs_from(const Json& j) {
  return FixedSum::from_limbs(j.at(0).get<std::array<std::int64_t, 4>>(), j.at(1).get<bool>());
}

}  // namespace

void Accumulator::merge(const Accumulator& other) {
  State& s = *state_;
  State& o = *other.state_;
  const Writing writing(s.users);
  std::optional<Reading> reading;
  if (&o != &s) reading.emplace(o.users);
  s.require_no_batch("merge");
  o.require_no_batch("merge");
  const Json mine = options_json(s.options, s.classes);
  const Json theirs = options_json(o.options, o.classes);
  std::vector<std::string> differing;
  for (const auto& [key, value] : mine.items()) {
    if (theirs.at(key) != value) differing.push_back(key);
  }
  if (!s.layers.empty() && !o.layers.empty() && s.layers != o.layers) differing.emplace_back("layers");
  for (const auto& [label, theirs_of] : o.by_class) {
    for (const auto& [known, mine_of] : s.by_class) {
      for (std::size_t i = 0; i < 2; ++i) {
        if (!mine_of.sum[i].empty() && !theirs_of.sum[i].empty() && mine_of.sum[i].size() != theirs_of.sum[i].size()) {
          differing.emplace_back("embedding width");
        }
      }
      break;
    }
    if (label.index() != (s.by_class.empty() ? label : s.by_class.begin()->first).index()) {
      differing.emplace_back("type of the labels");
    }
    break;
  }
  if (!differing.empty()) {
    std::string text;
    for (const std::string& key : differing) text += (text.empty() ? "" : ", ") + key;
    throw Error("preindex.config_mismatch",
                fmt::format("the shards differ in: {}; run all of them with the same options", text),
                {{"keys", differing}});
  }
  if (s.layers.empty()) {
    s.layers = o.layers;
    s.layer_ids = o.layer_ids;
    s.sums.resize(o.sums.size());
  }
  for (std::size_t l = 0; l < o.sums.size(); ++l) {
    if (o.sums[l].sums.empty()) continue;
    if (s.sums[l].sums.empty()) s.sums[l].sums.resize(s.size);
    if (s.sums[l].zero_width.empty()) s.sums[l].zero_width.assign(s.options.bins.size(), 0);
    for (std::size_t v = 0; v < s.size; ++v) s.sums[l].sums[v] += o.sums[l].sums[v];
    for (std::size_t b = 0; b < s.options.bins.size(); ++b) s.sums[l].zero_width[b] += o.sums[l].zero_width[b];
  }
  for (std::size_t v = 0; v < s.size; ++v) {
    s.sample_sums[v] += o.sample_sums[v];
    s.sample_squares[v] += o.sample_squares[v];
  }
  s.pairs += o.pairs;
  s.skipped += o.skipped;
  for (const auto& [label, theirs_of] : o.by_class) {
    ClassState& own = s.by_class[label];
    const auto add = [](std::vector<double>& sum, const std::vector<double>& more) {
      if (sum.empty()) sum.assign(more.size(), 0.0);
      for (std::size_t j = 0; j < more.size(); ++j) sum[j] += more[j];
    };
    for (std::size_t i = 0; i < 2; ++i) {
      own.count[i] += theirs_of.count[i];
      own.resque_count[i] += theirs_of.resque_count[i];
      add(own.sum[i], theirs_of.sum[i]);
      add(own.resque_sum[i], theirs_of.resque_sum[i]);
    }
  }
  s.clustering.reset();
  s.store.append(o.store);
  s.store_labels.insert(s.store_labels.end(), o.store_labels.begin(), o.store_labels.end());
}

Accumulator::Widths Accumulator::widths() const {
  Widths widths{};
  for (const auto& [label, state] : state_->by_class) {
    for (std::size_t i = 0; i < 2; ++i) {
      widths[i] = std::max(widths[i], state.sum[i].size());
      widths[2 + i] = std::max(widths[2 + i], state.resque_sum[i].size());
    }
  }
  return widths;
}

Accumulator::Packed Accumulator::pack(std::span<const Label> classes, const Widths& given) const {
  const State& s = *state_;
  const Reading reading(state_->users);
  Packed packed;
  const auto put = [&](const FixedSum& sum) {
    const auto limbs = sum.limbs();
    packed.integers.insert(packed.integers.end(), limbs.begin(), limbs.end());
    packed.integers.push_back(sum.nan() ? 1 : 0);
  };
  packed.integers = {static_cast<std::int64_t>(s.pairs), static_cast<std::int64_t>(s.skipped)};
  for (const LayerState& layer : s.sums) {
    for (std::size_t v = 0; v < s.size; ++v) put(layer.sums.empty() ? FixedSum() : layer.sums[v]);
    for (std::size_t b = 0; b < s.options.bins.size(); ++b) {
      packed.integers.push_back(layer.zero_width.empty() ? 0 : layer.zero_width[b]);
    }
  }
  for (std::size_t v = 0; v < s.size; ++v) {
    put(s.sample_sums[v]);
    put(s.sample_squares[v]);
  }
  const Widths widths = at_least(given, this->widths());
  for (const Label& label : classes) {
    const auto found = s.by_class.find(label);
    static const ClassState none;
    const ClassState& state = found == s.by_class.end() ? none : found->second;
    for (std::size_t i = 0; i < 2; ++i) {
      packed.integers.push_back(state.count[i]);
      packed.integers.push_back(state.resque_count[i]);
      std::vector<double> sum = state.sum[i];
      sum.resize(widths[i], 0.0);
      packed.doubles.insert(packed.doubles.end(), sum.begin(), sum.end());
      sum = state.resque_sum[i];
      sum.resize(widths[2 + i], 0.0);
      packed.doubles.insert(packed.doubles.end(), sum.begin(), sum.end());
    }
  }
  return packed;
}

void Accumulator::unpack(const Packed& packed, std::span<const Label> classes, const Widths& given) {
  State& s = *state_;
  const Writing writing(s.users);
  const Widths widths = at_least(given, this->widths());
  const std::size_t per_class = widths[0] + widths[1] + widths[2] + widths[3];
  const std::size_t expected =
      2 + s.sums.size() * (s.size * 5 + s.options.bins.size()) + s.size * 10 + classes.size() * 4;
  if (packed.integers.size() != expected || packed.doubles.size() != classes.size() * per_class) {
    throw Error("preindex.config_mismatch",
                "the packed sums are not laid out as those of this shard: other layers, embeddings or classes",
                {{"keys", std::vector<std::string>{"layers"}}});
  }
  s.clustering.reset();
  const std::int64_t* at = packed.integers.data();
  const auto get = [&] {
    const FixedSum sum = FixedSum::from_limbs({at[0], at[1], at[2], at[3]}, at[4] != 0);
    at += 5;
    return sum;
  };
  s.pairs = static_cast<std::size_t>(*at++);
  s.skipped = static_cast<std::size_t>(*at++);
  for (LayerState& layer : s.sums) {
    layer.sums.resize(s.size);
    layer.zero_width.resize(s.options.bins.size());
    for (FixedSum& sum : layer.sums) sum = get();
    for (std::int64_t& count : layer.zero_width) count = *at++;
  }
  for (std::size_t v = 0; v < s.size; ++v) {
    s.sample_sums[v] = get();
    s.sample_squares[v] = get();
  }
  const double* value = packed.doubles.data();
  for (const Label& label : classes) {
    ClassState& state = s.by_class[label];
    for (std::size_t i = 0; i < 2; ++i) {
      state.count[i] = *at++;
      state.resque_count[i] = *at++;
      state.sum[i].assign(value, value + widths[i]);
      value += widths[i];
      state.resque_sum[i].assign(value, value + widths[2 + i]);
      value += widths[2 + i];
    }
  }
}

std::string Accumulator::to_json() const {
  const State& s = *state_;
  const Reading reading(state_->users);
  s.require_no_batch("to_json");
  return JsonWriter::object([&](JsonWriter& out) {
    out.add("schema", fmt::format("co2lib-preindex-accumulator/{}", state_version));
    out.add("config", options_json(s.options, s.classes));
    out.add("store", text(s.options.store));
    out.add("threads", s.options.threads);
    out.add("pairs", s.pairs);
    out.add("skipped", s.skipped);
    out.add("layers", JsonList{[&](JsonWriter& list) {
              for (std::size_t l = 0; l < s.layers.size(); ++l) {
                list.add(JsonObject{[&](JsonWriter& layer) {
                  layer.add("name", s.layers[l].name);
                  layer.add("width", s.layers[l].width);
                  layer.add("kept", s.layers[l].kept);
                  layer.add("sums", json_list(s.sums[l].sums, limbs_json));
                  layer.add("zero_width", s.sums[l].zero_width);
                }});
              }
            }});
    out.add("samples", JsonList{[&](JsonWriter& list) {
              for (std::size_t v = 0; v < s.size; ++v) {
                list.add(JsonList{[&](JsonWriter& sums) {
                  sums.add(limbs_json(s.sample_sums[v]));
                  sums.add(limbs_json(s.sample_squares[v]));
                }});
              }
            }});
    out.add("classes", JsonList{[&](JsonWriter& list) {
              for (const auto& [label, state] : s.by_class) {
                list.add(class_json(label, state));
              }
            }});
  });
}

Accumulator Accumulator::from_json(std::string_view text) {
  const std::string prefix = "co2lib-preindex-accumulator/";
  try {
    const Json j = Json::parse(text);
    const auto schema = j.at("schema").get<std::string>();
    if (schema != fmt::format("{}{}", prefix, state_version)) {
      throw Error("preindex.bad_state",
                  fmt::format("the state has the schema '{}', this version reads '{}{}'; update co2lib", schema, prefix,
                              state_version));
    }
    Options options = options_from(j.at("config"));
    options.store = parse<Store>("store", j.value("store", std::string("memory")));
    options.threads = j.value("threads", 0U);
    Accumulator a(std::move(options), j.at("config").at("classes").get<std::size_t>());
    State& s = *a.state_;
    s.pairs = j.at("pairs").get<std::size_t>();
    s.skipped = j.at("skipped").get<std::size_t>();
    const auto require = [](bool good) {
      if (!good) throw Error("preindex.bad_state", "the state is corrupt: lists of unequal length");
    };
    for (const Json& layer : j.at("layers")) {
      const LayerId id = a.layer(layer.at("name").get<std::string>(), layer.at("width").get<std::size_t>());
      require(id + 1 == s.layers.size());
      s.layers[id].kept = layer.at("kept").get<bool>();
      for (const Json& sum : layer.at("sums")) s.sums[id].sums.push_back(limbs_from(sum));
      s.sums[id].zero_width = layer.at("zero_width").get<std::vector<std::int64_t>>();
      require(s.sums[id].sums.empty() ? s.pairs == 0 || !s.layers[id].kept : s.sums[id].sums.size() == s.size);
      require(s.sums[id].zero_width.empty() == s.sums[id].sums.empty() &&
              (s.sums[id].zero_width.empty() || s.sums[id].zero_width.size() == s.options.bins.size()));
    }
    require(j.at("samples").size() == s.size);
    for (std::size_t v = 0; v < s.size; ++v) {
      s.sample_sums[v] = limbs_from(j.at("samples").at(v).at(0));
      s.sample_squares[v] = limbs_from(j.at("samples").at(v).at(1));
    }
    for (const Json& c : j.at("classes")) {
      const Json& label = c.at("label");
      ClassState& state =
          s.by_class[label.is_string() ? Label(label.get<std::string>()) : Label(label.get<std::int64_t>())];
      state.count = c.at("count").get<std::array<std::int64_t, 2>>();
      state.sum = c.at("sum").get<std::array<std::vector<double>, 2>>();
      state.resque_count = c.at("resque_count").get<std::array<std::int64_t, 2>>();
      state.resque_sum = c.at("resque_sum").get<std::array<std::vector<double>, 2>>();
      for (std::size_t i = 0; i < 2; ++i) {
        const ClassState& first = s.by_class.begin()->second;
        require(state.sum[i].empty() || first.sum[i].empty() || state.sum[i].size() == first.sum[i].size());
        require(state.resque_sum[i].empty() || first.resque_sum[i].empty() ||
                state.resque_sum[i].size() == first.resque_sum[i].size());
      }
    }
    return a;
  } catch (const Json::exception& error) {
    throw Error("preindex.bad_state", "the state is corrupt: " + printable(co2lib::detail::said_by(error)));
  }
}

}  // namespace co2lib::preindex
