// SPDX-License-Identifier: MIT
#include <co2lib/intensity/cache.hpp>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <tuple>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <co2lib/error.hpp>
#include <co2lib/intensity/http.hpp>
#include <co2lib/intensity/lines.hpp>

#include "detail/descriptor.hpp"
#include "detail/files.hpp"

namespace co2lib::intensity {

namespace {

using co2lib::detail::Descriptor;

constexpr std::size_t longest_file = std::size_t{64} << 20;

/// True if `later` takes the place of `earlier`.
bool replaces(const Record& later, const Record& earlier) {
  if (!later.value) return false;
  if (!earlier.value) return true;
  if (later.status == Status::forecast && earlier.status != Status::forecast) return false;
  if (later.status == earlier.status && later.updated_at && earlier.updated_at) {
    return *later.updated_at >= *earlier.updated_at;
  }
  return true;
}

/// Takes a record into records that are sorted and apart, and keeps them so.
void take(std::vector<Record>& records, const Record& record) {
  if (!record.value || !(record.start < record.end)) return;
  const auto first =
      std::partition_point(records.begin(), records.end(), [&](const Record& r) { return r.end <= record.start; });
  const auto last = std::partition_point(first, records.end(), [&](const Record& r) { return r.start < record.end; });
  if (!std::all_of(first, last, [&](const Record& r) { return replaces(record, r); })) return;
  records.insert(records.erase(first, last), record);
}

void forget_old(std::vector<Record>& records) {
  if (records.empty()) return;
  const UtcTime limit = records.back().end - Cache::kept_for;
  const auto kept =
      std::partition_point(records.begin(), records.end(), [&](const Record& r) { return r.end < limit; });
  records.erase(records.begin(), kept);
}

/// What shows that a file is another one.
struct Version {
  dev_t device = 0;
  ino_t inode = 0;
  off_t size = -1;
  timespec changed{};

  friend bool operator==(const Version& a, const Version& b) {
    return a.device == b.device && a.inode == b.inode && a.size == b.size && a.changed.tv_sec == b.changed.tv_sec &&
           a.changed.tv_nsec == b.changed.tv_nsec;
  }
};

Version version_of(const std::filesystem::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
  return {status.st_dev, status.st_ino, status.st_size, status.st_mtim};
}

struct Entry {
  std::vector<Record> records;
  Version version;
};

}  // namespace

/// Two locks, so that who recalls what is known never waits for a disk or for another process.
struct Cache::State {
  std::filesystem::path folder;
  std::mutex files;  ///< held while files are read and written; locked before `mutex`
  std::mutex mutex;  ///< guards what follows, for moments
  std::map<std::tuple<std::string, std::string, Signal, Scope>, Entry> entries;
  std::vector<Issue> issues;

  [[nodiscard]] std::filesystem::path file_of(const CacheKey& key) const {
    return folder / (percent_encoded(key.provider) + "-" + percent_encoded(key.zone) + "-" +
                     std::string(text(key.signal)) + "-" + std::string(text(key.scope)) + ".jsonl");
  }

  Entry& entry_of(const CacheKey& key) { return entries[{key.provider, key.zone, key.signal, key.scope}]; }

  void note(std::string code, const std::filesystem::path& file, std::string text) {
    const std::lock_guard lock(mutex);
    add_issue(issues, {std::move(code), file.string(), std::move(text)});
  }

  void unwritable(const std::filesystem::path& file, int error) {
    note("cache_unwritable", file,
         std::string("cannot be written: ") + std::strerror(error) + "; what was learnt is kept in this process only");
  }

  /// The records of a file, without those that cannot be read.
  std::vector<Record> read(const CacheKey& key, const std::filesystem::path& file) {
    std::vector<Record> records;
    std::string text;
    try {
      text = co2lib::detail::read_file_or_throw(file, "core.io");
    } catch (const Error& error) {
      note("cache_damaged", file, error.what());
      return records;
    }
    for (std::string_view rest = text; !rest.empty();) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      const std::string_view line = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      if (line.empty()) continue;
      try {
        const Record record = parse_json_line(line);
        const bool fits = record.signal == key.signal && record.scope == key.scope;
        if (!fits) throw Error("intensity.bad_value", "the record is of another signal or scope");
        take(records, record);
      } catch (const Error& error) {
        note("cache_damaged", file, std::string("a line cannot be read and was passed over: ") + error.what());
      }
    }
    return records;
  }

