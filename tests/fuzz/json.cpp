// SPDX-License-Identifier: MIT
// JSON of any kind: a tree within the rules or an issue with its place; what is read is what nlohmann/json reads.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "document.hpp"
#include "target.hpp"

namespace {

using Json = nlohmann::json;
using co2lib::detail::DocumentRules;
using co2lib::detail::DocumentValue;

bool same(const DocumentValue& ours, const Json& theirs) {
  switch (theirs.type()) {
    case Json::value_t::null:
      return ours.is_null();
    case Json::value_t::boolean:
      return ours.boolean() == theirs.get<bool>();
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
    case Json::value_t::number_float:
      return ours.number() == theirs.get<double>() || !ours.number();  // 1e-400 is 0 there
    case Json::value_t::string:
      return !ours.plain && ours.text == theirs.get_ref<const std::string&>();
    case Json::value_t::array: {
      if (ours.items.size() != theirs.size()) return false;
      for (std::size_t i = 0; i < theirs.size(); ++i) {
        if (!same(ours.items[i], theirs[i])) return false;
      }
      return true;
    }
    case Json::value_t::object: {
      if (ours.entries.size() != theirs.size()) return false;
      for (const auto& entry : ours.entries) {
        if (!theirs.contains(entry.key.text) || !same(entry.value, theirs[entry.key.text])) return false;
      }
      return true;
    }
    default:
      return false;
  }
}

}  // namespace

CO2LIB_FUZZ_TARGET(json, data, size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const DocumentRules rules;
  const auto found = co2lib::detail::parse_json(text, "name", rules);
  if (found) {
    if (walk(*found, rules) > rules.values || !same(*found, Json::parse(text))) __builtin_trap();
    if (!co2lib::detail::parse_document(text, "name.json", rules)) __builtin_trap();
  } else {
    check_issue(found.issue(), "bad_json");
  }
  const DocumentRules narrow{.depth = 3, .values = 20, .repeated_keys = true};
  const auto again = co2lib::detail::parse_json(text, "name", narrow);
  if (again && walk(*again, narrow) > narrow.values) __builtin_trap();
  return 0;
}
