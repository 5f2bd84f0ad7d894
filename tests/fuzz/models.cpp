// SPDX-License-Identifier: MIT
// Models files of any kind: models that plans take, or an error of this domain that says where.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <co2lib/adaptive/model.hpp>
#include <co2lib/error.hpp>

#include "target.hpp"

CO2LIB_FUZZ_TARGET(models, data, size) {
  using namespace co2lib::adaptive;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::vector<Model> models;
  try {
    models = parse_models(text, "fuzz");
  } catch (const co2lib::Error& error) {
    if (error.code() != "adaptive.bad_model" && error.code() != "adaptive.bad_file") __builtin_trap();
    if (!std::string_view(error.what()).starts_with("fuzz")) __builtin_trap();
    return 0;
  }
  try {
    check_models(models);
    const Hull h = hull(models);
    for (std::size_t j = 1; j < h.slopes.size(); ++j) {
      if (!(h.slopes[j] < h.slopes[j - 1])) __builtin_trap();
    }
  } catch (const co2lib::Error& error) {  // two energies too close to compare
    if (error.code() != "adaptive.bad_model") __builtin_trap();
  }
  return 0;
}
