// SPDX-License-Identifier: MIT
// Domain embodied: factors and their tables.
#include "embodied.hpp"

namespace co2lib::bindings::embodied_domain {

namespace {

py::dict dict_of(const Factor& f) {
  py::dict d;
  d["id"] = f.id;
  d["value"] = f.value;
  d["unit"] = f.unit;
  d["low"] = f.low;
  d["high"] = f.high;
  d["dist"] = std::string(text(f.dist));
  d["gsd"] = f.dist == Distribution::lognormal ? py::object(py::float_(f.gsd)) : py::none();
  d["boundary"] = f.boundary;
  d["year"] = f.year > 0 ? py::object(py::int_(f.year)) : py::none();
  d["region"] = f.region;
  d["source"] = f.source;
  d["licence"] = f.licence;
  d["table"] = f.table;
  return d;
}

auto state_of(const Factor& f) {
  return std::make_tuple(f.id, f.value, f.unit, f.low, f.high, std::string(text(f.dist)), f.gsd, f.boundary, f.year,
                         f.region, f.source, f.licence, f.table, f.line);
}

Factor make(double value, std::string unit, std::optional<double> low, std::optional<double> high,
            const std::optional<std::string>& dist, double gsd, std::string id, std::string boundary, int year,
            std::string region, std::string source, std::string licence) {
  Factor f{.id = std::move(id), .value = value, .unit = std::move(unit), .low = low, .high = high};
  f.dist = dist          ? parse<Distribution>(*dist, "dist", "embodied.bad_factor")
           : low && high ? Distribution::triangular
                         : Distribution::point;
  f.gsd = gsd;
  f.boundary = std::move(boundary);
  f.year = year;
  f.region = std::move(region);
  f.source = std::move(source);
  f.licence = std::move(licence);
  check_factor(f, f.id.empty() ? "Factor" : f.id);
  return f;
}

}  // namespace

void register_factors(py::module_& m) {
  py::class_<Factor>(m, "Factor", "A number with range, unit, boundary, year, source and licence.")
      .def(py::init(&make), py::arg("value"), py::kw_only(), py::arg("unit") = "1", py::arg("low") = std::nullopt,
           py::arg("high") = std::nullopt, py::arg("dist") = std::nullopt, py::arg("gsd") = 1.0, py::arg("id") = "",
           py::arg("boundary") = "", py::arg("year") = 0, py::arg("region") = "", py::arg("source") = "",
           py::arg("licence") = "")
      .def_readonly("id", &Factor::id, "`logic.epa.7nm`: dots part table, method and name.")
      .def_readonly("value", &Factor::value, "The mode; of a lognormal the median.")
      .def_readonly("unit", &Factor::unit, "`kg/cm2`; `1` for a plain number.")
      .def_readonly("low", &Factor::low, "None where no range is known.")
      .def_readonly("high", &Factor::high, "None where no range is known.")
      .def_property_readonly(
          "dist", [](const Factor& f) { return std::string(text(f.dist)); }, "How it is spread over the range.")
      .def_readonly("gsd", &Factor::gsd, "Geometric standard deviation of a lognormal, else 1.")
      .def_readonly("boundary", &Factor::boundary, "Life-cycle stages, and what is included.")
      .def_readonly("year", &Factor::year, "0 where the source states none.")
      .def_readonly("region", &Factor::region, "Which it holds for; empty: anywhere.")
      .def_readonly("source", &Factor::source, "Author, title, table.")
      .def_readonly("licence", &Factor::licence, "SPDX identifier or a few words.")
      .def_readonly("table", &Factor::table, "Name of the table; empty for a number of a bill of materials.")
      .def_readonly("line", &Factor::line, "In the table.")
      .def_property_readonly("varies", &Factor::varies, "It has a range that is not a single point.")
      .def_property_readonly("lower", &Factor::lower, "Of a lognormal median / gsd^2, of a point the value.")
      .def_property_readonly("upper", &Factor::upper, "Of a lognormal median * gsd^2, of a point the value.")
      .def_property_readonly("unverified", &Factor::unverified, "Not read in its primary source.")
      .def_property_readonly("estimate", &Factor::estimate, "An estimate of this project.")
      .def("at", &Factor::at, py::arg("u"), "The quantile at u in (0, 1).")
      .def("to_dict", &dict_of, "The factor as a dict with the fields of its row.")
      .def(
          "__eq__", [](const Factor& a, const Factor& b) { return a == b; }, py::is_operator())
      .def("__hash__", [](const Factor& f) { return py::hash(py::make_tuple(f.id, f.value, f.table, f.line)); })
      .def("__repr__",
           [](const Factor& f) {
             std::string range =
                 f.varies() ? " (" + numeric::text(f.lower()) + " to " + numeric::text(f.upper()) + ")" : std::string();
             return "<co2lib.embodied.Factor " + f.id + " " + numeric::text(f.value) + range + " " + f.unit + ">";
           })
      .def(py::pickle([](const Factor& f) { return py::cast(state_of(f)).cast<py::tuple>(); },
                      [](const py::tuple& t) {
                        Factor f{.id = t[0].cast<std::string>(), .value = t[1].cast<double>()};
                        f.unit = t[2].cast<std::string>();
                        f.low = t[3].cast<std::optional<double>>();
                        f.high = t[4].cast<std::optional<double>>();
                        f.dist = parse<Distribution>(t[5].cast<std::string>(), "dist", "embodied.bad_factor");
                        f.gsd = t[6].cast<double>();
                        f.boundary = t[7].cast<std::string>();
                        f.year = t[8].cast<int>();
                        f.region = t[9].cast<std::string>();
                        f.source = t[10].cast<std::string>();
                        f.licence = t[11].cast<std::string>();
                        f.table = t[12].cast<std::string>();
                        f.line = t[13].cast<int>();
                        return f;
                      }));

  py::class_<FactorTable, std::shared_ptr<FactorTable>>(m, "FactorTable", "Rows of one CSV file.")
      .def_property_readonly("rows", &FactorTable::rows, "A copy, in the order of the file.")
      .def("__len__", [](const FactorTable& t) { return t.rows().size(); })
      .def("__repr__",
           [](const FactorTable& t) {
             return "<co2lib.embodied.FactorTable, " + std::to_string(t.rows().size()) + " rows>";
           })
      .def(
          "__eq__", [](const FactorTable& a, const FactorTable& b) { return a == b; }, py::is_operator())
      .def(py::pickle([](const FactorTable& t) { return py::make_tuple(t.rows()); },
                      [](const py::tuple& state) {
                        auto table = std::make_shared<FactorTable>();
                        for (Factor& row : state[0].cast<std::vector<Factor>>()) table->add(std::move(row));
                        return table;
                      }));

  m.def(
      "read_factors",
      [](const std::filesystem::path& file) { return std::make_shared<FactorTable>(read_factors(file)); },
      py::arg("file"), "A table of one's own; raises embodied.bad_factor with file and line.");
  m.def(
      "parse_factors",
      [](const std::string& text, const std::string& name) {
        return std::make_shared<FactorTable>(parse_factors(text, name));
      },
      py::arg("text"), py::arg("name") = "table", "The same, of a text.");
  m.def(
      "factor", [](const std::string& id, const Tables& tables) { return factors_of(tables).get(id); }, py::arg("id"),
      py::kw_only(), py::arg("tables") = Tables(), "A row by its id; raises embodied.unknown_factor with the nearest.");
  m.def(
      "factors", [](const Tables& tables) { return factors_of(tables).all(); }, py::kw_only(),
      py::arg("tables") = Tables(), "All rows that a look-up can find.");
  m.def(
      "device_footprints", [] { return device_footprints().rows(); },
      "Published footprints of 30 consumer devices, total less use; for validation.");
}

}  // namespace co2lib::bindings::embodied_domain

namespace co2lib::bindings {

void register_embodied(py::module_& m) {
  embodied_domain::register_factors(m);
  embodied_domain::register_bom(m);
  embodied_domain::register_explore(m);
  embodied_domain::register_formulas(m);
}

}  // namespace co2lib::bindings
