// SPDX-License-Identifier: MIT
// The transparency platform of ENTSO-E (docs/providers.md, "ENTSO-E"): generation by type, in XML.
//
// 1. A series of `inBiddingZone_Domain` is generation, one of `outBiddingZone_Domain` consumption of pumps: left out.
// 2. Position p of a period covers start + (p - 1) x resolution. Where one is missing, curve A03 repeats the one before
//    it, up to the end of the period; of curve A01 it is unknown.
// 3. Series have resolutions of their own. A coarse value is a mean power, so it holds for each finer step: all series
//    are brought to the finest resolution of the answer. A type without a series over a step is not in its mix.
// 4. Names count without their prefix: the namespaces change with each version.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <pugixml.hpp>

#include "detail/utf8.hpp"
#include "intensity/providers/asking.hpp"
#include "intensity/providers/fuels.hpp"
#include "intensity/providers/list.hpp"
#include "intensity/providers/reading.hpp"

namespace co2lib::intensity::built_in {

namespace {

using namespace std::chrono_literals;
using Step = std::chrono::minutes;

constexpr ProviderInfo entsoe_info{.id = "entsoe",
                                   .name = "ENTSO-E Transparency Platform",
                                   .base_url = "https://web-api.tp.entsoe.eu",
                                   .zone = "domain: 10Y1001A1001A83F",
                                   .licence = "free use with attribution to ENTSO-E",
                                   .needs_token = true,
                                   .needs_now = true,
                                   .step = 1h};

/// B03 is gas made of coal, of which the code does not say which: coal lies between the two.
constexpr FuelCode entsoe_codes[] = {
    {"B01", "biomass"}, {"B02", "lignite"},   {"B03", "coal"},          {"B04", "gas"},        {"B05", "coal"},
    {"B06", "oil"},     {"B07", "oil_shale"}, {"B08", "peat"},          {"B09", "geothermal"}, {"B10", ""},
    {"B11", "hydro"},   {"B12", "hydro"},     {"B13", "ocean"},         {"B14", "nuclear"},    {"B15", "unknown"},
    {"B16", "solar"},   {"B17", "waste"},     {"B18", "wind_offshore"}, {"B19", "wind"},       {"B20", "unknown"},
    {"B25", ""},
};

/// Values of an answer once all series have the finest resolution: a year of quarters of an hour, of 28 types in both
/// directions.
constexpr std::size_t most_values = 2'000'000;

/// `yyyyMMddHHmm`
std::string compact(UtcTime time) {
  std::string text = format_utc(time).substr(0, 16);
  std::erase_if(text, [](char c) { return c < '0' || c > '9'; });
  return text;
}

/// The same time a year later; 29 February becomes the 28th.
UtcTime year_after(UtcTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  auto date = std::chrono::year_month_day(day) + std::chrono::years(1);
  if (!date.ok()) date = date.year() / date.month() / std::chrono::last;
  return UtcTime(std::chrono::sys_days(date)) + (time - day);
}

std::string_view local_name(const pugi::xml_node& node) {
  const std::string_view name = node.name();
  return name.substr(name.find(':') + 1);  // npos + 1 is 0
}

std::string_view stripped(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first == std::string_view::npos ? std::string_view()
                                         : text.substr(first, text.find_last_not_of(" \t\r\n") + 1 - first);
}

/// A stretch of one series with its own resolution.
struct Period {
  std::string type;
  bool generation = true;
  UtcTime start{};
  UtcTime end{};
  Step step{0};
  std::vector<std::optional<double>> values;  // one per step, null where unknown
};

class Document {
 public:
  explicit Document(const Reading& in) : in_(in) {
    const std::string& body = in.response().body;
    if (body.empty()) in.fail("bad_body", "the body is empty");
    in.check_plain();
    if (body.size() > std::size_t{16} << 20) in.fail("bad_body", "the body is larger than 16 MiB");
    if (!co2lib::detail::is_utf8(body)) in.fail("bad_body", "the body is not UTF-8");
    const pugi::xml_parse_result read =
        tree_.load_buffer(body.data(), body.size(), pugi::parse_default, pugi::encoding_utf8);
    if (!read) in.fail("bad_body", fmt::format("not XML at byte {}: {}", read.offset, read.description()));
  }

  [[nodiscard]] pugi::xml_node root() const { return tree_.document_element(); }

  /// The one child with this name; none or several is `bad_body`.
  [[nodiscard]] pugi::xml_node only(const pugi::xml_node& in, std::string_view name) const {
    const pugi::xml_node found = optional(in, name);
    if (!found) in_.fail("bad_body", fmt::format("<{}> has no <{}>", in.name(), name));
    return found;
  }

