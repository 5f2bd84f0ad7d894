// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <co2lib/exchange/documents.hpp>

namespace co2lib::exchange {

namespace {

/// The word of CycloneDX for the activity; empty if it is unknown.
std::string_view word_of(const Disclosure& d) { return d.activity ? cyclonedx_word(*d.activity) : std::string_view(); }

/// Of entries one of which has no run id: an unknown activity is anything but inference.
bool same_activity(std::string_view a, std::string_view b) {
  if (!a.empty() && !b.empty()) return a == b;
  return (a.empty() ? b : a) != cyclonedx_word(Activity::inference);
}

/// Entries of one kind in order, and the first that has no partner yet.
struct Queue {
  std::vector<std::size_t> entries{};
  std::size_t next = 0;
};

/// Pairs entries: the same run, else the same activity where one has no run; each with the first that is left.
class Pairing {
 public:
  explicit Pairing(const std::vector<Disclosure>& others) : taken_(others.size(), false) {
    for (std::size_t j = 0; j < others.size(); ++j) {
      const Disclosure& other = others[j];
      if (other.run_id) runs_[*other.run_id].entries.push_back(j);
      activities_[{other.run_id.has_value(), word_of(other)}].entries.push_back(j);
    }
  }

  std::optional<std::size_t> same_run(const Disclosure& d) {
    const auto found = d.run_id ? runs_.find(*d.run_id) : runs_.end();
    return found == runs_.end() ? std::nullopt : take(first_of(found->second));
  }

  std::optional<std::size_t> same_activity(const Disclosure& d) {
    std::optional<std::size_t> first;
    for (auto& [kind, queue] : activities_) {
      if ((d.run_id && kind.first) || !exchange::same_activity(word_of(d), kind.second)) continue;
      const auto one = first_of(queue);
      if (one && (!first || *one < *first)) first = one;
    }
    return take(first);
  }

  [[nodiscard]] std::size_t left() const {
    return static_cast<std::size_t>(std::count(taken_.begin(), taken_.end(), false));
  }

 private:
  std::optional<std::size_t> first_of(Queue& queue) {
    while (queue.next < queue.entries.size() && taken_[queue.entries[queue.next]]) ++queue.next;
    if (queue.next == queue.entries.size()) return std::nullopt;
    return queue.entries[queue.next];
  }

  std::optional<std::size_t> take(std::optional<std::size_t> entry) {
    if (entry) taken_[*entry] = true;
    return entry;
  }

  std::vector<bool> taken_;
  std::map<std::string, Queue> runs_;
  std::map<std::pair<bool, std::string_view>, Queue> activities_;
};

using Figure = std::pair<const char*, std::optional<double>>;

std::array<Figure, 4> figures(const Disclosure& d) {
  return {{{"energy_j", d.energy.joules()},
           {"facility_j", d.facility ? std::optional(d.facility->joules()) : std::nullopt},
           {"operational_g", d.operational.grams()},
           {"embodied_g", d.embodied.grams()}}};
}

void add_once(std::vector<std::string>& list, const char* name) {
  if (std::find(list.begin(), list.end(), name) == list.end()) list.emplace_back(name);
}

}  // namespace

Comparison compare(const std::vector<Disclosure>& a, const std::vector<Disclosure>& b) {
  Comparison result;
  Pairing pairing(b);
  std::vector<const Disclosure*> partner(a.size(), nullptr);
  for (const bool by_run : {true, false}) {
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (partner[i] != nullptr) continue;
      const auto found = by_run ? pairing.same_run(a[i]) : pairing.same_activity(a[i]);
      if (found) partner[i] = &b[*found];
    }
  }
  result.unpaired = static_cast<std::size_t>(std::count(partner.begin(), partner.end(), nullptr)) + pairing.left();
  for (std::size_t k = 0; k < 4; ++k) {
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (partner[i] == nullptr) continue;
      const auto [name, x] = figures(a[i])[k];
      const auto y = figures(*partner[i])[k].second;
      if (!x || !y) continue;
      add_once(result.compared, name);
      if (std::fabs(*x - *y) > 1e-9 * std::max(std::fabs(*x), std::fabs(*y))) add_once(result.differences, name);
    }
  }
  if (!result.compared.empty()) result.agree = result.differences.empty();
  return result;
}

}  // namespace co2lib::exchange
