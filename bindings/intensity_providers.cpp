// SPDX-License-Identifier: MIT
// Providers of carbon intensities: requests and responses as values. No repr and no message shows a secret.
#include "intensity.hpp"

#include <algorithm>
#include <map>

#include <pybind11/chrono.h>

#include "gil.hpp"

#include <co2lib/intensity/provider.hpp>

namespace co2lib::bindings::intensity_domain {

namespace {

py::object time_or_none(const std::optional<UtcTime>& t) { return t ? from_utc(*t) : py::none(); }
std::optional<UtcTime> utc_or_none(const py::object& t) {
  return t.is_none() ? std::nullopt : std::optional(bindings::to_utc(t, "intensity"));
}
std::optional<std::chrono::nanoseconds> duration_or_none(const py::object& t) {
  return t.is_none() ? std::nullopt : std::optional(bindings::to_duration(t, "intensity"));
}

template <Named E>
std::optional<E> named(const std::optional<std::string>& name, std::string_view field) {
  if (!name) return std::nullopt;
  return parse<E>(*name, field, "intensity.bad_value");
}

std::vector<HttpField> fields_of(const std::map<std::string, std::string>& items) {
  std::vector<HttpField> fields;
  fields.reserve(items.size());
  for (const auto& [name, value] : items) fields.push_back({name, value});
  return fields;
}

std::string body_of(const py::object& body) {
  if (py::isinstance<py::str>(body) || py::isinstance<py::bytes>(body)) return body.cast<std::string>();
  throw Error("intensity.bad_value", "the body of a response is bytes or a text");
}

std::string shown(const HttpField& field) { return field.name + "=" + (field.secret ? "***" : field.value); }

void bind_http(py::module_& m) {
  py::class_<HttpField>(m, "HttpField", "A name and its value: of a query, not yet percent-encoded, or of a header.")
      .def_readonly("name", &HttpField::name, "As it is sent.")
      .def_readonly("value", &HttpField::value, "As it is sent, also where it is a secret.")
      .def_readonly("secret", &HttpField::secret, "A token or password: never shown, logged or stored.")
      .def("__repr__", [](const HttpField& f) { return "<co2lib.intensity.HttpField " + shown(f) + ">"; });

  py::class_<HttpRequest>(m, "HttpRequest", "What is sent to a provider; its repr shows no secret.")
      .def_readonly("method", &HttpRequest::method, "`GET`, or `POST`.")
      .def_readonly("url", &HttpRequest::url, "Without the query.")
      .def_readonly("query", &HttpRequest::query, "In their order.")
      .def_readonly("headers", &HttpRequest::headers, "In their order.")
      .def_property_readonly(
          "body", [](const HttpRequest& r) { return py::bytes(r.body); }, "Of the request; empty: there is none.")
      .def_readonly("endpoint", &HttpRequest::endpoint, "The provider's name of what is asked, for Provider.parse.")
      .def_property_readonly(
          "connect_timeout", [](const HttpRequest& r) { return r.connect_timeout; }, "Until the connection stands.")
      .def_property_readonly(
          "timeout", [](const HttpRequest& r) { return r.timeout; }, "Of the whole request.")
      .def_readonly("body_limit", &HttpRequest::body_limit, "Bytes of the response's body.")
      .def_property_readonly("target", &target, "The whole URL as it is sent, secrets and all.")
      .def("__str__", [](const HttpRequest& r) { return to_string(r); })
      .def("__repr__", [](const HttpRequest& r) { return "<co2lib.intensity.HttpRequest " + to_string(r) + ">"; });

  py::class_<HttpResponse>(m, "HttpResponse", "What came back.")
      .def(py::init([](int status, const py::object& body, const std::map<std::string, std::string>& headers) {
             return HttpResponse{status, fields_of(headers), body_of(body)};
           }),
           py::arg("status"), py::arg("body") = py::bytes(), py::arg("headers") = std::map<std::string, std::string>())
      .def_readonly("status", &HttpResponse::status, "Of HTTP: 200.")
      .def_readonly("headers", &HttpResponse::headers, "In the order received; names as received.")
      .def_property_readonly(
          "body", [](const HttpResponse& r) { return py::bytes(r.body); }, "Decoded text; at most `body_limit` bytes.")
      .def("__repr__", [](const HttpResponse& r) {
        return "<co2lib.intensity.HttpResponse " + std::to_string(r.status) + ", " + std::to_string(r.body.size()) +
               " bytes>";
      });
}

Query make_query(std::string zone, std::optional<double> latitude, std::optional<double> longitude,
                 std::string data_center, const py::object& start, const py::object& end, const py::object& horizon,
                 const py::object& now, const std::optional<std::string>& signal,
                 const std::optional<std::string>& scope, std::optional<std::int64_t> total_rows,
                 ProviderSettings settings) {
  Query q;
  q.zone = std::move(zone);
  q.latitude = latitude;
  q.longitude = longitude;
  q.data_center = std::move(data_center);
  q.start = utc_or_none(start);
  q.end = utc_or_none(end);
  if (const auto length = duration_or_none(horizon)) q.horizon = std::chrono::ceil<std::chrono::hours>(*length);
  q.now = utc_or_none(now);
  q.signal = named<Signal>(signal, "signal");
  q.scope = named<Scope>(scope, "scope");
  q.total_rows = total_rows;
  q.settings = std::move(settings);
  return q;
}

std::string query_text(const Query& q) {
  std::string line = "<co2lib.intensity.Query " + (q.zone.empty() ? std::string("without a zone") : q.zone);
  if (q.start && q.end) line += " " + intensity::detail::range_text(*q.start, *q.end);
  if (q.horizon) line += " forecast of " + std::to_string(q.horizon->count()) + " h";
  return line + ">";
}

void bind_query(py::module_& m) {
  py::class_<ProviderSettings>(m, "ProviderSettings",
                               "What the user of a provider sets once; empty or None is the provider's default.")
      .def(py::init([](std::optional<std::string> token, std::string user, std::string password, std::string base_url,
                       std::string version, std::string token_header, std::string granularity,
                       std::optional<bool> disable_estimations, std::string model, bool include_imputed_marker,
                       bool widen, std::string factor_set, std::map<std::string, double> factors,
                       const py::object& chunk, std::int64_t page_rows) {
             return ProviderSettings{.token = std::move(token),
                                     .user = std::move(user),
                                     .password = std::move(password),
                                     .base_url = std::move(base_url),
                                     .version = std::move(version),
                                     .token_header = std::move(token_header),
                                     .granularity = std::move(granularity),
                                     .disable_estimations = disable_estimations,
                                     .model = std::move(model),
                                     .include_imputed_marker = include_imputed_marker,
                                     .widen = widen,
                                     .factor_set = std::move(factor_set),
                                     .factors = std::move(factors),
                                     .chunk = duration_or_none(chunk),
                                     .page_rows = page_rows};
           }),
           py::kw_only(), py::arg("token") = py::none(), py::arg("user") = "", py::arg("password") = "",
           py::arg("base_url") = "", py::arg("version") = "", py::arg("token_header") = "", py::arg("granularity") = "",
           py::arg("disable_estimations") = py::none(), py::arg("model") = "",
           py::arg("include_imputed_marker") = false, py::arg("widen") = false, py::arg("factor_set") = "",
           py::arg("factors") = std::map<std::string, double>(), py::arg("chunk") = py::none(),
           py::arg("page_rows") = ProviderSettings{}.page_rows)
      .def("__repr__", [](const ProviderSettings& s) {
        return std::string("<co2lib.intensity.ProviderSettings") + (s.token ? " token=***" : "") +
               (s.user.empty() ? "" : " user=***") + ">";
      });

  py::class_<Query>(m, "Query",
                    "What a provider is asked: the latest value; with start and end the records that touch [start, "
                    "end);\nwith horizon the forecast; with all three the forecasts that were made in [start, end).")
      .def(py::init(&make_query), py::arg("zone") = "", py::kw_only(), py::arg("latitude") = py::none(),
           py::arg("longitude") = py::none(), py::arg("data_center") = "", py::arg("start") = py::none(),
           py::arg("end") = py::none(), py::arg("horizon") = py::none(), py::arg("now") = py::none(),
           py::arg("signal") = py::none(), py::arg("scope") = py::none(), py::arg("total_rows") = py::none(),
           py::arg_v("settings", ProviderSettings{}, "ProviderSettings()"))
      .def_readonly("zone", &Query::zone,
                    "The provider's own key: `DE`, a WattTime region, a respondent, a price area, an EIC code.")
      .def_readonly("latitude", &Query::latitude, "In the place of a zone; 0 is a coordinate.")
      .def_readonly("longitude", &Query::longitude, "As above.")
      .def_readonly("data_center", &Query::data_center, "In the place of a zone, Electricity Maps: `gcp:europe-west1`.")
      .def_property_readonly(
          "start", [](const Query& q) { return time_or_none(q.start); }, "Of the interval, part of it.")
      .def_property_readonly(
          "end", [](const Query& q) { return time_or_none(q.end); }, "Of the interval, not part of it.")
      .def_property_readonly(
          "now", [](const Query& q) { return time_or_none(q.now); },
          "The time of asking, for providers that must be told it.")
      .def_readonly("total_rows", &Query::total_rows, "EIA: rows in all, where known; all pages are asked at once.")
      .def("__repr__", &query_text);
}

void bind_answer(py::module_& m) {
  py::class_<IssuedForecast>(m, "IssuedForecast", "A forecast as the provider issued it.")
      .def_property_readonly(
          "generated_at", [](const IssuedForecast& f) { return from_utc(f.generated_at); },
          "When it was made, or issued.")
      .def_readonly("records", &IssuedForecast::records, "Of status `forecast`, in the order of time.");
  py::class_<Answer>(m, "Answer", "What a response says. Records are sorted and touch the interval asked for.")
      .def_readonly("records", &Answer::records, "Of the interval asked for, in the order of time.")
      .def_readonly("forecast_records", &Answer::forecast_records,
                    "Of a provider that answers with both: its forecast.")
      .def_readonly("forecasts", &Answer::forecasts, "One per issue, where past ones were asked for.")
      .def_property_readonly(
          "generated_at", [](const Answer& a) { return time_or_none(a.generated_at); },
          "When the forecast in `records` was made.")
      .def_readonly("issues", &Answer::issues, "Remarks of the provider on its answer.")
      .def_readonly("zone", &Answer::zone, "The zone that coordinates lie in, where that was asked.")
      .def_readonly("token", &Answer::token, "Secret: of a log-in.")
      .def_readonly("total_rows", &Answer::total_rows, "Rows in all pages (EIA).")
      .def("__repr__", [](const Answer& a) {
        return "<co2lib.intensity.Answer " + std::to_string(a.records.size()) + " records, " +
               std::to_string(a.forecast_records.size() + a.forecasts.size()) + " of forecasts>";
      });
}

std::string text_of(std::string_view text) { return std::string(text); }

void bind_provider(py::module_& m) {
  using Holder = std::unique_ptr<Provider, py::nodelete>;  // constants of the library
  py::class_<Provider, Holder>(m, "Provider", "Who publishes carbon intensities; makes requests and reads responses.")
      .def_property_readonly(
          "id", [](const Provider& p) { return text_of(p.info().id); }, "By which it is found: `neso_gb`.")
      .def_property_readonly(
          "name", [](const Provider& p) { return text_of(p.info().name); }, "For people: `NESO Carbon Intensity API`.")
      .def_property_readonly(
          "base_url", [](const Provider& p) { return text_of(p.info().base_url); }, "Empty: must be set.")
      .def_property_readonly(
          "zone", [](const Provider& p) { return text_of(p.info().zone); }, "What its zone is called.")
      .def_property_readonly(
          "licence", [](const Provider& p) { return text_of(p.info().licence); }, "Of its data.")
      .def_property_readonly(
          "needs_token", [](const Provider& p) { return p.info().needs_token; },
          "Whether it answers only with a token.")
      .def_property_readonly(
          "needs_login", [](const Provider& p) { return p.info().needs_login; }, "The token comes from login.")
      .def_property_readonly(
          "needs_now", [](const Provider& p) { return p.info().needs_now; },
          "Query.now must be set for the latest value or the forecast.")
      .def_property_readonly(
          "token_life", [](const Provider& p) { return p.info().token_life; },
          "How long a token of its log-in is valid; None where it has no log-in.")
      .def_property_readonly(
          "step", [](const Provider& p) { return p.info().step; }, "Length of its records.")
      .def_property_readonly(
          "longest_horizon", [](const Provider& p) { return p.info().longest_horizon; },
          "Of its forecasts; 0: it has none.")
      .def_property_readonly(
          "forecast_period", [](const Provider& p) { return p.info().forecast_period; },
          "Until it issues the next forecast; 1 h where unknown.")
      .def_property_readonly(
          "unsettled", [](const Provider& p) { return p.info().unsettled; },
          "Its newest records may lack parts; see settled.")
      .def("requests", &Provider::requests, py::arg("query"),
           "The requests that answer a question; their intervals are contiguous and cover the interval once.")
      .def(
          "parse",
          [](const Provider& p, const std::string& endpoint, const HttpResponse& response, const Query& query) {
            const bindings::GilReleased released;  // pure computation; the arguments keep what it reads alive
            return p.parse(endpoint, response, query);
          },
          py::arg("endpoint"), py::arg("response"), py::arg("query"), "The records of a response.")
      .def(
          "parse",
          [](const Provider& p, const std::string& endpoint, const std::vector<HttpResponse>& pages,
             const Query& query) {
            const bindings::GilReleased released;  // as above
            return p.parse(endpoint, std::span<const HttpResponse>(pages), query);
          },
          py::arg("endpoint"), py::arg("pages"), py::arg("query"), "As above, of the pages of one request in order.")
      .def(
          "next_page",
          [](const Provider& p, const HttpRequest& first, const std::vector<HttpResponse>& pages) {
            return p.next_page(first, pages);
          },
          py::arg("first"), py::arg("pages"), "The request for the rest of an answer; None if it is whole.")
      .def("login", &Provider::login, py::arg("query"), "The request that gives a token (Answer.token).")
      .def("locate", &Provider::locate, py::arg("query"),
           "The request that turns coordinates into a zone, or checks a zone; None if there is none.")
      .def("__repr__", [](const Provider& p) { return "<co2lib.intensity.Provider " + text_of(p.info().id) + ">"; });

  m.def(
      "providers",
      [] {
        py::list all;
        for (const Provider* const p : providers()) all.append(py::cast(p, py::return_value_policy::reference));
        return all;
      },
      "The providers, sorted by id.");
  m.def("provider", &provider, py::arg("id"), py::return_value_policy::reference,
        "The provider with this id; raises intensity.bad_value naming those that are known.");
  m.def(
      "settled",
      [](std::vector<Record> records, const Query& query, const py::object& now, const py::object& unsettled) {
        return settled(std::move(records), query, bindings::to_utc(now, "intensity"),
                       bindings::to_duration(unsettled, "intensity"));
      },
      py::arg("records"), py::arg("query"), py::arg("now"), py::arg("unsettled"),
      "Leaves out the newest records, which may lack parts without a sign of it.");
}

}  // namespace

void register_providers(py::module_& m) {
  bind_http(m);
  bind_query(m);
  bind_answer(m);
  bind_provider(m);
}

}  // namespace co2lib::bindings::intensity_domain
