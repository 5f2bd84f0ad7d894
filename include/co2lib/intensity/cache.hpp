// SPDX-License-Identifier: MIT
// Cache: what providers answered, kept for the time when they do not.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <co2lib/intensity/trace.hpp>
#include <co2lib/record.hpp>

namespace co2lib::intensity {

/// What records of a cache belong together.
struct CacheKey {
  std::string provider;             ///< its id: `electricitymaps`
  std::string zone;                 ///< the provider's own key: `SE-SE3`
  Signal signal = Signal::average;  ///< whose emissions
  Scope scope = Scope::lifecycle;   ///< what is counted

  bool operator==(const CacheKey&) const = default;
};

/// Records by key, in memory or in a folder; safe for several threads, a folder for several processes too.
///
/// A newer value (`updated_at`, else the one that came later) takes the place of an older one for the same time. A
/// record without a value never does, nor does a forecast take the place of a value that is none.
///
/// In a folder each key is a file of JSON lines (`json_line`) that is written beside it and renamed, with mode 0600.
/// Nothing secret is in it. A file or line that cannot be read counts as not there; `issues` tells.
class Cache {
 public:
  /// Records that ended longer than this before the newest one of their key are forgotten.
  static constexpr std::chrono::days kept_for{35};

  /// In memory.
  Cache();
  /// In a folder, which is made (mode 0700) where it is not there; `core.io` where that fails.
  explicit Cache(std::filesystem::path folder);
  ~Cache();
  Cache(const Cache&) = delete;
  Cache& operator=(const Cache&) = delete;

  /// The records that overlap `[a, b)`, sorted, none of which overlap each other; looks for what other processes wrote.
  [[nodiscard]] std::vector<Record> find(const CacheKey& key, UtcTime a, UtcTime b) const;
  /// As `find`, from memory alone: waits for no disk.
  [[nodiscard]] std::vector<Record> recall(const CacheKey& key, UtcTime a, UtcTime b) const;
  /// Takes records in. In a folder that cannot be written they stay in memory; `issues` tells.
  void put(const CacheKey& key, std::span<const Record> records);

  /// What went wrong with the folder: `cache_damaged`, `cache_unwritable`, `cache_busy`.
  [[nodiscard]] std::vector<Issue> issues() const;
  /// Empty for a cache in memory.
  [[nodiscard]] const std::filesystem::path& folder() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace co2lib::intensity
