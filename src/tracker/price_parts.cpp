// SPDX-License-Identifier: MIT
#include "tracker/price_parts.hpp"

#include <optional>
#include <stdexcept>
#include <utility>

namespace co2lib::tracker::detail {

Json price_json(const FramePrice& price) {
  Json j = Json::object();
  if (price.parts.size() == 1) {
    j["origin"] = price.parts.front().origin;
  } else if (!price.parts.empty()) {
    Json parts = Json::array();
    for (const PricePart& p : price.parts) {
      Json part = Json::array();
      part.push_back(p.origin);
      part.push_back(p.share);
      part.push_back(p.g_per_kwh);
      parts.push_back(std::move(part));
    }
    j["parts"] = std::move(parts);
  }
  if (price.error) {
    j["error"] = Json::array();
    j["error"].push_back(price.error->low);
    j["error"].push_back(price.error->high);
  }
  if (!price.flags.empty()) j["flags"] = price.flags;
  return j;
}

std::shared_ptr<const FramePrice> price_of(const Json& j) {
  const std::optional<double> mean = maybe_number(j, "g_per_kwh", -most);
  if (!mean) return nullptr;
  FramePrice price;
  price.g_per_kwh = *mean;
  if (!j.contains("price")) return std::make_shared<const FramePrice>(price);
  const Json& p = j.at("price");
  if (p.contains("origin")) {
    price.parts.push_back({p.at("origin").get<std::string>(), 1, *mean});
  } else if (p.contains("parts")) {
    for (const Json& part : p.at("parts")) {
      const double share = number(part.at(1));
      if (share > 1) throw std::invalid_argument(excerpt(part) + " is not a part of a price");
      price.parts.push_back({part.at(0).get<std::string>(), share, number(part.at(2), -most)});
    }
  }
  if (p.contains("error")) {
    price.error = intensity::RelativeError{number(p.at("error").at(0), -most), number(p.at("error").at(1), -most)};
    if (price.error->low > price.error->high) throw std::invalid_argument("the error of a price ends before it begins");
  }
  if (p.contains("flags")) price.flags = p.at("flags").get<std::vector<std::string>>();
  return std::make_shared<const FramePrice>(std::move(price));
}

}  // namespace co2lib::tracker::detail
