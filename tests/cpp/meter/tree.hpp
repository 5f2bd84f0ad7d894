// SPDX-License-Identifier: MIT
// Unpacks a machine of tests/fixtures into a FakeHost.
#pragma once

#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include <gtest/gtest.h>
#include <co2lib/meter/finding.hpp>
#include <co2lib/meter/meter.hpp>
#include <co2lib/meter/sensors.hpp>
#include <co2lib/testing.hpp>

#include "folders.hpp"

namespace co2lib::test {

/// A machine of tests/fixtures, in a temporary folder; the format is that of tests/fixtures/README.md.
class Tree : public FakeHost {
 public:
  explicit Tree(const std::string& name) {
    const std::filesystem::path file =
        std::filesystem::path(co2lib::tests::source_folder()) / "tests/fixtures" / (name + ".tree");
    std::ifstream in(file);
    if (!in) throw std::runtime_error("no fixture " + file.string());
    std::filesystem::path folder;
    for (std::string line; std::getline(in, line);) {
      if (line.empty() || line[0] == '#') continue;
      const std::size_t link = line.find(" -> ");
      const std::size_t equals = line.find(" =");
      if (line.front() == '[' && line.back() == ']') {
        folder = line.substr(1, line.size() - 2);
      } else if (link != std::string::npos && link < equals) {
        const std::filesystem::path at = root() / folder / line.substr(0, link);
        std::filesystem::create_directories(at.parent_path());
        std::filesystem::create_directory_symlink(line.substr(link + 4), at);
      } else if (equals != std::string::npos) {
        const std::string text = line.substr(equals + 2);
        write(folder / line.substr(0, equals), text.empty() ? "" : unescape(text.substr(1)) + "\n");
      } else {
        throw std::runtime_error(file.string() + ": not understood: " + line);
      }
    }
  }

 private:
  static std::string unescape(const std::string& text) {
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] != '\\' || i + 1 == text.size()) {
        result += text[i];
      } else {
        result += text[++i] == 'n' ? '\n' : '\t';
      }
    }
    return result;
  }
};

using Meters = std::vector<std::shared_ptr<meter::Meter>>;
using Names = std::vector<std::string>;

inline Meters opened(const Tree& machine, meter::OpenOptions options = {}) {
  options.host = machine.host();
  return meter::open(options);
}

inline Names ids(const Meters& meters) {
  Names list;
  for (const auto& m : meters) list.push_back(m->info().id);
  return list;
}

inline std::shared_ptr<meter::Meter> by_id(const Meters& meters, const std::string& id) {
  for (const auto& m : meters) {
    if (m->info().id == id) return m;
  }
  throw std::runtime_error("no meter " + id);
}

/// The power of a reading in W, its count, or what failed.
inline std::string shown(const meter::Reading& reading) {
  if (const auto* failed = std::get_if<meter::Failed>(&reading)) return std::string(meter::text(failed->why));
  if (const auto* count = std::get_if<meter::Count>(&reading)) return std::to_string(count->value);
  return to_string(Power::from_watts(std::get<meter::Watts>(reading).value));
}

inline meter::Finding finding(const std::vector<meter::Finding>& all, const std::string& provider) {
  for (const auto& f : all) {
    if (f.provider == provider) return f;
  }
  ADD_FAILURE() << "no finding of " << provider;
  return {};
}

}  // namespace co2lib::test
