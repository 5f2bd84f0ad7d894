// SPDX-License-Identifier: MIT
// Bills of materials, their footprints, comparisons and shares.
#include "embodied.hpp"

#include "gil.hpp"
#include "notebook.hpp"
#include "utc_time.hpp"

namespace co2lib::bindings::embodied_domain {

namespace {

using TruncationArgument = std::variant<std::monostate, double, Factor>;

FootprintOptions options_of(std::uint64_t seed, std::size_t draws, const std::string& ci_table,
                            const TruncationArgument& truncation, const Tables& factors, bool ranks) {
  FootprintOptions options{.seed = seed, .draws = draws, .ci_table = ci_table};
  if (const double* x = std::get_if<double>(&truncation)) {
    options.truncation = Factor{.id = "truncation", .value = *x, .unit = "1"};
  } else if (const Factor* f = std::get_if<Factor>(&truncation)) {
    options.truncation = *f;
    options.truncation->id = "truncation";
  }
  options.factors = tables_of(factors);
  options.ranks = ranks;
  return options;
}

void bind_footprint(py::module_& m) {
  py::class_<PartFootprint>(m, "PartFootprint", "A part's carbon, before truncation, times its quantity.")
      .def_readonly("id", &PartFootprint::id)
      .def_readonly("part_class", &PartFootprint::part_class)
      .def_property_readonly(
          "scope", [](const PartFootprint& p) { return std::string(text(p.scope)); },
          "part (truncation applies) or complete.")
      .def_readonly("quantity", &PartFootprint::quantity)
      .def_readonly("value", &PartFootprint::value)
      .def_readonly("bounds", &PartFootprint::bounds)
      .def_readonly("share", &PartFootprint::share, "Of the total, truncation included.")
      .def_readonly("factors", &PartFootprint::factors, "Ids of the factors used.")
      .def_readonly("source", &PartFootprint::source)
      .def_readonly("note", &PartFootprint::note)
      .def(
          "__eq__", [](const PartFootprint& a, const PartFootprint& b) { return a == b; }, py::is_operator())
      .def("__repr__", [](const PartFootprint& p) {
        return "<co2lib.embodied.PartFootprint " + p.id + " " + to_string(p.value) + ">";
      });
  py::class_<FactorUse>(m, "FactorUse", "A factor in use, and what it does to the total.")
      .def_readonly("factor", &FactorUse::factor, "In the unit of the field.")
      .def_readonly("swing_kg", &FactorUse::swing_kg, "Total at its high end less that at its low one, kg.")
      .def_readonly("rank", &FactorUse::rank, "From 1 by the size of the swing; 0 for what does not move the total.")
      .def_readonly("rho", &FactorUse::rho, "Rank correlation of its draws with the total.")
      .def_readonly("rho2_share", &FactorUse::rho2_share, "rho^2 over the sum of all.")
      .def(
          "__eq__", [](const FactorUse& a, const FactorUse& b) { return a == b; }, py::is_operator())
      .def("__repr__", [](const FactorUse& f) {
        return "<co2lib.embodied.FactorUse " + f.factor.id + ", swing " + numeric::text(f.swing_kg) + " kg>";
      });
  py::class_<BomFootprint, Estimate<CarbonMass>>(
      m, "BomFootprint", "Value, exact bounds, p5 to p95 of the draws, parts, factors with sources.")
      .def_readonly("name", &BomFootprint::name)
      .def_readonly("seed", &BomFootprint::seed)
      .def_property_readonly("draws", [](const BomFootprint& f) { return f.draws_kg.size(); })
      .def_readonly("mean", &BomFootprint::mean)
      .def_readonly("std", &BomFootprint::std, "With N - 1.")
      .def_readonly("p50", &BomFootprint::p50)
      .def_readonly("parts", &BomFootprint::parts)
      .def_readonly("factors", &BomFootprint::factors, "By rank, then by id.")
      .def_property_readonly("ranked", &BomFootprint::ranked, "The factors that move the total.")
      .def_readonly("points_share", &BomFootprint::points_share, "Part of the value that has no range at all.")
      .def_readonly("truncation", &BomFootprint::truncation)
      .def_readonly("lifetime", &BomFootprint::lifetime, "In years; None if the file states none.")
      .def_readonly("draws_kg", &BomFootprint::draws_kg, "A copy of the totals, in the order of the draws.")
      .def("to_json", &BomFootprint::to_json, "Masses in kg.")
      .def("__str__", [](const BomFootprint& f) { return to_string(static_cast<const Estimate<CarbonMass>&>(f)); })
      .def(
          "__eq__", [](const BomFootprint& a, const BomFootprint& b) { return a == b; }, py::is_operator())
      .def("__repr__", [](const BomFootprint& f) {
        return "<co2lib.embodied.BomFootprint " + to_string(static_cast<const Estimate<CarbonMass>&>(f)) + ">";
      });
  bindings::shown_as_table(m, "BomFootprint", "bom");
}

void bind_compare(py::module_& m) {
  py::class_<Spread>(m, "Spread", "A statistic over the draws.")
      .def_readonly("mean", &Spread::mean)
      .def_readonly("p5", &Spread::p5)
      .def_readonly("p50", &Spread::p50)
      .def_readonly("p95", &Spread::p95)
      .def(
          "__eq__", [](const Spread& a, const Spread& b) { return a == b; }, py::is_operator());
  py::class_<Driver>(m, "Driver", "A factor that makes the difference.")
      .def_readonly("name", &Driver::name)
      .def_readonly("shared", &Driver::shared, "It stands in both.")
      .def_readonly("rho", &Driver::rho, "Rank correlation of its draws with the difference.")
      .def(
          "__eq__", [](const Driver& a, const Driver& b) { return a == b; }, py::is_operator())
      .def("__repr__", [](const Driver& d) {
        return "<co2lib.embodied.Driver " + d.name + (d.shared ? ", shared" : "") + ", rho " + numeric::text(d.rho) +
               ">";
      });
  py::class_<Comparison>(m, "Comparison", "Two bills of materials on the same draws.")
      .def_readonly("value_a", &Comparison::value_a)
      .def_readonly("value_b", &Comparison::value_b)
      .def_readonly("p_a_lower", &Comparison::p_a_lower, "Share of the draws with the smaller total for A.")
      .def_property_readonly(
          "verdict", [](const Comparison& c) { return std::string(text(c.verdict)); }, "a_lower, b_lower or undecided.")
      .def_readonly("difference_kg", &Comparison::difference_kg, "A - B.")
      .def_readonly("ratio", &Comparison::ratio, "A / B; NaN where B can be 0.")
      .def_readonly("drivers", &Comparison::drivers, "By the size of rho.")
      .def_readonly("draws", &Comparison::draws)
      .def_readonly("seed", &Comparison::seed)
      .def_readonly("issues", &Comparison::issues)
      .def("to_json", &Comparison::to_json)
      .def(
          "__eq__", [](const Comparison& a, const Comparison& b) { return a == b; }, py::is_operator())
      .def("__repr__", [](const Comparison& c) {
        return "<co2lib.embodied.Comparison " + std::string(text(c.verdict)) +
               ", P(A < B) = " + numeric::text(c.p_a_lower) + ">";
      });
}

void bind_bom(py::module_& m) {
  py::class_<Bom>(m, "Bom", "A bill of materials; made by load, parse, from_levels and machine.")
      .def_readonly("name", &Bom::name)
      .def_property_readonly("part_ids",
                             [](const Bom& b) {
                               std::vector<std::string> ids;
                               for (const Part& part : b.parts) ids.push_back(part.id);
                               return ids;
                             })
      .def_readonly("truncation", &Bom::truncation, "None if the file states none.")
      .def_readonly("profile_gsd", &Bom::profile_gsd)
      .def_readonly("issues", &Bom::issues)
      .def(
          "footprint",
          [](const Bom& b, std::uint64_t seed, std::size_t draws, const std::string& ci_table,
             const TruncationArgument& truncation, const Tables& factors, bool ranks) {
            const FootprintOptions options = options_of(seed, draws, ci_table, truncation, factors, ranks);
            const bindings::GilReleased released;  // pure computation; the arguments keep their objects alive
            return b.footprint(options);
          },
          py::kw_only(), py::arg("seed") = 0, py::arg("draws") = 10'000, py::arg("ci_table") = "act2022",
          py::arg("truncation") = py::none(), py::arg("factors") = Tables(), py::arg("ranks") = true,
          "Look the rows up and compute everything. `draws` 0: bounds only. `factors`: tables of one's own, searched "
          "first.")
      .def("__len__", [](const Bom& b) { return b.parts.size(); })
      .def("__repr__", [](const Bom& b) {
        return "<co2lib.embodied.Bom " + b.name + ", " + std::to_string(b.parts.size()) + " parts>";
      });
  m.def(
      "load", [](const std::filesystem::path& file, bool allow_outside) { return load(file, allow_outside); },
      py::arg("file"), py::kw_only(), py::arg("allow_outside") = false,
      "Read a bill of materials, JSON or YAML, with its imports.");
  m.def(
      "parse",
      [](const std::string& text, const std::string& name, const std::map<std::string, std::string>& files) {
        return parse_bom(text, {.name = name, .files = files});
      },
      py::arg("text"), py::kw_only(), py::arg("name") = "bom", py::arg("files") = std::map<std::string, std::string>(),
      "Read the text of a bill of materials; `files` are its imports and tables by name.");
  m.def("from_levels", &from_levels, py::arg("levels"),
        "The bill of a device known by its levels only: block to 0..3; truncation 1.4 (1 to 2), profile 1.35.");
  m.def(
      "compare",
      [](const Bom& a, const Bom& b, std::uint64_t seed, std::size_t draws, const std::string& ci_table,
         const Tables& factors) {
        const FootprintOptions options = options_of(seed, draws, ci_table, {}, factors, true);
        const bindings::GilReleased released;  // pure computation
        return compare(a, b, options);
      },
      py::arg("a"), py::arg("b"), py::kw_only(), py::arg("seed") = 0, py::arg("draws") = 10'000,
      py::arg("ci_table") = "act2022", py::arg("factors") = Tables(),
      "Draw both with common random numbers: P(A < B), the difference, what makes it.");
  m.def(
      "share",
      [](const BomFootprint& footprint, const py::object& reserved, const TruncationArgument& lifetime,
         double year_hours, double utilisation, double resource_share) {
        ShareOptions options{.reserved = Seconds(bindings::to_duration(reserved, "embodied")),
                             .year_hours = year_hours,
                             .utilisation = utilisation,
                             .resource_share = resource_share};
        if (const Factor* f = std::get_if<Factor>(&lifetime)) {
          Factor named = *f;
          if (named.id.empty()) named.id = "lifetime";
          return share(footprint, options, named);
        }
        if (const double* x = std::get_if<double>(&lifetime)) options.lifetime_years = *x;
        return share(footprint, options);
      },
      py::arg("footprint"), py::kw_only(), py::arg("reserved"), py::arg("lifetime_years") = py::none(),
      py::arg("year_hours") = default_year_hours, py::arg("utilisation") = 1.0, py::arg("resource_share") = 1.0,
      "The share of a use that reserves it for a time, with bounds and p5 to p95.");
  m.def(
      "machine",
      [](int sockets, double ram_gb, int hdd, int ssd, const std::vector<std::string>& gpus, bool is_server) {
        return machine({sockets, ram_gb, hdd, ssd, gpus, is_server});
      },
      py::kw_only(), py::arg("sockets") = 1, py::arg("ram_gb") = 16.0, py::arg("hdd") = 0, py::arg("ssd") = 0,
      py::arg("gpus") = std::vector<std::string>(), py::arg("is_server") = true,
      "The bill of a machine: the rack server, and each GPU by the name that NVML gives it.");
}

}  // namespace

void register_bom(py::module_& m) {
  bind_footprint(m);
  bind_compare(m);
  bind_bom(m);
}

}  // namespace co2lib::bindings::embodied_domain
