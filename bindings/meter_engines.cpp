// SPDX-License-Identifier: MIT
// Domain meter, the engines: counters, power, zones, regions.
#include "meter.hpp"
#include "registrar.hpp"

#include <cmath>

#include <co2lib/meter/counter.hpp>
#include <co2lib/meter/power.hpp>
#include <co2lib/meter/zones.hpp>
#include <co2lib/tracker/region_energies.hpp>

namespace co2lib::bindings::meter_domain {

namespace {

MonotonicTime from_seconds(double seconds) {
  if (!std::isfinite(seconds) || std::fabs(seconds) > 9e9) {
    throw Error("meter.bad_input", "a time is not finite or beyond 285 years: " + std::to_string(seconds));
  }
  return MonotonicTime(static_cast<std::int64_t>(std::llround(seconds * 1e9)));
}

std::optional<TimeWindow> window_of(const std::optional<std::pair<double, double>>& w) {
  if (!w) return std::nullopt;
  return TimeWindow{from_seconds(w->first), from_seconds(w->second)};
}

using CountSamples = std::vector<std::pair<double, std::optional<std::uint64_t>>>;
using WattSamples = std::vector<std::pair<double, std::optional<double>>>;

std::vector<CounterSample> counter_samples(const CountSamples& samples) {
  std::vector<CounterSample> out;
  out.reserve(samples.size());
  for (const auto& [t, count] : samples) out.push_back({from_seconds(t), count});
  return out;
}

std::vector<PowerSample> power_samples(const WattSamples& samples) {
  std::vector<PowerSample> out;
  out.reserve(samples.size());
  for (const auto& [t, watts] : samples) {
    out.push_back({from_seconds(t), watts ? std::optional(Watts{*watts, *watts, *watts, false}) : std::nullopt});
  }
  return out;
}

}  // namespace

void register_windows(py::module_& m) {
  py::class_<WindowEnergy>(m, "WindowEnergy", "Energy of one meter in one window, in J and s.")
      .def_readonly("energy_j", &WindowEnergy::energy_j, "measured + estimated; None where nothing was covered")
      .def_readonly("measured_j", &WindowEnergy::measured_j, "accepted steps only")
      .def_readonly("estimated_j", &WindowEnergy::estimated_j, "fill for uncovered time")
      .def_property_readonly(
          "bounds_j", [](const WindowEnergy& w) { return std::pair(w.low_j, w.high_j); },
          "hard bounds that follow from the data alone")
      .def_property_readonly(
          "interval_j", [](const WindowEnergy& w) { return std::pair(w.interval_low_j, w.interval_high_j); },
          "bounds widened by sensor or model error, 95 %")
      .def_property_readonly("coverage", &WindowEnergy::coverage, "0..1; None for a window of length zero")
      .def_readonly("duration_s", &WindowEnergy::duration_s, "Of the window.");
  bindings::declared<py::class_<Record>>(m, "Record")
      .def_readonly("meter", &Record::meter, "What it is.")
      .def_readonly("window", &Record::window, "The numbers.")
      .def_property_readonly("energy", &Record::energy, "The energy with bounds and interval.")
      .def_property_readonly("mean_power", &Record::mean_power, "Energy over duration.")
      .def_property_readonly(
          "method", [](const Record& r) { return std::string(text(r.method)); }, "How the energy was obtained.")
      .def_readonly("issues", &Record::issues, "Subject: the meter's id.")
      .def_property_readonly(
          "wraps", [](const Record& r) { return r.events.wraps; },
          "Steps in which the counter started again at its range.")
      .def_property_readonly(
          "resets", [](const Record& r) { return r.events.resets; },
          "Falls of the counter that are no wrap; the steps across them are gaps.")
      .def_property_readonly(
          "missed_reads", [](const Record& r) { return r.events.missed_reads; }, "Reads that failed.")
      .def_property_readonly(
          "glitches", [](const Record& r) { return r.events.glitches; },
          "Readings that were dropped because the next ones showed them to be wrong.")
      .def_property_readonly(
          "late_ticks", [](const Record& r) { return r.events.late_ticks; },
          "Reads that came too late for the period asked for.")
      .def("__repr__", [](const Record& r) {
        const auto e = r.energy();
        return "<co2lib.meter.Record " + r.meter.id + " " + (e.value ? to_string(*e.value) : "unknown") + ">";
      });
  py::class_<ZoneRole>(m, "ZoneRole", "What the counting of zones decides for one meter.")
      .def_readonly("counted", &ZoneRole::counted,
                    "Belongs to the CPU, DRAM or GPU part, also while its value is None.")
      .def_readonly("in_total", &ZoneRole::in_total,
                    "Belongs to the total: what is counted, or the platform and GPUs where that is all there is.")
      .def_readonly("mirror_of", &ZoneRole::mirror_of, "Index of the meter that shows the same register.")
      .def_readonly("duplicate_of", &ZoneRole::duplicate_of, "Index of the meter of the first control type.");
  py::class_<Part>(m, "Part", "A part of a total.")
      .def_readonly("energy_j", &Part::energy_j, "Of the meters that have a value.")
      .def_property_readonly(
          "bounds_j", [](const Part& p) { return std::pair(p.low_j, p.high_j); }, "Lower and upper hard bound, J.")
      .def_property_readonly(
          "interval_j", [](const Part& p) { return std::pair(p.interval_low_j, p.interval_high_j); },
          "Lower and upper end of the interval, J.")
      .def_readonly("present", &Part::present, "There is a meter for it.")
      .def_readonly("incomplete", &Part::incomplete, "A meter of it has no value.");
  bindings::declared<py::class_<Totals>>(m, "Totals")
      .def_readonly("cpu", &Totals::cpu, "Packages, or their model.")
      .def_readonly("dram", &Totals::dram, "Memory by a sensor.")
      .def_readonly("gpu", &Totals::gpu, "Graphics and neural processors.")
      .def_readonly("platform", &Totals::platform, "Stands beside the total and is never added.")
      .def_readonly("ram_model", &Totals::ram_model, "Memory by a model.")
      .def_readonly("total", &Totals::total, "Of the machine; the platform's where that is all there is.")
      .def_readonly("issues", &Totals::issues, "`incomplete` and `platform_only`, of the sum itself.");
  py::class_<ZoneResult>(m, "ZoneResult", "What the counters of a machine add up to.")
      .def_readonly("records", &ZoneResult::records, "One per trace, in order.")
      .def_readonly("roles", &ZoneResult::roles, "One per trace, in order.")
      .def_readonly("totals", &ZoneResult::totals, "Of what counts.");
}

void register_engines(py::module_& m) {
  m.def(
      "zone_domain",
      [](const std::string& name, const std::optional<std::string>& parent_domain) {
        std::optional<Domain> parent;
        if (parent_domain) parent = parse<Domain>(*parent_domain, "parent_domain", "meter.bad_input");
        return std::string(text(zone_domain(name, parent)));
      },
      py::arg("name"), py::arg("parent_domain") = std::nullopt,
      "The domain of a RAPL zone by its name and its parent's domain. Raises meter.bad_input.");
  m.def(
      "integrate_counter",
      [](const MeterInfo& info, const CountSamples& samples, std::optional<std::pair<double, double>> window) {
        return integrate_counter(info, counter_samples(samples)).record(window_of(window));
      },
      py::arg("info"), py::arg("samples"), py::arg("window") = std::nullopt,
      "Energy of a counter trace [(seconds, count or None)]; a window (begin, end) in s, default the trace's own.");
  m.def(
      "integrate_power",
      [](const MeterInfo& info, const WattSamples& samples, double max_gap_s,
         std::optional<std::pair<double, double>> window) {
        if (!(max_gap_s > 0)) throw Error("meter.bad_input", "max_gap_s: must be above 0");
        return integrate_power(info, power_samples(samples), max_gap_s).record(window_of(window));
      },
      py::arg("info"), py::arg("samples"), py::arg("max_gap_s") = default_max_gap_s, py::arg("window") = std::nullopt,
      "Energy of a power trace [(seconds, watts or None)] by the trapezoid rule.");
  py::class_<PowerSummary>(m, "PowerSummary", "Energy and mean power of a sequence of intervals.")
      .def_readonly("energy", &PowerSummary::energy, "Sum over the intervals.")
      .def_property_readonly(
          "duration_s", [](const PowerSummary& s) { return s.duration.count(); }, "Sum over the intervals, s.")
      .def_readonly("mean", &PowerSummary::mean, "energy / duration; None for a duration of zero");
  m.def(
      "mean_power",
      [](const std::vector<std::pair<double, double>>& intervals) {
        std::vector<std::pair<Seconds, Power>> parts;
        for (const auto& [seconds, watts] : intervals) parts.emplace_back(Seconds(seconds), Power::from_watts(watts));
        return mean_power(parts);
      },
      py::arg("intervals"), "Mean power of intervals (seconds, watts): energy over duration.");
  m.def(
      "integrate_zones",
      [](const std::vector<std::pair<MeterInfo, CountSamples>>& zones,
         std::optional<std::pair<double, double>> window) {
        std::vector<CounterTrace> traces;
        for (const auto& [info, samples] : zones) traces.push_back({info, counter_samples(samples)});
        return integrate_zones(traces, window_of(window));
      },
      py::arg("zones"), py::arg("window") = std::nullopt,
      "Counter traces of one machine: records, what is counted once, and totals.");
  m.def(
      "region_energies",
      [](const MeterInfo& info, const CountSamples& samples,
         const std::vector<std::tuple<std::string, double, double, std::int64_t, std::optional<std::size_t>>>&
             regions) {
        const meter::Trace trace = integrate_counter(info, counter_samples(samples));
        std::vector<tracker::RegionSpan> spans;
        for (const auto& [name, begin, end, thread, parent] : regions) {
          spans.push_back({name, from_seconds(begin), from_seconds(end), thread, parent});
        }
        const tracker::RegionEnergies energies = tracker::region_energies(trace.curve, spans);
        py::list out;
        for (const tracker::RegionEnergy& r : energies.regions) out.append(py::make_tuple(r.inclusive, r.exclusive_j));
        return py::make_tuple(out, energies.union_j, trace.record());
      },
      py::arg("info"), py::arg("samples"), py::arg("regions"),
      "Regions (name, begin_s, end_s, thread, parent index or None) on one counter: their (inclusive, exclusive J), "
      "the "
      "union's energy in J, and the record of the whole trace.");
}

}  // namespace co2lib::bindings::meter_domain
