// SPDX-License-Identifier: MIT
#include <co2lib/names.hpp>

#include <cstddef>
#include <string_view>
#include <utility>

#include <co2lib/intensity.hpp>
#include <co2lib/meter.hpp>
#include <co2lib/preindex.hpp>
#include <co2lib/tracker.hpp>

#include <gtest/gtest.h>

namespace mine {

enum class Colour { red, green };
constexpr auto texts_of(Colour) noexcept { return co2lib::texts("red", "green"); }

enum class Unnamed { one };

}  // namespace mine

namespace {

using namespace co2lib;

/// `co2lib::meter::Kind::power` or, where the value is not an enumerator, `(co2lib::meter::Kind)2`.
template <auto value>
constexpr std::string_view spelt() noexcept {
  std::string_view all = __PRETTY_FUNCTION__;
  all.remove_prefix(all.find("value = ") + 8);
  return all.substr(0, all.find_first_of(";]"));
}

template <auto value>
constexpr bool is_enumerator() noexcept {
  return spelt<value>().front() != '(';
}

/// The word of the code, which is also the text but where the word is taken in C++.
template <class E, std::size_t i>
void expect_own_name() {
  EXPECT_TRUE(is_enumerator<static_cast<E>(i)>());
  constexpr std::string_view word = spelt<static_cast<E>(i)>();
  constexpr std::string_view name = word.substr(word.rfind(':') + 1);
  EXPECT_EQ(text(static_cast<E>(i)), name == "automatic" ? "auto" : name);
}

template <class E>
void expect_complete() {
  constexpr std::size_t count = all<E>().size();
  [&]<std::size_t... i>(std::index_sequence<i...>) { (expect_own_name<E, i>(), ...); }
  (std::make_index_sequence<count>());
  EXPECT_FALSE(is_enumerator<static_cast<E>(count)>()) << "a text is missing after " << text(all<E>().back());
  for (const E value : all<E>()) {
    const Result<E> read = parse<E>(text(value));
    ASSERT_TRUE(read) << text(value);
    EXPECT_EQ(*read, value);
  }
}

template <class... E>
void expect_all_complete() {
  (expect_complete<E>(), ...);
}

TEST(Names, SayEveryEnumeratorOfTheLibraryInItsOrder) {
  expect_all_complete<meter::Device, meter::Domain, meter::Kind, meter::Failure, meter::Method, meter::Availability,
                      meter::Modulus, meter::Scope, tracker::LogExists>();
  expect_all_complete<intensity::Signal, intensity::Scope, intensity::Basis, intensity::Method, intensity::Status,
                      intensity::Gap, intensity::Mode, intensity::FactorMethod, intensity::Forecaster>();
  expect_all_complete<preindex::Mode, preindex::Side, preindex::EdgeRule, preindex::Weights, preindex::Degenerate,
                      preindex::Distance, preindex::Variant, preindex::Store, preindex::NonFinite,
                      preindex::RepeatedCalls, preindex::Model, preindex::Stop, preindex::Decision>();
}

TEST(Names, AreThoseOfAUsersEnumerationToo) {
  EXPECT_EQ(text(mine::Colour::green), "green");
  EXPECT_EQ(*parse<mine::Colour>("red"), mine::Colour::red);
  EXPECT_EQ(known<mine::Colour>(), "red, green");
  static_assert(Named<mine::Colour> && !Named<mine::Unnamed> && !Named<int>);
}

TEST(Names, RefuseWhatIsNotKnownAndSayWhatIs) {
  const auto read = parse<mine::Colour>("blue");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.issue().code, "unknown_name");
  EXPECT_EQ(read.issue().text, "'blue' is not known; known: red, green");
  EXPECT_FALSE(parse<mine::Colour>("Red"));
  EXPECT_FALSE(parse<mine::Colour>(""));
  try {
    (void)parse<mine::Colour>("blue", "paint", "shop.bad_colour");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "shop.bad_colour");
    EXPECT_EQ(std::string_view(error.what()), "paint: 'blue' is not known; known: red, green");
  }
}

TEST(Names, HaveNoTextForAValueThatIsNoEnumerator) { EXPECT_EQ(text(static_cast<mine::Colour>(7)), "?"); }

}  // namespace
