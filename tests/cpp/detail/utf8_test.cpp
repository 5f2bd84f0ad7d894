// SPDX-License-Identifier: MIT
#include "detail/utf8.hpp"

#include <gtest/gtest.h>

namespace {

using co2lib::detail::is_utf8;
using co2lib::detail::shown;

TEST(Utf8, WhatIsReadableStaysAsItIs) {
  for (const std::string_view text : {"", "run.jsonl", "caf\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x92\xa9", "\\xE9"}) {
    EXPECT_TRUE(is_utf8(text));
    EXPECT_EQ(shown(text), text);
  }
}

TEST(Utf8, OtherBytesAreWrittenOut) {
  EXPECT_EQ(shown("caf\xe9.jsonl"), "caf\\xE9.jsonl");
  EXPECT_EQ(shown("\xff\xc3"), "\\xFF\\xC3") << "cut off";
  EXPECT_EQ(shown("\xed\xa0\x80"), "\\xED\\xA0\\x80") << "half of a pair";
  for (int byte = 0; byte < 256; ++byte) EXPECT_TRUE(is_utf8(shown(std::string(3, static_cast<char>(byte)))));
}

}  // namespace
