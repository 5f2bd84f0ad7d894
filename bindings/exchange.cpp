// SPDX-License-Identifier: MIT
// Domain exchange: disclosures, documents, scores.
#include <pybind11/typing.h>

#include <co2lib/exchange.hpp>

#include "bindings.hpp"

namespace co2lib::bindings {

namespace {

using exchange::Activity;
using exchange::Disclosure;
using exchange::SciAi;
using Fields = py::typing::Dict<py::str, py::object>;

constexpr const char* bad_value = "exchange.bad_value";

std::optional<Activity> activity_of(const std::optional<std::string>& name) {
  if (!name) return std::nullopt;
  return parse<Activity>(*name, "activity", bad_value);
}

template <class E>
std::optional<std::string> optional_text(const std::optional<E>& value) {
  if (!value) return std::nullopt;
  return std::string(text(*value));
}

using Pair = std::optional<std::pair<double, double>>;

template <class Q, class Read>
Pair ends(const std::optional<Interval<Q>>& interval, const Read& read) {
  if (!interval) return std::nullopt;
  return std::pair(read(interval->low), read(interval->high));
}

Fields to_dict(const Disclosure& d) {
  const auto joules = [](Energy e) { return e.joules(); };
  const auto grams = [](CarbonMass m) { return m.grams(); };
  Fields f;
  f["activity"] = optional_text(d.activity);
  f["model"] = d.model;
  f["version"] = d.version;
  f["run_id"] = d.run_id;
  f["complete"] = d.complete;
  f["start"] = d.start;
  f["end"] = d.end;
  f["duration_s"] = d.duration_s;
  f["evidence"] = optional_text(d.evidence);
  f["coverage"] = d.coverage;
  f["energy_j"] = d.energy.joules();
  f["energy_bounds_j"] = ends(d.energy.bounds, joules);
  f["energy_interval_j"] = ends(d.energy.interval, joules);
  f["pue"] = d.pue;
  f["facility_j"] = d.facility ? std::optional(d.facility->joules()) : std::nullopt;
  f["operational_g"] = d.operational.grams();
  f["operational_bounds_g"] = ends(d.operational.bounds, grams);
  f["operational_interval_g"] = ends(d.operational.interval, grams);
  f["embodied_g"] = d.embodied.grams();
  f["embodied_interval_g"] = ends(d.embodied.interval, grams);
  f["water_l"] = d.water.litres();
  f["offset_g"] = d.offset ? std::optional(d.offset->grams()) : std::nullopt;
  f["intensity_g_per_kwh"] = d.intensity_g_per_kwh;
  f["intensity_source"] = d.intensity_source;
  f["location"] = d.location;
  f["hardware"] = d.hardware;
  f["counts"] = d.counts;
  f["issues"] = d.issues;
  f["warnings"] = d.warnings;
  return f;
}

void register_disclosure(py::module_& m) {
  py::class_<Disclosure>(m, "Disclosure", "What is said about one activity of one model; None is unknown.")
      .def_property_readonly(
          "activity", [](const Disclosure& d) { return optional_text(d.activity); }, "What was done.")
      .def_readonly("model", &Disclosure::model, "Name, where a document was read that has it.")
      .def_readonly("version", &Disclosure::version, "Of the model, where a document was read that has it.")
      .def_readonly("run_id", &Disclosure::run_id, "Of the run that the numbers are of.")
      .def_readonly("complete", &Disclosure::complete, "Whether the run had ended.")
      .def_readonly("start", &Disclosure::start, "UTC.")
      .def_readonly("end", &Disclosure::end, "UTC.")
      .def_readonly("duration_s", &Disclosure::duration_s, "s.")
      .def_property_readonly(
          "evidence", [](const Disclosure& d) { return optional_text(d.evidence); },
          "`measured`, `modelled` or `mixed`.")
      .def_readonly("methods", &Disclosure::methods, "Shares of the energy, 0 to 1.")
      .def_readonly("coverage", &Disclosure::coverage, "0 to 1.")
      .def_readonly("energy", &Disclosure::energy, "IT.")
      .def_readonly("pue", &Disclosure::pue, "Facility energy / IT energy.")
      .def_readonly("facility_energy", &Disclosure::facility, "IT x PUE.")
      .def_readonly("operational", &Disclosure::operational, "Operational carbon, PUE included.")
      .def_readonly("embodied", &Disclosure::embodied, "Share of the hardware.")
      .def_readonly("water", &Disclosure::water, "Of the facility.")
      .def_readonly("offset", &Disclosure::offset, "Of a document that was read; never subtracted.")
      .def_readonly("intensity_g_per_kwh", &Disclosure::intensity_g_per_kwh, "Mean over the energy.")
      .def_readonly("intensity_source", &Disclosure::intensity_source, "What the carbon was priced with.")
      .def_readonly("location", &Disclosure::location, "Key of the place: `FRA`.")
      .def_readonly("hardware", &Disclosure::hardware, "For people: `2 x NVIDIA H200`.")
      .def_readonly("counts", &Disclosure::counts, "Functional units by name.")
      .def_readonly("issues", &Disclosure::issues, "Codes.")
      .def_readonly("sources", &Disclosure::sources, "Those with a licence.")
      .def_readonly("warnings", &Disclosure::warnings, "Codes, of a document that was read.")
      .def("to_dict", &to_dict, "Its figures, with their units in the names.")
      .def(
          "__eq__", [](const Disclosure& a, const Disclosure& b) { return a == b; }, py::is_operator())
      .def("__repr__", [](const Disclosure& d) {
        std::string shown = "<co2lib.exchange.Disclosure " + optional_text(d.activity).value_or("of no activity");
        if (d.facility) shown += ", " + to_string(*d.facility) + " at the facility";
        if (d.operational.value) shown += ", " + to_string(*d.operational.value);
        return shown + ">";
      });
  m.def(
      "disclosure_of",
      [](const std::string& json, const std::optional<std::string>& activity,
         const std::map<std::string, double>& counts) {
        return exchange::disclosure_of(json, activity_of(activity), counts);
      },
      py::arg("footprint_json"), py::arg("activity"), py::arg("counts"));
  m.def(
      "stated",
      [](std::optional<double> grams, std::optional<double> facility_kwh, const std::optional<std::string>& activity) {
        Disclosure d{.activity = activity_of(activity)};
        if (grams) d.operational.value = CarbonMass::from_grams(*grams);
        if (facility_kwh) d.facility = Energy::from_kwh(*facility_kwh);
        return d;
      },
      py::arg("grams"), py::arg("facility_kwh"), py::arg("activity"));
  m.def("activities", [] {
    std::vector<std::string> names;
    for (const Activity one : all<Activity>()) names.emplace_back(text(one));
    return names;
  });
}

void register_documents(py::module_& m) {
  m.def(
      "cyclonedx",
      [](const std::vector<Disclosure>& disclosures, const std::string& model, const std::string& version,
         const std::string& supplier, const std::string& spec_version, const std::string& energy_provider,
         const std::string& energy_source, const std::string& created, const std::string& serial,
         const std::string& into, const std::string& bom_ref) {
        return exchange::cyclonedx(disclosures, {.model = model,
                                                 .version = version,
                                                 .supplier = supplier,
                                                 .spec_version = spec_version,
                                                 .energy_provider = energy_provider,
                                                 .energy_source = energy_source,
                                                 .created = created,
                                                 .serial = serial,
                                                 .into = into,
                                                 .bom_ref = bom_ref});
      },
      py::arg("disclosures"), py::arg("model"), py::arg("version"), py::arg("supplier"), py::arg("spec_version"),
      py::arg("energy_provider"), py::arg("energy_source"), py::arg("created"), py::arg("serial"), py::arg("into"),
      py::arg("bom_ref"));
  m.def(
      "spdx",
      [](const std::vector<Disclosure>& disclosures, const std::string& model, const std::string& version,
         const std::string& supplier, const std::string& download_location, const std::string& released,
         const std::string& licence, const std::string& created, const std::string& namespace_) {
        return exchange::spdx(disclosures, {.model = model,
                                            .version = version,
                                            .supplier = supplier,
                                            .download_location = download_location,
                                            .released = released,
                                            .licence = licence,
                                            .created = created,
                                            .namespace_ = namespace_});
      },
      py::arg("disclosures"), py::arg("model"), py::arg("version"), py::arg("supplier"), py::arg("download_location"),
      py::arg("released"), py::arg("licence"), py::arg("created"), py::arg("namespace"));
  m.def(
      "boamps",
      [](const std::vector<Disclosure>& disclosures, const std::string& context, const std::string& created) {
        return exchange::boamps(disclosures, context, created);
      },
      py::arg("disclosures"), py::arg("context"), py::arg("created"));
  m.def(
      "read", [](const std::string& text) { return exchange::read(text); }, py::arg("text"));

  py::class_<exchange::Comparison>(m, "Comparison", "What two documents say of the same runs.")
      .def_readonly("agree", &exchange::Comparison::agree, "None if nothing was compared.")
      .def_readonly("compared", &exchange::Comparison::compared, "Figures that both state.")
      .def_readonly("differences", &exchange::Comparison::differences, "Those more than 1e-9 apart.")
      .def_readonly("unpaired", &exchange::Comparison::unpaired, "Entries without a partner.")
      .def(
          "__eq__", [](const exchange::Comparison& a, const exchange::Comparison& b) { return a == b; },
          py::is_operator());
  m.def("compare", &exchange::compare, py::arg("a"), py::arg("b"));
}

void register_score(py::module_& m) {
  py::class_<SciAi>(m, "SciScore", "A score of SCI for AI: g CO2e per functional unit.")
      .def_readonly("unit", &SciAi::unit, "Name of the functional unit: `token`.")
      .def_property_readonly(
          "boundary", [](const SciAi& s) { return std::string(text(s.boundary)); },
          "Whose activities it holds: `consumer` or `provider`.")
      .def_readonly("count", &SciAi::count, "Functional units.")
      .def_property_readonly(
          "basis", [](const SciAi& s) { return optional_text(s.basis); },
          "How a provider's units are counted, `gross` or `effective`; None for a consumer's score.")
      .def_readonly("rationale", &SciAi::rationale, "Why that basis.")
      .def_readonly("g_per_unit", &SciAi::g_per_unit, "None where the embodied share is unknown.")
      .def_readonly("operational_g", &SciAi::operational_g, "g CO2e of all disclosures, PUE included.")
      .def_readonly("embodied_g", &SciAi::embodied_g, "g CO2e of all disclosures; None where one does not say it.")
      .def_readonly("energy_kwh", &SciAi::energy_kwh, "The facility's.")
      .def_property_readonly(
          "evidence", [](const SciAi& s) { return optional_text(s.evidence); },
          "How the energies were obtained; `mixed` where they differ, None where one does not say it.")
      .def_readonly("issues", &SciAi::issues, "Codes.")
      .def("per", &SciAi::stated_per, py::arg("units"), "The same score, stated for so many units.")
      .def("to_json", &SciAi::to_json, "The document `co2lib-sci-ai/1`.")
      .def("__str__", &SciAi::to_text)
      .def("__repr__", [](const SciAi& s) { return "<co2lib.exchange.SciScore " + s.to_text() + ">"; })
      .def("__truediv__", [](const SciAi& a, const SciAi& b) { return exchange::ratio(a, b); })
      .def("__lt__", [](const SciAi& a, const SciAi& b) { return exchange::ratio(a, b) < 1; })
      .def("__gt__", [](const SciAi& a, const SciAi& b) { return exchange::ratio(a, b) > 1; });
  m.def(
      "sci_ai",
      [](const std::vector<Disclosure>& disclosures, const std::string& unit, double count,
         const std::optional<std::string>& basis, const std::string& rationale) {
        exchange::SciAiOptions options{.rationale = rationale};
        if (basis) options.basis = parse<exchange::Basis>(*basis, "basis", bad_value);
        return exchange::sci_ai(disclosures, unit, count, options);
      },
      py::arg("disclosures"), py::arg("unit"), py::arg("count"), py::arg("basis"), py::arg("rationale"));
}

}  // namespace

void register_exchange(py::module_& m) {
  register_disclosure(m);
  register_documents(m);
  register_score(m);
}

}  // namespace co2lib::bindings
