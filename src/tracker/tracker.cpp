// SPDX-License-Identifier: MIT
#include <co2lib/tracker/tracker.hpp>

#include <memory>
#include <utility>

#include <co2lib/error.hpp>

#include "tracker/session.hpp"

namespace co2lib::tracker {

namespace {

std::shared_ptr<detail::Session> new_session(const Options& options) {
  auto session = std::make_shared<detail::Session>(detail::make_setup(options));
  session->begin_sampling();
  return session;
}

}  // namespace

Region::Region(std::shared_ptr<detail::Session> session, std::uint64_t id) noexcept
    : session_(std::move(session)), id_(id) {}

Region::Region(Region&& other) noexcept
    : session_(std::move(other.session_)), id_(std::exchange(other.id_, 0)), ended_(std::exchange(other.ended_, 0)) {}

Region& Region::operator=(Region&& other) noexcept {
  if (this != &other) {
    end();
    session_ = std::move(other.session_);
    id_ = std::exchange(other.id_, 0);
    ended_ = std::exchange(other.ended_, 0);
  }
  return *this;
}

Region::~Region() { end(); }

void Region::end() noexcept {
  if (!session_ || id_ == 0) return;
  ended_ = std::exchange(id_, 0);
  session_->close_region(ended_);
}

void Region::cancel() noexcept {
  if (session_ && id_ != 0) session_->cancel_region(std::exchange(id_, 0));
}

void Region::restart() noexcept {
  if (session_ && id_ != 0) session_->restart_region(id_);
}

std::optional<RegionResult> Region::result() {
  end();
  return session_ ? session_->result(ended_) : std::nullopt;
}

Tracker::Tracker(Options options) : options_(std::move(options)), session_(new_session(options_)) {}

Tracker::Tracker(Tracker&&) noexcept = default;

Tracker& Tracker::operator=(Tracker&& other) noexcept {
  if (this != &other) {
    Tracker old(std::move(*this));  // stops
    options_ = std::move(other.options_);
    session_ = std::move(other.session_);
  }
  return *this;
}

Tracker::~Tracker() {
  try {
    if (session_) session_->stop();
  } catch (...) {  // NOLINT(bugprone-empty-catch): a destructor has no one to tell
  }
}

Region Tracker::region(std::string_view name, const RegionOptions& options) {
  return {session_, session_->open_region(name, options, true)};
}

std::uint64_t Tracker::begin(std::string_view name, const RegionOptions& options) {
  return session_->open_region(name, options, true);
}

std::optional<RegionResult> Tracker::end(std::uint64_t id) {
  return session_->close_region(id) ? session_->result(id) : std::nullopt;
}

bool Tracker::close(std::uint64_t id) noexcept { return session_->close_region(id); }
bool Tracker::cancel(std::uint64_t id) noexcept { return session_->cancel_region(id); }
bool Tracker::restart(std::uint64_t id) noexcept { return session_->restart_region(id); }
std::optional<RegionResult> Tracker::result(std::uint64_t id) { return session_->result(id); }
void Tracker::mark(std::string_view name) { session_->mark(name); }
void Tracker::ended(int status, Seconds cpu_time) { session_->note_ended_command(status, cpu_time); }
Footprint Tracker::snapshot() { return session_->snapshot(); }
Run Tracker::run() { return session_->copy_run(); }
Footprint Tracker::stop() { return session_->stop(); }

void Tracker::start() {
  if (running()) {
    throw Error("tracker.running", "the tracker runs already; stop it first", {}, ErrorCategory::runtime);
  }
  Options options = options_;
  if (!options.resume) options.run_id.clear();  // a new run
  // The log of the last run is ours and in the way.
  if (options.log_exists == LogExists::error) options.log_exists = LogExists::number;
  session_ = new_session(options);
}

bool Tracker::running() const noexcept { return session_ && session_->running(); }

RunForecast Tracker::forecast(std::string_view region_name, long units_total) {
  return session_->forecast(region_name, units_total);
}

std::string Tracker::run_id() const { return session_->run_id(); }
std::filesystem::path Tracker::log() const { return session_->log_file(); }

}  // namespace co2lib::tracker
