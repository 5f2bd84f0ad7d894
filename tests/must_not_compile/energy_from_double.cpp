// SPDX-License-Identifier: MIT
// error: conversion from 'double' to non-scalar type|no viable conversion from 'double'
#include <co2lib/units.hpp>

int main() {
#ifdef FAIL
  const co2lib::Energy energy = 3.0;
#else
  const co2lib::Energy energy = co2lib::Energy::from_joules(3.0);
#endif
  return energy.joules() == 0;
}
