// SPDX-License-Identifier: MIT
// What is said about one activity of one model; every format is written from it and read into it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <co2lib/names.hpp>
#include <co2lib/record.hpp>
#include <co2lib/units.hpp>

namespace co2lib::exchange {

/// What a model was doing.
enum class Activity {
  pre_training,      ///< of a base model
  training,          ///< of a kind that is not said
  fine_tuning,       ///< from weights that were trained before
  inference,         ///< use of the model
  design,            ///< before training: search for an architecture, first tries
  validation,        ///< on data that it was not trained on
  deployment,        ///< bringing it to where it is used
  data_collection,   ///< of training data
  data_preparation,  ///< cleaning, labelling
  other,             ///< none of these
};
/// Texts of `Activity`, in its order; what `text` writes and `parse` reads.
constexpr auto texts_of(Activity) noexcept {
  return texts("pre-training", "training", "fine-tuning", "inference", "design", "validation", "deployment",
               "data-collection", "data-preparation", "other");
}

/// How an energy was obtained.
enum class Evidence {
  measured,  ///< counters and integrals of power alone
  modelled,  ///< models alone
  mixed,     ///< some of it measured, some modelled
};
/// Texts of `Evidence`, in its order; what `text` writes and `parse` reads.
constexpr auto texts_of(Evidence) noexcept { return texts("measured", "modelled", "mixed"); }

/// Counted devices of one name.
struct Hardware {
  std::string name;  ///< model of the device
  int count = 0;     ///< devices of that model

  bool operator==(const Hardware&) const = default;
};

/// What the machine of a run is made of, as far as it may leave: no host, no serial, no identifier.
struct DisclosedMachine {
  std::string cpu_model;                    ///< as the system names it; empty if unknown
  int cpu_packages = 0;                     ///< counted; 0 where unknown: threads are not processors
  std::vector<Hardware> gpus{};             ///< counted
  std::vector<std::string> cpu_tracking{};  ///< providers of counted devices, each once
  std::vector<std::string> gpu_tracking{};  ///< providers of counted GPUs, each once
  std::optional<double> memory_bytes{};     ///< MemTotal
  std::string os;                           ///< the part before the first `-`

  bool operator==(const DisclosedMachine&) const = default;
};

/// What is said about one activity of one model. What is unknown has no value.
struct Disclosure {
  std::optional<Activity> activity{};                     ///< what was done
  std::optional<std::string> model{};                     ///< of a document that was read
  std::optional<std::string> version{};                   ///< of a document that was read
  std::optional<std::string> run_id{};                    ///< that the numbers are of
  std::optional<bool> complete{};                         ///< the run had ended
  std::optional<std::string> start{};                     ///< UTC
  std::optional<std::string> end{};                       ///< UTC
  std::optional<double> duration_s{};                     ///< time in which it was measured, suspend excluded
  std::optional<Evidence> evidence{};                     ///< how `energy` was obtained
  std::vector<std::pair<std::string, double>> methods{};  ///< shares of the energy, 0 to 1
  std::optional<double> coverage{};                       ///< 0 to 1
  Estimate<Energy> energy{};                              ///< IT
  std::optional<double> pue{};                            ///< facility energy / IT energy
  std::optional<Energy> facility{};                       ///< IT x PUE
  Estimate<CarbonMass> operational{};                     ///< operational carbon, PUE included
  Estimate<CarbonMass> embodied{};                        ///< share of the hardware
  Estimate<Water> water{};                                ///< of the facility
  std::optional<CarbonMass> offset{};                     ///< of a document that was read; never subtracted
  std::optional<double> intensity_g_per_kwh{};            ///< mean over the energy
  std::optional<std::string> intensity_source{};          ///< what the carbon was priced with
  std::optional<std::string> location{};                  ///< key of the place: `FRA`
  std::vector<std::string> hardware{};                    ///< for people: `2 x NVIDIA H200`
  std::map<std::string, double> counts{};                 ///< functional units by name
  std::vector<std::string> issues{};                      ///< codes, sorted, each once
  std::vector<Source> sources{};                          ///< those with a licence
  std::vector<std::string> warnings{};                    ///< codes, of a document that was read
  DisclosedMachine machine{};                             ///< what it ran on, without anything that identifies it

  bool operator==(const Disclosure&) const = default;
};

/// A disclosure of a footprint, from its JSON (`co2lib-footprint/1`); keys that are not there are unknown.
///
/// `counts`: functional units done in this run by name, each finite and above 0. Throws `exchange.bad_document` for a
/// text that is no footprint, `exchange.bad_value` for a count.
[[nodiscard]] Disclosure disclosure_of(std::string_view footprint_json, std::optional<Activity> activity,
                                       const std::map<std::string, double>& counts = {});

/// The word of CycloneDX for an activity, that of SPDX (empty: it has none) and that of BoAmps.
[[nodiscard]] std::string_view cyclonedx_word(Activity activity) noexcept;
/// Of SPDX: training, inference or other; empty where it has none.
[[nodiscard]] std::string_view spdx_word(Activity activity) noexcept;
[[nodiscard]] std::string_view boamps_word(Activity activity) noexcept;  ///< of BoAmps

}  // namespace co2lib::exchange
