// SPDX-License-Identifier: MIT
// Models files.
#include <algorithm>
#include <array>
#include <string>

#include <co2lib/adaptive/model.hpp>

#include "detail/document.hpp"
#include "detail/files.hpp"

namespace co2lib::adaptive {

namespace {

using co2lib::detail::DocumentEntry;
using co2lib::detail::DocumentValue;

constexpr std::array<std::string_view, 6> fields{"name",     "energy_kwh", "energy",
                                                 "accuracy", "latency_s",  "energy_interval_kwh"};

/// One model; its place stands before what is wrong with it.
class Reader {
 public:
  Reader(const DocumentValue& value, std::string_view file) : value_(value), file_(file) {}

  [[nodiscard]] Model read() const {
    if (value_.kind != DocumentValue::Kind::map) refuse(value_, "expected a model with name, energy_kwh and accuracy");
    for (const DocumentEntry& entry : value_.entries) {
      if (std::find(fields.begin(), fields.end(), entry.key.text) != fields.end()) continue;
      std::string known;
      for (const std::string_view field : fields) known.append(known.empty() ? "" : ", ").append(field);
      refuse(entry.key, "'" + entry.key.text + "' is not a field of a model; known: " + known);
    }
    Model model;
    const DocumentValue& name = needed("name");
    if (name.kind != DocumentValue::Kind::scalar || name.text.empty()) refuse(name, "name: expected a text");
    model.name = name.text;
    model.energy = energy();
    model.accuracy = number(needed("accuracy"), "accuracy");
    if (const DocumentValue* latency = given("latency_s")) model.latency = Seconds(number(*latency, "latency_s"));
    if (const DocumentValue* interval = given("energy_interval_kwh")) {
      if (interval->kind != DocumentValue::Kind::list || interval->items.size() != 2) {
        refuse(*interval, "energy_interval_kwh: expected a list of two numbers, low and high");
      }
      model.interval = Interval<Energy>{Energy::from_kwh(number(interval->items[0], "energy_interval_kwh")),
                                        Energy::from_kwh(number(interval->items[1], "energy_interval_kwh"))};
    }
    try {
      check_models({&model, 1});
    } catch (const Error& error) {
      refuse(value_, error.what());
    }
    return model;
  }

 private:
  [[noreturn]] void refuse(const DocumentValue& at, const std::string& why) const {
    detail::bad_model(at.where(file_) + ": " + why, {{"line", std::int64_t{at.line}}});
  }
  [[nodiscard]] const DocumentValue* given(std::string_view key) const {
    const DocumentValue* found = value_.find(key);
    return found == nullptr || found->is_null() ? nullptr : found;
  }
  [[nodiscard]] const DocumentValue& needed(std::string_view key) const {
    const DocumentValue* found = given(key);
    if (found == nullptr) refuse(value_, std::string(key) + " is missing");
    return *found;
  }
  [[nodiscard]] double number(const DocumentValue& value, std::string_view field) const {
    const auto x = value.number();
    if (!x) refuse(value, std::string(field) + ": expected a number, got " + value.what());
    return *x;
  }
  [[nodiscard]] Energy energy() const {
    const DocumentValue* kwh = given("energy_kwh");
    const DocumentValue* with_unit = given("energy");
    if ((kwh != nullptr) == (with_unit != nullptr)) {
      refuse(value_, "give the energy per request, either energy_kwh (a number) or energy (a text such as 0.4 Wh)");
    }
    if (kwh != nullptr) return Energy::from_kwh(number(*kwh, "energy_kwh"));
    const auto parsed = co2lib::parse<Energy>(with_unit->text);
    if (!parsed) refuse(*with_unit, "energy: " + parsed.issue().text);
    return *parsed;
  }

  const DocumentValue& value_;
  std::string_view file_;
};

}  // namespace

std::vector<Model> parse_models(std::string_view text, std::string_view name) {
  const auto document = co2lib::detail::parse_document(text, name);
  if (!document) throw Error("adaptive.bad_file", document.issue().subject + ": " + document.issue().text);
  if (document->kind != DocumentValue::Kind::list) {
    throw Error("adaptive.bad_file", document->where(name) + ": expected a list of models, got " + document->what());
  }
  std::vector<Model> models;
  for (const DocumentValue& item : document->items) {
    models.push_back(Reader(item, name).read());
    for (std::size_t i = 0; i + 1 < models.size(); ++i) {
      if (models[i].name != models.back().name) continue;
      detail::bad_model(item.where(name) + ": model '" + models.back().name + "' is given twice; names must differ",
                        {{"line", std::int64_t{item.line}}});
    }
  }
  if (models.empty()) detail::bad_model(std::string(name) + ": there are no models; give at least one");
  return models;
}

std::vector<Model> read_models(const std::filesystem::path& file) {
  return parse_models(co2lib::detail::read_file_or_throw(file, "adaptive.bad_file"), file.string());
}

}  // namespace co2lib::adaptive