  [[nodiscard]] pugi::xml_node optional(const pugi::xml_node& in, std::string_view name) const {
    pugi::xml_node found;
    for (const pugi::xml_node& child : in.children()) {
      if (local_name(child) != name) continue;
      if (found) in_.fail("bad_body", fmt::format("<{}> has <{}> twice", in.name(), name));
      found = child;
    }
    return found;
  }

  [[nodiscard]] std::string text(const pugi::xml_node& in, std::string_view name) const {
    return std::string(stripped(only(in, name).text().get()));
  }

 private:
  const Reading& in_;
  pugi::xml_document tree_;
};

class Entsoe final : public Provider {
 public:
  [[nodiscard]] const ProviderInfo& info() const noexcept override { return entsoe_info; }

  [[nodiscard]] std::vector<HttpRequest> requests(const Query& query) const override {
    const Asking asking(entsoe_info, query);
    asking.only(Signal::average);
    const std::string& domain = asking.zone();
    const std::string& token = asking.token();
    if (query.horizon) static_cast<void>(asking.horizon());
    const Span asked = asking.what() == Ask::latest ? Span{asking.now() - 24h, asking.now()} : asking.span();
    const Span span = asking.widened(asked, 1h);
    std::vector<Span> parts;
    if (query.settings.chunk) {
      parts = asking.chunks(span, 0h, 1h);
    } else {
      for (UtcTime t = span.start; t < span.end; t = parts.back().end) {
        parts.push_back({t, std::min(year_after(t), span.end)});
      }
    }
    std::vector<HttpRequest> all;
    for (const Span& part : parts) {
      HttpRequest request = asking.get("api", asking.base() + "/api");
      request.query = {{"securityToken", token, true},
                       {"documentType", "A75"},
                       {"processType", "A16"},
                       {"in_Domain", domain},
                       {"periodStart", compact(part.start)},
                       {"periodEnd", compact(part.end)}};
      all.push_back(std::move(request));
    }
    return all;
  }

  [[nodiscard]] Answer parse(std::string_view endpoint, std::span<const HttpResponse> pages,
                             const Query& query) const override {
    const Reading in(entsoe_info, trimmed(endpoint), single(pages), query);
    const int status = in.response().status;
    if (status == 400) refuse_acknowledgement(in);
    in.check_status();
    if (in.endpoint() != "api") in.unknown_endpoint("api");
    const Document document(in);
    const pugi::xml_node root = document.root();
    if (local_name(root) == "Acknowledgement_MarketDocument") refuse_acknowledgement(in);
    if (local_name(root) != "GL_MarketDocument") {
      in.fail("bad_body", fmt::format("the document is <{}>, not <GL_MarketDocument>", root.name()));
    }
    std::vector<Period> periods;
    std::string zone;
    std::size_t values = 0;
    for (const pugi::xml_node& child : root.children()) {
      if (local_name(child) == "TimeSeries") read_series(in, document, child, periods, zone, values);
    }
    Answer answer;
    answer.records = in.some(records(in, periods, zone));
    return answer;
  }

 private:
  /// Throws if the body is an acknowledgement, which is how the platform says that there is nothing.
  static void refuse_acknowledgement(const Reading& in) {
    pugi::xml_document tree;
    const std::string& body = in.response().body;
    if (!tree.load_buffer(body.data(), body.size())) return;
    const pugi::xml_node root = tree.document_element();
    if (local_name(root) != "Acknowledgement_MarketDocument") return;
    std::string said;
    for (const pugi::xml_node& reason : root.children()) {
      if (local_name(reason) != "Reason") continue;
      for (const pugi::xml_node& text : reason.children()) {
        if (local_name(text) == "text") said.append(said.empty() ? "" : ", ").append(stripped(text.text().get()));
      }
    }
    in.fail(said.find("No matching data found") != std::string::npos ? "no_data" : "bad_request", said);
  }

  static double number(const Reading& in, const std::string& text, std::string_view name) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) {
      in.fail("bad_value", fmt::format("<{}> is '{}', not a number", name, text));
    }
    return value;
  }

  static UtcTime time(const Reading& in, const std::string& text) {
    const Result<UtcTime> time = parse_utc(text);
    if (!time) in.fail("bad_time", fmt::format("'{}': {}", text, time.issue().text));
    return *time;
  }

