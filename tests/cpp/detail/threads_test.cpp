// SPDX-License-Identifier: MIT
// Threads that the library starts handle no signal, and those of the program keep theirs.
#include <atomic>

#include <signal.h>

#include <gtest/gtest.h>

#include "detail/environment.hpp"
#include "detail/signals.hpp"
#include "preindex/parallel.hpp"
#include "preindex/queue.hpp"

namespace {

using namespace co2lib;

bool blocks(int signal) {
  sigset_t mask;
  pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  return sigismember(&mask, signal) == 1;
}

TEST(SignalsBlocked, GivesTheMaskBack) {
  ASSERT_FALSE(blocks(SIGTERM));
  {
    const detail::SignalsBlocked blocked;
    EXPECT_TRUE(blocks(SIGTERM) && blocks(SIGINT) && blocks(SIGCHLD));
  }
  EXPECT_FALSE(blocks(SIGTERM));
}

TEST(Threads, OfOneCallHandleNoSignal) {
  std::atomic<int> others = 0;
  std::atomic<int> handling = 0;
  preindex::on_threads(3, [&](unsigned worker) {
    if (worker == 0) return;
    ++others;
    if (!blocks(SIGTERM)) ++handling;
  });
  EXPECT_EQ(others, 2);
  EXPECT_EQ(handling, 0);
  EXPECT_FALSE(blocks(SIGTERM));
}

TEST(Threads, OfAQueueHandleNoSignal) {
  std::atomic<int> handling = 0;
  preindex::Queue<int> queue(3, [&](int, unsigned worker) {
    if (worker != 0 && !blocks(SIGTERM)) ++handling;
  });
  queue.add({1, 2, 3, 4}, 3);
  queue.finish();
  EXPECT_EQ(handling, 0);
  EXPECT_FALSE(blocks(SIGTERM));
}

TEST(Environment, TellsUnsetFromEmpty) {
  ::setenv("CO2LIB_TEST_VARIABLE", "", 1);
  EXPECT_EQ(detail::environment("CO2LIB_TEST_VARIABLE"), "");
  ::unsetenv("CO2LIB_TEST_VARIABLE");
  EXPECT_EQ(detail::environment("CO2LIB_TEST_VARIABLE"), std::nullopt);
}

}  // namespace
