// SPDX-License-Identifier: MIT
// YAML in, through the events of yaml-cpp, whose own tree would lose the places, the quotes and repeated keys.
#include <cstddef>
#include <exception>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <yaml-cpp/emitterstyle.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <fmt/format.h>

#include "detail/document.hpp"
#include "detail/document_builder.hpp"

namespace co2lib::detail {

namespace {

/// The events of yaml-cpp, and a look at what version 0.7 takes in silence where YAML has an error:
/// 1. a quote that is not closed, where the text ends with a line end: all that follows becomes one text;
/// 2. a line of a map without a colon: a key without a value;
/// 3. nothing between two commas, and no key before a colon: a null;
/// 4. text after the end of a document: the next document;
/// 5. the escapes \\_ and \\N: bytes that are no UTF-8.
class YamlReader : public YAML::EventHandler {
 public:
  YamlReader(DocumentBuilder& builder, std::string_view text) : builder_(builder), text_(text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\n') lines_.push_back(i + 1);
    }
  }

  /// The text to parse: where its last line is empty, an end of the document, which no quoted text may hold.
  [[nodiscard]] static std::string closed(std::string_view text) {
    const std::size_t last = text.find_last_not_of(" \t\r");
    if (last == std::string_view::npos || text[last] != '\n') return std::string(text);
    return std::string(text).append(last + 1 == text.size() ? "..." : "\n...");
  }

  void OnDocumentStart(const YAML::Mark& mark) override {
    // yaml-cpp takes what follows a document for the next one, also without a line of dashes: `{a: 1} b`.
    if (documents_++ > 0) {
      builder_.refuse(mark.line + 1, mark.column + 1,
                      "something follows the end of the document; "
                      "one document is read, quote a text with : or # in it");
    }
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const DocumentValue* key = builder_.key();
    const bool same_place = key != nullptr && key->line == mark.line + 1 && key->column == mark.column + 1;
    if (same_place && !builder_.in_flow() && !colon_follows(*key, position(mark))) {
      builder_.refuse(key->line, key->column, "no colon follows the key " + key->what());
    }
    const std::size_t at = position(mark);
    const bool nothing = at >= text_.size() || std::string_view(",]}:").find(text_[at]) != std::string_view::npos;
    if (nothing && (builder_.expects_key() || (key == nullptr && builder_.in_flow()))) {
      builder_.refuse(mark.line + 1, mark.column + 1,
                      "an entry is missing before this; remove the comma or write null");
    }
    OnScalar(mark, "?", anchor, "");
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    DocumentValue value = start(mark, tag, DocumentValue::Kind::scalar);
    // With a tag, yaml-cpp does not say whether there were quotes. `!!str 5` is a text, `!!int "5"` a number.
    value.plain =
        tag == "?" || tag == core_ + "int" || tag == core_ + "float" || tag == core_ + "bool" || tag == core_ + "null";
    value.text = text;
    if (!is_utf8(text)) {
      builder_.refuse(value.line, value.column, "an escape in this text cannot be read; write the character itself");
    }
    if (text.empty() && tag == "!" && position(mark) + 1 == text_.size()) {
      builder_.refuse(value.line, value.column, "a quote is opened and never closed");
    }
    if (anchor != YAML::NullAnchor) keep(anchor, value);
    builder_.scalar(std::move(value));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      builder_.refuse(mark.line + 1, mark.column + 1, "an alias stands inside of what it names");
    }
    builder_.again(found->second, start(mark, "?", DocumentValue::Kind::scalar));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    open(mark, tag, anchor, style, DocumentValue::Kind::list);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    open(mark, tag, anchor, style, DocumentValue::Kind::map);
  }
  void OnMapEnd() override { close(); }

 private:
  /// Where a mark is in the text; its size for a mark after its end.
  [[nodiscard]] std::size_t position(const YAML::Mark& mark) const {
    const auto line = static_cast<std::size_t>(mark.line);
    return line < lines_.size() ? lines_[line] + static_cast<std::size_t>(mark.column) : text_.size();
  }

