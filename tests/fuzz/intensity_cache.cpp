// SPDX-License-Identifier: MIT
// The file of a cache, as another process or a crash left it: nothing is thrown, what is found is in order and of the
// key, damage is told, and what is written after it is read back whole by the next process.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include <co2lib/error.hpp>
#include <co2lib/intensity/cache.hpp>
#include <co2lib/intensity/lines.hpp>

#include "target.hpp"

namespace {

namespace intensity = co2lib::intensity;
using co2lib::UtcTime;

const intensity::CacheKey key{"fuzz", "GB"};

/// A folder of this process, in memory where the machine has such a place; removed at the end.
class Folder {
 public:
  Folder() {
    const std::filesystem::path memory = "/dev/shm";
    std::string pattern =
        ((::access(memory.c_str(), W_OK) == 0 ? memory : std::filesystem::temp_directory_path()) / "fuzz-XXXXXX")
            .string();
    if (::mkdtemp(pattern.data()) == nullptr) std::abort();
    path_ = pattern;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

std::vector<intensity::Record> all_of(const intensity::Cache& cache) {
  return cache.find(key, UtcTime::min(), UtcTime::max());
}

void check(const std::vector<intensity::Record>& records) {
  for (std::size_t i = 0; i < records.size(); ++i) {
    const intensity::Record& r = records[i];
    if (!r.value || r.signal != key.signal || r.scope != key.scope || r.start >= r.end) __builtin_trap();
    if (i > 0 && records[i - 1].end > r.start) __builtin_trap();
  }
}

/// True if a line is no record of the key.
bool damaged(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) continue;
    try {
      const intensity::Record r = intensity::parse_json_line(line);
      if (r.signal != key.signal || r.scope != key.scope) return true;
    } catch (const co2lib::Error&) {
      return true;
    }
  }
  return false;
}

}  // namespace

CO2LIB_FUZZ_TARGET(intensity_cache, data, size) {
  static const Folder folder;
  static const std::filesystem::path file = folder.path() / "fuzz-GB-average-lifecycle.jsonl";
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const int out = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (out < 0 || ::write(out, data, size) != static_cast<ssize_t>(size) || ::close(out) != 0) std::abort();

  intensity::Cache cache(folder.path());
  const std::vector<intensity::Record> found = all_of(cache);
  check(found);
  const std::vector<co2lib::Issue> issues = cache.issues();
  if (issues.empty() == damaged(text)) __builtin_trap();
  for (const co2lib::Issue& issue : issues) {
    if (issue.code != "cache_damaged") __builtin_trap();
  }

  // Writing takes most of the time: where nothing was found, one in eight.
  if (found.empty() && size % 8 != 0) return 0;
  intensity::Record news;
  news.start = std::chrono::sys_days(std::chrono::year(2024) / 5 / 1);
  news.end = news.start + std::chrono::minutes(30);
  news.value = co2lib::CarbonIntensity::from_g_per_kwh(200);
  cache.put(key, std::vector{news});
  const std::vector<intensity::Record> kept = all_of(cache);
  check(kept);

  const intensity::Cache next(folder.path());
  if (all_of(next) != kept) __builtin_trap();
  if (kept != found && !next.issues().empty()) __builtin_trap();  // what was damaged went when the file was written
  return 0;
}
