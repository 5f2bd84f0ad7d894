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
  py::class_<PartFootprint> part(m, "PartFootprint", "A part's carbon, before truncation, times its quantity.");
  part.def_readonly("id", &PartFootprint::id, "`Part.id`.")
      .def_readonly("part_class", &PartFootprint::part_class, "`Part.part_class`.")
      .def_property_readonly(
          "scope", [](const PartFootprint& p) { return std::string(text(p.scope)); },
          "part (truncation applies) or complete.")
      .def_readonly("quantity", &PartFootprint::quantity, "Pieces.")
      .def_readonly("value", &PartFootprint::value, "At the modes of all factors.")
      .def_readonly("bounds", &PartFootprint::bounds, "Exact, from the ranges of all factors.")
      .def_readonly("share", &PartFootprint::share, "Of the total, truncation included.")
      .def_readonly("factors", &PartFootprint::factors, "Ids of the factors used.")
      .def_readonly("source", &PartFootprint::source, "`Part.source`.")
      .def_readonly("note", &PartFootprint::note, "`Part.note`.")
      .def(
          "__eq__", [](const PartFootprint& a, const PartFootprint& b) { return a == b; }, py::is_operator())
      .def("__repr__", [](const PartFootprint& p) {
        return "<co2lib.embodied.PartFootprint " + p.id + " " + to_string(p.value) + ">";
      });
  pickles_as<&PartFootprint::id, &PartFootprint::part_class, &PartFootprint::scope, &PartFootprint::quantity,
             &PartFootprint::value, &PartFootprint::bounds, &PartFootprint::share, &PartFootprint::factors,
             &PartFootprint::source, &PartFootprint::note>(part, 1);
  py::class_<FactorUse> use(m, "FactorUse", "A factor in use, and what it does to the total.");
  use.def_readonly("factor", &FactorUse::factor, "In the unit of the field.")
      .def_readonly("swing_kg", &FactorUse::swing_kg, "Total at its high end less that at its low one, kg.")
      .def_readonly("rank", &FactorUse::rank, "From 1 by the size of the swing; 0 for what does not move the total.")
      .def_readonly("rho", &FactorUse::rho, "Rank correlation of its draws with the total.")
      .def_readonly("rho2_share", &FactorUse::rho2_share, "rho^2 over the sum of all.")
      .def(
          "__eq__", [](const FactorUse& a, const FactorUse& b) { return a == b; }, py::is_operator())
      .def("__repr__", [](const FactorUse& f) {
        return "<co2lib.embodied.FactorUse " + f.factor.id + ", swing " + numeric::text(f.swing_kg) + " kg>";
      });
  pickles_as<&FactorUse::factor, &FactorUse::swing_kg, &FactorUse::rank, &FactorUse::rho, &FactorUse::rho2_share>(use,
                                                                                                                  1);
  py::class_<BomFootprint, Estimate<CarbonMass>> footprint(
      m, "BomFootprint", "Value, exact bounds, p5 to p95 of the draws, parts, factors with sources.");
  footprint.def_readonly("name", &BomFootprint::name, "Of the bill.")
      .def_readonly("seed", &BomFootprint::seed, "Of the draws.")
      .def_property_readonly(
          "draws", [](const BomFootprint& f) { return f.draws_kg.size(); }, "Number of draws; 0: bounds only.")
      .def_readonly("mean", &BomFootprint::mean, "Of the draws; None without draws.")
      .def_readonly("std", &BomFootprint::std, "With N - 1.")
      .def_readonly("p50", &BomFootprint::p50, "Of the draws; None without draws.")
      .def_readonly("parts", &BomFootprint::parts, "In the order of the bill.")
      .def_readonly("factors", &BomFootprint::factors, "By rank, then by id.")
      .def_property_readonly("ranked", &BomFootprint::ranked, "The factors that move the total.")
      .def_readonly("points_share", &BomFootprint::points_share, "Part of the value that has no range at all.")
      .def_readonly("truncation", &BomFootprint::truncation,
                    "Factor on the sum of the parts, for what a bill does not list.")
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
  pickles_as<&BomFootprint::value, &BomFootprint::bounds, &BomFootprint::interval, &BomFootprint::issues,
             &BomFootprint::sources, &BomFootprint::name, &BomFootprint::seed, &BomFootprint::mean, &BomFootprint::std,
             &BomFootprint::p50, &BomFootprint::parts, &BomFootprint::factors, &BomFootprint::points_share,
             &BomFootprint::truncation, &BomFootprint::lifetime, &BomFootprint::draws_kg>(footprint, 1);
}

