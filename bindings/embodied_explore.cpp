// SPDX-License-Identifier: MIT
// Design spaces.
#include "embodied.hpp"

#include "gil.hpp"
#include "utc_time.hpp"

namespace co2lib::bindings::embodied_domain {

void register_explore(py::module_& m) {
  py::class_<DesignPoint> point(m, "DesignPoint", "One variant of a design space.");
  point.def_readonly("choice", &DesignPoint::choice, "Of each axis which value, from 0.")
      .def_readonly("value", &DesignPoint::value, "At the modes.")
      .def_readonly("bounds", &DesignPoint::bounds, "Exact.")
      .def_readonly("interval", &DesignPoint::interval, "p5 to p95 of the draws; None without draws.")
      .def_readonly("figure", &DesignPoint::figure, "What the function `figure` gave; None without it.")
      .def_readonly("on_front", &DesignPoint::on_front,
                    "No other has less of carbon or figure, and no more of the other.")
      .def("__repr__", [](const DesignPoint& p) {
        return "<co2lib.embodied.DesignPoint " + to_string(p.value) + (p.on_front ? ", on the front>" : ">");
      });
  pickles_as<&DesignPoint::choice, &DesignPoint::value, &DesignPoint::bounds, &DesignPoint::interval,
             &DesignPoint::figure, &DesignPoint::on_front>(point, 1);
  py::class_<Axis> axis(m, "Axis", "A field that is varied, with its values as they stand in a file.");
  axis.def_readonly("field", &Axis::field,
                    "Id of a part and field (`soc.node`, `dram.capacity`, `radio.qty`), or `lifetime_years` or "
                    "`truncation`.")
      .def_readonly("values", &Axis::values,
                    "Values of the field, as they stand in a file: `14nm`, `60 mm2`; None leaves the field out.")
      .def("__repr__", [](const Axis& a) {
        return "<co2lib.embodied.Axis " + a.field + ", " + std::to_string(a.values.size()) + " values>";
      });
  pickles_as<&Axis::field, &Axis::values>(axis, 1);
  py::class_<Exploration> exploration(m, "Exploration",
                                      "All variants of a design space; the last axis varies fastest.");
  exploration.def_readonly("axes", &Exploration::axes, "In the order given.")
      .def_readonly("points", &Exploration::points, "A copy.")
      .def_property_readonly(
          "front",
          [](const Exploration& e) {
            std::vector<DesignPoint> points;
            for (const std::size_t i : e.front()) points.push_back(e.points[i]);
            return points;
          },
          "Those for which no other has less of carbon or figure and no more of the other, the least carbon first.")
      .def_property_readonly(
          "values_kg",
          [](const Exploration& e) {
            std::vector<double> values;
            values.reserve(e.points.size());
            for (const DesignPoint& p : e.points) values.push_back(p.value.kilograms());
            return values;
          },
          "The carbon of each.")
      .def_readonly("draws", &Exploration::draws, "Of each variant; 0: bounds only.")
      .def_readonly("seed", &Exploration::seed, "Of the draws.")
      .def_readonly("issues", &Exploration::issues, "Of any variant.")
      .def("to_json", &Exploration::to_json, "Masses in kg.")
      .def("__len__", [](const Exploration& e) { return e.points.size(); })
      .def("__repr__", [](const Exploration& e) {
        return "<co2lib.embodied.Exploration " + std::to_string(e.points.size()) + " variants, " +
               std::to_string(e.front().size()) + " on the front>";
      });
  pickles_as<&Exploration::axes, &Exploration::points, &Exploration::draws, &Exploration::seed, &Exploration::issues>(
      exploration, 1);
  m.def(
      "expand_hsl",
      [](const std::string& block, std::int64_t level, const Tables& tables) {
        return expand_hsl(block, level, factors_of(tables));
      },
      py::arg("block"), py::arg("level"), py::kw_only(), py::arg("tables") = Tables(),
      "The bill of what a block of a level consists of, with the factors of this library; checked against nothing.");
  m.def(
      "explore",
      [](const Bom& bom, const std::vector<std::pair<std::string, std::vector<std::string>>>& axes, std::uint64_t seed,
         std::size_t draws, const std::string& ci_table, const Tables& factors, const py::object& reserved,
         const py::object& figure) {
        std::vector<Axis> list;
        for (const auto& [field, values] : axes) list.push_back({field, values});
        ExploreOptions options{.seed = seed, .draws = draws, .ci_table = ci_table, .factors = tables_of(factors)};
        if (!reserved.is_none()) options.reserved = Seconds(bindings::to_duration(reserved, "embodied"));
        if (!figure.is_none()) {
          options.figure = [&figure](std::span<const std::size_t> choice) {
            const py::gil_scoped_acquire locked;
            return figure(std::vector<std::size_t>(choice.begin(), choice.end())).cast<double>();
          };
        }
        const bindings::GilReleased released;  // pure computation; `figure` takes the lock for itself
        return explore(bom, list, options);
      },
      py::arg("bom"), py::arg("axes"), py::kw_only(), py::arg("seed") = 0, py::arg("draws") = 0,
      py::arg("ci_table") = "act2022", py::arg("factors") = Tables(), py::arg("reserved") = py::none(),
      py::arg("figure") = py::none(), "Every combination of the axes' values; see co2lib.embodied.explore.");
}

}  // namespace co2lib::bindings::embodied_domain
