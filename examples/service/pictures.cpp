// SPDX-License-Identifier: MIT
#include <cmath>

#include <co2lib/random.hpp>

#include "classifiers.hpp"

namespace service {

std::vector<Labelled> pictures(std::size_t count, std::uint64_t seed) {
  using co2lib::random::draw;
  std::vector<Labelled> found(count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto number = [&](std::size_t k) { return draw(seed, i * 256 + k, "service.pictures"); };
    found[i].label = static_cast<int>(number(0) * kinds);
    const auto kind = static_cast<double>(found[i].label);
    const double dx = std::floor(number(1) * 5) - 2;
    const double dy = std::floor(number(2) * 5) - 2;
    for (std::size_t y = 0; y < side; ++y) {
      for (std::size_t x = 0; x < side; ++x) {
        const double u = (static_cast<double>(x) + dx - 5.5) / 3;
        const double v = (static_cast<double>(y) + dy - 5.5) / 3;
        // A blob with as many arms as its kind says.
        const double angle = std::atan2(v, u) * std::fmod(kind, 5);
        const double shape = std::exp(-(u * u + v * v)) * (1 + std::cos(angle + (kind < 5 ? 0 : 1.6)));
        const double noise = number(3 + y * side + x) - 0.5;
        found[i].picture[y * side + x] = static_cast<float>(shape + 0.9 * noise);
      }
    }
  }
  return found;
}

}  // namespace service