  static void read_series(const Reading& in, const Document& document, const pugi::xml_node& series,
                          std::vector<Period>& periods, std::string& zone, std::size_t& values) {
    const pugi::xml_node inside = document.optional(series, "inBiddingZone_Domain.mRID");
    const pugi::xml_node outside = document.optional(series, "outBiddingZone_Domain.mRID");
    if (static_cast<bool>(inside) == static_cast<bool>(outside)) {
      in.fail("bad_body", "a series has not one of inBiddingZone_Domain.mRID and outBiddingZone_Domain.mRID");
    }
    const std::string domain(stripped((inside ? inside : outside).text().get()));
    in.check_zone(domain);
    if (zone.empty()) zone = domain;
    if (domain != zone) in.fail("zone_mismatch", fmt::format("the answer is about '{}' and '{}'", zone, domain));
    const pugi::xml_node unit = document.optional(series, "quantity_Measure_Unit.name");
    if (unit && stripped(unit.text().get()) != "MAW") in.fail("bad_unit", "<quantity_Measure_Unit.name> is not MAW");
    const std::string curve = document.text(series, "curveType");
    if (curve != "A01" && curve != "A03") {
      in.fail("bad_value", fmt::format("<curveType> is '{}', not A01 or A03", curve));
    }
    const std::string type = document.text(document.only(series, "MktPSRType"), "psrType");
    for (const pugi::xml_node& child : series.children()) {
      if (local_name(child) != "Period") continue;
      periods.push_back(read_period(in, document, child, curve == "A03"));
      periods.back().type = type;
      periods.back().generation = static_cast<bool>(inside);
      values += periods.back().values.size();
      if (values > most_values) in.fail("bad_body", "the answer has more than 2,000,000 values");
    }
  }

  static Period read_period(const Reading& in, const Document& document, const pugi::xml_node& node, bool repeats) {
    const pugi::xml_node interval = document.only(node, "timeInterval");
    Period period;
    period.start = time(in, document.text(interval, "start"));
    period.end = time(in, document.text(interval, "end"));
    const std::string resolution = document.text(node, "resolution");
    if (resolution != "PT15M" && resolution != "PT30M" && resolution != "PT60M") {
      in.fail("bad_value", fmt::format("<resolution> is '{}', not PT15M, PT30M or PT60M", resolution));
    }
    period.step = Step(resolution == "PT15M" ? 15 : resolution == "PT30M" ? 30 : 60);
    const auto length = period.end - period.start;
    if (length <= length.zero() || length > 24h * 400 || length % period.step != length.zero() ||
        period.start.time_since_epoch() % 15min != length.zero()) {
      in.fail("bad_time",
              fmt::format("the period from {} to {} is not a number of steps of {} min, or longer than 400 days",
                          format_utc(period.start), format_utc(period.end), period.step.count()));
    }
    const auto count = static_cast<std::size_t>(length / period.step);
    period.values.resize(count);
    std::vector<bool> given(count, false);
    for (const pugi::xml_node& point : node.children()) {
      if (local_name(point) != "Point") continue;
      const double position = number(in, document.text(point, "position"), "position");
      if (position != std::floor(position) || position < 1 || position > static_cast<double>(count)) {
        in.fail("bad_value", fmt::format("<position> {} is not one of 1 to {}", position, count));
      }
      const auto place = static_cast<std::size_t>(position) - 1;
      if (given[place]) in.fail("overlap", fmt::format("the position {} is there twice", position));
      given[place] = true;
      period.values[place] = number(in, document.text(point, "quantity"), "quantity");
    }
    for (std::size_t i = 1; repeats && i < count; ++i) {
      if (!given[i]) period.values[i] = period.values[i - 1];
    }
    return period;
  }

  struct Mix {
    FuelEnergy energy;
    bool pumping = false;
  };

  static std::vector<Record> records(const Reading& in, const std::vector<Period>& periods, const std::string& zone) {
    Step finest = 60min;
    std::size_t values = 0;
    for (const Period& p : periods) finest = std::min(finest, p.step);
    for (const Period& p : periods) values += p.values.size() * static_cast<std::size_t>(p.step / finest);
    if (values > most_values) in.fail("bad_body", "the answer has more than 2,000,000 values");
    std::map<UtcTime, Mix> steps;
    for (const Period& p : periods) {
      UtcTime t = p.start;
      for (const std::optional<double>& value : p.values) {
        for (const UtcTime next = t + p.step; t < next; t += finest) {
          Mix& mix = steps[t];
          if (!p.generation) {
            mix.pumping = true;
            continue;
          }
          const auto [place, is_new] = mix.energy.emplace(p.type, value);
          if (!is_new && place->second != value) {
            in.fail("overlap", fmt::format("two values of {} at {}", p.type, format_utc(t)));
          }
        }
      }
    }
    const Mixer mixer(in, entsoe_codes);
    Record prototype = in.record();
    prototype.zone = zone;
    mixer.label(prototype);
    in.check_kind(prototype);
    std::vector<Record> all;
    all.reserve(steps.size());
    for (const auto& [start, mix] : steps) {
      Record r = prototype;
      in.put_interval(r, start, finest);
      mixer.put_value(r, mix.energy);
      if (mix.pumping && std::find(r.flags.begin(), r.flags.end(), "storage_excluded") == r.flags.end()) {
        r.flags.emplace_back("storage_excluded");
      }
      all.push_back(std::move(r));
    }
    return all;
  }
};

}  // namespace

const Provider& entsoe() {
  static const Entsoe provider;
  return provider;
}

}  // namespace co2lib::intensity::built_in
