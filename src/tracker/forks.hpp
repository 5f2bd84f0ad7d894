// SPDX-License-Identifier: MIT
// The sessions alive in this process, so that none is forked while it changes, and all are inert in the child; private
// to src/tracker.
#pragma once

namespace co2lib::tracker::detail {

class Session;

/// From here to `forget` the session takes part in forks.
void watch_forks(Session* session);
void forget_forks(Session* session);

}  // namespace co2lib::tracker::detail
