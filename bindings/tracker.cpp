// SPDX-License-Identifier: MIT
// The domain `tracker`. Whatever waits, reads sensors or writes releases the GIL.
#include "tracker.hpp"

#include <filesystem>

#include "gil.hpp"
#include "named.hpp"
#include "notebook.hpp"
#include "registrar.hpp"
#include "utc_time.hpp"

namespace co2lib::bindings::tracker_domain {

namespace {

/// Stopping joins a thread that may need the GIL (Python meters): never destroy with it held.
struct ReleaseAndDelete {
  void operator()(Tracker* tracker) const {
    const bindings::GilReleased release;
    delete tracker;
  }
};

std::unique_ptr<Tracker, ReleaseAndDelete> started(const Options& options) {
  const bindings::GilReleased release;  // opens files, reads sensors, starts the thread
  return std::unique_ptr<Tracker, ReleaseAndDelete>(new Tracker(options));
}

/// A function of the tracker whose result is of a class of the rest of this domain.
template <TypeName result, auto function, class... Arguments>
auto of_rest() {
  return [](Tracker& t, Arguments... arguments) {
    bindings::use("tracker");
    auto made = [&] {
      const bindings::GilReleased release;
      return (t.*function)(arguments...);
    }();
    return Named<result>::of(std::move(made));
  };
}

void register_run(py::module_& m) {
  py::class_<Run>(m, "Run", "A run as it is stored; every footprint is computed from one.")
      .def_readonly("run_id", &Run::run_id, "Of the run; those of merged runs are joined by `+`.")
      .def_readonly("issues", &Run::issues, "Found while reading: torn lines, unknown types.")
      .def_property_readonly(
          "segments", [](const Run& r) { return r.segments.size(); }, "In the order in which they began.")
      .def_property_readonly(
          "meters",
          [](const Run& r) {
            bindings::use("meter");
            std::vector<meter::MeterInfo> infos;
            for (const RunSegment& s : r.segments) {
              for (const MeterState& state : s.meters) {
                if (state.info.stands_in_for.empty()) infos.push_back(state.info);
              }
            }
            return infos;
          },
          "Of all segments, without those that only stand in for others.")
      .def("footprint", &Run::footprint, py::call_guard<bindings::GilReleased>(), "Computes the footprint.")
      .def(
          "power",
          [](const Run& r) {
            py::list rows;
            for (const PowerOverTime& p : r.power()) {
              rows.append(py::make_tuple(bindings::from_utc(p.begin), bindings::from_utc(p.end), p.mean.watts()));
            }
            return rows;
          },
          "Mean power of what belongs to the total between two flushes: (start, end, W) by time; a stretch that was "
          "not measured is left out.")
      .def(
          "to_records",
          [](const py::object& run, const std::string& what) -> py::typing::List<py::dict> {
            return py::module_::import("co2lib.tracker._records").attr("records")(run, what);
          },
          py::arg("what") = "regions",
          "A list of dicts: the regions one by one, or the mean power over time (\"power\").")
      .def(
          "to_frame",
          [](const py::object& run, const std::string& what) {
            return py::module_::import("co2lib.tracker._records").attr("frame")(run, what);
          },
          py::arg("what") = "regions", "to_records() as a pandas DataFrame; raises core.missing_extra without pandas.")
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

void register_forecast(py::module_& m) {
  py::class_<RunForecast>(m, "RunForecast", "The forecast of a run's total energy.")
      .def_readonly("total", &RunForecast::total, "Of all units, done and to come.")
      .def_readonly("half_width", &RunForecast::half_width, "Of the 95 % prediction interval; None for one unit.")
      .def_readonly("units_done", &RunForecast::units_done, "Units whose energy is known.")
      .def_readonly("units_total", &RunForecast::units_total, "Done and to come.")
      .def("__repr__", [](const RunForecast& f) {
        return "<co2lib.tracker.RunForecast " + to_string(f.total) +
               (f.half_width ? " +- " + to_string(*f.half_width) : std::string()) + " after " +
               std::to_string(f.units_done) + " of " + std::to_string(f.units_total) + ">";
      });
  bindings::shown_as_table(m, "RunForecast", "run_forecast");
  m.def(
      "forecast_total",
      [](const std::vector<Energy>& units, long units_total) { return forecast_total(units, units_total); },
      py::arg("units"), py::arg("units_total"), "Total energy of a run from the units it has done so far.");
  py::class_<Account>(m, "Account", "Carbon and water of an energy series.")
      .def_readonly("it_energy", &Account::it_energy, "Of the samples, without PUE.")
      .def_readonly("facility_energy", &Account::facility_energy, "it_energy * PUE.")
      .def_readonly("operational", &Account::operational, "None where a part could not be priced.")
      .def_readonly("mean_intensity", &Account::mean_intensity,
                    "Over the energy; None where a part could not be priced, or there is no energy.")
      .def_readonly("water", &Account::water, "Of the IT energy, by WUE; 0 where WUE is not given.")
      .def_readonly("issues", &Account::issues, "`incomplete`, and what the source says of its values.")
      .def_readonly("sources", &Account::sources, "Of the intensities.");
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

void register_running(py::module_& m) {
  py::class_<Tracker, std::unique_ptr<Tracker, ReleaseAndDelete>>(m, "Tracker",
                                                                  "Meters the machine from construction to stop().")
      .def(
          py::init([](const Named<"co2lib._core.tracker.Options">& options) { return started(options.as<Options>()); }),
          py::arg("options"))
      .def(py::init([](const py::kwargs& options) { return started(options_from(options)); }),
           "Takes the options by name.")
      .def(
          "begin",
          [](Tracker& t, const std::string& name, bool marker, std::optional<std::uint64_t> parent,
             std::optional<std::int64_t> thread) {
            return t.begin(name, {.marker = marker, .parent = parent, .thread = thread});
          },
          py::arg("name"), py::kw_only(), py::arg("marker") = false, py::arg("parent").noconvert() = std::nullopt,
          py::arg("thread").noconvert() = std::nullopt, py::call_guard<bindings::GilReleased>(),
          "Opens a region and returns its id; 0 where the tracker is stopped or inert.")
      .def("end", of_rest<"co2lib._core.tracker.RegionResult | None", &Tracker::end, std::uint64_t>(),
           py::arg("id").noconvert(),
           "Ends a region by its id and returns what it used; None for an id that is not open.")
      .def("close", &Tracker::close, py::arg("id").noconvert(), py::call_guard<bindings::GilReleased>(),
           "Ends a region by its id; False if it is not open.")
      .def("result", of_rest<"co2lib._core.tracker.RegionResult | None", &Tracker::result, std::uint64_t>(),
           py::arg("id").noconvert(),
           "What a region used that has ended; None if it was not measured, or 4096 regions have ended since.")
      .def(
          "ended", [](Tracker& t, int status, double cpu_s) { t.ended(status, Seconds(cpu_s)); }, py::arg("status"),
          py::arg("cpu_s"), py::call_guard<bindings::GilReleased>(),
          "The command of the option `command` has ended: its exit status as shells give it, and its CPU time in s.")
      .def("cancel", &Tracker::cancel, py::arg("id").noconvert(), py::call_guard<bindings::GilReleased>(),
           "Forgets a region.")
      .def("restart", &Tracker::restart, py::arg("id").noconvert(), py::call_guard<bindings::GilReleased>(),
           "Begins a region anew.")
      .def("mark", &Tracker::mark, py::arg("name"), py::call_guard<bindings::GilReleased>(),
           "Begins a stretch that lasts until this thread's next mark, or the stop.")
      .def("snapshot", &Tracker::snapshot, py::call_guard<bindings::GilReleased>(), "The footprint so far.")
      .def("run", of_rest<"co2lib._core.tracker.Run", &Tracker::run>(), "The run so far, as the log holds it.")
      .def("stop", &Tracker::stop, py::call_guard<bindings::GilReleased>(), "Ends the run and returns its footprint.")
      .def("start", &Tracker::start, py::call_guard<bindings::GilReleased>(),
           "Begins a new run with the same options, after stop() or in a forked child.")
      .def("forecast", of_rest<"co2lib._core.tracker.RunForecast", &Tracker::forecast, const std::string&, long>(),
           py::arg("region_name"), py::arg("units_total"), "Total energy from the regions of one name done so far.")
      .def_property_readonly(
          "running",
          [](const Tracker& t) {
            // Takes the lock that a thread may hold while it waits for the GIL.
            const bindings::GilReleased release;
            return t.running();
          },
          "True from start to stop.")
      .def_property_readonly("run_id", &Tracker::run_id, "The run's id: as given, or a random UUID.")
      .def_property_readonly(
          "log",
          [](const Tracker& t) {
            return t.log().empty() ? std::optional<std::filesystem::path>() : std::optional(t.log());
          },
          "The file of the log, which may be numbered; None if there is none.");
}

}  // namespace

}  // namespace co2lib::bindings::tracker_domain

namespace co2lib::bindings {

void register_rest_of_tracker(py::module_& m) {
  tracker_domain::register_options(m);
  tracker_domain::register_parts(m);
  tracker_domain::register_openmetrics(m);
  tracker_domain::register_run(m);
  tracker_domain::register_forecast(m);
}

void register_tracker(py::module_& m) {
  tracker_domain::register_option_kinds(m);
  tracker_domain::register_footprint(m);
  tracker_domain::register_running(m);
}

}  // namespace co2lib::bindings
