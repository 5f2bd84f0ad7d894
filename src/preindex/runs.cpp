// SPDX-License-Identifier: MIT
// Calibration files: JSON lines of past retrainings, which several processes may append to.
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <set>
#include <string>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include <co2lib/preindex/cost.hpp>

#include "detail/descriptor.hpp"
#include "detail/files.hpp"
#include "detail/json.hpp"
#include "printable.hpp"

namespace co2lib::preindex {

namespace {

using co2lib::detail::Json;
using co2lib::detail::JsonWriter;

// The fields of a line. Another one is an error: a misspelt cost would be a cost that is missing.
constexpr std::array<std::pair<const char*, std::optional<double> CalibrationRun::*>, 3> costs{
    {{"epochs", &CalibrationRun::epochs}, {"kwh", &CalibrationRun::kwh}, {"gco2e", &CalibrationRun::gco2e}}};
constexpr std::array<std::pair<const char*, std::string CalibrationRun::*>, 6> texts{
    {{"config", &CalibrationRun::config},
     {"model", &CalibrationRun::model},
     {"dataset", &CalibrationRun::dataset},
     {"protocol", &CalibrationRun::protocol},
     {"machine", &CalibrationRun::machine},
     {"time", &CalibrationRun::time}}};

CalibrationRun run_of(const Json& j) {
  if (!j.is_object()) throw detail::bad_option("line", "this", "a JSON object");
  CalibrationRun run;
  std::set<std::string> known{"x"};
  run.x = j.at("x").get<double>();
  const auto given = [&](const char* name) {
    known.insert(name);
    return j.contains(name) && !j.at(name).is_null();
  };
  for (const auto& [name, cost] : costs) {
    if (given(name)) run.*cost = j.at(name).get<double>();
  }
  for (const auto& [name, text] : texts) {
    if (given(name)) run.*text = j.at(name).get<std::string>();
  }
  for (const auto& [name, value] : j.items()) {
    if (known.contains(name)) continue;
    std::string names;
    for (const std::string& one : known) names += (names.empty() ? "" : ", ") + one;
    throw detail::bad_option("field", fmt::format("'{}'", printable(name)), names);
  }
  check(run, "the run");
  return run;
}

Error bad_file(const std::string& file, const std::string& why, ErrorCategory category = ErrorCategory::os) {
  return {"preindex.bad_calibration", fmt::format("{}: {}", file, why), {}, category};
}

std::string read(const std::filesystem::path& file) {
  return co2lib::detail::read_file_or_throw(file, "preindex.bad_calibration");
}

}  // namespace

std::string CalibrationRun::to_json() const {
  return JsonWriter::object([this](JsonWriter& o) {
    o.add("config", config);
    o.add("x", x);
    for (const auto& [name, cost] : costs) {
      if (this->*cost) o.add(name, *(this->*cost));
    }
    for (const auto& [name, text] : texts) {
      if (text != &CalibrationRun::config) o.add(name, this->*text);
    }
  });
}

std::vector<CalibrationRun> parse_runs(std::string_view text, const std::string& name) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::vector<CalibrationRun> runs;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const auto bad = [&](const std::string& why) {
      return bad_file(fmt::format("{}:{}", name, number), why + "; one JSON object per line, with x and its costs",
                      ErrorCategory::value);
    };
    try {
      runs.push_back(run_of(Json::parse(line)));
    } catch (const Json::exception& error) {
      throw bad(printable(co2lib::detail::said_by(error)));
    } catch (const Error& error) {
      throw bad(error.what());
    }
  }
  return runs;
}

std::vector<CalibrationRun> read_runs(const std::filesystem::path& file) {
  std::error_code none;
  if (std::filesystem::is_directory(file, none)) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(file, none)) {
      if (entry.path().extension() == ".jsonl") files.push_back(entry.path());
    }
    if (none) throw bad_file(file.string(), "cannot be read: " + none.message());
    std::sort(files.begin(), files.end());
    std::vector<CalibrationRun> runs;
    for (const auto& one : files) {
      std::vector<CalibrationRun> more = parse_runs(read(one), one.string());
      runs.insert(runs.end(), more.begin(), more.end());
    }
    return runs;
  }
  return parse_runs(read(file), file.string());
}

void append_run(const std::filesystem::path& file, const CalibrationRun& run) {
  check(run, "the run");
  const std::string line = run.to_json();
  // What was not text in UTF-8 is another text now.
  if (parse_runs(line, "the run").front() != run) {
    throw detail::bad_option("model", "a text that is not UTF-8, here or in another field", "UTF-8");
  }
  const auto fail = [&](const char* what, int error) {
    return bad_file(file.string(), fmt::format("{}: {}; give a file of JSON lines", what, std::strerror(error)));
  };
  const co2lib::detail::Descriptor opened(::open(file.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
  if (opened.get() < 0) throw fail("cannot be opened", errno);
  if (!co2lib::detail::lock(opened)) throw fail("cannot be locked", errno);
  struct stat about {};
  if (::fstat(opened.get(), &about) != 0) throw fail("cannot be read", errno);
  if (!S_ISREG(about.st_mode)) throw bad_file(file.string(), "is not a regular file; runs would be lost");
  // Into a file that begins with a run only: another kind of file would be spoilt.
  const std::string known = read(file);
  (void)parse_runs(std::string_view(known).substr(0, known.find('\n')), file.string());
  const auto outcome = co2lib::detail::append_line(opened, about.st_size, line + "\n");
  if (outcome.error != 0) {
    throw fail(outcome.torn ? "cannot be written, and its last line may be torn" : "cannot be written", outcome.error);
  }
}

}  // namespace co2lib::preindex
