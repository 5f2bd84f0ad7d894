// SPDX-License-Identifier: MIT
// The live sources by name.
#include <utility>

#include <co2lib/intensity/live.hpp>

namespace co2lib::intensity {

std::shared_ptr<const LiveSource> live_source(std::string_view id, LiveOptions options, Transport transport,
                                              std::shared_ptr<Clock> clock) {
  return std::make_shared<const LiveSource>(provider(id), std::move(options), std::move(transport), std::move(clock));
}

std::shared_ptr<const LiveSource> electricity_maps(LiveOptions options, Transport transport,
                                                   std::shared_ptr<Clock> clock) {
  return live_source("electricitymaps", std::move(options), std::move(transport), std::move(clock));
}

std::shared_ptr<const LiveSource> watttime(LiveOptions options, Transport transport, std::shared_ptr<Clock> clock) {
  return live_source("watttime", std::move(options), std::move(transport), std::move(clock));
}

std::shared_ptr<const LiveSource> neso_gb(LiveOptions options, Transport transport, std::shared_ptr<Clock> clock) {
  return live_source("neso_gb", std::move(options), std::move(transport), std::move(clock));
}

std::shared_ptr<const LiveSource> eia(LiveOptions options, Transport transport, std::shared_ptr<Clock> clock) {
  return live_source("eia", std::move(options), std::move(transport), std::move(clock));
}

std::shared_ptr<const LiveSource> entsoe(LiveOptions options, Transport transport, std::shared_ptr<Clock> clock) {
  return live_source("entsoe", std::move(options), std::move(transport), std::move(clock));
}

std::shared_ptr<const LiveSource> energi_data_service(LiveOptions options, Transport transport,
                                                      std::shared_ptr<Clock> clock) {
  return live_source("energidataservice", std::move(options), std::move(transport), std::move(clock));
}

std::shared_ptr<const LiveSource> carbon_aware_sdk(LiveOptions options, Transport transport,
                                                   std::shared_ptr<Clock> clock) {
  return live_source("carbon_aware_sdk", std::move(options), std::move(transport), std::move(clock));
}

}  // namespace co2lib::intensity
