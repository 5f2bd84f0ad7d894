// SPDX-License-Identifier: MIT
// The footprint of a run, and its parts.
#include "tracker.hpp"

#include <map>

#include <pybind11/chrono.h>

#include "named.hpp"
#include "notebook.hpp"
#include "registrar.hpp"
#include "utc_time.hpp"

namespace co2lib::bindings::tracker_domain {

namespace {

/// A footprint in a format of others: `co2lib.exchange` has the keywords and their checks.
py::object exchanged(const char* format, const py::object& footprint, const py::kwargs& how) {
  return py::module_::import("co2lib.exchange").attr("of_footprint")(format, footprint, **how);
}

/// Reads a field whose class is of the rest of this domain, or of `domain`.
template <TypeName type, auto field>
auto part(const char* domain = "tracker") {
  return [domain](const Footprint& f) {
    bindings::use(domain);
    return Named<type>::of(f.*field);
  };
}

}  // namespace

void register_parts(py::module_& m) {
  py::class_<Facility>(m, "Facility", "The building around the machine.")
      .def(py::init([](double pue, double wue) {
             return Facility{pue, wue};
           }),
           py::arg("pue") = 1.0, py::arg("wue") = 0.0)
      .def_readonly("pue", &Facility::pue, "Facility energy / IT energy, at least 1.")
      .def_readonly("wue", &Facility::wue, "L per kWh of IT energy")
      .def("__repr__", [](const Facility& f) {
        return "Facility(pue=" + py::repr(py::float_(f.pue)).cast<std::string>() +
               ", wue=" + py::repr(py::float_(f.wue)).cast<std::string>() + ")";
      });
  py::class_<RegionResult>(m, "RegionResult", "What one region used.")
      .def_readonly("name", &RegionResult::name, "That it was opened with.")
      .def_readonly("id", &RegionResult::id, "From 1, unique in the run's segment.")
      .def_readonly("parent", &RegionResult::parent, "Id of the region it was opened in; 0: none.")
      .def_readonly("thread", &RegionResult::thread, "The line of execution it belongs to; threads count up from 1.")
      .def_property_readonly(
          "start", [](const RegionResult& r) { return bindings::from_utc(r.start); }, "datetime in UTC")
      .def_property_readonly(
          "duration_s", [](const RegionResult& r) { return r.duration.count(); },
          "Length of the region, suspend excluded, s.")
      .def_readonly("duration", &RegionResult::duration, "timedelta")
      .def_readonly("energy", &RegionResult::energy, "Energy of the run's scope, with bounds and interval.")
      .def_readonly("exclusive", &RegionResult::exclusive, "Without direct children of the same thread.")
      .def_readonly("carbon", &RegionResult::carbon, "By the intensity of its time, PUE included.")
      .def("__repr__", [](const RegionResult& r) {
        return "<co2lib.tracker.RegionResult " + r.name + " " +
               (r.energy.value ? to_string(*r.energy.value) : std::string("unknown")) + ">";
      });
  py::class_<DeviceFootprint>(m, "DeviceFootprint", "The record of one meter, with its place in the totals.")
      .def_property_readonly(
          "record",
          [](const DeviceFootprint& d) -> const meter::Record& {
            bindings::use("meter");
            return d.record;
          },
          "The energy, how it was measured, and what happened meanwhile.")
      .def_readonly("counted", &DeviceFootprint::counted, "Belongs to the CPU, DRAM or GPU part of the totals.")
      .def_readonly("in_total", &DeviceFootprint::in_total,
                    "Belongs to the total: counted, or the platform where that is all there is.")
      .def_readonly("host", &DeviceFootprint::host, "The machine; empty if unknown.")
      .def_readonly("rank", &DeviceFootprint::rank, "Of the process that measured it, where its launcher told.")
      .def_readonly("mirror_of", &DeviceFootprint::mirror_of, "Id of the meter it mirrors; empty if it mirrors none.")
      .def_readonly("duplicate_of", &DeviceFootprint::duplicate_of,
                    "Id of the meter it copies; empty if it copies none.")
      .def_property_readonly(
          "energy", [](const DeviceFootprint& d) { return d.record.energy(); },
          "Measured and estimated, with bounds and interval.")
      .def_property_readonly(
          "id", [](const DeviceFootprint& d) { return d.record.meter.id; },
          "Stable id of its meter: a zone's path, a GPU's UUID.")
      .def_property_readonly(
          "name", [](const DeviceFootprint& d) { return d.record.meter.name; },
          "The platform's own name: `package-0`, a GPU's model.")
      .def_property_readonly(
          "provider", [](const DeviceFootprint& d) { return d.record.meter.provider; },
          "Who reads it: `powercap`, `nvml`, `model.cpu_load`, ...")
      .def_property_readonly(
          "device", [](const DeviceFootprint& d) { return std::string(meter::text(d.record.meter.device)); },
          "What is metered: `cpu`, `dram`, `gpu`, ...")
      .def_property_readonly(
          "method", [](const DeviceFootprint& d) { return std::string(meter::text(d.record.method)); },
          "How the energy was obtained: `counter`, `integral` or `model`.")
      .def_property_readonly(
          "mean_power", [](const DeviceFootprint& d) { return d.record.mean_power(); }, "Energy over duration.")
      .def("__repr__", [](const DeviceFootprint& d) {
        const std::string& name = d.record.meter.name;
        return "<co2lib.tracker.DeviceFootprint " + (name.empty() ? d.record.meter.id : name) + " " +
               (d.record.window.energy_j ? to_string(Energy::from_joules(*d.record.window.energy_j)) : "unknown") + ">";
      });
  py::class_<CommandFootprint>(m, "CommandFootprint", "A command under the tracker, and its share of the CPU's energy.")
      .def_readonly("text", &CommandFootprint::text, "The command line.")
      .def_readonly("status", &CommandFootprint::status, "Exit status as shells give it; None while it runs.")
      .def_property_readonly(
          "cpu_s", [](const CommandFootprint& c) { return c.cpu_time.count(); },
          "CPU time of the command and what it waited for, s.")
      .def_readonly("energy", &CommandFootprint::energy,
                    "By CPU time: bounds from its part of all CPU time to its part of the busy CPU time; the interval "
                    "has the error of the CPU's meter or model too.")
      .def_readonly("other", &CommandFootprint::other, "Energy of the CPU that other programs used.")
      .def_readonly("idle", &CommandFootprint::idle, "The CPU's energy in time that nobody used.");
  py::class_<ScopeFootprint>(m, "ScopeFootprint",
                             "How CPU and memory energy was divided: the scope's share, others, idle.")
      .def_readonly("scope", &ScopeFootprint::scope, "process or container")
      .def_readonly("group", &ScopeFootprint::group, "Whose share it is: the pid, or the path of the control group.")
      .def_readonly("own", &ScopeFootprint::own, "Counted in the totals.")
      .def_readonly("other", &ScopeFootprint::other, "Energy of other processes.")
      .def_readonly("idle", &ScopeFootprint::idle, "Energy of time that nobody used.");
  py::class_<CarbonOrigin>(m, "CarbonOrigin", "The part of an energy that one kind of intensity priced.")
      .def_readonly("origin", &CarbonOrigin::origin,
                    "`live`, `cache`, `climatology`, `annual_factor`, `world_average`, `trace`, `fixed`, ...")
      .def_readonly("energy", &CarbonOrigin::energy, "IT energy.")
      .def_readonly("operational", &CarbonOrigin::operational, "PUE included.");
  py::class_<RegionFootprint>(m, "RegionFootprint", "The statistics of all regions of one name.")
      .def_readonly("name", &RegionFootprint::name, "By which regions are put together.")
      .def_readonly("count", &RegionFootprint::count, "Number of regions.")
      .def_property_readonly(
          "duration_s", [](const RegionFootprint& r) { return r.duration.count(); }, "Sum over the regions, s.")
      .def_readonly("inclusive", &RegionFootprint::inclusive,
                    "Sum over the regions; regions of other threads may overlap them.")
      .def_readonly("exclusive", &RegionFootprint::exclusive, "Without direct children of the same thread.")
      .def_readonly("union_energy", &RegionFootprint::union_energy, "Energy of the union of their times.")
      .def_readonly("least", &RegionFootprint::least, "Of one region.")
      .def_readonly("most", &RegionFootprint::most, "Of one region.")
      .def_readonly("operational", &RegionFootprint::operational,
                    "Carbon of `inclusive` by the intensities of the regions' own times, PUE included.")
      .def_readonly("each", &RegionFootprint::each, "The regions one by one, the newest first; at most 1000.")
      .def("__repr__", [](const RegionFootprint& r) {
        return "<co2lib.tracker.RegionFootprint " + r.name + " x" + std::to_string(r.count) + " " +
               (r.inclusive.value ? to_string(*r.inclusive.value) : std::string("unknown")) + ">";
      });
  py::class_<HardwarePart>(m, "HardwarePart", "A part of the hardware of a machine, over its whole life.")
      .def_readonly("id", &HardwarePart::id, "In the bill of materials: `server`, `gpu0`.")
      .def_readonly("name", &HardwarePart::name, "What it is: `2 sockets, 512 GB, 4 SSDs`, a GPU's model.")
      .def_readonly("quantity", &HardwarePart::quantity, "Pieces that the run has a share of.")
      .def_readonly("value", &HardwarePart::value, "Of that quantity.")
      .def_readonly("bounds", &HardwarePart::bounds, "Ends of all it is computed from taken together.")
      .def_readonly("factors", &HardwarePart::factors, "Ids of the rows and numbers it is computed from.")
      .def_readonly("source", &HardwarePart::source,
                    "Where its number is from; empty: its factors have sources of their own.")
      .def("__repr__", [](const HardwarePart& p) {
        return "<co2lib.tracker.HardwarePart " + p.id + " " + to_string(p.value) + ">";
      });
  py::class_<MachineFootprint>(m, "MachineFootprint",
                               "The carbon of making a machine, and the share of it that belongs to the run.")
      .def_readonly("host", &MachineFootprint::host, "Name of the machine; empty if unknown.")
      .def_readonly("basis", &MachineFootprint::basis, "detected, mass, or the name of the bill of materials.")
      .def_property_readonly(
          "reserved_s", [](const MachineFootprint& f) { return f.reserved.count(); },
          "The union of the times of its processes, suspend excluded.")
      .def_readonly("cpu_share", &MachineFootprint::cpu_share, "CPUs of the scope / CPUs of the machine.")
      .def_readonly("lifetime_years", &MachineFootprint::lifetime_years,
                    "Years in use, for which the hardware is shared out; 0 where nothing could be computed.")
      .def_readonly("lifetime_low_years", &MachineFootprint::lifetime_low_years, "With the high end of `own`.")
      .def_readonly("lifetime_high_years", &MachineFootprint::lifetime_high_years, "With the low end of `own`.")
      .def_readonly("hardware", &MachineFootprint::hardware, "All of its parts; the interval holds 95 % of the draws.")
      .def_readonly("own", &MachineFootprint::own, "The run's share; the interval holds 95 % of the draws.")
      .def_readonly("parts", &MachineFootprint::parts,
                    "What the hardware is made of; empty where it is one mass, or unknown.")
      .def("__repr__", [](const MachineFootprint& f) {
        return "<co2lib.tracker.MachineFootprint " + f.basis + ", " + to_string(f.own) + ">";
      });
}

void register_footprint(py::module_& m) {
  py::class_<Footprint>(m, "Footprint", "What a run used, how that was obtained, and how far off it can be.")
      .def_readonly("run_id", &Footprint::run_id, "One for all its segments.")
      .def_property_readonly(
          "start", [](const Footprint& f) { return bindings::from_utc(f.start); }, "datetime in UTC")
      .def_property_readonly(
          "end", [](const Footprint& f) { return bindings::from_utc(f.end); }, "datetime in UTC")
      .def_property_readonly(
          "duration_s", [](const Footprint& f) { return f.duration.count(); },
          "Time in which any of it was measured, suspend excluded, s; parallel ranks are not added.")
      .def_property_readonly(
          "suspended_s", [](const Footprint& f) { return f.suspended.count(); },
          "Time asleep, neither covered nor estimated, s.")
      .def_property_readonly(
          "downtime_s", [](const Footprint& f) { return f.downtime.count(); },
          "Time between the segments of a resumed run, s.")
      .def_readonly("segments", &Footprint::segments, "Stretches measured without interruption, by one process each.")
      .def_readonly("energy", &Footprint::energy, "IT energy of all counted devices.")
      .def_property_readonly(
          "facility_energy",
          [](const Footprint& f) { return f.energy.value ? std::optional(f.facility_energy) : std::nullopt; },
          "energy * PUE")
      .def_readonly("operational", &Footprint::operational, "Operational carbon, PUE included.")
      .def_readonly("embodied", &Footprint::embodied,
                    "Share of the hardware; its issues say what it rests on, or why it is unknown.")
      .def_property_readonly("machines", part<"list[co2lib._core.tracker.MachineFootprint]", &Footprint::machines>(),
                             "What `embodied` is the sum of, with the parts behind it.")
      .def_readonly("water", &Footprint::water, "Of the facility; no value where WUE is not given.")
      .def_property_readonly("facility", part<"co2lib._core.tracker.Facility", &Footprint::facility>(),
                             "PUE and WUE; where segments differ, weighted by their energy.")
      .def_property_readonly("totals", part<"co2lib._core.meter.Totals", &Footprint::totals>("meter"),
                             "Of the devices, by kind.")
      .def_property_readonly("devices", part<"list[co2lib._core.tracker.DeviceFootprint]", &Footprint::devices>(),
                             "Every meter, counted or not.")
      .def_property_readonly("origins", part<"list[co2lib._core.tracker.CarbonOrigin]", &Footprint::origins>(),
                             "What priced which part of the energy; they sum to `operational`.")
      .def_property_readonly(
          "regions",
          [](const Footprint& f) {
            bindings::use("tracker");
            py::dict d;
            for (const RegionFootprint& r : f.regions) d[py::str(r.name)] = r;
            return d;
          },
          "Name to statistics.")
      .def_property_readonly(
          "method",
          [](const Footprint& f) {
            py::dict d;
            for (const auto& [method, share] : f.methods) d[py::str(std::string(meter::text(method)))] = share;
            return d;
          },
          "Method (counter, integral, model) to its share of the energy.")
      .def_property_readonly(
          "host", [](const Footprint& f) { return f.context.host; }, "Name of the machine of the first segment.")
      .def_property_readonly(
          "project", [](const Footprint& f) { return f.context.project; },
          "As the options name it; empty if they do not.")
      .def_property_readonly("command", part<"co2lib._core.tracker.CommandFootprint | None", &Footprint::command>(),
                             "The command of `co2lib run`; None without one.")
      .def_property_readonly("scope", part<"co2lib._core.tracker.ScopeFootprint | None", &Footprint::scope>(),
                             "The division of a process or container scope; None for the machine.")
      .def_readonly("coverage", &Footprint::coverage, "Least coverage of the counted devices, 0..1.")
      .def(
          "where",
          [](const Footprint& f, const Named<"co2lib._core.tracker.DeviceFootprint">& device) {
            return f.where(device.as<DeviceFootprint>());
          },
          py::arg("device"),
          "Where a device of a merged run is, such as node1, rank 3; empty where all are at one place.")
      .def_readonly("location", &Footprint::location,
                    "Key of the place, such as `FRA`; empty if unknown; several are joined by \", \".")
      .def_readonly("intensity_source", &Footprint::intensity_source,
                    "The place, series or provider the carbon was priced with.")
      .def_readonly("priced_with", &Footprint::priced_with,
                    "What the carbon was priced with, and what answered for a place: CN-BJ by CHN 2025, published.")
      .def_readonly("carbon_intensity", &Footprint::carbon_intensity, "Mean over the energy.")
      .def_readonly("issues", &Footprint::issues, "What a reader must know about these numbers.")
      .def_readonly("sources", &Footprint::sources, "Of all intensities and hardware factors.")
      .def_readonly("complete", &Footprint::complete, "False for a snapshot or a run that was killed.")
      .def("to_json", &Footprint::to_json, "JSON of schema co2lib-footprint/1.")
      .def(
          "to_dict", [](const Footprint& f) { return py::module_::import("json").attr("loads")(f.to_json()); },
          "The JSON as dicts and lists.")
      .def_static("from_json", &Footprint::from_json, py::arg("text"), "Reads what to_json wrote; tracker.bad_json.")
      .def_static(
          "from_dict",
          [](const py::dict& d) {
            return Footprint::from_json(py::module_::import("json").attr("dumps")(d).cast<std::string>());
          },
          py::arg("values"), "Reads what to_dict gave; tracker.bad_json.")
      .def(py::pickle([](const Footprint& f) { return f.to_json(); },
                      [](const std::string& text) { return Footprint::from_json(text); }))
      .def(
          "__eq__", [](const Footprint& a, const Footprint& b) { return a.to_json() == b.to_json(); },
          py::is_operator())
      .def("__hash__", [](const Footprint& f) { return py::hash(py::str(f.to_json())); })
      .def(
          "to_model_card",
          [](const Footprint& f, const std::string& training_type, const std::string& place,
             const std::string& hardware, bool embodied) {
            return f.to_model_card({.training_type = training_type,
                                    .geographical_location = place,
                                    .hardware_used = hardware,
                                    .embodied = embodied});
          },
          py::kw_only(), py::arg("training_type") = "", py::arg("geographical_location") = "",
          py::arg("hardware_used") = "", py::arg("embodied") = false,
          "The co2_eq_emissions block of a Hugging Face model card, in grams; raises tracker.no_value.")
      .def(
          "to_cyclonedx",
          [](const py::object& f, const py::kwargs& how) { return exchanged("cyclonedx", f, how).cast<std::string>(); },
          "A CycloneDX ML-BOM; keywords: activity, counts, and those of co2lib.exchange.cyclonedx.")
      .def(
          "to_spdx",
          [](const py::object& f, const py::kwargs& how) { return exchanged("spdx", f, how).cast<std::string>(); },
          "An SPDX 3.0.1 document; keywords: activity, counts, and those of co2lib.exchange.spdx.")
      .def(
          "to_boamps",
          [](const py::object& f, const py::kwargs& how) { return exchanged("boamps", f, how).cast<std::string>(); },
          "A BoAmps 1.1 report; keywords: activity, counts, and those of co2lib.exchange.boamps.")
      .def(
          "to_sci_ai", [](const py::object& f, const py::kwargs& how) { return exchanged("sci_ai", f, how); },
          "A score of SCI for AI; keywords: activity, counts, and those of co2lib.exchange.sci_ai.")
      .def(
          "csv_row",
          [](const Footprint& f, const std::map<std::string, std::string>& known) {
            py::dict d;
            for (const auto& [name, value] : f.csv_row(known)) d[py::str(name)] = value;
            return d;
          },
          py::arg("known") = std::map<std::string, std::string>{},
          "The 38 columns of a CodeCarbon emissions.csv row; empty where unknown.")
      .def("sci", &Footprint::sci, py::arg("functional_units"),
           "SCI in g CO2e per functional unit (ISO/IEC 21031); None where energy, intensity or embodied is unknown.")
      .def("__str__", [](const Footprint& f) { return f.to_string(); })
      .def("__repr__", [](const Footprint& f) { return f.to_string(); });
  bindings::shown_as_table(m, "Footprint", "footprint");
}

}  // namespace co2lib::bindings::tracker_domain
