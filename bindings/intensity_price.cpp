// SPDX-License-Identifier: MIT
// Domain intensity: energy samples priced with a series or a source.
#include <tuple>

#include "gil.hpp"
#include "intensity.hpp"

namespace co2lib::bindings::intensity_domain {

std::vector<EnergySample> samples_of(const py::iterable& items) {
  std::vector<EnergySample> samples;
  for (const py::handle item : items) {
    if (py::isinstance<EnergySample>(item)) {
      samples.push_back(item.cast<EnergySample>());
    } else {
      const auto [start, end, energy] = item.cast<std::tuple<py::object, py::object, Energy>>();
      samples.push_back({to_utc(start), to_utc(end), energy});
    }
  }
  return samples;
}

PriceOptions options_of(const std::string& gap, const std::string& mode, const py::object& max_hold) {
  return {.gap = parse<Gap>(gap, "gap", bad_value),
          .mode = parse<Mode>(mode, "mode", bad_value),
          .max_hold = max_hold.is_none() ? PriceOptions{}.max_hold : to_duration(max_hold)};
}

Priced price_with(const std::vector<EnergySample>& samples, const py::object& source, const PriceOptions& options) {
  if (py::isinstance<Trace>(source)) {
    const Trace& trace = source.cast<const Trace&>();
    const bindings::GilReleased released;  // pure computation; the argument keeps the trace alive
    return price(samples, trace, options);
  }
  const SourcePointer pointer = source_of(source, {});
  const bindings::GilReleased released;  // a function of Python takes the GIL itself
  return price(samples, *pointer, options);
}

namespace {

void register_priced(py::module_& m) {
  py::class_<OriginLine>(m, "OriginLine", "The part of a total that one origin priced.")
      .def_readonly("origin", &OriginLine::origin, "Which link gave the values: `trace`, `live`, ...")
      .def_readonly("energy", &OriginLine::energy, "That it priced.")
      .def_readonly("mass", &OriginLine::mass, "Of that energy.")
      .def("__repr__", [](const OriginLine& o) {
        return "<co2lib.intensity.OriginLine " + o.origin + ": " + to_string(o.mass) + " for " + to_string(o.energy) +
               ">";
      });
  py::class_<Priced>(m, "Priced", "The carbon of energy samples, and how it was priced.")
      .def_readonly("mass", &Priced::mass, "Of all samples.")
      .def_readonly("energy", &Priced::energy, "Of all samples.")
      .def_readonly("mean", &Priced::mean, "mass / energy; None for no samples.")
      .def_readonly("coverage", &Priced::coverage, "Part of the time that had values of its own.")
      .def_readonly("filled_hours", &Priced::filled_hours, "Time filled by the gap policy, in h.")
      .def_readonly("hours", &Priced::hours, "Time that the samples cover, in h.")
      .def_property_readonly(
          "signal", [](const Priced& p) { return text(p.signal); }, "Of the series: whose emissions.")
      .def_property_readonly(
          "scope", [](const Priced& p) { return text(p.scope); }, "Of the series: what is counted.")
      .def_property_readonly(
          "mode", [](const Priced& p) { return text(p.mode); }, "As asked for.")
      .def_readonly("error", &Priced::error, "Relative error of the intensity, None where unknown.")
      .def_readonly("origins", &Priced::origins, "They sum to the total.")
      .def_readonly("issues", &Priced::issues, "Of the series, and of how it was priced.")
      .def_readonly("sources", &Priced::sources, "Of the intensities.")
      .def("__str__", [](const Priced& p) { return to_string(p); })
      .def("__repr__", [](const Priced& p) { return "<co2lib.intensity.Priced " + to_string(p) + ">"; });
  py::class_<Repriced>(m, "Repriced", "The same energy priced with two series or sources.")
      .def_readonly("before", &Repriced::before, "With the stored one.")
      .def_readonly("after", &Repriced::after, "With the other one.")
      .def_property_readonly("energy", &Repriced::energy, "Of the samples, the same for both.")
      .def_property_readonly("difference", &Repriced::difference, "after - before.");
}

}  // namespace

void register_price(py::module_& m) {
  register_priced(m);
  m.def(
      "price",
      [](const py::iterable& samples, const py::object& source, const std::string& gap, const std::string& mode,
         const py::object& max_hold) {
        return price_with(samples_of(samples), source, options_of(gap, mode, max_hold));
      },
      py::arg("samples"), py::arg("source"), py::kw_only(), py::arg("gap") = "fail", py::arg("mode") = "step",
      py::arg("max_hold") = py::none(),
      "Grams of energy samples: energy times the mean of the series over each sample.");
  m.def(
      "combine", [](const std::vector<Priced>& parts) { return combine(parts); }, py::arg("parts"),
      "One total of parts priced apart; raises intensity.mixed_signals.");
  m.def(
      "reprice",
      [](const py::iterable& items, const py::object& stored, const py::object& other, const std::string& gap,
         const std::string& mode, const py::object& max_hold) {
        const std::vector<EnergySample> samples = samples_of(items);
        const PriceOptions options = options_of(gap, mode, max_hold);
        const SourcePointer a = source_of(stored, {});
        const SourcePointer b = source_of(other, {});
        const bindings::GilReleased released;  // a function of Python takes the GIL itself
        return reprice(samples, *a, *b, options);
      },
      py::arg("samples"), py::arg("stored"), py::arg("other"), py::kw_only(), py::arg("gap") = "fail",
      py::arg("mode") = "step", py::arg("max_hold") = py::none(), "Prices stored samples with two sources.");
}

}  // namespace co2lib::bindings::intensity_domain
