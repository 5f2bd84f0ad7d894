// SPDX-License-Identifier: MIT
// The shape in which CO2signal answered (docs/providers.md, "CO2signal"). The service is retired; Electricity Maps
// still answers so at `/home-assistant`.
#include <string>
#include <utility>

#include <fmt/format.h>

#include "intensity/providers/asking.hpp"
#include "intensity/providers/list.hpp"
#include "intensity/providers/reading.hpp"

namespace co2lib::intensity::built_in {

namespace {

using namespace std::chrono_literals;

constexpr ProviderInfo co2signal_info{.id = "co2signal",
                                      .name = "CO2signal",
                                      .base_url = "",
                                      .zone = "countryCode: FR",
                                      .licence = "proprietary: for own use, not to be passed on",
                                      .step = 1h};

class Co2Signal final : public Provider {
 public:
  [[nodiscard]] const ProviderInfo& info() const noexcept override { return co2signal_info; }

  [[nodiscard]] std::vector<HttpRequest> requests(const Query& query) const override {
    Asking(co2signal_info, query)
        .fail("no_coverage", "the service is retired, only its answers are read; use electricitymaps");
  }

  [[nodiscard]] Answer parse(std::string_view endpoint, std::span<const HttpResponse> pages,
                             const Query& query) const override {
    const Reading in(co2signal_info, trimmed(endpoint), single(pages), query);
    in.check_status();
    const DocumentValue body = in.map();
    const std::string status = in.text(body, "status");
    if (status == "no-data") in.fail("no_data", "the status is 'no-data'");
    if (status != "ok") in.fail("bad_body", fmt::format("the status is '{}', not ok or no-data", status));
    const DocumentValue& data = in.map(body, "data");
    Record r = in.record();
    r.zone = in.text(body, "countryCode");
    in.check_zone(r.zone);
    r.basis = Basis::consumption;
    in.check_kind(r);
    in.put_interval(r, in.time(data, "datetime"), co2signal_info.step);
    in.put_value(r, in.number(data, "carbonIntensity"), in.text(in.map(body, "units"), "carbonIntensity"));
    Answer answer;
    answer.records = in.some({std::move(r)});
    return answer;
  }
};

}  // namespace

const Provider& co2signal() {
  static const Co2Signal provider;
  return provider;
}

}  // namespace co2lib::intensity::built_in
