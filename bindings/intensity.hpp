// SPDX-License-Identifier: MIT
// What the binding files of the domain intensity share. Enumerations are texts in Python, times timezone-aware
// datetimes.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <co2lib/intensity.hpp>

#include "bindings.hpp"
#include "utc_time.hpp"

namespace co2lib::bindings::intensity_domain {

using namespace co2lib::intensity;

using SourcePointer = std::shared_ptr<IntensitySource>;

inline UtcTime to_utc(const py::object& time) { return bindings::to_utc(time, "intensity"); }
inline std::chrono::nanoseconds to_duration(const py::object& time) { return bindings::to_duration(time, "intensity"); }
inline py::object optional_time(const std::optional<UtcTime>& t) { return t ? from_utc(*t) : py::none(); }
inline std::optional<UtcTime> optional_utc(const py::object& t) {
  return t.is_none() ? std::nullopt : std::optional(to_utc(t));
}

inline constexpr const char* bad_value = "intensity.bad_value";

inline Signal signal_of(const std::string& x) { return parse<Signal>(x, "signal", bad_value); }
inline Scope scope_of(const std::string& x) { return parse<Scope>(x, "scope", bad_value); }
inline Basis basis_of(const std::string& x) { return parse<Basis>(x, "basis", bad_value); }
inline Method method_of(const std::string& x) { return parse<Method>(x, "method", bad_value); }
inline Status status_of(const std::string& x) { return parse<Status>(x, "status", bad_value); }

/// The source of an IntensitySource, a Trace, a CarbonIntensity or a function of Python; raises intensity.bad_value.
SourcePointer source_of(const py::object& what, SourceOptions options);

/// As pybind11 holds sources; the interface has const functions only.
inline SourcePointer unconst(const std::shared_ptr<const IntensitySource>& source) {
  return std::const_pointer_cast<IntensitySource>(source);
}

std::vector<EnergySample> samples_of(const py::iterable& items);
PriceOptions options_of(const std::string& gap, const std::string& mode, const py::object& max_hold);
Priced price_with(const std::vector<EnergySample>& samples, const py::object& source, const PriceOptions& options);

void register_records(py::module_& m);
void register_price(py::module_& m);
void register_trace(py::module_& m);
void register_sources(py::module_& m);
void register_places(py::module_& m);
void register_functions(py::module_& m);
void register_lines(py::module_& m);
void register_mix(py::module_& m);
void register_forecast(py::module_& m);
void register_providers(py::module_& m);
void register_network(py::module_& m);

}  // namespace co2lib::bindings::intensity_domain
