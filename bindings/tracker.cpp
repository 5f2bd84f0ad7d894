// SPDX-License-Identifier: MIT
// The domain `tracker`. Whatever waits, reads sensors or writes releases the GIL.
#include "bindings.hpp"
#include "gil.hpp"
#include "meter.hpp"
#include "utc_time.hpp"

#include <chrono>
#include <map>

#include <co2lib/intensity/source.hpp>
#include <co2lib/intensity/trace.hpp>
#include <co2lib/tracker.hpp>

using namespace co2lib;
using namespace co2lib::tracker;

namespace {

meter::Scope scope_from(const std::string& name) {
  for (const meter::Scope scope : {meter::Scope::machine, meter::Scope::process, meter::Scope::container}) {
    if (meter::text(scope) == name) return scope;
  }
  throw Error("tracker.bad_config", "scope is machine, process or container, not '" + name + "'");
}

/// Stopping joins a thread that may need the GIL (Python meters): never destroy with it held.
struct ReleaseAndDelete {
  void operator()(Tracker* tracker) const {
    const bindings::GilReleased release;
    delete tracker;
  }
};

using PyIntensity = std::variant<std::monostate, CarbonIntensity, std::shared_ptr<intensity::IntensitySource>>;

void bind_footprint(py::module_& m) {
  py::class_<Facility>(m, "Facility", "The building around the machine.")
      .def(py::init([](double pue, double wue) {
             return Facility{pue, wue};
           }),
           py::arg("pue") = 1.0, py::arg("wue") = 0.0)
      .def_readonly("pue", &Facility::pue)
      .def_readonly("wue", &Facility::wue, "L per kWh of IT energy")
      .def("__repr__", [](const Facility& f) {
        return "Facility(pue=" + py::repr(py::float_(f.pue)).cast<std::string>() +
               ", wue=" + py::repr(py::float_(f.wue)).cast<std::string>() + ")";
      });
  py::class_<DeviceFootprint>(m, "DeviceFootprint", "The record of one meter, with its place in the totals.")
      .def_readonly("record", &DeviceFootprint::record)
      .def_readonly("counted", &DeviceFootprint::counted)
      .def_readonly("mirror_of", &DeviceFootprint::mirror_of)
      .def_readonly("duplicate_of", &DeviceFootprint::duplicate_of)
      .def_property_readonly("energy", [](const DeviceFootprint& d) { return d.record.energy(); })
      .def_property_readonly("id", [](const DeviceFootprint& d) { return d.record.meter.id; })
      .def_property_readonly("name", [](const DeviceFootprint& d) { return d.record.meter.name; })
      .def_property_readonly("provider", [](const DeviceFootprint& d) { return d.record.meter.provider; })
      .def_property_readonly("device",
                             [](const DeviceFootprint& d) { return std::string(meter::text(d.record.meter.device)); })
      .def_property_readonly("method",
                             [](const DeviceFootprint& d) { return std::string(meter::text(d.record.method)); })
      .def_property_readonly("mean_power", [](const DeviceFootprint& d) { return d.record.mean_power(); });
  py::class_<ScopeFootprint>(m, "ScopeFootprint",
                             "How CPU and memory energy was divided: the scope's share, others, idle.")
      .def_readonly("scope", &ScopeFootprint::scope, "process or container")
      .def_readonly("own", &ScopeFootprint::own, "Counted in the totals.")
      .def_readonly("other", &ScopeFootprint::other)
      .def_readonly("idle", &ScopeFootprint::idle);
  py::class_<RegionFootprint>(m, "RegionFootprint", "The statistics of all regions of one name.")
      .def_readonly("name", &RegionFootprint::name)
      .def_readonly("count", &RegionFootprint::count)
      .def_property_readonly("duration_s", [](const RegionFootprint& r) { return r.duration.count(); })
      .def_readonly("inclusive", &RegionFootprint::inclusive)
      .def_readonly("exclusive", &RegionFootprint::exclusive, "Without direct children of the same thread.")
      .def_readonly("union_energy", &RegionFootprint::union_energy, "Energy of the union of their times.")
      .def_readonly("least", &RegionFootprint::least)
      .def_readonly("most", &RegionFootprint::most)
      .def("__repr__", [](const RegionFootprint& r) {
        return "<co2lib.tracker.RegionFootprint " + r.name + " x" + std::to_string(r.count) + " " +
               (r.inclusive.value ? to_string(*r.inclusive.value) : std::string("unknown")) + ">";
      });
  py::class_<Footprint>(m, "Footprint", "What a run used, how that was obtained, and how far off it can be.")
      .def_readonly("run_id", &Footprint::run_id)
      .def_property_readonly(
          "start", [](const Footprint& f) { return bindings::from_utc(f.start); }, "datetime in UTC")
      .def_property_readonly(
          "end", [](const Footprint& f) { return bindings::from_utc(f.end); }, "datetime in UTC")
      .def_property_readonly("duration_s", [](const Footprint& f) { return f.duration.count(); })
      .def_property_readonly("suspended_s", [](const Footprint& f) { return f.suspended.count(); })
      .def_property_readonly("downtime_s", [](const Footprint& f) { return f.downtime.count(); })
      .def_readonly("segments", &Footprint::segments)
      .def_readonly("energy", &Footprint::energy, "IT energy of all counted devices.")
      .def_property_readonly(
          "facility_energy",
          [](const Footprint& f) { return f.energy.value ? std::optional(f.facility_energy) : std::nullopt; },
          "energy * PUE")
      .def_readonly("operational", &Footprint::operational, "Operational carbon, PUE included.")
      .def_readonly("embodied", &Footprint::embodied, "Embodied share; no value until the embodied domain fills it.")
      .def_readonly("water", &Footprint::water)
      .def_readonly("facility", &Footprint::facility)
      .def_readonly("totals", &Footprint::totals)
      .def_readonly("devices", &Footprint::devices)
      .def_property_readonly(
          "regions",
          [](const Footprint& f) {
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
      .def_readonly("scope", &Footprint::scope, "The division of a process or container scope; None for the machine.")
      .def_readonly("coverage", &Footprint::coverage, "Least coverage of the counted devices, 0..1.")
      .def_readonly("location", &Footprint::location)
      .def_readonly("intensity_source", &Footprint::intensity_source)
      .def_readonly("priced_with", &Footprint::priced_with,
                    "What the carbon was priced with, and what answered for a place: CN-BJ by CHN 2025, published.")
      .def_readonly("carbon_intensity", &Footprint::carbon_intensity, "Mean over the energy.")
      .def_readonly("issues", &Footprint::issues)
      .def_readonly("sources", &Footprint::sources)
      .def_readonly("complete", &Footprint::complete, "False for a snapshot or a run that was killed.")
      .def("to_json", &Footprint::to_json, "JSON of schema co2lib-footprint/1.")
      .def(
          "to_dict", [](const Footprint& f) { return py::module_::import("json").attr("loads")(f.to_json()); },
          "The JSON as dicts and lists.")
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
          "csv_row",
          [](const Footprint& f, const std::map<std::string, std::string>& known) {
            py::dict d;
            for (const auto& [name, value] : f.csv_row(known)) d[py::str(name)] = value;
            return d;
          },
          py::arg("known") = std::map<std::string, std::string>{},
          "The 38 columns of a CodeCarbon emissions.csv row; empty where unknown.")
      .def("sci", &Footprint::sci, py::arg("functional_units"), "SCI in g CO2e per functional unit (ISO/IEC 21031).")
      .def("_repr_html_", [](const py::object& f) { return py::module_::import("co2lib._html").attr("footprint")(f); })
      .def("__str__", [](const Footprint& f) { return f.to_string(); })
      .def("__repr__", [](const Footprint& f) { return f.to_string(); });
}

void bind_run(py::module_& m) {
  py::class_<Run>(m, "Run", "A run as it is stored; every footprint is computed from one.")
      .def_readonly("run_id", &Run::run_id)
      .def_readonly("issues", &Run::issues)
      .def_property_readonly("segments", [](const Run& r) { return r.segments.size(); })
      .def_property_readonly("meters",
                             [](const Run& r) {
                               std::vector<meter::MeterInfo> infos;
                               for (const RunSegment& s : r.segments) {
                                 for (const MeterState& state : s.meters) infos.push_back(state.info);
                               }
                               return infos;
                             })
      .def("footprint", &Run::footprint, py::call_guard<bindings::GilReleased>(), "Computes the footprint.")
      .def("__repr__", [](const Run& r) {
        return "<co2lib.tracker.Run " + r.run_id + " of " + std::to_string(r.segments.size()) + " segments>";
      });
  m.def("load", &load, py::arg("path"), py::call_guard<bindings::GilReleased>(),
        "Reads a log; torn lines are skipped and reported. Raises tracker.bad_log (OSError).");
  m.def(
      "merge", [](const std::vector<Run>& runs) { return merge(runs); }, py::arg("runs"),
      "Joins runs of several processes or nodes; a device measured twice at one time counts once.");
  m.def(
      "reprice",
      [](const Run& run, const std::shared_ptr<intensity::IntensitySource>& source) { return reprice(run, source); },
      py::arg("run"), py::arg("source"), "The same run priced with another source; its energy is unchanged.");
}

void bind_forecast(py::module_& m) {
  py::class_<RunForecast>(m, "RunForecast", "The forecast of a run's total energy.")
      .def_readonly("total", &RunForecast::total)
      .def_readonly("half_width", &RunForecast::half_width, "Of the 95 % prediction interval; None for one unit.")
      .def_readonly("units_done", &RunForecast::units_done)
      .def_readonly("units_total", &RunForecast::units_total)
      .def("__repr__", [](const RunForecast& f) {
        return "<co2lib.tracker.RunForecast " + to_string(f.total) +
               (f.half_width ? " +- " + to_string(*f.half_width) : std::string()) + " after " +
               std::to_string(f.units_done) + " of " + std::to_string(f.units_total) + ">";
      });
  m.def(
      "forecast_total",
      [](const std::vector<Energy>& units, long units_total) { return forecast_total(units, units_total); },
      py::arg("units"), py::arg("units_total"), "Total energy of a run from the units it has done so far.");
  py::class_<Account>(m, "Account", "Carbon and water of an energy series.")
      .def_readonly("it_energy", &Account::it_energy)
      .def_readonly("facility_energy", &Account::facility_energy)
      .def_readonly("operational", &Account::operational, "None where a part could not be priced.")
      .def_readonly("mean_intensity", &Account::mean_intensity)
      .def_readonly("water", &Account::water)
      .def_readonly("issues", &Account::issues)
      .def_readonly("sources", &Account::sources);
  m.def(
      "account",
      [](const std::vector<intensity::EnergySample>& samples, const std::shared_ptr<intensity::IntensitySource>& source,
         const Facility& facility) { return account(samples, *source, facility); },
      py::arg("samples"), py::arg("source").none(false), py::arg("facility") = Facility{},
      "Prices an energy series: emissions = PUE * sum of energy * intensity.");
  m.def(
      "choose_price",
      [](const std::string& location, std::optional<double> g_per_kwh) {
        const PriceChoice c =
            choose_price({.facility = {}, .location = location, .g_per_kwh = g_per_kwh, .intensity_text = {}});
        return py::make_tuple(c.source->describe().name, c.location, c.issues);
      },
      py::arg("location") = "", py::arg("g_per_kwh") = std::nullopt,
      "What a run of this location is priced with: (source, location, issues); no location gives the world average.");
  m.def("csv_columns", &csv_columns, "The 38 columns of a CodeCarbon emissions.csv.");
}

}  // namespace

void register_tracker(py::module_& top) {
  py::module_ m = bindings::submodule(top, "tracker", "The domain tracker.");
  bind_footprint(m);
  bind_run(m);
  bind_forecast(m);

  py::class_<Tracker, std::unique_ptr<Tracker, ReleaseAndDelete>>(m, "Tracker",
                                                                  "Meters the machine from construction to stop().")
      .def(py::init([](const std::string& location, const PyIntensity& intensity, double pue, double wue,
                       const std::optional<std::filesystem::path>& log, const std::string& run_id, bool resume,
                       double period_s, double power_period_s, double flush_s, bool fsync,
                       std::optional<std::vector<MeterChoice>> meters, const bindings::PyGpus& gpus,
                       std::optional<double> tdp_w, std::optional<double> ram_w, const std::string& modulus,
                       const std::map<std::string, double>& p_max_w, const std::map<std::string, double>& slack_s,
                       std::optional<bool> owner, const std::string& project, std::optional<std::function<void()>> sync,
                       std::optional<std::function<void(std::string, std::string)>> on_log, const Host& host,
                       std::optional<std::shared_ptr<Clock>> clock,
                       const std::optional<std::filesystem::path>& powercap_root, const std::string& scope,
                       std::optional<double> idle_w) {
             Options o;
             o.scope = scope_from(scope);
             o.idle_w = idle_w;
             o.location = location;
             if (const auto* constant = std::get_if<CarbonIntensity>(&intensity)) o.intensity = *constant;
             if (const auto* source = std::get_if<std::shared_ptr<intensity::IntensitySource>>(&intensity)) {
               o.intensity = std::shared_ptr<const intensity::IntensitySource>(*source);
             }
             o.pue = pue;
             o.wue = wue;
             o.log = log.value_or(std::filesystem::path());
             o.run_id = run_id;
             o.resume = resume;
             o.period_s = period_s;
             o.power_period_s = power_period_s;
             o.flush_s = flush_s;
             o.fsync = fsync;
             o.meters = std::move(meters);
             if (const auto keys = bindings::gpu_option(gpus)) {
               o.gpus.emplace();
               for (const meter::GpuKey& key : *keys) {
                 const auto* index = std::get_if<int>(&key);
                 o.gpus->push_back(index != nullptr ? std::to_string(*index) : std::get<std::string>(key));
               }
             }
             o.tdp_w = tdp_w;
             o.ram_w = ram_w;
             if (modulus != "kernel_max" && modulus != "exact_unit") {
               throw Error("meter.bad_option", "modulus is kernel_max or exact_unit, not '" + modulus + "'");
             }
             o.modulus = modulus == "exact_unit" ? meter::Modulus::exact_unit : meter::Modulus::kernel_max;
             o.p_max_w = p_max_w;
             o.slack_s = slack_s;
             o.owner = owner;
             o.project = project;
             if (sync) o.sync = *std::move(sync);
             if (on_log) {
               o.on_log = [on_log = *std::move(on_log)](std::string_view level, std::string_view text) {
                 on_log(std::string(level), std::string(text));
               };
             }
             o.host = host;
             if (clock) o.clock = *std::move(clock);
             o.powercap_root = powercap_root.value_or(std::filesystem::path());
             const bindings::GilReleased release;  // opens files, reads sensors, starts the thread
             return std::unique_ptr<Tracker, ReleaseAndDelete>(new Tracker(std::move(o)));
           }),
           py::kw_only(), py::arg("location") = "", py::arg("intensity") = PyIntensity{}, py::arg("pue") = 1.0,
           py::arg("wue") = 0.0, py::arg("log") = std::nullopt, py::arg("run_id") = "", py::arg("resume") = false,
           py::arg("period_s") = 1.0, py::arg("power_period_s") = 0.1, py::arg("flush_s") = 10.0,
           py::arg("fsync") = true, py::arg("meters") = std::nullopt, py::arg("gpus") = std::nullopt,
           py::arg("tdp_w") = std::nullopt, py::arg("ram_w") = std::nullopt, py::arg("modulus") = "kernel_max",
           py::arg("p_max_w") = std::map<std::string, double>{}, py::arg("slack_s") = std::map<std::string, double>{},
           py::arg("owner") = std::nullopt, py::arg("project") = "", py::arg("sync") = std::nullopt,
           py::arg("on_log") = std::nullopt, py::arg("host") = Host{}, py::arg("clock") = std::nullopt,
           py::arg("powercap_root") = std::nullopt, py::arg("scope") = "machine", py::arg("idle_w") = std::nullopt)
      .def(
          "begin",
          [](Tracker& t, const std::string& name, bool marker, std::optional<std::uint64_t> parent,
             std::optional<std::int64_t> thread) {
            return t.begin(name, {.marker = marker, .parent = parent, .thread = thread});
          },
          py::arg("name"), py::kw_only(), py::arg("marker") = false, py::arg("parent") = std::nullopt,
          py::arg("thread") = std::nullopt, py::call_guard<bindings::GilReleased>(),
          "Opens a region and returns its id; 0 where the tracker is stopped or inert.")
      .def("end", &Tracker::end, py::arg("id"), py::call_guard<bindings::GilReleased>(), "Ends a region by its id.")
      .def("cancel", &Tracker::cancel, py::arg("id"), py::call_guard<bindings::GilReleased>(), "Forgets a region.")
      .def("restart", &Tracker::restart, py::arg("id"), py::call_guard<bindings::GilReleased>(),
           "Begins a region anew.")
      .def("mark", &Tracker::mark, py::arg("name"), py::call_guard<bindings::GilReleased>(),
           "Begins a stretch that lasts until this thread's next mark, or the stop.")
      .def("snapshot", &Tracker::snapshot, py::call_guard<bindings::GilReleased>(), "The footprint so far.")
      .def("run", &Tracker::run, py::call_guard<bindings::GilReleased>(), "The run so far, as the log holds it.")
      .def("stop", &Tracker::stop, py::call_guard<bindings::GilReleased>(), "Ends the run and returns its footprint.")
      .def("start", &Tracker::start, py::call_guard<bindings::GilReleased>(),
           "Begins a new run with the same options, after stop() or in a forked child.")
      .def("forecast", &Tracker::forecast, py::arg("region_name"), py::arg("units_total"),
           py::call_guard<bindings::GilReleased>(), "Total energy from the regions of one name done so far.")
      .def_property_readonly("running",
                             [](const Tracker& t) {
                               // Takes the lock that a thread may hold while it waits for the GIL.
                               const bindings::GilReleased release;
                               return t.running();
                             })
      .def_property_readonly("run_id", &Tracker::run_id);
}
