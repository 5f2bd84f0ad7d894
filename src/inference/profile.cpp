// SPDX-License-Identifier: MIT
// A profile: a folder with device.json and one forest for each kernel, precision and target.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <mutex>
#include <tuple>

#include <fmt/format.h>

#include <co2lib/inference/features.hpp>
#include <co2lib/inference/refuse.hpp>

#include "detail/files.hpp"
#include "inference/device_model.hpp"
#include "inference/read.hpp"

namespace co2lib::inference::detail {

namespace {

constexpr const char* bad_profile = "inference.bad_model";

/// A forest of the folder, read when it is first asked.
struct ForestFile {
  std::string kernel{};
  std::vector<std::string> precisions{};  ///< one forest may serve several, by its features of bits
  Target target = Target::latency_us;
  std::filesystem::path file{};
};

enum class EnergySource : std::uint8_t { measured, assumed, none };
constexpr auto texts_of(EnergySource) noexcept { return texts("measured", "assumed", "none"); }

/// The errors of whole models that took no part in sampling.
struct Check {
  std::vector<double> latency_ratios{};
  std::vector<double> energy_ratios{};
};

/// What device.json says.
struct ProfileHead {
  std::string device{};
  std::string processor{};
  std::string runtime{};
  std::string firmware{};
  std::string clocks{};
  std::string date{};
  std::map<std::string, Rules> rules{};  ///< by precision; that of the empty text is for all others

  std::optional<std::array<std::int64_t, 2>> array{};
  EnergySource energy = EnergySource::measured;
  double power_w = 0;
  std::vector<ForestFile> forests{};
  std::map<std::string, Check> checks{};  ///< by precision
  bool valid = true;
  std::vector<std::string> flags{};
};

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

/// A name that the file has and the library must know; its error names the file.
template <class Call>
auto known_name(const FieldReader& fields, const Document& given, const Call& call) {
  try {
    return call();
  } catch (const Error& error) {
    fields.refuse(given, error.what());
  }
}

Rules read_rule_set(const FieldReader& fields, const Document& given) {
  if (given.kind == Document::Kind::scalar) {
    return known_name(fields, given, [&] { return inference::rules(fields.text(given, "rules")); });
  }
  Rules rules{};
  for (const Document& rule : fields.list(given, "rules")) rules.push_back(fields.texts(rule, "rules"));
  return rules;
}

/// One rule set, or one for each precision.
std::map<std::string, Rules> read_profile_rules(const FieldReader& fields) {
  const Document* given = fields.find("rules");
  std::map<std::string, Rules> all{{"", inference::rules("cpu")}};
  if (given == nullptr) return all;
  if (given->kind == Document::Kind::map) {
    for (const auto& entry : given->entries) all[entry.key.text] = read_rule_set(fields, entry.value);
  } else {
    all[""] = read_rule_set(fields, *given);
  }
  return all;
}

ForestFile read_forest_entry(const Document& value, const std::filesystem::path& folder, const std::string& name) {
  const FieldReader fields(value, name, bad_profile);
  fields.only({"kernel", "precision", "target", "file"});
  const std::filesystem::path file(fields.text("file"));
  if (file.empty() || file.is_absolute() || std::distance(file.begin(), file.end()) != 1 || file == "..") {
    fields.refuse(fields.need("file"), "file: a forest stands in the profile's own folder");
  }
  std::vector<std::string> precisions = split(fields.text("precision"), '+');
  for (std::string& given : precisions) {
    given = known_name(fields, fields.need("precision"), [&] { return inference::precision(given).name; });
  }
  return {.kernel = kernel_name(fields.text("kernel")),
          .precisions = std::move(precisions),
          .target = parse<Target>(fields.text("target"), name + ": target", bad_profile),
          .file = folder / file};
}

std::vector<double> read_ratios(const FieldReader& fields, const char* key) {
  const Document* found = fields.find(key);
  if (found == nullptr) return {};
  std::vector<double> ratios = fields.numbers(*found, key);
  for (const double x : ratios) {
    if (!(x > 0)) fields.refuse(*found, std::string(key) + ": a ratio is " + numeric::text(x) + "; it is above 0");
  }
  return ratios;
}

ProfileHead read_head(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / "device.json";
  const auto text = co2lib::detail::read_file(file, std::size_t{1} << 24);
  if (!text) bad_model(file.string() + ": " + text.issue().text + "; a profile is a folder with device.json");
  const std::string name = file.string();
  const Document document = read_json(*text, name, bad_profile, {.bytes = std::size_t{1} << 24, .values = 1'000'000});
  const FieldReader fields(document, name, bad_profile);
  if (const std::string format = fields.text("format"); format != "co2lib-device/1") {
    fields.refuse(fields.need("format"), "format: '" + format.substr(0, 60) + "' is not co2lib-device/1");
  }
  const auto needed = [&](const char* key) {
    std::string value = fields.text(key);
    if (value.empty()) fields.refuse(fields.need(key), std::string(key) + ": empty; a profile says what it is of");
    return value;
  };
  ProfileHead head{.device = needed("device"),
                   .processor = needed("processor"),
                   .runtime = needed("runtime"),
                   .firmware = needed("firmware"),
                   .clocks = needed("clocks"),
                   .date = needed("date"),
                   .rules = read_profile_rules(fields)};
  if (const Document* array = fields.find("array")) {
    const std::vector<std::int64_t> sides = fields.integers(*array, "array");
    if (sides.size() != 2 || sides[0] < 1 || sides[1] < 1) fields.refuse(*array, "array: expected rows and columns");
    head.array = {sides[0], sides[1]};
  }
  head.energy = parse<EnergySource>(fields.text_or("energy", "measured"), name + ": energy", bad_profile);
  if (head.energy == EnergySource::assumed) {
    head.power_w = fields.number("power_w");
    if (!(head.power_w > 0)) fields.refuse(fields.need("power_w"), "power_w: it must be above 0");
  }
  for (const Document& entry : fields.list("forests")) head.forests.push_back(read_forest_entry(entry, folder, name));
  if (head.forests.empty()) fields.refuse(fields.need("forests"), "forests: there is none");
  if (const Document* checks = fields.find("check")) {
    for (const auto& entry : checks->entries) {
      const FieldReader check(entry.value, name, bad_profile);
      head.checks[entry.key.text] = {read_ratios(check, "latency_ratios"), read_ratios(check, "energy_ratios")};
    }
  }
  head.valid = fields.boolean_if("valid").value_or(true);
  if (const Document* flags = fields.find("flags")) head.flags = fields.texts(*flags, "flags");
  return head;
}

/// A forest of a profile, with the places in the training vector of its features and of the sides of its box.
struct ProfileForest {
  struct Side {
    std::size_t place = 0;
    std::pair<double, double> ends{};
  };

