// SPDX-License-Identifier: MIT
// Reading the small files of /sys: numbers that are polled, texts, and why something cannot be read; private to
// src/meter.
#pragma once

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <co2lib/host.hpp>
#include <co2lib/meter/meter.hpp>

namespace co2lib::meter {

/// The class of a failure by its errno.
[[nodiscard]] Failure failure_of(int error) noexcept;

/// Decimal digits and an optional line end, nothing else.
[[nodiscard]] std::optional<std::uint64_t> parse_counter(std::string_view text) noexcept;

/// As `parse_counter`, with an optional minus sign.
[[nodiscard]] std::optional<std::int64_t> parse_signed(std::string_view text) noexcept;

/// The first line of a file without blanks around it; empty if it cannot be read.
[[nodiscard]] std::string first_line(const std::filesystem::path& file);

/// The number in a file, if it holds one and nothing else.
[[nodiscard]] std::optional<std::uint64_t> read_number(const std::filesystem::path& file);

/// True if the file can be read and holds one of the words.
[[nodiscard]] bool has_word(const std::filesystem::path& file, std::initializer_list<const char*> words);

/// `/sys/... (mode 0400, owner root)`
[[nodiscard]] std::string mode_and_owner(const std::filesystem::path& file);

/// True if this process runs in a container, as far as /proc tells.
[[nodiscard]] bool in_container(const Host& host);

/// The entries of a folder in the order of their names, numbers by value: `hwmon2` before `hwmon10`.
[[nodiscard]] std::vector<std::filesystem::path> entries(const std::filesystem::path& folder);

/// A file that is opened once and read at offset 0; after its device vanished it is reopened at most once per second.
class PolledFile {
 public:
  explicit PolledFile(std::filesystem::path path);
  PolledFile(const PolledFile&) = delete;
  PolledFile& operator=(const PolledFile&) = delete;
  ~PolledFile();

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  /// 0, or the error of the last attempt to open or read it.
  [[nodiscard]] int error() const noexcept { return error_; }

  /// The count in it, or why there is none.
  [[nodiscard]] Reading count(MonotonicTime now);
  /// The number in it, which may be negative, or why there is none.
  [[nodiscard]] std::variant<std::int64_t, Failed> number(MonotonicTime now);

 private:
  template <class T>
  std::variant<T, Failed> read(MonotonicTime now, std::optional<T> (*parse)(std::string_view) noexcept);
  void open() noexcept;
  void close() noexcept;
  [[nodiscard]] Failed failed() const;

  std::filesystem::path path_;
  int fd_ = -1;
  int error_ = 0;
  std::optional<MonotonicTime> tried_;
};

}  // namespace co2lib::meter