void bind_compare(py::module_& m) {
  py::class_<Spread> spread(m, "Spread", "A statistic over the draws.");
  spread.def_readonly("mean", &Spread::mean, "Of the draws.")
      .def_readonly("p5", &Spread::p5, "5th percentile.")
      .def_readonly("p50", &Spread::p50, "Median.")
      .def_readonly("p95", &Spread::p95, "95th percentile.")
      .def(
          "__eq__", [](const Spread& a, const Spread& b) { return a == b; }, py::is_operator());
  pickles_as<&Spread::mean, &Spread::p5, &Spread::p50, &Spread::p95>(spread, 1);
  py::class_<Driver> driver(m, "Driver", "A factor that makes the difference.");
  driver
      .def_readonly("name", &Driver::name,
                    "Id of the factor; with (A) or (B) where only one of them has it, or the two differ.")
      .def_readonly("shared", &Driver::shared, "It stands in both.")
      .def_readonly("rho", &Driver::rho, "Rank correlation of its draws with the difference.")
      .def(
          "__eq__", [](const Driver& a, const Driver& b) { return a == b; }, py::is_operator())
      .def("__repr__", [](const Driver& d) {
        return "<co2lib.embodied.Driver " + d.name + (d.shared ? ", shared" : "") + ", rho " + numeric::text(d.rho) +
               ">";
      });
  pickles_as<&Driver::name, &Driver::shared, &Driver::rho>(driver, 1);
  py::class_<Comparison> comparison(m, "Comparison", "Two bills of materials on the same draws.");
  comparison.def_readonly("value_a", &Comparison::value_a, "Of A, at the modes.")
      .def_readonly("value_b", &Comparison::value_b, "Of B, at the modes.")
      .def_readonly("p_a_lower", &Comparison::p_a_lower, "Share of the draws with the smaller total for A.")
      .def_property_readonly(
          "verdict", [](const Comparison& c) { return std::string(text(c.verdict)); }, "a_lower, b_lower or undecided.")
      .def_readonly("difference_kg", &Comparison::difference_kg, "A - B.")
      .def_readonly("ratio", &Comparison::ratio, "A / B; NaN where B can be 0.")
      .def_readonly("drivers", &Comparison::drivers, "By the size of rho.")
      .def_readonly("draws", &Comparison::draws, "Number of draws.")
      .def_readonly("seed", &Comparison::seed, "Of the draws.")
      .def_readonly("issues", &Comparison::issues, "Of both bills.")
      .def("to_json", &Comparison::to_json, "JSON with stable keys; masses in kg.")
      .def(
          "__eq__", [](const Comparison& a, const Comparison& b) { return a == b; }, py::is_operator())
      .def("__repr__", [](const Comparison& c) {
        return "<co2lib.embodied.Comparison " + std::string(text(c.verdict)) +
               ", P(A < B) = " + numeric::text(c.p_a_lower) + ">";
      });
  pickles_as<&Comparison::value_a, &Comparison::value_b, &Comparison::p_a_lower, &Comparison::verdict,
             &Comparison::difference_kg, &Comparison::ratio, &Comparison::drivers, &Comparison::draws,
             &Comparison::seed, &Comparison::issues>(comparison, 1);
}

constexpr int bom_version = 1;

py::tuple state_of(const Part& part) {
  py::dict fields;
  for (const auto& [name, field] : part.fields) {
    const py::object value = std::visit(
        [](const auto& x) -> py::object {
          if constexpr (std::is_same_v<std::decay_t<decltype(x)>, RowId>) {
            return py::str(x.id);
          } else {
            return py::cast(x);
          }
        },
        field);
    fields[py::str(name)] = py::make_tuple(field.index(), value);
  }
  return py::make_tuple(part.id, part.part_class, part.quantity,
                        part.scope ? std::optional(std::string(text(*part.scope))) : std::nullopt, part.source,
                        part.note, part.ci_table, part.place, fields);
}