  Forest forest;
  std::vector<std::size_t> places{};
  std::vector<Side> box{};

  /// The batch, at most the largest that was sampled, where that is known.
  [[nodiscard]] std::int64_t most_batch(std::int64_t batch) const {
    const auto known = forest.range.find("batch");
    if (known == forest.range.end() || !(known->second.second >= 1)) return batch;
    return std::min(batch, static_cast<std::int64_t>(std::min(known->second.second, 1e15)));
  }

  /// True if a training vector leaves what was sampled.
  [[nodiscard]] bool outside(const std::vector<double>& row) const {
    return std::any_of(box.begin(), box.end(), [&](const Side& s) { return !Forest::inside(row[s.place], s.ends); });
  }
};

/// Refuses a forest that was trained on something else than the profile says: files that were exchanged.
void check_origin(const Forest& forest, const ForestFile& entry, const std::string& processor) {
  const auto check = [&](const char* key, const std::string& said) {
    const auto found = forest.meta.find(key);
    if (found == forest.meta.end() || found->second == said) return;
    bad_model(fmt::format("{}: it was trained on {} {}; device.json says {}", entry.file.string(), key,
                          found->second.substr(0, 60), said));
  };
  check("precision", fmt::format("{}", fmt::join(entry.precisions, "+")));
  check("processor", processor);
}

std::shared_ptr<const ProfileForest> load_profile_forest(const ForestFile& entry, const std::string& processor) {
  auto loaded = std::make_shared<ProfileForest>();
  loaded->forest = load_forest(entry.file);
  const Forest& forest = loaded->forest;
  const std::string where = entry.file.string() + ": ";
  if (kernel_name(forest.kernel) != entry.kernel || forest.target != entry.target) {
    bad_model(where + "it is a forest of " + forest.kernel + ", " + std::string(text(forest.target)) +
              "; device.json says " + entry.kernel + ", " + std::string(text(entry.target)));
  }
  if (forest.range.empty() || !forest.residual || forest.meta.empty()) {
    bad_model(where + "range, residual and meta are needed in a profile");
  }
  check_origin(forest, entry, processor);
  const std::vector<std::string> names = feature_names(forest.kernel);
  const auto place = [&](const std::string& feature) {
    const auto at = std::find(names.begin(), names.end(), feature);
    if (at == names.end()) {
      bad_model(where + "the feature '" + feature.substr(0, 60) +
                "' is not known; a newer co2lib may have written the profile");
    }
    return static_cast<std::size_t>(at - names.begin());
  };
  for (const std::string& feature : forest.features) loaded->places.push_back(place(feature));
  for (const auto& [feature, ends] : forest.range) loaded->box.push_back({place(feature), ends});
  return loaded;
}

class ProfileModel final : public DeviceModel {
 public:
  explicit ProfileModel(ProfileHead head) : DeviceModel(head.device, head.processor), head_(std::move(head)) {}

