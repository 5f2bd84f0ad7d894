// SPDX-License-Identifier: MIT
// Domain intensity: what touches a network: redaction, retry, cache, fallback chain, live sources.
#include "intensity.hpp"

#include "gil.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <variant>

#include <co2lib/clock.hpp>
#include <co2lib/intensity/fallback.hpp>
#include <co2lib/intensity/fetch.hpp>
#include <co2lib/intensity/live.hpp>
#include <co2lib/intensity/redact.hpp>

namespace co2lib::bindings::intensity_domain {

namespace {

/// Something of Python that is called, and given up, with the GIL held.
std::shared_ptr<py::object> held(py::object object) {
  return {new py::object(std::move(object)), [](py::object* o) {
            unless_python_ends([&] {
              const py::gil_scoped_acquire acquire;
              delete o;
            });
          }};
}

std::vector<HttpField> fields_of(const py::handle& headers) {
  std::vector<HttpField> fields;
  const py::object pairs =
      py::hasattr(headers, "items") ? headers.attr("items")() : py::reinterpret_borrow<py::object>(headers);
  for (const py::handle pair : pairs) {
    const auto both = py::reinterpret_borrow<py::object>(pair).cast<std::pair<std::string, std::string>>();
    fields.push_back({both.first, both.second, is_secret_header(both.first)});
  }
  return fields;
}

std::string body_text(const py::handle& body) {
  if (body.is_none()) return {};
  return py::isinstance<py::str>(body) ? body.cast<std::string>()
                                       : std::string(py::bytes(py::reinterpret_borrow<py::object>(body)));
}

/// A response as Python gives it: an HttpResponse, or a tuple of status, headers and body.
HttpResponse response_of(const py::object& answer) {
  if (py::isinstance<HttpResponse>(answer)) return answer.cast<HttpResponse>();
  if (py::isinstance<py::tuple>(answer) && py::len(answer) == 3) {
    const auto parts = answer.cast<py::tuple>();
    return {parts[0].cast<int>(), fields_of(parts[1]), body_text(parts[2])};
  }
  if (py::hasattr(answer, "status") && py::hasattr(answer, "headers") && py::hasattr(answer, "body")) {
    return {answer.attr("status").cast<int>(), fields_of(answer.attr("headers")), body_text(answer.attr("body"))};
  }
  throw Error("intensity.bad_value",
              "a transport returns an HttpResponse, or a tuple of status, headers and body, not " +
                  py::str(py::type::of(answer)).cast<std::string>());
}

/// What a transport of Python raised. Its text may hold a URL; what is not an Exception (Ctrl-C) ends the request, and
/// comes again in the main thread.
Error error_of(py::error_already_set& error) {
  const py::object& value = error.value();
  if (py::hasattr(value, "code") && py::isinstance(value, py::module_::import("co2lib._errors").attr("Error"))) {
    const auto code = value.attr("code").cast<std::string>();
    const auto message = value.attr("message").cast<std::string>();
    const std::string_view name = std::string_view(code).substr(std::min<std::size_t>(10, code.size()));
    return Error(code, message, {}, category_of(name));
  }
  if (!error.matches(PyExc_Exception)) {
    if (error.matches(PyExc_KeyboardInterrupt)) PyErr_SetInterrupt();
    return Error("intensity.transport", "the request was interrupted", {{"retry", std::string("never")}},
                 ErrorCategory::connection);
  }
  const bool timeout = error.matches(PyExc_TimeoutError);
  return Error(timeout ? "intensity.timeout" : "intensity.transport", redact(py::str(value).cast<std::string>()), {},
               ErrorCategory::connection);
}

Transport transport_of(const py::object& callable) {
  if (PyCallable_Check(callable.ptr()) == 0) {
    throw Error("intensity.bad_value",
                "a transport is a function of a request, not " + py::str(py::type::of(callable)).cast<std::string>());
  }
  return [function = held(callable)](const HttpRequest& request) {
    return unless_python_ends([&] {
      const py::gil_scoped_acquire acquire;
      try {
        return response_of((*function)(request));
      } catch (py::error_already_set& error) {
        throw error_of(error);
      }
    });
  };
}

/// What `fetch` waits with: functions of Python, or the system's clock.
HttpResponse fetch_with(const py::object& transport, const py::object& what, const py::object& wait,
                        const py::object& now, const py::object& jitter, int attempts) {
  HttpRequest request;
  if (py::isinstance<py::str>(what)) {
    request.url = what.cast<std::string>();
  } else {
    request = what.cast<HttpRequest>();
  }
  RetryOptions options;
  options.attempts = attempts;
  if (!jitter.is_none()) {
    options.jitter = [call = held(jitter)] {
      const py::gil_scoped_acquire acquire;
      return (*call)().cast<double>();
    };
  }
  SystemClock clock;
  Waiter waiter;
  Waits waits = waits_on(clock, waiter);
  if (!wait.is_none()) {
    waits.wait = [call = held(wait)](std::chrono::nanoseconds time) {
      const py::gil_scoped_acquire acquire;
      const py::object answer = (*call)(std::chrono::duration<double>(time).count());
      return answer.is_none() || answer.cast<bool>();
    };
  }
  if (!now.is_none()) {
    waits.now = [time = to_utc(now)] { return time; };
  }
  const Transport send = transport_of(transport);
  const GilReleased released;  // waits, and the transport takes the GIL itself
  return fetch(send, request, waits, options);
}

template <class T>
void set(const py::dict& given, const char* name, T& to) {
  if (given.contains(name)) to = given[name].cast<T>();
}

LiveOptions options_of(std::string zone, const py::dict& given, int attempts) {
  static const char* const known[] = {"token",
                                      "user",
                                      "password",
                                      "base_url",
                                      "version",
                                      "latitude",
                                      "longitude",
                                      "data_center",
                                      "signal",
                                      "scope",
                                      "model",
                                      "factor_set",
                                      "factors",
                                      "granularity",
                                      "disable_estimations",
                                      "widen",
                                      "token_header",
                                      "cache",
                                      "include_imputed_marker"};
  for (const auto& [key, value] : given) {
    const auto name = key.cast<std::string>();
    if (std::none_of(std::begin(known), std::end(known), [&](const char* k) { return name == k; })) {
      throw Error("intensity.bad_value", "a live source has no option '" + name + "'");
    }
  }
  LiveOptions o;
  o.zone = std::move(zone);
  o.retry.attempts = attempts;
  ProviderSettings& s = o.settings;
  set(given, "token", s.token);
  set(given, "user", s.user);
  set(given, "password", s.password);
  set(given, "base_url", s.base_url);
  set(given, "version", s.version);
  set(given, "token_header", s.token_header);
  set(given, "granularity", s.granularity);
  set(given, "disable_estimations", s.disable_estimations);
  set(given, "model", s.model);
  set(given, "include_imputed_marker", s.include_imputed_marker);
  set(given, "widen", s.widen);
  set(given, "factor_set", s.factor_set);
  set(given, "factors", s.factors);
  set(given, "latitude", o.latitude);
  set(given, "longitude", o.longitude);
  set(given, "data_center", o.data_center);
  set(given, "cache", o.cache);
  if (given.contains("signal")) o.signal = signal_of(given["signal"].cast<std::string>());
  if (given.contains("scope")) o.scope = scope_of(given["scope"].cast<std::string>());
  return o;
}

FallbackOptions fallback_options(std::string location, const std::shared_ptr<Cache>& cache, const py::object& stale_for,
                                 const std::optional<std::string>& signal, const std::optional<std::string>& scope) {
  FallbackOptions o;
  o.location = std::move(location);
  o.cache = cache;
  if (!stale_for.is_none()) o.stale_for = bindings::to_duration(stale_for, "intensity");
  if (signal) o.signal = signal_of(*signal);
  if (scope) o.scope = scope_of(*scope);
  return o;
}

CacheKey key_of(const std::string& provider, const std::string& zone, const std::string& signal,
                const std::string& scope) {
  return {provider, zone, signal_of(signal), scope_of(scope)};
}

void register_http(py::module_& m) {
  m.def("redact", static_cast<std::string (*)(std::string_view)>(&redact), py::arg("url"),
        "The URL with ``***`` for its user info and for the values of secret names.");
  m.def(
      "redact_headers",
      [](const std::map<std::string, std::string>& headers) {
        std::map<std::string, std::string> shown;
        for (const auto& [name, value] : headers) shown[name] = is_secret_header(name) ? std::string(redacted) : value;
        return shown;
      },
      py::arg("headers"), "The headers with ``***`` for the values that are secret.");
  m.def("code_of_status", &code_of_status, py::arg("status"), py::arg("body") = "",
        "The code that a status means, without `intensity.`; empty for 2xx.");
  m.def("fetch", &fetch_with, py::arg("transport"), py::arg("request"), py::kw_only(), py::arg("wait") = py::none(),
        py::arg("now") = py::none(), py::arg("jitter") = py::none(), py::arg("attempts") = 3,
        "Sends a request until it is answered for good: repeated where that can help, redirected on its host only.");
}

void register_cache(py::module_& m) {
  py::class_<Cache, std::shared_ptr<Cache>>(m, "Cache", "Records of providers, kept for the time when they fail.")
      .def(py::init([](const std::optional<std::filesystem::path>& folder) {
             return folder ? std::make_shared<Cache>(*folder) : std::make_shared<Cache>();
           }),
           py::arg("folder") = py::none())
      .def(
          "find",
          [](const Cache& c, const std::string& provider, const std::string& zone, const py::object& start,
             const py::object& end, const std::string& signal, const std::string& scope) {
            return c.find(key_of(provider, zone, signal, scope), to_utc(start), to_utc(end));
          },
          py::arg("provider"), py::arg("zone"), py::arg("start"), py::arg("end"), py::kw_only(),
          py::arg("signal") = "average", py::arg("scope") = "lifecycle",
          "The records that overlap [a, b), sorted, without overlap; looks for what other processes wrote.")
      .def(
          "put",
          [](Cache& c, const std::string& provider, const std::string& zone, const std::vector<Record>& records,
             const std::string& signal, const std::string& scope) {
            const CacheKey key = key_of(provider, zone, signal, scope);
            const GilReleased released;  // writes files
            c.put(key, records);
          },
          py::arg("provider"), py::arg("zone"), py::arg("records"), py::kw_only(), py::arg("signal") = "average",
          py::arg("scope") = "lifecycle",
          "Takes records in. In a folder that cannot be written they stay in memory; `issues` tells.")
      .def_property_readonly("issues", &Cache::issues,
                             "What went wrong with the folder: `cache_damaged`, `cache_unwritable`, `cache_busy`.")
      .def("__repr__", [](const Cache& c) {
        return "<co2lib.intensity.Cache " + (c.folder().empty() ? "in memory" : c.folder().string()) + ">";
      });
}

void register_live(py::module_& m) {
  py::class_<LiveSource, IntensitySource, std::shared_ptr<LiveSource>>(m, "LiveSource",
                                                                       "A provider that is asked when needed.")
      .def_property_readonly("failure", &LiveSource::failure, "What went wrong when it was asked last, or None.")
      .def_property_readonly("remarks", &LiveSource::remarks, "What the provider remarked on its answers.")
      .def("__repr__", [](const LiveSource& s) { return "<co2lib.intensity.LiveSource " + s.describe().name + ">"; });
  m.def(
      "provider_ids",
      [] {
        std::vector<std::string> ids;
        for (const Provider* p : providers()) ids.emplace_back(p->info().id);
        return ids;
      },
      "The ids by which `live_source` finds providers.");
  m.def(
      "live_source",
      [](const std::string& provider_id, std::string zone, const py::dict& settings, const py::object& transport,
         std::optional<std::shared_ptr<Clock>> clock, int attempts) {
        return std::const_pointer_cast<LiveSource>(live_source(provider_id,
                                                               options_of(std::move(zone), settings, attempts),
                                                               transport_of(transport), clock.value_or(nullptr)));
      },
      py::arg("provider"), py::arg("zone"), py::arg("settings"), py::arg("transport"), py::arg("clock") = py::none(),
      py::arg("attempts") = 3);
  m.def(
      "with_fallback",
      [](const std::optional<std::shared_ptr<IntensitySource>>& source, std::string location,
         const std::optional<std::shared_ptr<Cache>>& cache, const py::object& stale_for,
         const std::optional<std::string>& signal, const std::optional<std::string>& scope) {
        return std::const_pointer_cast<IntensitySource>(
            with_fallback(source.value_or(nullptr),
                          fallback_options(std::move(location), cache.value_or(nullptr), stale_for, signal, scope)));
      },
      py::arg("source"), py::arg("location") = "", py::arg("cache") = py::none(), py::arg("stale_for") = py::none(),
      py::arg("signal") = py::none(), py::arg("scope") = py::none());
  m.def(
      "fallback",
      [](const py::object& now, const std::optional<std::variant<std::vector<Record>, std::string>>& live,
         const std::vector<Record>& cache, std::string location, const std::optional<std::string>& signal,
         const std::optional<std::string>& scope, const py::object& stale_for) {
        LiveAnswer answer;
        if (live && live->index() == 0) answer.records = std::get<0>(*live);
        if (live && live->index() == 1) answer.error = std::get<1>(*live);
        return fallback(to_utc(now), live ? &answer : nullptr, cache,
                        fallback_options(std::move(location), nullptr, stale_for, signal, scope));
      },
      py::arg("now"), py::kw_only(), py::arg("live") = py::none(), py::arg("cache") = std::vector<Record>(),
      py::arg("location") = "", py::arg("signal") = py::none(), py::arg("scope") = py::none(),
      py::arg("stale_for") = py::none(),
      "The record of a time by the chain: live records or the code of their failure, cached records, factors.");
}

}  // namespace

void register_network(py::module_& m) {
  register_http(m);
  register_cache(m);
  register_live(m);
}

}  // namespace co2lib::bindings::intensity_domain
