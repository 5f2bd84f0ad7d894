// SPDX-License-Identifier: MIT
// YAML of any kind: a tree within the rules or an issue with its place; nothing that yaml-cpp throws comes out.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "document.hpp"
#include "target.hpp"

CO2LIB_FUZZ_TARGET(yaml, data, size) {
  using namespace co2lib::detail;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const DocumentRules& rules :
       {DocumentRules{}, DocumentRules{.depth = 3, .values = 20, .repeated_keys = true, .tags = true}}) {
    const auto found = parse_yaml(text, "name", rules);
    if (found) {
      if (walk(*found, rules) > rules.values) __builtin_trap();
    } else {
      check_issue(found.issue(), "bad_yaml");
    }
    const auto either = parse_document(text, "name", rules);
    if (found && !either && either.issue().code != "limit") __builtin_trap();
  }
  return 0;
}
