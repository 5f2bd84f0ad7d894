// SPDX-License-Identifier: MIT
// Domain hub: reporting classes, ratings, labels.
#include "gil.hpp"
#include "hub.hpp"

#include <cmath>
#include <limits>
#include <map>

#include <pybind11/numpy.h>
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

using Column = py::array_t<double, py::array::c_style | py::array::forcecast>;

/// Labels of many models, as columns: letter 0 to 4 and ratings, -1 where there is none; mean and indices, NaN.
struct LabelColumns {
  std::vector<std::int8_t> letters;
  std::vector<double> means;
  std::vector<std::vector<double>> indices;         // by metric
  std::vector<std::vector<std::int8_t>> ratings{};  // by metric

  LabelColumns(std::size_t rows, std::size_t metrics)
      : letters(rows, -1),
        means(rows, std::numeric_limits<double>::quiet_NaN()),
        indices(metrics, means),
        ratings(metrics, letters) {}
};

LabelColumns label_columns(const std::vector<std::pair<std::string, const double*>>& columns, std::size_t rows,
                           const Preset& preset, const hub::LabelOptions& options) {
  LabelColumns out(rows, preset.metrics.size());
  hub::MetricValues values;
  for (std::size_t i = 0; i < rows; ++i) {
    for (const auto& [name, data] : columns) values[name] = data[i];
    const Label label = hub::label_one(values, preset, options);
    if (label.letter) out.letters[i] = static_cast<std::int8_t>(*label.letter - 'A');
    if (label.mean) out.means[i] = *label.mean;
    for (std::size_t k = 0; k < label.metrics.size(); ++k) {
      if (label.metrics[k].index) out.indices[k][i] = *label.metrics[k].index;
      if (label.metrics[k].rating) out.ratings[k][i] = static_cast<std::int8_t>(*label.metrics[k].rating);
    }
  }
  return out;
}

template <class T>
py::array_t<T> array_of(const std::vector<T>& values) {
  return py::array_t<T>(static_cast<py::ssize_t>(values.size()), values.data());
}

std::string letter_text(char letter) { return std::string(1, letter); }