template <std::size_t... index>
Field field_of(std::size_t kind, const py::handle& value, std::index_sequence<index...>) {
  Field field;
  const auto take = [&]<std::size_t i>() {
    using T = std::variant_alternative_t<i, Field>;
    if constexpr (std::is_same_v<T, RowId>) {
      field = RowId{value.cast<std::string>()};
    } else {
      field.emplace<i>(value.cast<T>());
    }
  };
  ((kind == index ? take.template operator()<index>() : void()), ...);
  return field;
}

Part part_of(const py::tuple& state) {
  Part part{.id = state[0].cast<std::string>(), .part_class = state[1].cast<std::string>()};
  part.quantity = state[2].cast<double>();
  if (const auto scope = state[3].cast<std::optional<std::string>>()) {
    part.scope = parse<Scope>(*scope, "the pickled state", "embodied.bad_state");
  }
  part.source = state[4].cast<std::string>();
  part.note = state[5].cast<std::string>();
  part.ci_table = state[6].cast<std::string>();
  part.place = state[7].cast<std::string>();
  for (const auto& [name, field] : state[8].cast<py::dict>()) {
    const auto pair = field.cast<py::tuple>();
    part.fields[name.cast<std::string>()] =
        field_of(pair[0].cast<std::size_t>(), pair[1], std::make_index_sequence<std::variant_size_v<Field>>());
  }
  return part;
}

py::tuple state_of(const Bom& b) {
  py::list parts;
  for (const Part& part : b.parts) parts.append(state_of(part));
  std::vector<std::vector<Factor>> tables;
  for (const auto& table : b.tables) tables.push_back(table->rows());
  py::object lifetime = py::none();
  if (b.lifetime_years) {
    const RowId* row = std::get_if<RowId>(&*b.lifetime_years);
    lifetime = row != nullptr ? py::object(py::str(row->id)) : py::cast(std::get<Factor>(*b.lifetime_years));
  }
  return py::make_tuple(bom_version, b.name, parts, b.ci_table, b.truncation, b.profile_gsd, lifetime, tables,
                        b.issues);
}

Bom bom_of(const py::tuple& state) {
  if (state.size() != 9 || state[0].cast<int>() != bom_version) bad_state(py::type::of<Bom>());
  Bom b;
  b.name = state[1].cast<std::string>();
  for (const py::handle part : state[2]) b.parts.push_back(part_of(part.cast<py::tuple>()));
  b.ci_table = state[3].cast<std::string>();
  b.truncation = state[4].cast<std::optional<Factor>>();
  b.profile_gsd = state[5].cast<std::optional<double>>();
  if (py::isinstance<py::str>(state[6])) {
    b.lifetime_years = RowId{state[6].cast<std::string>()};
  } else if (!state[6].is_none()) {
    b.lifetime_years = state[6].cast<Factor>();
  }
  for (const auto& rows : state[7].cast<std::vector<std::vector<Factor>>>()) {
    auto table = std::make_shared<FactorTable>();
    for (const Factor& row : rows) table->add(row);
    b.tables.push_back(std::move(table));
  }
  b.issues = state[8].cast<std::vector<Issue>>();
  return b;
}

void bind_bom(py::module_& m) {
  py::class_<Bom>(m, "Bom", "A bill of materials; made by load, parse, from_levels and machine.")
      .def_readonly("name", &Bom::name, "Of the product.")
      .def_property_readonly(
          "part_ids",
          [](const Bom& b) {
            std::vector<std::string> ids;
            for (const Part& part : b.parts) ids.push_back(part.id);
            return ids;
          },
          "Ids of the parts, in the order of the bill.")
      .def_readonly("truncation", &Bom::truncation, "None if the file states none.")
      .def_readonly("profile_gsd", &Bom::profile_gsd,
                    "Geometric standard deviation of a factor on the whole sum; None: there is no such factor.")
      .def_readonly("issues", &Bom::issues, "Carried into its footprint.")
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
      .def(
          "__eq__", [](const Bom& a, const Bom& b) { return state_of(a).equal(state_of(b)); }, py::is_operator())
      .def(py::pickle([](const Bom& b) { return state_of(b); }, [](const py::tuple& state) { return bom_of(state); }))
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
