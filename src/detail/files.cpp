// SPDX-License-Identifier: MIT
#include "detail/files.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include <co2lib/error.hpp>

#include "detail/descriptor.hpp"

namespace co2lib::detail {

Result<std::string> read_file(const std::filesystem::path& file, std::size_t most) {
  const auto failed = [&](int error) {
    const char* remedy = error == ENOENT || error == ENOTDIR ? "; is the path right, seen from the working directory?"
                         : error == EISDIR                   ? "; give a file in it"
                         : error == EACCES                   ? "; it must be readable for this user"
                                                             : "";
    return Issue{"io", file.string(), fmt::format("cannot be read: {}{}", std::strerror(error), remedy)};
  };
  const Descriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (descriptor.get() < 0) return failed(errno);
  std::string text;
  struct stat about {};
  if (::fstat(descriptor.get(), &about) == 0 && S_ISREG(about.st_mode) && about.st_size > 0) {
    text.reserve(std::min<std::size_t>(static_cast<std::size_t>(about.st_size), most) + 1);
  }
  constexpr std::size_t block = 65536;
  while (true) {
    const std::size_t size = text.size();
    text.resize(size + block);
    const ssize_t got = ::read(descriptor.get(), text.data() + size, block);
    const int error = errno;
    text.resize(size + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got == 0) return text;
    if (got < 0 && error != EINTR) return failed(error);
    if (text.size() > most) {
      return Issue{"limit", file.string(), fmt::format("is larger than {} bytes; is it the right file?", most)};
    }
  }
}

std::string read_file_or_throw(const std::filesystem::path& file, const std::string& code) {
  Result<std::string> text = read_file(file);
  if (text) return *std::move(text);
  throw Error(code, fmt::format("{}: {}", text.issue().subject, text.issue().text), {{"file", file.string()}},
              ErrorCategory::os);
}

}  // namespace co2lib::detail
