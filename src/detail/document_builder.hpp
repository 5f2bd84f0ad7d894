// SPDX-License-Identifier: MIT
// What the readers of JSON and YAML share: the tree as it grows, kept within the rules.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "detail/document.hpp"
#include "detail/utf8.hpp"

namespace co2lib::detail {

/// Why a document is not read; thrown inside the readers, caught by them.
struct DocumentRefused {
  Issue issue;
};

/// Takes a document piece by piece, keys and values of a map in turn; throws DocumentRefused.
class DocumentBuilder {
 public:
  /// `code` is that of its issues other than `limit`.
  DocumentBuilder(std::string_view name, const DocumentRules& rules, const char* code)
      : name_(name), rules_(rules), code_(code) {}

  /// Refuses a text that is too large, is no UTF-8, or holds a control character: such a character would end the text
  /// for yaml-cpp (0x04) and nlohmann (NUL), without a word about the rest.
  void check(std::string_view text) const;

  void scalar(DocumentValue value);
  void open(DocumentValue value);

  /// Ends the innermost list or map and gives it; with `merge`, what its keys `<<` name has become its own.
  const DocumentValue& close(bool merge);

  /// Counts a tree among the values that a document may have; for what is kept beside it.
  void count_tree(const DocumentValue& tree, const DocumentValue& place);

  /// Places a tree that was read before: the target of an alias.
  void again(const DocumentValue& tree, const DocumentValue& place);

  [[noreturn]] void refuse(int line, int column, std::string why, const char* code = nullptr) const;

  /// The key whose value comes next; null if none does.
  [[nodiscard]] const DocumentValue* key() const noexcept {
    return !open_.empty() && open_.back().key ? &*open_.back().key : nullptr;
  }
  [[nodiscard]] bool expects_key() const noexcept {
    return !open_.empty() && open_.back().value.kind == DocumentValue::Kind::map && !open_.back().key;
  }
  [[nodiscard]] bool in_flow() const noexcept { return !open_.empty() && open_.back().value.flow; }
  [[nodiscard]] bool takes_tags() const noexcept { return rules_.tags; }
  /// The tree; of an empty text null on line 1.
  [[nodiscard]] DocumentValue take() {
    root_.line = std::max(root_.line, 1);
    return std::move(root_);
  }

 private:
  struct Frame {
    DocumentValue value;
    std::optional<DocumentValue> key;
    std::unordered_set<std::string> keys{};
  };

  const DocumentValue& place(DocumentValue value);
  void count(const DocumentValue& value, const DocumentValue& place);
  void merge_keys(DocumentValue& map);

  std::string_view name_;
  DocumentRules rules_;
  const char* code_;
  std::vector<Frame> open_;
  DocumentValue root_;
  std::size_t values_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace co2lib::detail
