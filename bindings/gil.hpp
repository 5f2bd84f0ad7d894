// SPDX-License-Identifier: MIT
// The GIL in threads that may outlive the interpreter.
//
// While Python (before 3.14) shuts down, a thread that asks for the GIL is ended by pthread_exit, wherever it is. The
// unwinding would run through destructors that need the GIL, or must not throw, and so end the whole process. Here
// such a thread waits for the end of the process instead, as it does in Python 3.14.
#pragma once

#include <unistd.h>

#ifdef __GLIBCXX__
#include <cxxabi.h>
#endif

#include "bindings.hpp"

namespace co2lib::bindings {

/// Calls `function`, which asks for the GIL or calls Python; does not come back if the interpreter ends meanwhile.
template <class F>
auto unless_python_ends(F&& function) {
#ifdef __GLIBCXX__
  try {
    return function();
  } catch (abi::__forced_unwind&) {
    while (true) ::pause();
  }
#else
  return function();
#endif
}

/// As py::gil_scoped_release, also in daemon threads at the end of the interpreter.
class GilReleased {
 public:
  GilReleased() {
    (void)py::detail::get_internals();  // is made with the GIL, once
    state_ = PyEval_SaveThread();
  }
  ~GilReleased() {
    unless_python_ends([this] { PyEval_RestoreThread(state_); });
  }
  GilReleased(const GilReleased&) = delete;
  GilReleased& operator=(const GilReleased&) = delete;

 private:
  PyThreadState* state_ = nullptr;
};

}  // namespace co2lib::bindings
