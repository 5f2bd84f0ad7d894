// SPDX-License-Identifier: MIT
// error: no match for 'operator/'|invalid operands to binary expression
#include <co2lib/exchange.hpp>

double ratio(const co2lib::exchange::SciScore<co2lib::exchange::Tokens>& tokens,
             const co2lib::exchange::SciScore<co2lib::exchange::Images>& images) {
#ifdef FAIL
  return tokens / images;
#else
  return tokens / tokens + images / images;
#endif
}

int main() {}