  /// Takes in what other processes wrote since. With `files` held.
  void refresh(const CacheKey& key) {
    const std::filesystem::path file = file_of(key);
    const Version version = version_of(file);
    {
      const std::lock_guard lock(mutex);
      Entry& entry = entry_of(key);
      if (version == entry.version || version.size < 0) return;
      entry.version = version;
    }
    if (static_cast<std::size_t>(version.size) > longest_file) {
      return note("cache_damaged", file, "the file is too long and was not read; remove it");
    }
    const std::vector<Record> records = read(key, file);
    const std::lock_guard lock(mutex);
    Entry& entry = entry_of(key);
    for (const Record& record : records) take(entry.records, record);
    forget_old(entry.records);
  }

  /// The lock of the folder; null if another process holds it for long.
  std::unique_ptr<Descriptor> lock_folder() {
    const std::filesystem::path file = folder / ".lock";
    auto descriptor =
        std::make_unique<Descriptor>(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (descriptor->get() < 0) {
      unwritable(file, errno);
      return nullptr;
    }
    constexpr int most_tries = 100;
    for (int tries = 0; ::flock(descriptor->get(), LOCK_EX | LOCK_NB) != 0; ++tries) {
      if (errno != EWOULDBLOCK && errno != EINTR) break;  // a file system without locks
      if (tries == most_tries) {
        note("cache_busy", folder, "another process holds its lock; what was learnt is kept in this process only");
        return nullptr;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return descriptor;
  }

  /// Writes a key's records beside its file and renames. With `files` held.
  void write(const CacheKey& key) {
    const std::unique_ptr<Descriptor> held = lock_folder();
    if (!held) return;
    refresh(key);
    std::string text;
    {
      const std::lock_guard lock(mutex);
      for (const Record& record : entry_of(key).records) text.append(json_line(record)).append("\n");
    }
    static std::atomic<unsigned> number = 0;
    const std::filesystem::path file = file_of(key);
    std::filesystem::path draft = file;
    draft += "." + std::to_string(::getpid()) + "." + std::to_string(++number) + ".tmp";
    const Descriptor out(::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (out.get() < 0) return unwritable(draft, errno);
    std::size_t done = 0;
    while (done < text.size()) {
      const ssize_t n = ::write(out.get(), text.data() + done, text.size() - done);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) break;
      done += static_cast<std::size_t>(n);
    }
    if (done < text.size() || ::fdatasync(out.get()) != 0 || ::rename(draft.c_str(), file.c_str()) != 0) {
      const int error = errno;
      ::unlink(draft.c_str());
      return unwritable(file, error);
    }
    const std::lock_guard lock(mutex);
    entry_of(key).version = version_of(file);
  }
};

Cache::Cache() : state_(std::make_unique<State>()) {}

Cache::Cache(std::filesystem::path folder) : Cache() {
  std::error_code error;
  if (!std::filesystem::is_directory(folder, error)) {
    if (folder.has_parent_path()) std::filesystem::create_directories(folder.parent_path(), error);
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
      throw Error("core.io", folder.string() + ": cannot make the folder of a cache: " + std::strerror(errno), {},
                  ErrorCategory::os);
    }
  }
  state_->folder = std::move(folder);
}

Cache::~Cache() = default;

std::vector<Record> Cache::recall(const CacheKey& key, UtcTime a, UtcTime b) const {
  const std::lock_guard lock(state_->mutex);
  const std::vector<Record>& records = state_->entry_of(key).records;
  const auto first = std::partition_point(records.begin(), records.end(), [&](const Record& r) { return r.end <= a; });
  const auto last = std::partition_point(first, records.end(), [&](const Record& r) { return r.start < b; });
  return {first, last};
}

std::vector<Record> Cache::find(const CacheKey& key, UtcTime a, UtcTime b) const {
  if (!state_->folder.empty()) {
    const std::lock_guard files(state_->files);
    state_->refresh(key);
  }
  return recall(key, a, b);
}

void Cache::put(const CacheKey& key, std::span<const Record> records) {
  const std::lock_guard files(state_->files);
  bool is_new = false;
  {
    const std::lock_guard lock(state_->mutex);
    std::vector<Record>& known = state_->entry_of(key).records;
    const std::vector<Record> before = known;
    for (const Record& record : records) take(known, record);
    forget_old(known);
    is_new = known != before;
  }
  if (is_new && !state_->folder.empty()) state_->write(key);
}

std::vector<Issue> Cache::issues() const {
  const std::lock_guard lock(state_->mutex);
  return state_->issues;
}

const std::filesystem::path& Cache::folder() const noexcept { return state_->folder; }

}  // namespace co2lib::intensity