  /// True if a colon follows the key that begins at `at`; for keys that do not begin with their text, as `? a`, always.
  [[nodiscard]] bool colon_follows(const DocumentValue& key, std::size_t at) const {
    if (at >= text_.size() || std::string_view("?&*!").find(text_[at]) != std::string_view::npos) return true;
    const char quote = text_[at];
    if (quote == '"' || quote == '\'') {
      // To the quote that closes it: neither escaped nor, in single quotes, doubled.
      for (++at; at < text_.size(); ++at) {
        if (quote == '"' && text_[at] == '\\') {
          ++at;
        } else if (text_[at] == quote) {
          ++at;
          if (quote == '"' || at >= text_.size() || text_[at] != quote) break;
        }
      }
    } else {
      at += key.text.size();
    }
    at = text_.find_first_not_of(" \t", at);
    return at != std::string_view::npos && text_[at] == ':';
  }

  [[nodiscard]] DocumentValue start(const YAML::Mark& mark, const std::string& tag, DocumentValue::Kind kind) const {
    DocumentValue value;
    value.kind = kind;
    value.line = mark.line + 1;
    value.column = mark.column + 1;
    const bool known = tag.empty() || tag == "?" || tag == "!" || tag == core_ + "str" || tag == core_ + "int" ||
                       tag == core_ + "float" || tag == core_ + "bool" || tag == core_ + "null" ||
                       tag == core_ + "seq" || tag == core_ + "map";
    if (!known) value.tag = tag;
    if (!known && !builder_.takes_tags()) {
      builder_.refuse(value.line, value.column,
                      fmt::format("the tag '{}' has no meaning here; leave it out", tag.substr(0, 60)));
    }
    return value;
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value style,
            DocumentValue::Kind kind) {
    DocumentValue value = start(mark, tag, kind);
    value.flow = style == YAML::EmitterStyle::Flow;
    builder_.open(std::move(value));
    open_.push_back(anchor);
  }

  void close() {
    const YAML::anchor_t anchor = open_.back();
    open_.pop_back();
    const DocumentValue& value = builder_.close(true);
    if (anchor != YAML::NullAnchor) keep(anchor, value);
  }

  /// Anchors inside of anchors keep the same values again and again: they count each time.
  void keep(YAML::anchor_t anchor, const DocumentValue& value) {
    builder_.count_tree(value, value);
    anchors_[anchor] = value;
  }

  DocumentBuilder& builder_;
  std::string_view text_;
  std::vector<std::size_t> lines_{0};  // where they begin
  const std::string core_ = "tag:yaml.org,2002:";
  std::map<YAML::anchor_t, DocumentValue> anchors_;  // of what has been read to its end
  std::vector<YAML::anchor_t> open_;
  int documents_ = 0;
};

}  // namespace

Result<DocumentValue> parse_yaml(std::string_view text, std::string_view name, const DocumentRules& rules) {
  DocumentBuilder builder(name, rules, "bad_yaml");
  try {
    builder.check(text);
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    YamlReader reader(builder, text);
    std::istringstream stream{YamlReader::closed(text)};
    YAML::Parser parser(stream);
    if (parser.HandleNextDocument(reader)) parser.HandleNextDocument(reader);
    return builder.take();
  } catch (const DocumentRefused& refused) {
    return refused.issue;
  } catch (const YAML::Exception& error) {
    DocumentValue place;
    if (!error.mark.is_null()) {
      place.line = error.mark.line + 1;
      place.column = error.mark.column + 1;
    }
    return Issue{"bad_yaml", place.where(name),
                 fmt::format("not YAML: {}; look at indentation, brackets and quotes at this place", error.msg)};
  } catch (const std::exception& error) {
    return Issue{"bad_yaml", std::string(name), fmt::format("not YAML: {}", error.what())};
  }
}

}  // namespace co2lib::detail
