// SPDX-License-Identifier: MIT
// Python's garbage collector rests while classes and functions are registered: all of them stay, and it would look
// through them again and again.
#pragma once

#include "bindings.hpp"

namespace co2lib::bindings {

/// Switches Python's garbage collector off, and on again if it was on.
class CollectorRests {
 public:
  CollectorRests() : was_on_(PyGC_Disable() != 0) {}
  ~CollectorRests() {
    if (was_on_) PyGC_Enable();
  }
  CollectorRests(const CollectorRests&) = delete;
  CollectorRests& operator=(const CollectorRests&) = delete;

 private:
  bool was_on_;
};

}  // namespace co2lib::bindings
