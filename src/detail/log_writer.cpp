// SPDX-License-Identifier: MIT
#include "log_writer.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include <co2lib/error.hpp>

namespace co2lib::detail {

namespace {

constexpr std::size_t most_lines_kept = 50'000;
constexpr std::size_t batch_bytes = 65'536;

/// Writes once. A file that may not grow any further is an error here, and not the signal that ends the process.
ssize_t write_quietly(int fd, const std::string& text) {
  sigset_t too_long;
  sigset_t before;
  sigset_t pending;
  sigemptyset(&too_long);
  sigaddset(&too_long, SIGXFSZ);
  sigpending(&pending);
  pthread_sigmask(SIG_BLOCK, &too_long, &before);
  const ssize_t written = ::write(fd, text.data(), text.size());
  const int error = errno;
  if (written < 0 && error == EFBIG && sigismember(&pending, SIGXFSZ) == 0) {
    constexpr timespec at_once{};
    (void)sigtimedwait(&too_long, nullptr, &at_once);
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return written;
}

}  // namespace

LogWriter::~LogWriter() { close(); }

LogWriter::Lock LogWriter::open(const std::filesystem::path& file) {
  fd_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (fd_ < 0) {
    const int error = errno;
    throw Error(code_,
                fmt::format("{}: cannot open the log: {}; give a file in a writable folder", file.string(),
                            std::strerror(error)),
                {}, ErrorCategory::os);
  }
  owner_ = ::getpid();
  struct stat status {};
  Lock lock = Lock::held;
  if (::fstat(fd_, &status) == 0 && S_ISREG(status.st_mode) && ::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) {
      close();
      return Lock::taken;
    }
    lock = Lock::unavailable;  // a file system without locks
  }
  const off_t size = ::lseek(fd_, 0, SEEK_END);
  size_ = size > 0 ? static_cast<std::uint64_t>(size) : 0;
  char last = '\n';
  torn_ = size > 0 && ::pread(fd_, &last, 1, size - 1) == 1 && last != '\n';
  return lock;
}

void LogWriter::truncate() {
  if (::ftruncate(fd_, 0) != 0) {
    throw Error(code_, fmt::format("cannot empty the log: {}", std::strerror(errno)), {}, ErrorCategory::os);
  }
  size_ = 0;
  written_ = 0;
  torn_ = false;
}

void LogWriter::close() noexcept {
  if (fd_ < 0) return;
  // A child shares the lock until it has closed its copy, so the process that took it gives it back by name.
  if (owner_ == ::getpid()) ::flock(fd_, LOCK_UN);
  ::close(fd_);
  fd_ = -1;
}

void LogWriter::add(std::string text, bool droppable) {
  lines_.push_back({std::move(text), droppable});
  drop_if_too_many();
}

void LogWriter::put_back(std::deque<LogLine> lines) {
  lines_.insert(lines_.begin(), std::make_move_iterator(lines.begin()), std::make_move_iterator(lines.end()));
  drop_if_too_many();
}

void LogWriter::drop_if_too_many() {
  if (lines_.size() <= most_lines_kept) return;
  const auto middle = lines_.begin() + static_cast<std::ptrdiff_t>(lines_.size() / 2);
  const auto kept = std::remove_if(lines_.begin(), middle, [](const LogLine& line) { return line.droppable; });
  has_dropped_ = has_dropped_ || kept != middle;
  lines_.erase(kept, middle);
}

std::optional<std::string> LogWriter::write(std::deque<LogLine>& lines, bool synced) {
  while (!lines.empty()) {
    std::string text = torn_ ? "\n" : "";
    for (auto line = lines.begin(); line != lines.end() && text.size() < batch_bytes; ++line) {
      text += line->text;
      text += '\n';
    }
    const ssize_t written = write_quietly(fd_, text);
    if (written < 0 && errno == EINTR) continue;
    const int error = written < 0 ? errno : ENOSPC;
    if (written > 0) {
      written_ += static_cast<std::uint64_t>(written);
      auto left = static_cast<std::size_t>(written) - (torn_ ? 1 : 0);
      torn_ = false;
      while (!lines.empty() && left >= lines.front().text.size()) {
        left -= lines.front().text.size();
        lines.pop_front();
        torn_ = left == 0;  // only its line end is missing: no line is written twice
        if (!torn_) --left;
      }
      torn_ = torn_ || left > 0;
    }
    if (written != static_cast<ssize_t>(text.size()))
      return fmt::format("cannot write the log: {}", std::strerror(error));
  }
  if (synced && ::fdatasync(fd_) != 0 && errno != EINVAL && errno != EROFS) {
    return fmt::format("cannot flush the log to disk: {}", std::strerror(errno));
  }
  return std::nullopt;
}

bool LogWriter::is_gone() const noexcept {
  struct stat about {};
  if (fd_ < 0 || ::fstat(fd_, &about) != 0 || !S_ISREG(about.st_mode)) return false;
  return about.st_nlink == 0 || static_cast<std::uint64_t>(about.st_size) < size_ + written_;
}

}  // namespace co2lib::detail
