// SPDX-License-Identifier: MIT
// The threads that the library starts handle no signal of the process; private to src.
#pragma once

#include <pthread.h>
#include <signal.h>

namespace co2lib::detail {

/// Blocks all signals while alive, so that a thread started meanwhile never handles one.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace co2lib::detail
