// SPDX-License-Identifier: MIT
#include "tracker/forks.hpp"

#include <memory>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

#include <pthread.h>

#include "tracker/session.hpp"

namespace co2lib::tracker::detail {

struct Forks {
  std::mutex mutex;
  std::set<Session*> sessions;
  /// In a forked child: the parent's sessions. They stay, since destroying what a thread waits on waits for that
  /// thread, which is not there.
  std::vector<std::shared_ptr<Session>> inherited;

  static Forks& all() {
    static Forks* const instance = new Forks;  // never destroyed: a fork handler may run during exit
    return *instance;
  }

  static void before() {
    all().mutex.lock();
    for (Session* s : all().sessions) s->mutex_.lock();
  }

  static void after_in_parent() {
    for (Session* s : all().sessions) s->mutex_.unlock();
    all().mutex.unlock();
  }

  static void after_in_child() {
    for (Session* s : all().sessions) {
      s->forked_ = true;
      s->journal_.abandon();
      (void)s->thread_.release();  // the thread exists in the parent only: there is nothing to join here
      s->mutex_.unlock();
      if (auto kept = s->weak_from_this().lock()) all().inherited.push_back(std::move(kept));
    }
    all().sessions.clear();
    all().mutex.unlock();
  }
};

void watch_forks(Session* session) {
  static const int registered = pthread_atfork(Forks::before, Forks::after_in_parent, Forks::after_in_child);
  (void)registered;
  const std::lock_guard lock(Forks::all().mutex);
  Forks::all().sessions.insert(session);
}

void forget_forks(Session* session) {
  const std::lock_guard lock(Forks::all().mutex);
  Forks::all().sessions.erase(session);
}

}  // namespace co2lib::tracker::detail
