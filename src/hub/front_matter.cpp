// SPDX-License-Identifier: MIT
#include "hub/front_matter.hpp"

#include <algorithm>

namespace co2lib::hub {

namespace {

/// Where the line that holds `at` ends. In pieces: a text without either of the two ends is not run through again for
/// each line.
std::size_t line_end(std::string_view text, std::size_t at) {
  constexpr std::size_t piece = 256;
  for (; at < text.size(); at += piece) {
    std::string_view part = text.substr(at, piece);
    const std::size_t feed = part.find('\n');
    part = part.substr(0, feed);
    const std::size_t end = std::min(part.find('\r'), feed);
    if (end != std::string_view::npos) return at + end;
  }
  return text.size();
}

/// `---`, blanks behind it allowed.
bool is_delimiter(std::string_view line) {
  return line.starts_with("---") && line.find_first_not_of(" \t", 3) == std::string_view::npos;
}

/// True if a block of emissions stands between two lines `---` further down.
bool is_further_down(std::string_view text) {
  bool open = false;
  bool found = false;
  if (text.find(block_key) == std::string_view::npos) return false;
  for (std::size_t at = 0; at < text.size();) {
    const Line line = line_at(text, at);
    const std::string_view content = text.substr(line.begin, line.end - line.begin);
    if (is_delimiter(content)) {
      if (open && found) return true;
      open = true;
      found = false;
    } else if (content.starts_with(block_key) && content.substr(block_key.size()).starts_with(':')) {
      found = true;
    }
    at = line.next;
  }
  return false;
}

}  // namespace

Line line_at(std::string_view text, std::size_t at) {
  const std::size_t end = line_end(text, at);
  const std::size_t size = end == text.size() ? 0 : text.substr(end, 2) == "\r\n" ? 2 : 1;
  return {at, end, end + size};
}

std::vector<Line> lines_of(std::string_view text) {
  std::vector<Line> lines;
  for (std::size_t at = 0; at < text.size(); at = lines.back().next) lines.push_back(line_at(text, at));
  return lines;
}

FrontMatter find_front_matter(std::string_view card) {
  FrontMatter found;
  std::size_t at = 0;
  if (card.starts_with("\xEF\xBB\xBF")) {
    at = 3;
    found.warnings.add(CardWarning::byte_order_mark);
  }
  const std::size_t start = at;
  at = std::min(card.find_first_not_of(" \t\r\n", at), card.size());
  Line line = line_at(card, at);
  if (!is_delimiter(card.substr(line.begin, line.end - line.begin))) {
    found.body = start;
    if (is_further_down(card.substr(start))) found.warnings.add(CardWarning::front_matter_not_at_top);
    return found;
  }
  const bool blanks = line.end - line.begin > 3;
  found.begin = line.next;
  for (at = line.next; at < card.size(); at = line.next) {
    line = line_at(card, at);
    if (!is_delimiter(card.substr(line.begin, line.end - line.begin))) continue;
    if (blanks) found.warnings.add(CardWarning::front_matter_delimiter_whitespace);
    found.there = true;
    found.end = line.begin;
    found.body = line.next;
    return found;
  }
  found.unterminated = true;
  found.body = start;
  found.warnings.add(CardWarning::front_matter_unterminated);
  return found;
}

}  // namespace co2lib::hub