void register_preset(py::module_& m) {
  py::class_<LabelMetric>(m, "LabelMetric", "One metric of a preset.")
      .def_readonly("name", &LabelMetric::name, "Key of the values: `co2_eq_emissions`.")
      .def_readonly("unit", &LabelMetric::unit, "Of its values: `g`.")
      .def_readonly("weight", &LabelMetric::weight, "Share of the label, against those of the other metrics.")
      .def_readonly("higher_is_better", &LabelMetric::higher_is_better,
                    "True: index = value / reference; False: reference / value.")
      .def_readonly("percents", &LabelMetric::percents, "Of the indices of the population, in %.")
      .def_readonly("reference", &LabelMetric::reference,
                    "Value of the reference model; None: it comes with the models.")
      .def_readonly("boundaries", &LabelMetric::boundaries, "Four, not rising; None if no model has the metric.")
      .def_property_readonly(
          "only_for",
          [](const LabelMetric& x) -> std::optional<std::string> {
            if (!x.only_for) return std::nullopt;
            return std::string(text(*x.only_for));
          },
          "The task that has it; None: all.")
      .def("__repr__", [](const LabelMetric& x) { return "<co2lib.hub.LabelMetric " + x.name + ">"; });

  py::class_<Preset>(m, "Preset", "Rules of labels: metrics, weights, boundaries and references.")
      .def_readonly("name", &Preset::name, "By which it is found: `castano2023`.")
      .def_readonly("metrics", &Preset::metrics, "In the order in which they are added.")
      .def_property_readonly(
          "mode", [](const Preset& p) { return std::string(text(p.mode)); }, "How ratings become one.")
      .def_readonly("upper_cap", &Preset::upper_cap, "An index above it is rated 4.")
      .def_readonly("population", &Preset::population, "Models that the boundaries come from.")
      .def_readonly("population_name", &Preset::population_name, "Which models these are.")
      .def_readonly("population_date", &Preset::population_date, "When they were collected.")
      .def_readonly("reference_model", &Preset::reference_model, "Its name; empty if there is none.")
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
      .def_readonly("name", &hub::MetricLabel::name, "Of the preset.")
      .def_readonly("unit", &hub::MetricLabel::unit, "Of its values: `g`.")
      .def_readonly("value", &hub::MetricLabel::value, "Of the model; None if it is missing.")
      .def_readonly("index", &hub::MetricLabel::index, "Value against the reference; None without a value.")
      .def_readonly("rating", &hub::MetricLabel::rating, "0 (A) to 4 (E).");

  py::class_<Label>(m, "Label", "A label and what it is made of.")
      .def_readonly("preset", &Label::preset, "Its name.")
      .def_property_readonly(
          "label",
          [](const Label& x) -> std::optional<std::string> {
            if (!x.letter) return std::nullopt;
            return letter_text(*x.letter);
          },
          "`A` to `E`; None if nothing is rated.")
      .def_readonly("mean", &Label::mean, "The weighted mean of the ratings, 0 to 4.")
      .def_readonly("metrics", &Label::metrics, "In the order of the preset.")
      .def_property_readonly(
          "index",
          [](const Label& x) {
            std::map<std::string, std::optional<double>> by_name;
            for (const auto& metric : x.metrics) by_name[metric.name] = metric.index;
            return by_name;
          },
          "Index of each metric, by its name; None without a value.")
      .def_property_readonly(
          "ratings",
          [](const Label& x) {
            std::map<std::string, std::optional<int>> by_name;
            for (const auto& metric : x.metrics) by_name[metric.name] = metric.rating;
            return by_name;
          },
          "Rating of each metric, 0 (A) to 4 (E), by its name; None without an index.")
      .def(
          "__eq__", [](const Label& a, const Label& b) { return a == b; }, py::is_operator())
      .def("__repr__", [](const Label& x) {
        return "<co2lib.hub.Label " + (x.letter ? letter_text(*x.letter) : std::string("none")) + " by " + x.preset +
               ">";
      });

  py::class_<hub::LetterProbabilities>(m, "LetterProbabilities", "How sure a letter is.")
      .def_property_readonly(
          "probability",
          [](const hub::LetterProbabilities& x) {
            std::map<std::string, double> by_letter;
            for (int k = 0; k < 5; ++k) {
              by_letter[letter_text(hub::letter_of(k))] = x.probability[static_cast<std::size_t>(k)];
            }
            return by_letter;
          },
          "Of the letters A to E.")
      .def_readonly("verdict", &hub::LetterProbabilities::verdict,
                    "`A`, or `A/B undecided`; empty if nothing is rated.")
      .def_readonly("confidence", &hub::LetterProbabilities::confidence,
                    "What the letters of the verdict have together, at least.")
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
  m.def(
      "label_columns",
      [](const std::map<std::string, Column>& given, std::size_t rows, const Preset& preset,
         const std::optional<std::string>& mode) {
        if (preset.own_reference)
          throw Error("hub.bad_value", preset.name + ": its models have references of their own");
        std::vector<std::pair<std::string, const double*>> columns;
        for (const auto& [name, values] : given) {
          if (values.ndim() != 1 || static_cast<std::size_t>(values.size()) != rows) {
            throw Error("hub.bad_value", name + ": must have one value per row");
          }
          columns.emplace_back(name, values.data());
        }
        const auto options = label_options("inference", {}, mode);
        const LabelColumns out = [&] {
          const GilReleased released;  // no Python object is touched
          return label_columns(columns, rows, preset, options);
        }();
        std::vector<py::array_t<double>> indices;
        std::vector<py::array_t<std::int8_t>> ratings;
        for (const auto& one : out.indices) indices.push_back(array_of(one));
        for (const auto& one : out.ratings) ratings.push_back(array_of(one));
        return std::make_tuple(array_of(out.letters), array_of(out.means), indices, ratings);
      },
      py::arg("columns"), py::arg("rows"), py::arg("preset"), py::arg("mode"));
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
  m.def("report_class_names", [] {
    constexpr auto names = texts_of(hub::ReportClass{});
    return std::vector<std::string>(names.begin(), names.end());
  });
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
