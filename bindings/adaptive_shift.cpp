// SPDX-License-Identifier: MIT
// When and where: shifting, elastic jobs, suspending, online rules, places.
#include "adaptive.hpp"

namespace co2lib::bindings::adaptive_domain {

namespace {

double seconds(std::chrono::nanoseconds t) { return std::chrono::duration<double>(t).count(); }

void bind_shift(py::module_& m) {
  py::class_<Shift>(m, "Shift", "When a job runs, and what waiting saves.")
      .def_readonly("carbon", &Shift::carbon, "Of the job in these slots.")
      .def_readonly("start_now", &Shift::start_now, "Carbon from the earliest start without pause.")
      .def_readonly("saved", &Shift::saved, "start_now - carbon.")
      .def_property_readonly(
          "start_offset_s", [](const Shift& s) { return seconds(s.start); }, "From the beginning of the window.")
      .def_property_readonly(
          "start", [](const Shift& s) { return maybe_time(s.start_time); },
          "When the job begins; None where the slots have no time.")
      .def_property_readonly(
          "end", [](const Shift& s) { return maybe_time(s.end_time); },
          "When its last stretch ends; None where the slots have no time.")
      .def_property_readonly(
          "runs",
          [](const Shift& s) {
            std::vector<std::pair<double, double>> runs;
            for (const Stretch& r : s.runs) runs.emplace_back(seconds(r.begin), seconds(r.end));
            return runs;
          },
          "[(begin, end)] in s from the beginning of the window.")
      .def_readonly("slots", &Shift::slots, "Slots of the window in which it runs.")
      .def_readonly("forecast", &Shift::forecast, "Whether a forecast decided.")
      .def_readonly("interval", &Shift::interval, "Of the carbon, under the ends of the forecast's 90 % interval.")
      .def_readonly("start_now_interval", &Shift::start_now_interval, "The same for starting now.");
  m.def(
      "shift",
      [](const py::object& intensity, const py::object& duration, Power power, const std::string& mode,
         const py::object& earliest, const py::object& deadline, const std::vector<Power>& profile) {
        ShiftOptions options{.power = power,
                             .duration = bindings::to_duration(duration, "adaptive"),
                             .mode = parse<ShiftMode>(mode, "mode", bad_input),
                             .earliest = maybe_utc(earliest),
                             .deadline = maybe_utc(deadline),
                             .profile = profile};
        const Slots slots = slots_of(intensity);
        const bindings::GilReleased released;  // pure computation on copies
        return shift(slots, options);
      },
      py::arg("intensity"), py::kw_only(), py::arg("duration"), py::arg("power") = Power::from_kilowatts(1),
      py::arg("mode") = "contiguous", py::arg("earliest") = py::none(), py::arg("deadline") = py::none(),
      py::arg("profile") = std::vector<Power>());
  py::class_<Elastic>(m, "Elastic", "At which level an elastic job runs in each slot.")
      .def_readonly("carbon", &Elastic::carbon, "Of all the work.")
      .def_readonly("hull_levels", &Elastic::hull_levels, "0 is paused, then positions from 1.")
      .def_property_readonly(
          "uses",
          [](const Elastic& e) {
            std::vector<std::tuple<std::size_t, std::size_t, double>> uses;
            for (const auto& u : e.uses) uses.emplace_back(u.level, u.upper, u.share);
            return uses;
          },
          "By slot: (level, next level, share of the slot at the next).");
  m.def(
      "elastic",
      [](const py::object& intensity, const std::vector<std::pair<Power, double>>& levels, double work) {
        std::vector<Level> given;
        for (const auto& [power, throughput] : levels) given.push_back({power, throughput});
        return elastic(slots_of(intensity), given, work);
      },
      py::arg("intensity"), py::arg("levels"), py::arg("work"),
      "The least carbon of work done at levels [(Power, work per hour)] that may change with each slot.");
}

void bind_suspend(py::module_& m) {
  py::class_<SuspendTest>(m, "SuspendTest", "The two sides of the test.")
      .def_readonly("run_now", &SuspendTest::run_now, "Carbon of going on now.")
      .def_readonly("after_pause", &SuspendTest::after_pause,
                    "Carbon of pausing and going on later, checkpoint, restore and idle power included.")
      .def_readonly("pause", &SuspendTest::pause, "Whether run_now is more.");
  m.def(
      "suspend",
      [](Power power, double left_s, CarbonIntensity run, CarbonIntensity later, CarbonIntensity pause,
         Energy checkpoint, Energy restore, Power idle, double paused_s) {
        return suspend({.power = power,
                        .left = Seconds(left_s),
                        .run = run,
                        .later = later,
                        .pause = pause,
                        .checkpoint = checkpoint,
                        .restore = restore,
                        .idle = idle,
                        .paused = Seconds(paused_s)});
      },
      py::kw_only(), py::arg("power"), py::arg("left_s"), py::arg("run"), py::arg("later"), py::arg("pause"),
      py::arg("checkpoint") = Energy(), py::arg("restore") = Energy(), py::arg("idle") = Power(),
      py::arg("paused_s") = 0.0, "Whether to pause a job: it must save more than saving, restoring and idling cost.");
}

void bind_online(py::module_& m) {
  py::class_<ShiftRun>(m, "ShiftRun", "The hours in which an online rule ran a job.")
      .def_readonly("hours", &ShiftRun::hours, "From the submission.")
      .def_readonly("no_thresholds", &ShiftRun::no_thresholds,
                    "k_search: the last week has one price, or one of 0; it ran at once.");
  m.def(
      "shift_online",
      [](const std::string& rule, const py::object& hours, std::int64_t submitted, std::int64_t work,
         std::int64_t window) {
        return shift_online(parse<ShiftRule>(rule, "rule", bad_input), slots_of(hours).g_per_kwh,
                            count_of(submitted, "submitted"), {count_of(work, "work"), count_of(window, "window")});
      },
      py::arg("rule"), py::arg("hours"), py::kw_only(), py::arg("submitted"), py::arg("work"), py::arg("window"),
      "The hours in which a job submitted at hour `submitted` runs under an online rule.");
  py::class_<ShiftTable>(m, "ShiftTable", "Each rule's carbon over that of starting now.")
      .def_readonly("windows", &ShiftTable::windows, "Jobs that were submitted.")
      .def_readonly("start_now", &ShiftTable::start_now, "Total of jobs of 1 kW.")
      .def_property_readonly(
          "ratio",
          [](const ShiftTable& t) {
            std::map<std::string, double> ratio;
            for (const ShiftRule rule : all<ShiftRule>()) {
              ratio.emplace(text(rule), t.ratio[static_cast<std::size_t>(rule)]);
            }
            return ratio;
          },
          "Carbon over that of starting now, by rule.");
  m.def(
      "shift_table",
      [](const py::object& hours, std::int64_t work, std::int64_t window, std::int64_t first, std::int64_t step) {
        const ShiftJob job{count_of(work, "work"), count_of(window, "window")};
        const std::size_t begin = count_of(first, "first");
        const std::size_t stride = count_of(step, "step");
        const Slots slots = slots_of(hours);
        const bindings::GilReleased released;  // pure computation on a copy
        return shift_table(slots.g_per_kwh, job, begin, stride);
      },
      py::arg("hours"), py::kw_only(), py::arg("work"), py::arg("window"), py::arg("first"), py::arg("step"),
      "All rules on jobs submitted at first, first + step, ...; over a whole series.");
}

void bind_pairs(py::module_& m) {
  py::class_<ServingRegion>(m, "ServingRegion", "A region that can serve requests.")
      .def(py::init([](std::string name, const py::object& intensity, double pue, std::vector<Energy> energy,
                       Energy transfer, CarbonIntensity transfer_intensity) {
             return ServingRegion{std::move(name), slots_of(intensity), pue, std::move(energy),
                                  transfer,        transfer_intensity};
           }),
           py::arg("name"), py::arg("intensity"), py::kw_only(), py::arg("pue") = 1.0,
           py::arg("energy") = std::vector<Energy>(), py::arg("transfer") = Energy(),
           py::arg("transfer_intensity") = CarbonIntensity(),
           "`energy`: per request by model, where its machines need another one; `transfer`: per request served here.")
      .def_readonly("name", &ServingRegion::name, "By which results and messages name it.")
      .def_readonly("intensity", &ServingRegion::intensity,
                    "Of the region, slot by slot; all regions have the same slots.")
      .def_readonly("pue", &ServingRegion::pue, "Facility energy / IT energy, >= 1.");
  py::class_<PairMix>(m, "PairMix",
                      "How one slot is served: a share of its requests by `upgraded`, the rest by `pair`.")
      .def_property_readonly(
          "pair", [](const PairMix& x) { return std::make_pair(x.pair.region, x.pair.model); },
          "(index of the region, index of the model)")
      .def_property_readonly(
          "upgraded", [](const PairMix& x) { return std::make_pair(x.upgraded.region, x.upgraded.model); },
          "Serves `share`.")
      .def_readonly("share", &PairMix::share, "Of the requests, in [0, 1]; 0: all by `pair`.");
  py::class_<PairsPlan>(m, "PairsPlan", "A plan over models and regions at once.")
      .def_readonly("accuracy", &PairsPlan::accuracy, "Mean per request.")
      .def_readonly("carbon", &PairsPlan::carbon, "Of all requests and their transfer, PUE included.")
      .def_readonly("lambda_per_g", &PairsPlan::lambda_per_g, "Points per g.")
      .def_readonly("mixes", &PairsPlan::mixes, "By slot.")
      .def_readonly("least_carbon", &PairsPlan::least_carbon, "The least that serves all requests.")
      .def_readonly(
          "alone", &PairsPlan::alone,
          "Mean accuracy by region, if all is served there with the same budget; None where it is too small.");
  m.def(
      "plan_where",
      [](const std::vector<Model>& models, const std::vector<ServingRegion>& regions, CarbonMass budget,
         const py::object& demand) {
        const std::vector<double> n = maybe_numbers(demand, "demand");
        const bindings::GilReleased released;  // pure computation on copies
        return plan_where(models, regions, budget, n);
      },
      py::arg("models"), py::arg("regions"), py::kw_only(), py::arg("budget"), py::arg("demand") = py::none(),
      "The greatest mean accuracy for a budget, over models and regions at once; regions are compared in one signal, "
      "scope and factor set.");
}

void bind_places(py::module_& m) {
  py::class_<CandidateRegion>(m, "CandidateRegion", "Where a job could run.")
      .def(py::init([](std::string name, CarbonIntensity intensity, double pue, std::optional<Energy> energy) {
             return CandidateRegion{std::move(name), intensity, pue, energy};
           }),
           py::arg("name"), py::arg("intensity"), py::arg("pue") = 1.0, py::arg("energy") = py::none())
      .def_readonly("name", &CandidateRegion::name, "By which results and messages name it.")
      .def_readonly("intensity", &CandidateRegion::intensity, "Of the region while the job would run, >= 0.")
      .def_readonly("pue", &CandidateRegion::pue, "Facility energy / IT energy, >= 1.")
      .def_readonly("energy", &CandidateRegion::energy, "Of the job there, if it is not the same everywhere.");
  py::class_<Placement>(m, "Placement", "The carbon of a job by region, and the best.")
      .def_readonly("carbon", &Placement::carbon, "By region: intensity x PUE x energy, and the transfer.")
      .def_readonly("best", &Placement::best, "The least; ties by name.");
  m.def(
      "place",
      [](const std::vector<CandidateRegion>& regions, const std::string& source, Energy energy, Energy transfer,
         CarbonIntensity transfer_intensity) {
        return place(regions, {source, energy, transfer, transfer_intensity});
      },
      py::arg("regions"), py::kw_only(), py::arg("source"), py::arg("energy"), py::arg("transfer") = Energy(),
      py::arg("transfer_intensity") = CarbonIntensity(), "The carbon of a job in each region; ties by name.");
  m.def(
      "where",
      [](const std::map<std::string, intensity::Trace>& traces, const py::object& start, const py::object& end,
         const std::string& source, Energy energy, Energy transfer, CarbonIntensity transfer_intensity,
         const std::map<std::string, double>& pue) {
        return where(traces, to_utc(start), to_utc(end), {source, energy, transfer, transfer_intensity}, pue);
      },
      py::arg("traces"), py::arg("start"), py::arg("end"), py::kw_only(), py::arg("source"), py::arg("energy"),
      py::arg("transfer") = Energy(), py::arg("transfer_intensity") = CarbonIntensity(),
      py::arg("pue") = std::map<std::string, double>(), "place() with the means of traces of one signal and scope.");
  py::class_<Assignment>(m, "Assignment", "A region for each job.")
      .def_readonly("region", &Assignment::region, "Name of the region, by job.")
      .def_readonly("total", &Assignment::total, "Of all jobs.");
  m.def("assign", &assign, py::arg("capacity"), py::arg("cost"),
        "Whole jobs to regions with room for so many each, at the least total carbon: {region: jobs}, [{region: "
        "carbon}].");
}

}  // namespace

void register_shift(py::module_& m) {
  bind_shift(m);
  bind_suspend(m);
  bind_pairs(m);
  bind_online(m);
  bind_places(m);
}

void register_search(py::module_& m) {
  py::class_<SearchThresholds>(m, "SearchThresholds", "Thresholds of k-min search.")
      .def_readonly("alpha", &SearchThresholds::alpha,
                    "Ratio that holds if any number of units may be taken in one slot, beta = 0.")
      .def_readonly("alpha1", &SearchThresholds::alpha1, "The ratio that holds with one unit per slot.")
      .def_readonly("run", &SearchThresholds::run, "u(1) > ... > u(k): unit i goes on while c <= u(i).")
      .def_readonly("start", &SearchThresholds::start, "u(i) - 2 beta: unit i starts a run where c is not above it.")
      .def_readonly("next_start", &SearchThresholds::next_start, "u(k+1) - 2 beta, which is L.");
  m.def(
      "k_search_thresholds",
      [](std::int64_t k, double upper, double lower, double switch_cost) {
        return k_search_thresholds(count_of(k, "k"), {upper, lower, switch_cost});
      },
      py::arg("k"), py::kw_only(), py::arg("upper"), py::arg("lower"), py::arg("switch_cost") = 0.0,
      "Prices at which each unit of `k_search` is taken, and the ratios that hold.");
  py::class_<SearchResult>(m, "SearchResult", "What a search did, beside the offline optimum.")
      .def_readonly("slots", &SearchResult::slots, "One unit each, of `k_search`.")
      .def_readonly("amounts", &SearchResult::amounts, "Units by slot.")
      .def_readonly("cost", &SearchResult::cost, "Sum of prices, and 2 beta per run.")
      .def_readonly("optimum", &SearchResult::optimum, "The least cost, which pays the same for its runs.")
      .def_readonly("ratio", &SearchResult::ratio, "None for an optimum of 0.")
      .def_readonly("alpha", &SearchResult::alpha, "As `SearchThresholds.alpha`.")
      .def_readonly("alpha1", &SearchResult::alpha1, "As `SearchThresholds.alpha1`.")
      .def_readonly("within_alpha1", &SearchResult::within_alpha1, "Ratio <= alpha1; it holds for prices in [L, U].")
      .def_readonly("outside", &SearchResult::outside, "Prices outside [lower, upper].");
  m.def(
      "k_search",
      [](const py::object& prices, std::int64_t units, double upper, double lower, double switch_cost, bool unlimited) {
        const std::size_t k = count_of(units, "k");
        const std::vector<double> given = numbers_of(prices, "intensity");
        const SearchBounds bounds{upper, lower, switch_cost};
        return unlimited ? k_search_unlimited(given, k, bounds) : k_search(given, k, bounds);
      },
      py::arg("prices"), py::arg("k"), py::kw_only(), py::arg("upper"), py::arg("lower"), py::arg("switch_cost") = 0.0,
      py::arg("unlimited") = false, "Runs k units, one per slot (or any number), over prices that come one by one.");
  m.def(
      "k_max_alpha",
      [](std::optional<std::size_t> k, double upper, double lower) {
        return k_max_alpha(k, {upper, lower});
      },
      py::arg("k"), py::kw_only(), py::arg("upper"), py::arg("lower"), "alpha of k-max search; k None: its limit.");
  py::class_<Conversion>(m, "Conversion", "One-way conversion: any part of the work at any time.")
      .def(py::init([](double upper, double lower, double switch_cost) {
             return Conversion({upper, lower, switch_cost});
           }),
           py::kw_only(), py::arg("upper"), py::arg("lower"), py::arg("switch_cost") = 0.0)
      .def_property_readonly("alpha", &Conversion::alpha,
                             "The ratio that holds; with a switching cost it is not proven here.")
      .def("phi", &Conversion::phi, py::arg("w"), "The price at which the part w has been done.")
      .def("done_at", &Conversion::done_at, py::arg("price"),
           "The part that is to be done once the price has been this low; in [0, 1].")
      .def(
          "run", [](const Conversion& c, const py::object& prices) { return c.run(numbers_of(prices, "intensity")); },
          py::arg("prices"), "The parts done in each slot.");
}

}  // namespace co2lib::bindings::adaptive_domain
