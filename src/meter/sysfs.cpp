// SPDX-License-Identifier: MIT
#include "sysfs.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <tuple>
#include <utility>

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

namespace co2lib::meter {

namespace fs = std::filesystem;

namespace {

template <class T>
std::optional<T> parse_number(std::string_view text) noexcept {
  if (text.ends_with('\n')) text.remove_suffix(1);
  T value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// True if the root of the file system is an overlay, as container runtimes make it.
bool root_is_overlay(const fs::path& mountinfo) {
  const auto text = read_text(mountinfo);
  if (!text) return false;
  std::string_view rest = *text;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    if (line.find(" / / ") != std::string_view::npos && line.find(" - overlay ") != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace

Failure failure_of(int error) noexcept {
  switch (error) {
    case EACCES:
    case EPERM:
      return Failure::no_permission;
    case ENOENT:
    case ENOTDIR:
      return Failure::absent;
    case ENODEV:
    case ENXIO:
    case ESRCH:
    case ESTALE:
      return Failure::lost;
    default:
      return Failure::io;
  }
}

std::optional<std::uint64_t> parse_counter(std::string_view text) noexcept { return parse_number<std::uint64_t>(text); }

std::optional<std::int64_t> parse_signed(std::string_view text) noexcept { return parse_number<std::int64_t>(text); }

std::string first_line(const fs::path& file) {
  const auto text = read_text(file);
  if (!text) return {};
  const std::string line = text->substr(0, text->find('\n'));
  const std::size_t begin = line.find_first_not_of(" \t\r");
  if (begin == std::string::npos) return {};
  return line.substr(begin, line.find_last_not_of(" \t\r") + 1 - begin);
}

std::optional<std::uint64_t> read_number(const fs::path& file) {
  const auto text = read_text(file);
  return text ? parse_counter(*text) : std::nullopt;
}

bool has_word(const fs::path& file, std::initializer_list<const char*> words) {
  const auto text = read_text(file);
  return text && std::any_of(words.begin(), words.end(),
                             [&](const char* word) { return text->find(word) != std::string::npos; });
}

std::string mode_and_owner(const fs::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return file.string();
  std::array<char, 8> mode{};
  mode[0] = '0';
  for (std::size_t i = 0; i < 3; ++i) mode[1 + i] = static_cast<char>('0' + ((status.st_mode >> (6 - 3 * i)) & 7U));
  std::string owner = std::to_string(status.st_uid);
  std::array<char, 1024> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(status.st_uid, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) {
    owner = found->pw_name;
  }
  return fmt::format("{} (mode {}, owner {})", file.string(), mode.data(), owner);
}

bool in_container(const Host& host) {
  return has_word(host.procfs / "1/environ", {"container="}) ||
         has_word(host.procfs / "self/cgroup", {"docker", "kubepods", "containerd", "libpod", "lxc"}) ||
         root_is_overlay(host.procfs / "self/mountinfo");
}

std::vector<fs::path> entries(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    found.push_back(it->path());
  }
  const auto key = [](const fs::path& path) {
    const std::string name = path.filename().string();
    const std::size_t digits = name.find_last_not_of("0123456789") + 1;
    return std::tuple(name.substr(0, digits), std::strtoull(name.c_str() + digits, nullptr, 10), name);
  };
  std::sort(found.begin(), found.end(), [&](const fs::path& a, const fs::path& b) { return key(a) < key(b); });
  return found;
}

PolledFile::PolledFile(fs::path path) : path_(std::move(path)) { open(); }

PolledFile::~PolledFile() { close(); }

Reading PolledFile::count(MonotonicTime now) {
  auto value = read<std::uint64_t>(now, parse_counter);
  if (auto* failed = std::get_if<Failed>(&value)) return std::move(*failed);
  return Count{std::get<std::uint64_t>(value)};
}

std::variant<std::int64_t, Failed> PolledFile::number(MonotonicTime now) {
  return read<std::int64_t>(now, parse_signed);
}

template <class T>
std::variant<T, Failed> PolledFile::read(MonotonicTime now, std::optional<T> (*parse)(std::string_view) noexcept) {
  if (fd_ < 0) {
    if (tried_ && now - *tried_ < std::chrono::seconds(1)) return failed();
    tried_ = now;
    open();
    if (fd_ < 0) return failed();
  }
  std::array<char, 32> buffer;
  ssize_t got = 0;
  do {
    got = ::pread(fd_, buffer.data(), buffer.size(), 0);
  } while (got < 0 && errno == EINTR);
  if (got < 0) {
    error_ = errno;
    if (failure_of(error_) == Failure::lost) {
      close();
      tried_ = now;
    }
    return failed();
  }
  const auto size = static_cast<std::size_t>(got);
  if (size < buffer.size()) {
    if (const auto value = parse({buffer.data(), size})) return *value;
  }
  return Failed{Failure::parse, path_.string() + ": not a decimal number"};
}

void PolledFile::open() noexcept {
  fd_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // a FIFO must not block
  error_ = fd_ < 0 ? errno : 0;
}

void PolledFile::close() noexcept {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

Failed PolledFile::failed() const {
  return {failure_of(error_), fmt::format("{}: {}", path_.string(), std::strerror(error_))};
}

}  // namespace co2lib::meter
