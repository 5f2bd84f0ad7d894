// SPDX-License-Identifier: MIT
// Fakes for tests, of this library and of programs that use it: a clock that is moved by hand, a scripted meter, and a
// machine made of files.
//
//   co2lib::ManualClock clock;
//   auto psu = co2lib::FakeMeter::counter(clock, {.id = "psu"});
//   psu->set_power(100);
//   clock.advance(10s);   // 1000 J more on the counter; every thread that waited on the clock has had its turn
#pragma once

#include <co2lib/testing/fake_host.hpp>     // FakeHost, FakeZone
#include <co2lib/testing/fake_meter.hpp>    // FakeMeter
#include <co2lib/testing/manual_clock.hpp>  // ManualClock
