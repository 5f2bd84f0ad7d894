#include <gtest/gtest.h>
#include <co2lib/units.hpp>
TEST(Smoke, Builds) { EXPECT_EQ(*co2lib::convert(1, "kWh", "J"), 3.6e6); }
