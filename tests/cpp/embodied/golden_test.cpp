// SPDX-License-Identifier: MIT
// Every vector of tests/golden/embodied.json against the C++ functions.
#include <cmath>
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <co2lib/embodied.hpp>
#include <co2lib/quantiles.hpp>
#include <co2lib/units.hpp>

#include "folders.hpp"

namespace {

using namespace co2lib;
using namespace co2lib::embodied;
using Json = nlohmann::json;
using Numbers = std::vector<double>;

double num(const Json& in, const char* key, double otherwise = std::nan("")) { return in.value(key, otherwise); }

std::optional<double> maybe(const Json& in, const char* key) {
  return in.contains(key) ? std::optional(in[key].get<double>()) : std::nullopt;
}

double yield_of(const Json& in, double area) {
  if (!in.contains("yield")) return default_yield;
  const Json& y = in["yield"];
  if (y.is_number()) return y.get<double>();
  return die_yield(yield_model(y.at("model").get<std::string>()), y.value("area_cm2", area),
                   y.value("d0_per_cm2", 0.15), y.value("alpha", 10.0));
}

CarbonPerArea cpa_of(const Json& in) {
  LogicProcess process{.node = in.value("node", ""), .epa_kwh_per_cm2 = maybe(in, "epa")};
  process.gpa_g_per_cm2 = maybe(in, "gpa");
  process.mpa_g_per_cm2 = maybe(in, "mpa");
  if (in.contains("fab_ci") && in["fab_ci"].is_number()) process.fab_ci_g_per_kwh = in["fab_ci"].get<double>();
  if (in.contains("fab_ci") && in["fab_ci"].is_string()) process.fab_ci = in["fab_ci"].get<std::string>();
  process.ci_table = in.value("ci_table", "act2022");
  process.abatement_percent = in.value("abatement", 97.0);
  process.interpolate = in.value("interpolate", false);
  return logic_cpa(process);
}

Json cpa(const Json& in) {
  const CarbonPerArea c = cpa_of(in);
  return {{"cpa_g_per_cm2", logic_die(1, c, yield_of(in, num(in, "area_cm2")), 0).fab_g},
          {"energy_g_per_cm2", c.energy_g},
          {"gas_g_per_cm2", c.gas_g},
          {"materials_g_per_cm2", c.materials_g}};
}

Json die(const Json& in) {
  const double area = num(in, "area_cm2");
  const LogicDie d =
      logic_die(area, cpa_of(in), yield_of(in, area), in.value("packages", 1.0), in.value("package_g", 150.0));
  return {{"fab_g", d.fab_g}, {"package_g", d.package_g}, {"total_g", d.fab_g + d.package_g}};
}

std::map<std::string, std::string> files_of(const Json& in) {
  std::map<std::string, std::string> files;
  if (in.contains("files")) {
    for (const auto& [name, document] : in["files"].items()) files[name] = document.dump();
  }
  return files;
}

BomFootprint footprint_of(const Json& in, std::size_t draws = 0) {
  return parse_bom(in.at("bom").dump(), {.files = files_of(in)})
      .footprint({.seed = in.value("seed", std::uint64_t{0}), .draws = draws});
}

Json bom(const Json& in) {
  const BomFootprint fp = footprint_of(in);
  Json parts = Json::object();
  for (const PartFootprint& part : fp.parts) parts[part.id] = part.value.kilograms();
  return {{"total_kg", *fp.kilograms()}, {"parts_kg", parts}};
}

Json bom_interval(const Json& in) {
  const BomFootprint fp = footprint_of(in);
  return {
      {"low_kg", fp.bounds->low.kilograms()}, {"value_kg", *fp.kilograms()}, {"high_kg", fp.bounds->high.kilograms()}};
}

Json bom_montecarlo(const Json& in) {
  const BomFootprint fp = footprint_of(in, in.value("n", std::size_t{10'000}));
  return {{"mean_kg", fp.mean->kilograms()},
          {"std_kg", fp.std->kilograms()},
          {"p5_kg", fp.interval->low.kilograms()},
          {"p50_kg", fp.p50->kilograms()},
          {"p95_kg", fp.interval->high.kilograms()}};
}

Json bom_tornado(const Json& in) {
  Json names = Json::array();
  Json swings = Json::array();
  for (const FactorUse& use : footprint_of(in).ranked()) {
    names.push_back(use.factor.id);
    swings.push_back(use.swing_kg);
  }
  return {{"rank", names}, {"swing_kg", swings}};
}

Json bom_act(const Json& in) {
  const ActFootprint fp = act_footprint(in.at("bom").dump(), files_of(in), in.value("ci_table", "act2022"));
  Json parts = Json::object();
  for (const auto& [id, grams] : fp.parts_g) parts[id] = grams;
  return {{"total_kg", fp.total_kg}, {"parts_g", parts}};
}

HslLevels levels_of(const Json& in) { return in.at("levels").get<HslLevels>(); }

Json hsl(const Json& in) {
  return {
      {"total_kg",
       hsl_total(levels_of(in), parse<HslReading>(in.value("reading", "tide"), "reading", "embodied.unknown_model"),
                 in.value("eol", true), parse<HslCase>(in.value("case", "mode"), "case", "embodied.unknown_model"))}};
}

Json hsl_set(const Json& in) {
  Numbers published;
  Numbers predicted;
  for (const Json& device : in.at("devices")) {
    published.push_back(num(device, "published_kg"));
    predicted.push_back(in.value("truncation", 1.0) * hsl_total(levels_of(device)));
  }
  const Metrics m = metrics(published, predicted);
  return {{"predicted_kg", predicted}, {"mape", m.mape}, {"bias", m.bias}};
}

Json validation_set(const Json& in) {
  std::vector<ValidationDevice> devices;
  for (const Json& d : in.at("devices")) {
    devices.push_back({d.at("id"), num(d, "published_kg"), levels_of(d), maybe(d, "mass_kg")});
  }
  std::optional<std::vector<FitDevice>> fit;
  if (in.contains("fit")) {
    fit.emplace();
    for (const Json& d : in["fit"]) fit->push_back({num(d, "published_kg"), maybe(d, "mass_kg")});
  }
  const Json& l = in.at("limits");
  const Validation v = validate(
      devices, {num(l, "mape_max"), num(l, "bias_abs_max"), num(l, "coverage_min"), num(l, "median_width_max")}, fit);
  Json trivial = Json::object();
  for (const TrivialPredictor& t : v.trivial) {
    trivial[t.name] = {{"n", t.n}, {"k", t.k}, {"mape", t.mape}, {"model_mape", t.model_mape}};
    if (t.coverage) {
      trivial[t.name].update({{"coverage", *t.coverage}, {"median_width", *t.median_width}, {"score", *t.score}});
    }
  }
  return {{"pass", v.pass},
          {"mape", v.model.mape},
          {"bias", v.model.bias},
          {"coverage", *v.model.coverage},
          {"median_width", *v.model.median_width},
          {"score", *v.model.score},
          {"trivial", trivial}};
}

Json measured(const Json& in) {
  const auto list = [&](const char* key) { return in.value(key, Numbers()); };
  const Metrics m = metrics(list("published"), list("predicted"), list("p5"), list("p95"));
  Json out{{"mape", m.mape}, {"bias", m.bias}};
  if (m.coverage) out["coverage"] = *m.coverage;
  return out;
}

Json device(const DeviceCarbon& c) {
  return {{"fab_g", c.fab_g}, {"package_g", c.package_g}, {"total_g", c.total_g()}};
}

Json part_of_act(const Json& in) {
  ActPart part{.category = in.at("category"), .type = in.value("type", "generic")};
  part.weight_kg = in.value("weight_kg", 0.0);
  part.area_cm2 = in.value("area_cm2", 0.0);
  part.energy_kwh = in.value("energy_kwh", 0.0);
  part.chemistry = in.value("chemistry", "nmc");
  part.layers = in.value("layers", 0);
  part.quantity = in.value("quantity", 0.0);
  part.fab_ci = in.value("fab_ci", "japan");
  return {{"carbon_g", act_part(part)}};
}

Json chiplet(const Json& in) {
  ChipletSystem system{.system_area_mm2 = maybe(in, "system_area_mm2")};
  system.system_power_w = in.value("system_power_w", 0.0);
  system.num_iter = in.value("num_iter", 1.0);
  system.num_parts = in.value("num_parts", 1.0);
  system.lifetime_h = in.value("lifetime_h", 0.0);
  system.wafer_mm = in.value("wafer_mm", 300.0);
  const ChipletCarbon c = chiplet_carbon({in.at("type"), in.at("node_nm"), in.at("area_mm2")}, system);
  return {{"mfg_kg", c.manufacturing_kg},
          {"design_kg", c.design_kg},
          {"op_kg", c.operation_kg},
          {"area_scaled_mm2", c.area_scaled_mm2},
          {"yield", c.yield}};
}

Json rdl(const Json& in) {
  std::vector<Chiplet> chiplets;
  for (const Json& c : in.at("chiplets")) chiplets.push_back({c.at("type"), c.at("node_nm"), c.at("area_mm2")});
  const RdlPackage p = rdl_package(chiplets, in.value("rdl_layers", 6.0), in.value("num_beol", 8.0));
  return {{"interposer_mm2", p.interposer_mm2},
          {"package_kg", p.package_kg},
          {"router_kg", p.router_kg},
          {"total_kg", p.total_kg()}};
}

Json chips(const Json& in) {
  std::vector<ChipListItem> items;
  for (const auto& [name, item] : in.at("items").items()) {
    items.push_back({name, num(item, "unit"), num(item, "factor_kg"), num(item, "count")});
  }
  Json each = Json::object();
  double total = 0;
  for (const auto& [name, t] : chip_list(items, num(in, "days"), num(in, "lifetime_days"))) {
    each[name] = t;
    total += t;
  }
  return {{"total_t", total}, {"items_t", each}};
}

Json amortised(const Json& in) {
  AmortiseOptions o{.year_hours = in.value("year_hours", 8760.0), .utilisation = in.value("utilisation", 1.0)};
  o.resource_share = in.value("resource_share", 1.0);
  o.battery_kg = maybe(in, "battery_kg");
  o.battery_years = maybe(in, "battery_years");
  return {{"carbon_kg", amortise(num(in, "te_kg"), num(in, "reserved_h"), num(in, "lifetime_years"), o)}};
}

Json score(const Json& in) {
  const CarbonMass m = *sci_embodied(CarbonMass::from_kilograms(num(in, "te_kg")), Seconds(num(in, "tir_h") * 3600),
                                     Seconds(num(in, "el_h") * 3600), in.value("rr", 1.0), in.value("tor", 1.0));
  const Energy e = Energy::from_kwh(num(in, "energy_kwh") * in.value("pue", 1.0));
  const CarbonIntensity i = CarbonIntensity::from_g_per_kwh(num(in, "ci_g_per_kwh"));
  return {{"operational_g", (e * i).grams()},
          {"embodied_g", m.grams()},
          {"sci_g_per_r", *co2lib::sci(e, i, m, in.value("r", 1.0))}};
}

Json drawn(const Json& in) {
  const std::string name = in.at("factor");
  std::array<char, 17> hash{};
  std::snprintf(hash.data(), hash.size(), "%016llx", static_cast<unsigned long long>(random::fnv1a(name)));
  return {{"hash", hash.data()},
          {"u", random::draw(in.at("seed").get<std::uint64_t>(), in.at("draw").get<std::uint64_t>(), name)}};
}

Json inverse(const Json& in) {
  Factor f{.id = "x", .unit = "1", .low = maybe(in, "low"), .high = maybe(in, "high")};
  f.dist = parse<Distribution>(in.at("dist").get<std::string>(), "dist", "embodied.bad_factor");
  f.value = f.dist == Distribution::triangular ? num(in, "mode")
            : f.dist == Distribution::uniform  ? num(in, "low")
                                               : num(in, "median");
  f.gsd = in.value("gsd", 1.0);
  check_factor(f, "x");
  return {{"x", f.at(num(in, "u"))}};
}

Json words(const Json& in) {
  const auto word = [](const Json& x) {
    return static_cast<std::uint32_t>(std::stoul(x.get<std::string>(), nullptr, 16));
  };
  const Json& c = in.at("counter");
  Json out = Json::array();
  for (const std::uint32_t w :
       random::philox({word(c[0]), word(c[1]), word(c[2]), word(c[3])}, {word(in["key"][0]), word(in["key"][1])})) {
    std::array<char, 9> text{};
    std::snprintf(text.data(), text.size(), "%08x", w);
    out.push_back(text.data());
  }
  return {{"words", out}};
}

Json answer(const std::string& kind, const Json& in);

Json monotone(const Json& in) {
  Numbers out;
  const std::string pointer = "/" + in.at("vary").get<std::string>();
  for (const Json& value : in.at("values")) {
    Json base = in.at("base");
    base[Json::json_pointer(pointer)] = value;
    out.push_back(answer(in.at("op"), base).at(in.at("output").get<std::string>()).get<double>());
  }
  const bool up = std::adjacent_find(out.begin(), out.end(), std::greater_equal<>()) == out.end();
  const bool down = std::adjacent_find(out.begin(), out.end(), std::less_equal<>()) == out.end();
  return {{"direction", up ? "increasing" : down ? "decreasing" : "neither"}};
}

const std::map<std::string, std::function<Json(const Json&)>>& operations() {
  static const std::map<std::string, std::function<Json(const Json&)>> all{
      {"logic.cpa", cpa},
      {"logic.die", die},
      {"yield",
       [](const Json& in) {
         return Json{{"yield", die_yield(yield_model(in.at("model").get<std::string>()), num(in, "area_cm2"),
                                         in.value("d0_per_cm2", 0.15), in.value("alpha", 10.0))}};
       }},
      {"wafer.dies",
       [](const Json& in) {
         const double n = dies_per_wafer(num(in, "die_mm2"), in.value("wafer_mm", 300.0));
         return Json{{"dies", static_cast<std::int64_t>(n)}, {"dies_real", n}};
       }},
      {"wafer.effective_area",
       [](const Json& in) {
         const EffectiveArea a = effective_area(num(in, "die_mm2"), in.value("kerf_mm", 0.2),
                                                in.value("wafer_mm", 300.0), in.value("d0_per_cm2", 0.1));
         return Json{{"effective_mm2", a.effective_mm2}, {"dies_per_wafer", a.dies_per_wafer}, {"yield", a.yield}};
       }},
      {"memory.act",
       [](const Json& in) {
         return device(act_memory(in.at("device").get<std::string>(), in.at("process").get<std::string>(),
                                  num(in, "capacity_gb"), in.value("yield", 0.875), in.value("packages", 0.0)));
       }},
      {"act.operation",
       [](const Json& in) {
         return Json{{"carbon_g", act_operation(num(in, "power_w"), num(in, "lifetime_years"), num(in, "ci_g_per_kwh"),
                                                in.value("duty", 1.0), in.value("year_hours", 8766.0))}};
       }},
      {"act.part", part_of_act},
      {"bom", bom},
      {"bom.act", bom_act},
      {"bom.interval", bom_interval},
      {"bom.montecarlo", bom_montecarlo},
      {"bom.tornado", bom_tornado},
      {"hsl", hsl},
      {"hsl.set", hsl_set},
      {"validation.set", validation_set},
      {"chiplet", chiplet},
      {"chiplet.rdl", rdl},
      {"chip_list", chips},
      {"gpu.eserve",
       [](const Json& in) {
         return Json{{"total_kg", eserve_gpu(num(in, "mem_gb"), num(in, "mem_kg_per_gb"), num(in, "pcb_cm2"),
                                             num(in, "psu_w"), num(in, "cooling_kg"), num(in, "soc_kg"))}};
       }},
      {"gpu.cooling",
       [](const Json& in) {
         return Json{{"cooling_kg", eserve_cooling(num(in, "tdp_w"), in.at("memory").get<std::string>())}};
       }},
      {"server.eserve_host",
       [](const Json& in) {
         return Json{{"total_kg", eserve_host(num(in, "ssd_gb"), num(in, "mem_gb"), num(in, "mem_kg_per_gb"))}};
       }},
      {"gpu.interpolated",
       [](const Json& in) {
         return Json{{"total_kg", interpolated_gpu(num(in, "node_nm"), num(in, "area_cm2"), num(in, "mem_gb"),
                                                   num(in, "tdp_w"), in.value("mem_kg_per_gb", 0.853125))}};
       }},
      {"server.ccf",
       [](const Json& in) {
         return Json{{"total_kg", rack_server(in.value("cpus", 1.0), in.value("ram_gb", 16.0), in.value("hdd", 0.0),
                                              in.value("ssd", 0.0), in.value("gpu", 0.0))}};
       }},
      {"amortise", amortised},
      {"amortise.interval",
       [](const Json& in) {
         const YearlyRange r = amortise_interval(num(in, "te_kg"), num(in, "battery_kg"), num(in, "battery_years"),
                                                 num(in, "low_years"), num(in, "high_years"));
         return Json{{"low_kg_per_year", r.low_kg}, {"high_kg_per_year", r.high_kg}};
       }},
      {"sci", score},
      {"crossover",
       [](const Json& in) {
         const Crossover c = crossover(num(in, "te_kg"), num(in, "lifetime_years"), num(in, "power_kw"),
                                       in.value("load", 1.0), in.value("year_hours", 8760.0));
         return Json{{"embodied_g_per_h", c.embodied_g_per_h}, {"ci_g_per_kwh", c.ci_g_per_kwh}};
       }},
      {"philox", words},
      {"draw", drawn},
      {"inverse_cdf", inverse},
      {"percentile",
       [](const Json& in) {
         return Json{{"x", *numeric::percentile(in.at("samples").get<Numbers>(), num(in, "p"))}};
       }},
      {"metrics", measured},
      {"property.monotone", monotone},
  };
  return all;
}

Json answer(const std::string& kind, const Json& in) {
  const auto found = operations().find(kind.substr(std::string("embodied.").size()));
  if (found == operations().end()) return {{"error", "no such kind"}};
  try {
    return found->second(in);
  } catch (const Error& error) {
    return {{"error", error.code()}};
  }
}

/// Only what is expected is compared, numbers within the tolerance.
void compare_json(const Json& expected, const Json& got, double rel, const std::string& where) {
  if (expected.is_object()) {
    for (const auto& [key, value] : expected.items()) {
      ASSERT_TRUE(got.contains(key)) << where << "." << key << " in " << got;
      compare_json(value, got[key], rel, where + "." + key);
    }
  } else if (expected.is_array()) {
    ASSERT_EQ(expected.size(), got.size()) << where;
    for (std::size_t i = 0; i < expected.size(); ++i) compare_json(expected[i], got[i], rel, where);
  } else if (expected.is_number_float()) {
    EXPECT_LE(std::fabs(expected.get<double>() - got.get<double>()), rel * std::fabs(expected.get<double>()))
        << where << ": expected " << expected << ", got " << got;
  } else {
    EXPECT_EQ(expected, got) << where;
  }
}

TEST(EmbodiedGolden, EveryVector) {
  std::ifstream file(co2lib::tests::source_folder() + "/tests/golden/embodied.json");
  const Json golden = Json::parse(file);
  ASSERT_GE(golden["vectors"].size(), 96U);
  for (const Json& vector : golden["vectors"]) {
    const Json& tolerance = vector["tolerance"];
    const double rel = tolerance.is_object() ? tolerance.value("rel", 0.0) : 0.0;
    compare_json(vector["expected"], answer(vector["kind"], vector["input"]), rel, vector["id"]);
  }
}

}  // namespace
