// SPDX-License-Identifier: MIT
// Domain hub: reporting classes, ratings, labels.
#include "gil.hpp"
#include "hub.hpp"

#include <cmath>
#include <limits>
#include <map>

#include <pybind11/typing.h>

#include <co2lib/hub.hpp>

namespace co2lib::bindings {

namespace {

using hub::CompoundMode;
using hub::Label;
using hub::LabelMetric;
using hub::LabelTask;
using hub::Preset;
using Intervals = std::map<std::string, std::tuple<double, double, double>>;

hub::MetricIntervals intervals_of(const Intervals& given) {
  hub::MetricIntervals intervals;
  for (const auto& [name, i] : given) {
    intervals.emplace(name, Interval<double>{std::get<0>(i), std::get<1>(i), std::get<2>(i)});
  }
  return intervals;
}

hub::LabelOptions label_options(const std::string& task, const hub::MetricValues& reference,
                                const std::optional<std::string>& mode) {
  hub::LabelOptions options;
  options.task = parse<LabelTask>(task, "task", "hub.bad_value");
  options.reference = reference;
  if (mode) options.mode = parse<CompoundMode>(*mode, "mode", "hub.bad_value");
  return options;
}

std::string letter_text(char letter) { return std::string(1, letter); }

void register_preset(py::module_& m) {
  py::class_<LabelMetric>(m, "LabelMetric", "One metric of a preset.")
      .def_readonly("name", &LabelMetric::name)
      .def_readonly("unit", &LabelMetric::unit)
      .def_readonly("weight", &LabelMetric::weight)
      .def_readonly("higher_is_better", &LabelMetric::higher_is_better)
      .def_readonly("percents", &LabelMetric::percents, "Of the indices of the population, in %.")
      .def_readonly("reference", &LabelMetric::reference)
      .def_readonly("boundaries", &LabelMetric::boundaries, "Four, not rising; None if no model has the metric.")
      .def_property_readonly("only_for",
                             [](const LabelMetric& x) -> std::optional<std::string> {
                               if (!x.only_for) return std::nullopt;
                               return std::string(text(*x.only_for));
                             })
      .def("__repr__", [](const LabelMetric& x) { return "<co2lib.hub.LabelMetric " + x.name + ">"; });

  py::class_<Preset>(m, "Preset", "Rules of labels: metrics, weights, boundaries and references.")
      .def_readonly("name", &Preset::name)
      .def_readonly("metrics", &Preset::metrics)
      .def_property_readonly("mode", [](const Preset& p) { return std::string(text(p.mode)); })
      .def_readonly("upper_cap", &Preset::upper_cap)
      .def_readonly("population", &Preset::population, "Models that the boundaries come from.")
      .def_readonly("population_name", &Preset::population_name)
      .def_readonly("population_date", &Preset::population_date)
      .def_readonly("reference_model", &Preset::reference_model)
      .def_readonly("own_reference", &Preset::own_reference,
                    "The reference is a model of the same task and environment, given with each model.")
      .def(
          "__eq__", [](const Preset& a, const Preset& b) { return a == b; }, py::is_operator())
      .def("__repr__", [](const Preset& p) {
        return "<co2lib.hub.Preset " + p.name + ", " + std::to_string(p.population) + " models>";
      });
  m.def(
      "preset", [](const std::string& name) { return hub::preset(name); }, py::arg("name"));
  m.def("preset_names", [] { return std::vector<std::string>(hub::preset_names.begin(), hub::preset_names.end()); });
}

void register_label(py::module_& m) {
  py::class_<hub::MetricLabel>(m, "MetricLabel", "One metric of a label.")
      .def_readonly("name", &hub::MetricLabel::name)
      .def_readonly("unit", &hub::MetricLabel::unit)
      .def_readonly("value", &hub::MetricLabel::value)
      .def_readonly("index", &hub::MetricLabel::index)
      .def_readonly("rating", &hub::MetricLabel::rating, "0 (A) to 4 (E).");

  py::class_<Label>(m, "Label", "A label and what it is made of.")
      .def_readonly("preset", &Label::preset)
      .def_property_readonly(
          "label",
          [](const Label& x) -> std::optional<std::string> {
            if (!x.letter) return std::nullopt;
            return letter_text(*x.letter);
          },
          "`A` to `E`; None if nothing is rated.")
      .def_readonly("mean", &Label::mean, "The weighted mean of the ratings, 0 to 4.")
      .def_readonly("metrics", &Label::metrics)
      .def_property_readonly("index",
                             [](const Label& x) {
                               std::map<std::string, std::optional<double>> by_name;
                               for (const auto& metric : x.metrics) by_name[metric.name] = metric.index;
                               return by_name;
                             })
      .def_property_readonly("ratings",
                             [](const Label& x) {
                               std::map<std::string, std::optional<int>> by_name;
                               for (const auto& metric : x.metrics) by_name[metric.name] = metric.rating;
                               return by_name;
                             })
      .def(
          "__eq__", [](const Label& a, const Label& b) { return a == b; }, py::is_operator())
      .def("__repr__", [](const Label& x) {
        return "<co2lib.hub.Label " + (x.letter ? letter_text(*x.letter) : std::string("none")) + " by " + x.preset +
               ">";
      });

  py::class_<hub::LetterProbabilities>(m, "LetterProbabilities", "How sure a letter is.")
      .def_property_readonly("probability",
                             [](const hub::LetterProbabilities& x) {
                               std::map<std::string, double> by_letter;
                               for (int k = 0; k < 5; ++k) {
                                 by_letter[letter_text(hub::letter_of(k))] = x.probability[static_cast<std::size_t>(k)];
                               }
                               return by_letter;
                             })
      .def_readonly("verdict", &hub::LetterProbabilities::verdict,
                    "`A`, or `A/B undecided`; empty if nothing is rated.")
      .def_readonly("confidence", &hub::LetterProbabilities::confidence)
      .def("__repr__",
           [](const hub::LetterProbabilities& x) { return "<co2lib.hub.LetterProbabilities " + x.verdict + ">"; });

  m.def(
      "label_one",
      [](const hub::MetricValues& values, const Preset& preset, const std::string& task,
         const hub::MetricValues& reference, const std::optional<std::string>& mode) {
        return hub::label_one(values, preset, label_options(task, reference, mode));
      },
      py::arg("values"), py::arg("preset"), py::arg("task"), py::arg("reference"), py::arg("mode"));
  m.def(
      "letter_probabilities",
      [](const hub::MetricValues& values, const Intervals& intervals, const Preset& preset, const std::string& task,
         const hub::MetricValues& reference, const std::optional<std::string>& mode, std::size_t draws,
         std::uint64_t seed, double confidence) {
        const auto options = label_options(task, reference, mode);
        const auto between = intervals_of(intervals);
        const GilReleased released;  // no Python object is touched
        return hub::letter_probabilities(values, between, preset, options,
                                         {.draws = draws, .seed = seed, .confidence = confidence});
      },
      py::arg("values"), py::arg("intervals"), py::arg("preset"), py::arg("task"), py::arg("reference"),
      py::arg("mode"), py::arg("draws"), py::arg("seed"), py::arg("confidence"));

  using Rows = std::vector<std::tuple<std::string, hub::MetricValues, std::string, std::string>>;
  static const auto rows_of = [](const Rows& given) {
    std::vector<hub::LabelRow> rows;
    for (const auto& [id, values, task, environment] : given) {
      rows.push_back({id, values, parse<LabelTask>(task, "task", "hub.bad_value"), environment});
    }
    return rows;
  };
  m.def(
      "fit",
      [](const Rows& rows, const Preset& preset, const std::string& reference) {
        return hub::fit(rows_of(rows), preset, reference);
      },
      py::arg("rows"), py::arg("preset"), py::arg("reference"));
  m.def(
      "label_rows",
      [](const Rows& given, const Preset& preset, const std::optional<std::string>& mode) {
        const std::vector<hub::LabelRow> rows = rows_of(given);
        const auto references = hub::references_of(rows, preset.reference_model);
        std::vector<Label> labels;
        for (std::size_t i = 0; i < rows.size(); ++i) {
          hub::LabelOptions options = label_options("inference", {}, mode);
          options.task = rows[i].task;
          if (preset.own_reference && references[i] != nullptr) options.reference = references[i]->values;
          labels.push_back(hub::label_one(rows[i].values, preset, options));
        }
        return labels;
      },
      py::arg("rows"), py::arg("preset"), py::arg("mode"));
}

}  // namespace

void register_hub_labels(py::module_& m) {
  register_preset(m);
  register_label(m);
  m.def(
      "report_class",
      [](bool emissions, std::optional<std::string> hardware, std::optional<std::string> location,
         std::optional<std::string> provider, std::optional<double> hours, std::vector<std::string> tags,
         const std::string& context, const std::string& certification_tag) {
        const hub::ReportFacts facts{.emissions_reported = emissions,
                                     .hardware_used = std::move(hardware),
                                     .geographical_location = std::move(location),
                                     .cloud_provider = std::move(provider),
                                     .hours_used = hours,
                                     .tags = std::move(tags)};
        const auto found =
            hub::report_class(facts, {.context = parse<hub::ReportContext>(context, "context", "hub.bad_value"),
                                      .certification_tag = certification_tag});
        return std::pair(static_cast<int>(found), std::string(text(found)));
      },
      py::arg("emissions_reported"), py::arg("hardware_used"), py::arg("geographical_location"),
      py::arg("cloud_provider"), py::arg("hours_used"), py::arg("tags"), py::arg("context"),
      py::arg("certification_tag"));
  m.def("index", &hub::index_of, py::arg("value"), py::arg("reference"), py::arg("higher_is_better"));
  m.def("rating", &hub::rating, py::arg("index"), py::arg("boundaries"), py::arg("upper_cap"));
  m.def(
      "compound",
      [](const std::vector<int>& ratings, const std::vector<double>& weights, const std::string& mode) {
        const auto all = hub::compound(ratings, weights, parse<CompoundMode>(mode, "mode", "hub.bad_value"));
        return std::pair(all.rating, all.mean);
      },
      py::arg("ratings"), py::arg("weights"), py::arg("mode"));
  m.def(
      "stars",
      [](const std::vector<double>& energy_wh, const std::string& mode) {
        return hub::stars(energy_wh, parse<hub::StarRule>(mode, "mode", "hub.bad_value"));
      },
      py::arg("energy_wh"), py::arg("mode"));
  m.def(
      "star_class", [](double b) { return letter_text(hub::star_class(b)); }, py::arg("billion_parameters"));
  m.def("performance_score", &hub::performance_score, py::arg("metrics"));
  m.def(
      "badge", [](const std::string& label, const std::string& about) { return hub::badge(label, about); },
      py::arg("label"), py::arg("about"));
}

}  // namespace co2lib::bindings
