// SPDX-License-Identifier: MIT
#include <co2lib/error.hpp>

#include <type_traits>

#include <gtest/gtest.h>

namespace {

using co2lib::Error;
using co2lib::ErrorCategory;

TEST(Error, CarriesCodeMessageDetailsAndCategory) {
  const Error error("adaptive.infeasible", "budget too small: at least 3 kg are needed",
                    {{"least_budget", 3.0}, {"steps", std::int64_t{24}}, {"nearest", std::vector<std::string>{"a"}}},
                    ErrorCategory::arithmetic);
  EXPECT_EQ(error.code(), "adaptive.infeasible");
  EXPECT_STREQ(error.what(), "budget too small: at least 3 kg are needed");
  EXPECT_EQ(error.category(), ErrorCategory::arithmetic);
  EXPECT_EQ(std::get<double>(error.details().at("least_budget")), 3.0);
  EXPECT_EQ(std::get<std::int64_t>(error.details().at("steps")), 24);
  EXPECT_EQ(std::get<std::vector<std::string>>(error.details().find("nearest")->second).size(), 1U);
}

TEST(Error, IsAValueErrorWithoutDetailsByDefault) {
  const Error error("meter.bad_unit", "unknown unit");
  EXPECT_EQ(error.category(), ErrorCategory::value);
  EXPECT_TRUE(error.details().empty());
}

TEST(Error, IsCaughtAsRuntimeErrorAndCopiesWithoutThrowing) {
  static_assert(std::is_base_of_v<std::runtime_error, Error>);
  try {
    throw Error("meter.bad_unit", "unknown unit");
  } catch (const std::exception& caught) {
    EXPECT_STREQ(caught.what(), "unknown unit");
  }
}

}  // namespace
