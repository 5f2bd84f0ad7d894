// SPDX-License-Identifier: MIT
#include <co2lib/csv.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>
#include <span>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "detail/descriptor.hpp"

namespace co2lib::csv {

namespace embedded {

// Written by cmake/embed_tables.cmake.
struct Entry {
  const char* domain;
  const char* name;
  const unsigned char* text;
  std::size_t size;
};
extern const Entry entries[];
extern const std::size_t count;

}  // namespace embedded

namespace {

/// A compiled-in table, parsed when it is asked for first.
class Lazy {
 public:
  explicit Lazy(const embedded::Entry& entry) : entry_(entry) {}
  [[nodiscard]] std::string_view text() const { return {reinterpret_cast<const char*>(entry_.text), entry_.size}; }
  const Result<Table>& get() {
    std::call_once(once_, [&] { parsed_.emplace(parse(text(), entry_.name)); });
    return *parsed_;
  }

 private:
  const embedded::Entry& entry_;
  std::once_flag once_;
  std::optional<Result<Table>> parsed_;
};

/// All tables by name.
std::map<std::string, Lazy, std::less<>>& tables() {
  static auto all = [] {
    std::map<std::string, Lazy, std::less<>> map;
    for (const embedded::Entry& entry : std::span(embedded::entries, embedded::count)) {
      map.try_emplace(entry.name, entry);
    }
    return map;
  }();
  return all;
}

Result<Lazy*> find(std::string_view name) {
  const auto found = tables().find(name);
  if (found != tables().end()) return &found->second;
  return Issue{"unknown_table", std::string(name), "no table of this name is compiled in"};
}

/// The number of line ends, counted in blocks whose number fits a byte: the compiler then takes 16 characters at once.
std::size_t line_ends(std::string_view text) {
  std::size_t all = 0;
  for (std::size_t i = 0; i < text.size(); i += 240) {
    unsigned char some = 0;
    for (const char c : text.substr(i, 240)) some = static_cast<unsigned char>(some + (c == '\n' ? 1 : 0));
    all += some;
  }
  return all;
}

/// Closes a descriptor and with it the lock taken on it.
Issue io_issue(const std::filesystem::path& file, const char* what) {
  const int error = errno;
  return Issue{"io", file.string(), fmt::format("{}: {}", what, std::strerror(error))};
}

/// True if an open file begins with this line, whatever ends it (LF, CR LF or the end of the file).
bool begins_with_line(int fd, std::string_view expected) {
  std::string text(expected.size() + 2, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::pread(fd, text.data() + size, text.size() - size, static_cast<off_t>(size));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    size += static_cast<std::size_t>(got);
  }
  text.resize(size);
  if (!text.starts_with(expected)) return false;
  const std::string_view rest = std::string_view(text).substr(expected.size());
  return rest.empty() || rest.starts_with('\n') || rest.starts_with("\r\n") || rest == "\r";
}

std::filesystem::path free_backup_name(const std::filesystem::path& file) {
  std::filesystem::path name = file;
  name += ".bak";
  for (int i = 0; std::filesystem::exists(name); ++i) {
    name = file;
    name += fmt::format(".bak_{}", i);
  }
  return name;
}

}  // namespace

Result<const Table*> table(std::string_view name) {
  const Result<Lazy*> found = find(name);
  if (!found) return found.issue();
  const Result<Table>& parsed = (*found)->get();
  if (!parsed) return parsed.issue();
  return &*parsed;
}

Result<std::string_view> table_text(std::string_view name) {
  const Result<Lazy*> found = find(name);
  if (!found) return found.issue();
  return (*found)->text();
}

Result<Table> rows_of(std::string_view name, std::string_view key) {
  const Result<std::string_view> text = table_text(name);
  if (!text) return text.issue();
  const std::string_view lines = lines_of(*text, key);
  // With the header in front, so that widths are checked and columns have their names.
  const std::string header(text->substr(0, text->find('\n')));
  Result<Table> table = parse((header + '\n').append(lines), std::string(name));
  if (!table || lines.empty()) return table;
  const std::size_t before = line_ends(text->substr(0, static_cast<std::size_t>(lines.data() - text->data())));
  Table result = *std::move(table);
  for (Row& row : result.rows) row.line += before - 1;
  return result;
}

std::vector<TableName> table_names() {
  std::vector<TableName> names;
  for (const embedded::Entry& entry : std::span(embedded::entries, embedded::count)) {
    names.push_back({entry.domain, entry.name});
  }
  std::sort(names.begin(), names.end(), [](const TableName& a, const TableName& b) { return a.name < b.name; });
  return names;
}

Result<Appended> append(const std::filesystem::path& file, const std::vector<std::string>& header,
                        const std::vector<std::string>& row) {
  if (header.size() != row.size()) {
    return Issue{"bad_csv", file.string(), "the row has more or fewer fields than the header"};
  }
  Appended done;
  std::string expected = line(header);
  expected.pop_back();
  // A second round follows a file that was renamed under our lock, by us or by another process.
  while (true) {
    const co2lib::detail::Descriptor fd(::open(file.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
    if (fd.get() < 0) return io_issue(file, "cannot open for appending");
    if (!co2lib::detail::lock(fd)) return io_issue(file, "cannot lock");
    struct stat opened {};
    struct stat current {};
    if (::fstat(fd.get(), &opened) != 0) return io_issue(file, "cannot read");
    if (::stat(file.c_str(), &current) != 0 || current.st_ino != opened.st_ino || current.st_dev != opened.st_dev) {
      continue;
    }
    if (!S_ISREG(opened.st_mode)) return Issue{"io", file.string(), "not a regular file; rows would be lost"};
    std::string text = line(row);
    if (opened.st_size == 0) {
      text.insert(0, expected + '\n');
    } else if (!begins_with_line(fd.get(), expected)) {
      const std::filesystem::path backup = free_backup_name(file);
      if (::rename(file.c_str(), backup.c_str()) != 0) return io_issue(file, "cannot rename to .bak");
      done.moved_to = backup;
      continue;
    }
    const co2lib::detail::AppendOutcome outcome = co2lib::detail::append_line(fd, opened.st_size, std::move(text));
    if (outcome.error != 0) {
      errno = outcome.error;
      Issue issue = io_issue(file, "cannot write");
      // A half-written row would shift the next one.
      if (outcome.torn) issue.text += "; the last line may be torn";
      return issue;
    }
    return done;
  }
}

}  // namespace co2lib::csv