  [[nodiscard]] const Rules& rules(const std::string& precision) const override {
    const auto found = head_.rules.find(precision);
    return found == head_.rules.end() ? head_.rules.at("") : found->second;
  }

  [[nodiscard]] std::vector<KernelValue> evaluate(std::span<const KernelConfig> kernels) const override {
    // Kernels of one type and precision go through their forests together.
    std::map<std::pair<std::string, std::string>, std::vector<std::size_t>> groups;
    for (std::size_t i = 0; i < kernels.size(); ++i) {
      groups[{kernel_name(kernels[i].kernel), precision_of(kernels[i]).name}].push_back(i);
    }
    std::vector<KernelValue> values(kernels.size());
    for (const auto& [key, members] : groups) {
      apply(key.first, key.second, Target::latency_us, members, kernels, values);
      if (head_.energy == EnergySource::measured) {
        apply(key.first, key.second, Target::energy_mj, members, kernels, values);
      } else if (head_.energy == EnergySource::assumed) {
        for (const std::size_t i : members) assume_power(values[i]);
      }
    }
    return values;
  }

  [[nodiscard]] std::vector<double> ratios(Target target, const std::string& precision) const override {
    const auto found = head_.checks.find(precision);
    if (found == head_.checks.end()) return {};
    // Energy that is time times power has the errors of time, and those of the power that nobody measured.
    if (target == Target::energy_mj && head_.energy == EnergySource::measured) return found->second.energy_ratios;
    return found->second.latency_ratios;
  }

  [[nodiscard]] std::vector<std::string> precisions() const override {
    std::vector<std::string> names;
    for (const ForestFile& forest : head_.forests) {
      for (const std::string& precision : forest.precisions) {
        if (std::find(names.begin(), names.end(), precision) == names.end()) names.push_back(precision);
      }
    }
    return names;
  }

  void describe(Prediction& p) const override {
    if (!head_.valid) {
      add_issue(p.issues, {"invalid_profile", name,
                           "the profile does not call itself valid: its error on whole models is above 25 %"});
    }
    if (p.precision == "mixed" || !head_.checks.contains(p.precision)) {
      add_issue(p.issues, {"unchecked", name,
                           "no whole models were measured for " + p.precision +
                               ": the interval adds the ends of kernels, which is a stopgap"});
    }
    add_notes(p);
    int year = 0;
    (void)std::from_chars(head_.date.data(), head_.date.data() + std::min<std::size_t>(4, head_.date.size()), year);
    add_source(p.sources, {.id = "profile." + name,
                           .text = fmt::format("profile of {} ({}), runtime {}, firmware {}, clocks {}, {}", name,
                                               processor, head_.runtime, head_.firmware, head_.clocks, head_.date),
                           .year = year,
                           .licence = ""});
  }

