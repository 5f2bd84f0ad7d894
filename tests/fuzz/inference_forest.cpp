// SPDX-License-Identifier: MIT
// Forests and device.json of any kind: a forest that is read predicts the same alone and among others, a profile that
// is read predicts or refuses; or an error of the domain.
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include <co2lib/inference.hpp>

#include "target.hpp"

namespace {

/// A folder that holds the text as device.json and as the forest `f.json`.
const std::filesystem::path& folder() {
  static const std::filesystem::path path = [] {
    const auto made = std::filesystem::temp_directory_path() / ("co2lib-fuzz-" + std::to_string(::getpid()));
    std::filesystem::create_directories(made);
    return made;
  }();
  return path;
}

}  // namespace

CO2LIB_FUZZ_TARGET(inference_forest, data, size) {
  using namespace co2lib;
  using namespace co2lib::inference;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const Forest forest = parse_forest(text, "fuzz");
    if (forest.trees() == 0 || forest.nodes() < forest.trees()) __builtin_trap();
    const std::vector<double> row(forest.features.size(), 1.5);
    std::vector<double> rows = row;
    rows.insert(rows.end(), row.begin(), row.end());
    const double one = forest.predict(row);
    const std::vector<double> two = forest.predict_many(rows);
    if (std::memcmp(&one, &two[1], sizeof one) != 0 || two.size() != 2) __builtin_trap();
    (void)forest.outside(row);
  } catch (const Error& error) {
    if (error.code() != "inference.bad_model" || std::string_view(error.what()).empty()) __builtin_trap();
  }
  try {
    for (const char* name : {"device.json", "f.json"}) {
      std::ofstream(folder() / name, std::ios::binary).write(text.data(), static_cast<std::streamsize>(text.size()));
    }
    const Device device = Device::load(folder());
    if (device.name().empty() || device.precisions().empty()) __builtin_trap();
    KernelConfig config{.kernel = "fc", .cin = 8, .cout = 8};
    config.w_bits = config.a_bits = 8;
    (void)device.predict(std::vector{config});
  } catch (const Error& error) {
    if (!error.code().starts_with("inference.")) __builtin_trap();
  }
  try {
    (void)llm::parse_coefficients(text);
  } catch (const Error& error) {
    if (error.code() != "inference.bad_model") __builtin_trap();
  }
  return 0;
}
