// SPDX-License-Identifier: MIT
// Pacer: a controller in a service, called for each request.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <co2lib/adaptive/control.hpp>
#include <co2lib/adaptive/model.hpp>
#include <co2lib/adaptive/receipt.hpp>
#include <co2lib/clock.hpp>
#include <co2lib/units.hpp>

namespace co2lib::adaptive {

namespace detail {
class Steering;
}

/// Requests that are alike: each kind of request has models of its own, with energy and quality for it.
struct RequestClass {
  std::string name{};           ///< by which calls name the class
  std::vector<Model> models{};  ///< that can serve it, in any order
};

/// How a pacer decides, and for how long.
struct PacerOptions {
  std::chrono::hours horizon = std::chrono::hours(8760);  ///< for which the budget is
  std::optional<UtcTime> start{};                         ///< default: the hour of the first call
  ControlOptions control{};                               ///< how it decides
};

/// What a call decided and charged.
struct Decision {
  std::size_t model = 0;    ///< index into the models of the request's class
  Energy energy{};          ///< of all requests of the call, PUE included
  CarbonMass carbon{};      ///< charged
  double lambda_per_g = 0;  ///< the price of carbon it was decided at, points per g
};

/// Chooses a model for each call so that a carbon budget lasts for its horizon, and charges it.
///
/// A slot is an hour. Its intensity in the window is the last one given in it, its demand the requests so far; hours
/// without a call are missing from the window and still count as remaining slots. A call with a time before the latest
/// hour counts in the latest. Prices change at hours; in between a call takes some ten nanoseconds and allocates
/// nothing. Any number of threads may call.
class Pacer {
 public:
  /// Throws as `hull`; `adaptive.bad_input` for a budget below 0, a horizon below an hour, bad options.
  Pacer(const std::vector<Model>& models, CarbonMass budget, const PacerOptions& options = {});
  /// Several classes of requests with one budget and one price of carbon.
  Pacer(const std::vector<RequestClass>& classes, CarbonMass budget, const PacerOptions& options = {});
  ~Pacer();
  Pacer(Pacer&&) noexcept;
  Pacer& operator=(Pacer&&) noexcept;
  Pacer(const Pacer&) = delete;
  Pacer& operator=(const Pacer&) = delete;

  /// The model for a call of so many requests (all alike) of class `kind`, which is charged.
  ///
  /// Throws `adaptive.bad_input`: an intensity or requests that are negative or no number, a time before the start or
  /// beyond the horizon, a class that there is not.
  std::size_t choose(UtcTime now, CarbonIntensity intensity, double requests = 1, std::size_t kind = 0,
                     std::string_view user = {}) {
    return decide(now, intensity, requests, kind, user).model;
  }
  /// As `choose`, with what was charged; `user` stands in the receipt, if receipts are kept.
  Decision decide(UtcTime now, CarbonIntensity intensity, double requests = 1, std::size_t kind = 0,
                  std::string_view user = {});

  /// A limit of latency (of p95, say) for class `kind`, with the latency of each of its models now, by the caller's
  /// queue estimate: models above it serve nothing until the next call of this function. Plans count on all models.
  ///
  /// Throws `adaptive.infeasible` with `min_latency_s` if none is within it, which changes nothing;
  /// `adaptive.bad_input` for a class that there is not, a latency that is negative or no number, or another number of
  /// them.
  void limit_latency(std::size_t kind, Seconds limit, const std::vector<Seconds>& latency);

  /// From now on each decision is a receipt in this book (none: no longer), written after it was charged; what the book
  /// throws passes through. Receipts add up to what is spent from here on. The interval is that of the model's energy.
  void keep_receipts(std::shared_ptr<ReceiptBook> book);

  /// What is expected of the hours from `from` on: for MPC in place of its own forecast, for the hard stop as the
  /// intensities that the smallest model must still be paid for. In risk-averse mode give the upper ends of intervals.
  void expect(UtcTime from, const std::vector<double>& g_per_kwh);

  [[nodiscard]] CarbonMass spent() const;     ///< charged so far, PUE included
  [[nodiscard]] CarbonMass budget() const;    ///< for the whole horizon, as given
  [[nodiscard]] double requests() const;      ///< served so far
  [[nodiscard]] double lambda_per_g() const;  ///< the price of carbon at present, points per g

  /// The whole state as JSON; `restore` goes on bit for bit as if nothing had happened.
  [[nodiscard]] std::string save() const;
  /// Throws `adaptive.bad_state` for a text that `save` did not write, or of other models.
  [[nodiscard]] static Pacer restore(const std::vector<RequestClass>& classes, std::string_view state);
  /// The same for a pacer of one class.
  [[nodiscard]] static Pacer restore(const std::vector<Model>& models, std::string_view state);

 private:
  struct State;
  explicit Pacer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace co2lib::adaptive