 private:
  /// What the profile says of its measurements, but for those in precisions that the prediction has not.
  void add_notes(Prediction& p) const {
    const std::vector<std::string> known = precisions();
    for (const std::string& flag : head_.flags) {
      const std::string of = flag.substr(0, flag.find(':'));
      const bool other = std::find(known.begin(), known.end(), of) != known.end();
      if (other && p.precision != "mixed" && p.precision != of) continue;
      p.issues.push_back({"profile_note", name, flag});
    }
  }

  [[nodiscard]] std::shared_ptr<const ProfileForest> forest(const std::string& kernel, const std::string& precision,
                                                            Target target) const {
    const auto entry = std::find_if(head_.forests.begin(), head_.forests.end(), [&](const ForestFile& f) {
      return f.kernel == kernel && f.target == target &&
             std::find(f.precisions.begin(), f.precisions.end(), precision) != f.precisions.end();
    });
    if (entry == head_.forests.end()) missing(kernel, precision, target);
    const std::scoped_lock lock(mutex_);
    auto& loaded = loaded_[entry->file];
    if (!loaded) loaded = load_profile_forest(*entry, processor);
    return loaded;
  }

  [[noreturn]] void missing(const std::string& kernel, const std::string& precision, Target target) const {
    const std::vector<std::string> known = precisions();
    if (std::find(known.begin(), known.end(), precision) == known.end()) {
      no_profile(fmt::format("{} was not profiled in {}; it was in {}. Another precision is not used in its place",
                             name, precision, fmt::join(known, ", ")));
    }
    std::vector<std::string> kernels;
    for (const ForestFile& f : head_.forests) {
      if (f.target == target && std::find(kernels.begin(), kernels.end(), f.kernel) == kernels.end()) {
        kernels.push_back(f.kernel);
      }
    }
    no_profile(fmt::format("{} has no {} of the kernel {} in {}; profiled are {}", name, text(target), kernel,
                           precision, fmt::join(kernels, ", ")));
  }

  /// Predicts kernels of one type and precision. A larger batch than was sampled counts as several of the largest that
  /// was.
  void apply(const std::string& kernel, const std::string& precision, Target target,
             const std::vector<std::size_t>& members, std::span<const KernelConfig> kernels,
             std::vector<KernelValue>& values) const {
    const auto found = forest(kernel, precision, target);
    std::vector<double> x;
    std::vector<double> times;
    std::vector<bool> outside;
    x.reserve(members.size() * found->places.size());
    for (const std::size_t i : members) {
      KernelConfig config = kernels[i];
      config.array = head_.array;
      const std::int64_t batch = found->most_batch(config.batch);
      times.push_back(static_cast<double>(config.batch) / static_cast<double>(batch));
      config.batch = batch;
      const std::vector<double> row = training_vector(config);
      for (const std::size_t place : found->places) x.push_back(row[place]);
      outside.push_back(times.back() != 1 || found->outside(row));
    }
    const std::vector<double> predicted = found->forest.predict_many(x);
    for (std::size_t i = 0; i < members.size(); ++i) {
      const auto [p5, p95] = *found->forest.residual;
      const double y = predicted[i] * times[i];
      if (!(y > 0)) {
        bad_model(fmt::format("the forest of {}, {}, predicts {}, which is no {}", kernel, precision, y, text(target)));
      }
      const Ranged ranged{y, y * p5 * (outside[i] ? 0.5 : 1), y * p95 * (outside[i] ? 2 : 1)};
      KernelValue& value = values[members[i]];
      value.extrapolated = value.extrapolated || outside[i];
      if (target == Target::latency_us) {
        value.latency_us = ranged;
      } else {
        value.energy_mj = ranged;
      }
    }
  }

  void assume_power(KernelValue& value) const {
    const auto mj = [this](double us) { return us * head_.power_w / 1000; };
    value.energy_mj = Ranged{mj(value.latency_us.value), mj(value.latency_us.low), mj(value.latency_us.high)};
    value.flags.emplace_back("power_assumed");
  }

  const ProfileHead head_;
  mutable std::mutex mutex_;
  mutable std::map<std::filesystem::path, std::shared_ptr<const ProfileForest>> loaded_;
};

}  // namespace

std::shared_ptr<const DeviceModel> load_profile(const std::filesystem::path& folder) {
  return std::make_shared<ProfileModel>(read_head(folder));
}

}  // namespace co2lib::inference::detail
