// SPDX-License-Identifier: MIT
// Open files: closed whatever happens, locked, appended to as a whole or not at all; private to src.
#pragma once

#include <cerrno>
#include <string>
#include <string_view>

#include <sys/file.h>
#include <sys/types.h>
#include <unistd.h>

namespace co2lib::detail {

/// A file descriptor or -1; closing it ends its lock.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const noexcept { return fd_; }

 private:
  int fd_;
};

/// Waits until no other process holds the file; false with errno if it cannot be locked.
[[nodiscard]] inline bool lock(const Descriptor& file) {
  while (::flock(file.get(), LOCK_EX) != 0) {
    if (errno != EINTR) return false;
  }
  return true;
}

/// How an append went: 0 or the error, and whether a part of the line is left in the file.
struct AppendOutcome {
  int error = 0;
  bool torn = false;
};

/// Appends a line to a locked file of `size` bytes opened with O_APPEND, on a line of its own; what cannot be written
/// as a whole is taken back.
[[nodiscard]] inline AppendOutcome append_line(const Descriptor& file, off_t size, std::string line) {
  char last = '\n';
  if (size > 0 && ::pread(file.get(), &last, 1, size - 1) == 1 && last != '\n') line.insert(0, "\n");
  for (std::string_view rest = line; !rest.empty();) {
    const ssize_t written = ::write(file.get(), rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      const int error = errno != 0 ? errno : EIO;
      return {.error = error, .torn = ::ftruncate(file.get(), size) != 0};
    }
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

}  // namespace co2lib::detail
