// SPDX-License-Identifier: MIT
// Formulas on plain numbers: dies, wafers, chiplets, servers, ACT, shares, validation.
#include "embodied.hpp"

#include "gil.hpp"

namespace co2lib::bindings::embodied_domain {

namespace {

void bind_logic(py::module_& m) {
  m.def(
      "die_yield",
      [](const std::string& model, double area_cm2, double d0_per_cm2, double alpha) {
        return die_yield(yield_model(model), area_cm2, d0_per_cm2, alpha);
      },
      py::arg("model"), py::arg("area_cm2"), py::kw_only(), py::arg("d0_per_cm2") = default_d0_per_cm2,
      py::arg("alpha") = default_alpha, "Yield of a die: poisson, murphy, rectangular, seeds, neg_binomial or moore.");
  py::class_<CarbonPerArea> cpa(m, "CarbonPerArea", "Carbon per cm2 of processed wafer, before yield; g/cm2.");
  cpa.def_readonly("energy_g", &CarbonPerArea::energy_g, "Of the electricity of the fab.")
      .def_readonly("gas_g", &CarbonPerArea::gas_g, "Of the gases that are not abated.")
      .def_readonly("materials_g", &CarbonPerArea::materials_g, "Of the materials.")
      .def_property_readonly("total_g", &CarbonPerArea::total_g, "Sum of the three.")
      .def("__repr__", [](const CarbonPerArea& c) {
        return "<co2lib.embodied.CarbonPerArea " + numeric::text(c.total_g()) + " g/cm2 before yield>";
      });
  pickles_as<&CarbonPerArea::energy_g, &CarbonPerArea::gas_g, &CarbonPerArea::materials_g>(cpa, 1);
  m.def(
      "logic_cpa",
      [](const std::string& node, const std::variant<std::string, double>& fab_ci, const std::string& ci_table,
         double abatement, bool interpolate, std::optional<double> epa, std::optional<double> gpa,
         std::optional<double> mpa) {
        LogicProcess process{.node = node,
                             .epa_kwh_per_cm2 = epa,
                             .gpa_g_per_cm2 = gpa,
                             .mpa_g_per_cm2 = mpa,
                             .ci_table = ci_table,
                             .abatement_percent = abatement,
                             .interpolate = interpolate};
        if (const double* x = std::get_if<double>(&fab_ci)) {
          process.fab_ci_g_per_kwh = *x;
        } else {
          process.fab_ci = std::get<std::string>(fab_ci);
        }
        return logic_cpa(process);
      },
      py::arg("node") = "", py::kw_only(), py::arg("fab_ci") = "taiwan", py::arg("ci_table") = "act2022",
      py::arg("abatement") = default_abatement, py::arg("interpolate") = false, py::arg("epa") = std::nullopt,
      py::arg("gpa") = std::nullopt, py::arg("mpa") = std::nullopt,
      "Carbon per cm2 of wafer of a node; `fab_ci` is a name or g/kWh, `epa` in kWh/cm2, `gpa` and `mpa` in g/cm2.");
  m.def(
      "logic_die",
      [](double area_cm2, const CarbonPerArea& per_area, double yield, double packages, double package_g) {
        const LogicDie die = logic_die(area_cm2, per_area, yield, packages, package_g);
        return std::make_tuple(die.fab_g, die.package_g);
      },
      py::arg("area_cm2"), py::arg("cpa"), py::kw_only(), py::arg("die_yield") = default_yield,
      py::arg("packages") = 1.0, py::arg("package_g") = default_package_g, "(fab, package) in g.");
  m.def("dies_per_wafer", &dies_per_wafer, py::arg("die_mm2"), py::kw_only(), py::arg("wafer_mm") = 300.0,
        "Not rounded.");
  py::class_<EffectiveArea> area(m, "EffectiveArea", "Wafer area that a good die takes.");
  area.def_readonly("effective_mm2", &EffectiveArea::effective_mm2, "With its part of the wafer's edge.")
      .def_readonly("dies_per_wafer", &EffectiveArea::dies_per_wafer, "Not rounded, of dies with their saw street.")
      .def_readonly("die_yield", &EffectiveArea::yield, "Of Moore's model, in (0, 1].");
  pickles_as<&EffectiveArea::effective_mm2, &EffectiveArea::dies_per_wafer, &EffectiveArea::yield>(area, 1);
  m.def("effective_area", &effective_area, py::arg("die_mm2"), py::kw_only(), py::arg("kerf_mm") = 0.2,
        py::arg("wafer_mm") = 300.0, py::arg("d0_per_cm2") = 0.1, "Edge and saw street included; Moore's yield.");
}

void bind_chiplet(py::module_& m) {
  py::class_<ChipletCarbon> carbon(m, "ChipletCarbon", "A chiplet by ECO-CHIP's rules.");
  carbon
      .def_readonly("manufacturing_kg", &ChipletCarbon::manufacturing_kg,
                    "Of the die, its yield and what is lost at the wafer's edge included.")
      .def_readonly("design_kg", &ChipletCarbon::design_kg, "Of the design, spread over `num_parts`.")
      .def_readonly("operation_kg", &ChipletCarbon::operation_kg,
                    "Of its part of the power over the lifetime, at ECO-CHIP's 700 g/kWh.")
      .def_readonly("area_scaled_mm2", &ChipletCarbon::area_scaled_mm2, "Area at its own node.")
      .def_readonly("die_yield", &ChipletCarbon::yield, "Of the die, in (0, 1].");
  pickles_as<&ChipletCarbon::manufacturing_kg, &ChipletCarbon::design_kg, &ChipletCarbon::operation_kg,
             &ChipletCarbon::area_scaled_mm2, &ChipletCarbon::yield>(carbon, 1);
  m.def(
      "chiplet",
      [](const std::string& type, int node_nm, double area_mm2, std::optional<double> system_area_mm2,
         double system_power_w, double num_iter, double num_parts, double lifetime_h, double wafer_mm) {
        return chiplet_carbon({type, node_nm, area_mm2},
                              {system_area_mm2, system_power_w, num_iter, num_parts, lifetime_h, wafer_mm});
      },
      py::arg("type"), py::arg("node_nm"), py::arg("area_mm2"), py::kw_only(),
      py::arg("system_area_mm2") = std::nullopt, py::arg("system_power_w") = 0.0, py::arg("num_iter") = 1.0,
      py::arg("num_parts") = 1.0, py::arg("lifetime_h") = 0.0, py::arg("wafer_mm") = 300.0,
      "ECO-CHIP; areas at 7 nm, scaled to the node.");
  py::class_<RdlPackage> package(m, "RdlPackage", "A package with redistribution layers, by ECO-CHIP's rules.");
  package.def_readonly("interposer_mm2", &RdlPackage::interposer_mm2, "Of the floor plan.")
      .def_readonly("package_kg", &RdlPackage::package_kg, "Of the redistribution layers.")
      .def_readonly("router_kg", &RdlPackage::router_kg, "Of the routers between the chiplets.")
      .def_property_readonly("total_kg", &RdlPackage::total_kg, "Of both.");
  pickles_as<&RdlPackage::interposer_mm2, &RdlPackage::package_kg, &RdlPackage::router_kg>(package, 1);
  m.def(
      "rdl_package",
      [](const std::vector<std::tuple<std::string, int, double>>& chiplets, double rdl_layers, double num_beol) {
        std::vector<Chiplet> list;
        for (const auto& [type, node_nm, area_mm2] : chiplets) list.push_back({type, node_nm, area_mm2});
        return rdl_package(list, rdl_layers, num_beol);
      },
      py::arg("chiplets"), py::kw_only(), py::arg("rdl_layers") = 6.0, py::arg("num_beol") = 8.0,
      "Of chiplets (type, node_nm, area_mm2 at 7 nm).");
}

void bind_servers(py::module_& m) {
  m.def(
      "interpolated_gpu",
      [](double node_nm, double area_cm2, double mem_gb, double tdp_w, double mem_kg_per_gb) {
        return interpolated_gpu(node_nm, area_cm2, mem_gb, tdp_w, mem_kg_per_gb);
      },
      py::kw_only(), py::arg("node_nm"), py::arg("area_cm2"), py::arg("mem_gb"), py::arg("tdp_w"),
      py::arg("mem_kg_per_gb") = 0.853125, "kg; calibrated to the footprint of the HGX H100.");
  m.def(
      "eserve_cooling", [](double tdp_w, const std::string& memory) { return eserve_cooling(tdp_w, memory); },
      py::kw_only(), py::arg("tdp_w"), py::arg("memory"), "kg.");
  m.def(
      "eserve_gpu",
      [](double mem_gb, double mem_kg_per_gb, double pcb_cm2, double psu_w, double cooling_kg, double soc_kg) {
        return eserve_gpu(mem_gb, mem_kg_per_gb, pcb_cm2, psu_w, cooling_kg, soc_kg);
      },
      py::kw_only(), py::arg("mem_gb"), py::arg("mem_kg_per_gb"), py::arg("pcb_cm2"), py::arg("psu_w"),
      py::arg("cooling_kg"), py::arg("soc_kg"), "kg.");
  m.def(
      "eserve_host",
      [](double ssd_gb, double mem_gb, double mem_kg_per_gb) { return eserve_host(ssd_gb, mem_gb, mem_kg_per_gb); },
      py::kw_only(), py::arg("ssd_gb"), py::arg("mem_gb"), py::arg("mem_kg_per_gb"), "kg.");
  m.def(
      "rack_server",
      [](double cpus, double ram_gb, double hdd, double ssd, double gpus) {
        return rack_server(cpus, ram_gb, hdd, ssd, gpus);
      },
      py::kw_only(), py::arg("cpus") = 1.0, py::arg("ram_gb") = 16.0, py::arg("hdd") = 0.0, py::arg("ssd") = 0.0,
      py::arg("gpus") = 0.0, "kg, by Cloud Carbon Footprint.");
  m.def(
      "chip_list",
      [](const std::map<std::string, std::tuple<double, double, double>>& items, double days, double lifetime_days) {
        std::vector<ChipListItem> list;
        for (const auto& [name, item] : items) {
          list.push_back({name, std::get<0>(item), std::get<1>(item), std::get<2>(item)});
        }
        const auto shares = chip_list(list, days, lifetime_days);
        return std::map<std::string, double>(shares.begin(), shares.end());
      },
      py::arg("items"), py::kw_only(), py::arg("days"), py::arg("lifetime_days"),
      "Shares in t of name to (unit, kg per unit, count), by LLMCarbon.");
  m.def(
      "hsl_total",
      [](const HslLevels& levels, const std::string& reading, bool eol, const std::string& which) {
        return hsl_total(levels, parse<HslReading>(reading, "reading", "embodied.unknown_model"), eol,
                         parse<HslCase>(which, "case", "embodied.unknown_model"));
      },
      py::arg("levels"), py::kw_only(), py::arg("reading") = "tide", py::arg("eol") = true, py::arg("case") = "mode",
      "Sum of the rows of a device's levels in kg, without truncation and profile.");
}

void bind_act(py::module_& m) {
  m.def(
      "act_memory",
      [](const std::string& device, const std::string& process, double capacity_gb, double yield, double packages) {
        const DeviceCarbon c = act_memory(device, process, capacity_gb, yield, packages);
        return std::make_tuple(c.fab_g, c.package_g);
      },
      py::arg("device"), py::arg("process"), py::kw_only(), py::arg("capacity_gb"),
      py::arg("die_yield") = default_yield, py::arg("packages") = 0.0, "(fab, package) in g by ACT's rules.");
  m.def("act_operation", &act_operation, py::kw_only(), py::arg("power_w"), py::arg("lifetime_years"),
        py::arg("ci_g_per_kwh"), py::arg("duty") = 1.0, py::arg("year_hours") = 8766.0, "g.");
  m.def(
      "act_part",
      [](const std::string& category, const std::string& type, double weight_kg, double area_cm2, double energy_kwh,
         const std::string& chemistry, int layers, double quantity, const std::string& fab_ci) {
        return act_part(
            {category, type, weight_kg, area_cm2, energy_kwh, chemistry, layers, quantity, fab_ci, "act2022"});
      },
      py::arg("category"), py::kw_only(), py::arg("type") = "generic", py::arg("weight_kg") = 0.0,
      py::arg("area_cm2") = 0.0, py::arg("energy_kwh") = 0.0, py::arg("chemistry") = "nmc", py::arg("layers") = 0,
      py::arg("quantity") = 0.0, py::arg("fab_ci") = "japan", "g, by ACT's rules.");
  py::class_<ActFootprint> act(m, "ActFootprint", "A footprint by ACT's rules, defects and all.");
  act.def_readonly("total_kg", &ActFootprint::total_kg, "All parts, their quantities included.")
      .def_property_readonly(
          "parts_g",
          [](const ActFootprint& f) { return std::map<std::string, double>(f.parts_g.begin(), f.parts_g.end()); },
          "Name and g, in the order of the file.")
      .def_readonly("issues", &ActFootprint::issues, "`act_defect` where a number rests on one of ACT's defects.");
  pickles_as<&ActFootprint::total_kg, &ActFootprint::parts_g, &ActFootprint::issues>(act, 1);
  m.def("act_footprint", &act_footprint, py::arg("text"), py::kw_only(),
        py::arg("files") = std::map<std::string, std::string>(), py::arg("ci_table") = "act2022",
        py::arg("name") = "bom", "An ACT v2 file, as text, with the files that it imports.");
  m.def("load_act", &load_act, py::arg("file"), py::kw_only(), py::arg("ci_table") = "act2022", "An ACT v2 file.");
}

void bind_share(py::module_& m) {
  m.def(
      "amortise",
      [](double te_kg, double reserved_h, double lifetime_years, double year_hours, double utilisation,
         double resource_share, std::optional<double> battery_kg, std::optional<double> battery_years) {
        return amortise(te_kg, reserved_h, lifetime_years,
                        {year_hours, utilisation, resource_share, battery_kg, battery_years});
      },
      py::kw_only(), py::arg("te_kg"), py::arg("reserved_h"), py::arg("lifetime_years"),
      py::arg("year_hours") = default_year_hours, py::arg("utilisation") = 1.0, py::arg("resource_share") = 1.0,
      py::arg("battery_kg") = std::nullopt, py::arg("battery_years") = std::nullopt, "kg.");
  m.def(
      "amortise_interval",
      [](double te_kg, double battery_kg, double battery_years, double low_years, double high_years) {
        const YearlyRange r = amortise_interval(te_kg, battery_kg, battery_years, low_years, high_years);
        return std::make_tuple(r.low_kg, r.high_kg);
      },
      py::kw_only(), py::arg("te_kg"), py::arg("battery_kg"), py::arg("battery_years"), py::arg("low_years"),
      py::arg("high_years"), "Exact bounds of the yearly share over a range of lifetimes, kg per year.");
  m.def(
      "crossover",
      [](double te_kg, double lifetime_years, double power_kw, double load, double year_hours) {
        const Crossover c = crossover(te_kg, lifetime_years, power_kw, load, year_hours);
        return std::make_tuple(c.embodied_g_per_h, c.ci_g_per_kwh);
      },
      py::kw_only(), py::arg("te_kg"), py::arg("lifetime_years"), py::arg("power_kw"), py::arg("load") = 1.0,
      py::arg("year_hours") = default_year_hours,
      "(embodied g per h, the g/kWh below which the hardware outweighs its operation).");
}

void bind_validation(py::module_& m) {
  py::class_<Metrics> figures(m, "Metrics", "Predictions against published footprints.");
  figures.def_readonly("mape", &Metrics::mape, "Mean abs(V - P) / P of predictions V against published P.")
      .def_readonly("bias", &Metrics::bias, "Mean (V - P) / P.")
      .def_readonly("coverage", &Metrics::coverage, "Fraction with p5 <= P <= p95.")
      .def_readonly("median_width", &Metrics::median_width, "Median of p95 / p5.")
      .def_readonly("score", &Metrics::score,
                    "Interval score of logarithms (Gneiting and Raftery 2007); lower is better.");
  pickles_as<&Metrics::mape, &Metrics::bias, &Metrics::coverage, &Metrics::median_width, &Metrics::score>(figures, 1);
  m.def(
      "metrics",
      [](const std::vector<double>& published, const std::vector<double>& predicted, const std::vector<double>& p5,
         const std::vector<double>& p95) { return metrics(published, predicted, p5, p95); },
      py::arg("published"), py::arg("predicted"), py::arg("p5") = std::vector<double>(),
      py::arg("p95") = std::vector<double>(),
      "How far predictions are from published numbers; p5 and p95 both, or neither.");
  py::class_<TrivialPredictor> trivial(m, "TrivialPredictor", "V = k x: constant, mass or sqrt_mass.");
  trivial.def_readonly("name", &TrivialPredictor::name, "`1`, the mass, or its square root.")
      .def_readonly("n", &TrivialPredictor::n, "Devices predicted.")
      .def_readonly("k", &TrivialPredictor::k, "Of the whole fit.")
      .def_readonly("mape", &TrivialPredictor::mape, "Mean abs(V - P) / P, each device predicted without itself.")
      .def_readonly("model_mape", &TrivialPredictor::model_mape, "Of the model on the same devices.")
      .def_readonly("coverage", &TrivialPredictor::coverage, "Fraction with p5 <= P <= p95; None without an interval.")
      .def_readonly("median_width", &TrivialPredictor::median_width, "Median of p95 / p5; None without an interval.")
      .def_readonly("score", &TrivialPredictor::score, "As `Metrics.score`; None without an interval.");
  pickles_as<&TrivialPredictor::name, &TrivialPredictor::n, &TrivialPredictor::k, &TrivialPredictor::mape,
             &TrivialPredictor::model_mape, &TrivialPredictor::coverage, &TrivialPredictor::median_width,
             &TrivialPredictor::score>(trivial, 1);
  py::class_<Validation> validation(m, "Validation", "The model on devices, beside trivial predictors.");
  validation.def_readonly("passed", &Validation::pass, "Whether all limits are kept.")
      .def_readonly("model", &Validation::model, "Of the predictions.")
      .def_readonly("trivial", &Validation::trivial, "Of the predictors that know next to nothing.")
      .def_readonly("predicted_kg", &Validation::predicted_kg, "In the order of the devices.")
      .def_readonly("p5_kg", &Validation::p5_kg, "5th percentile of the draws, in the order of the devices.")
      .def_readonly("p95_kg", &Validation::p95_kg, "95th percentile of the draws, in the order of the devices.");
  pickles_as<&Validation::pass, &Validation::model, &Validation::trivial, &Validation::predicted_kg, &Validation::p5_kg,
             &Validation::p95_kg>(validation, 1);
  using Device = std::tuple<std::string, double, HslLevels, std::optional<double>>;
  using Fit = std::vector<std::tuple<double, std::optional<double>>>;
  m.def(
      "validate",
      [](const std::vector<Device>& devices, double mape_max, double bias_abs_max, double coverage_min,
         double median_width_max, const std::optional<Fit>& fit) {
        std::vector<ValidationDevice> list;
        for (const auto& [id, published, levels, mass] : devices) list.push_back({id, published, levels, mass});
        std::optional<std::vector<FitDevice>> given;
        if (fit) {
          given.emplace();
          for (const auto& [published, mass] : *fit) given->push_back({published, mass});
        }
        const bindings::GilReleased released;  // pure computation
        return validate(list, {mape_max, bias_abs_max, coverage_min, median_width_max}, given);
      },
      py::arg("devices"), py::kw_only(), py::arg("mape_max") = 0.36, py::arg("bias_abs_max") = 0.12,
      py::arg("coverage_min") = 0.8, py::arg("median_width_max") = 4.0, py::arg("fit") = std::nullopt,
      "Devices are (id, published kg, levels, mass kg or None), `fit` (published kg, mass kg or None).");
}

}  // namespace

void register_formulas(py::module_& m) {
  bind_logic(m);
  bind_chiplet(m);
  bind_servers(m);
  bind_act(m);
  bind_share(m);
  bind_validation(m);
}

}  // namespace co2lib::bindings::embodied_domain
