// SPDX-License-Identifier: MIT
// A recorded run as a meter.
#pragma once

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include <co2lib/clock.hpp>
#include <co2lib/error.hpp>
#include <co2lib/meter/meter.hpp>

namespace co2lib::meter {

/// One recorded read.
struct RecordedReading {
  MonotonicTime time{0};  ///< on the clock of the replay
  Reading reading;        ///< a count, watts or a failure
};

/// Plays a recording: at each time what was last read up to it.
///
/// Asked at the recorded times it yields the recording bit for bit. Before the first record it fails as `absent`, after
/// the last one as `lost`: a recording that has ended is no constant power.
class ReplayMeter final : public Meter {
 public:
  /// `info` is that of the recorded meter, so that it is integrated as it was. Times that do not ascend are the error
  /// `meter.bad_input`.
  ReplayMeter(MeterInfo info, std::vector<RecordedReading> recording)
      : info_(std::move(info)), recording_(std::move(recording)) {
    const auto descends = [](const RecordedReading& a, const RecordedReading& b) { return b.time <= a.time; };
    if (std::adjacent_find(recording_.begin(), recording_.end(), descends) != recording_.end()) {
      throw Error("meter.bad_input", "the recording of '" + info_.id + "' is not in the order of time");
    }
  }

  [[nodiscard]] MeterInfo info() const override { return info_; }

  Reading sample(MonotonicTime now) override {
    const auto after = std::upper_bound(recording_.begin(), recording_.end(), now,
                                        [](MonotonicTime t, const RecordedReading& r) { return t < r.time; });
    if (after == recording_.begin()) return Failed{Failure::absent, "the recording has not begun"};
    if (after == recording_.end() && now > recording_.back().time) {
      return Failed{Failure::lost, "the recording has ended"};
    }
    return std::prev(after)->reading;
  }

  /// What is played, in the order of time.
  [[nodiscard]] const std::vector<RecordedReading>& recording() const noexcept { return recording_; }

 private:
  MeterInfo info_;
  std::vector<RecordedReading> recording_;
};

}  // namespace co2lib::meter
