// SPDX-License-Identifier: MIT
// Pacer: the clock, the lock and the saved state around Steering.
#include <co2lib/adaptive/pacer.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>
#include <utility>

#include "detail/document.hpp"
#include "detail/json.hpp"
#include "steering.hpp"

namespace co2lib::adaptive {

namespace {

using co2lib::detail::DocumentValue;
using co2lib::detail::json_list;
using co2lib::detail::JsonObject;
using co2lib::detail::JsonWriter;

constexpr int state_version = 1;

[[noreturn]] void bad_state(const std::string& why) {
  throw Error("adaptive.bad_state", "the saved state of a pacer: " + why);
}

/// Numbers that may be infinite, which JSON has no number for.
std::string as_text(double x) { return std::isinf(x) ? "inf" : numeric::text(x); }

std::size_t slots_of(std::chrono::hours horizon) {
  if (horizon.count() < 1) detail::bad_input("horizon: it must be at least one hour");
  return static_cast<std::size_t>(horizon.count());
}

/// The members of an object, each there and of its type.
class Members {
 public:
  explicit Members(const DocumentValue& of) : of_(of) {
    if (of.kind != DocumentValue::Kind::map) bad_state("expected an object, got " + of.what());
  }
  [[nodiscard]] const DocumentValue& any(std::string_view key) const {
    const DocumentValue* found = of_.find(key);
    if (found == nullptr) bad_state("there is no '" + std::string(key) + "'");
    return *found;
  }
  [[nodiscard]] double number(std::string_view key) const { return number(any(key), key); }
  [[nodiscard]] std::optional<double> maybe(std::string_view key) const {
    return any(key).is_null() ? std::nullopt : std::optional(number(key));
  }
  [[nodiscard]] std::size_t count(std::string_view key) const {
    const auto x = any(key).integer();
    if (!x || *x < 0) bad_state("'" + std::string(key) + "' is not a count");
    return static_cast<std::size_t>(*x);
  }
  [[nodiscard]] std::string text(std::string_view key) const { return any(key).text; }
  [[nodiscard]] const std::vector<DocumentValue>& list(std::string_view key) const {
    if (any(key).kind != DocumentValue::Kind::list) bad_state("'" + std::string(key) + "' is not a list");
    return any(key).items;
  }
  [[nodiscard]] std::vector<double> numbers(std::string_view key) const {
    std::vector<double> values;
    for (const DocumentValue& x : list(key)) values.push_back(number(x, key));
    return values;
  }

 private:
  static double number(const DocumentValue& value, std::string_view key) {
    if (value.text == "inf") return std::numeric_limits<double>::infinity();
    const auto x = value.number();
    if (!x || !(*x >= 0)) bad_state("'" + std::string(key) + "' is not a number >= 0: " + value.what());
    return *x;
  }
  const DocumentValue& of_;
};

void put_past(JsonWriter& o, const detail::PastSlot& p) {
  o.add("slot", p.slot);
  o.add("c", p.c);
  o.add("n", p.n);
}

detail::PastSlot past_of(const DocumentValue& value, std::size_t kinds) {
  const Members m(value);
  detail::PastSlot p{.slot = m.count("slot"), .c = m.number("c"), .n = m.numbers("n")};
  if (p.n.size() != kinds) bad_state("a slot has requests of another number of classes");
  return p;
}

void put_state(JsonWriter& o, const detail::SteeringState& s) {
  o.add("slot", s.slot);
  o.add("next_solve", s.next_solve);
  o.add("spent_g", s.spent);
  o.add("spent_rest_g", s.spent_rest);
  o.add("requests", s.requests);
  o.add("acc", s.acc);
  o.add("lambda_per_g", as_text(s.lambda));
  o.add("tie_share", s.tie_share);
  o.add("dual_per_g", s.dual);
  o.add("pacing_lambda_per_g", as_text(s.pacing_lambda));
  o.add("now", JsonObject{[&s](JsonWriter& n) { put_past(n, s.now); }});
  o.add("now_g", s.now_g);
  o.add("now_expected", s.now_expected);
  o.add("past", json_list(s.past, [](const detail::PastSlot& p) {
          return JsonObject{[&p](JsonWriter& n) { put_past(n, p); }};
        }));
  o.add("expected_from", s.expected_from);
  o.add("expected", s.expected);
  o.add("usable",
        json_list(s.usable, [](const std::vector<char>& use) { return std::vector<int>(use.begin(), use.end()); }));
}

/// 0 or 1 for each model of a class, not all 0; none: all may serve.
std::vector<char> usable_of(const DocumentValue& value, std::size_t models) {
  std::vector<char> use;
  for (const DocumentValue& x : value.items) {
    const auto flag = x.integer();
    if (!flag || (*flag != 0 && *flag != 1)) bad_state("'usable' is not a list of lists of 0 and 1");
    use.push_back(static_cast<char>(*flag));
  }
  if (!use.empty() && (use.size() != models || std::find(use.begin(), use.end(), 1) == use.end())) {
    bad_state("'usable' does not fit the models");
  }
  return use;
}

detail::SteeringState state_of(const DocumentValue& value, const std::vector<RequestClass>& classes) {
  const std::size_t kinds = classes.size();
  const Members m(value);
  detail::SteeringState s;
  const auto read = [&m](std::string_view key) {  // written as a text, for it may be infinite
    DocumentValue plain = m.any(key);
    plain.plain = true;
    if (plain.text == "inf") return std::numeric_limits<double>::infinity();
    const auto x = plain.number();
    if (!x || !(*x >= 0)) bad_state("'" + std::string(key) + "' is not a number >= 0");
    return *x;
  };
  if (!m.any("slot").is_null()) s.slot = m.count("slot");
  s.next_solve = m.count("next_solve");
  s.spent = m.number("spent_g");
  const auto rest = m.any("spent_rest_g").number();
  if (!rest) bad_state("'spent_rest_g' is not a number");
  s.spent_rest = *rest;
  s.requests = m.number("requests");
  s.acc = m.number("acc");
  s.lambda = read("lambda_per_g");
  s.tie_share = m.number("tie_share");
  s.dual = m.maybe("dual_per_g");
  s.pacing_lambda = read("pacing_lambda_per_g");
  s.now = past_of(m.any("now"), kinds);
  s.now_g = m.number("now_g");
  s.now_expected = m.number("now_expected");
  for (const DocumentValue& p : m.list("past")) s.past.push_back(past_of(p, kinds));
  s.expected_from = m.count("expected_from");
  s.expected = m.numbers("expected");
  if (m.list("usable").size() != kinds) bad_state("'usable' is of another number of classes");
  for (std::size_t k = 0; k < kinds; ++k) {
    s.usable.push_back(usable_of(m.list("usable")[k], classes[k].models.size()));
  }
  return s;
}

void put_classes(JsonWriter& o, const std::vector<RequestClass>& classes) {
  o.add("classes", json_list(classes, [](const RequestClass& x) {
          return JsonObject{[&x](JsonWriter& c) {
            c.add("name", x.name);
            c.add("models", json_list(x.models, [](const Model& model) {
                    return JsonObject{[&model](JsonWriter& m) {
                      m.add("name", model.name);
                      m.add("energy_j", model.energy.joules());
                      m.add("accuracy", model.accuracy);
                    }};
                  }));
          }};
        }));
}

}  // namespace

struct Pacer::State {
  State(std::vector<RequestClass> classes, double budget, std::size_t slots, const ControlOptions& control)
      : steering(std::move(classes), budget, slots, control) {}

  mutable std::mutex mutex;
  detail::Steering steering;
  std::optional<UtcTime> start;
  UtcTime hour_begin = UtcTime::max();  ///< of the open slot
  UtcTime hour_end = UtcTime::min();
  std::shared_ptr<ReceiptBook> book;

  /// Opens the slot of `now` if it is a new one.
  void advance(UtcTime now, double c, double requests) {
    if (!start) start = std::chrono::floor<std::chrono::hours>(now);
    if (now < *start) {
      detail::bad_input("now: " + format_utc(now) + " is before the start " + format_utc(*start));
    }
    const auto slot = static_cast<std::size_t>(std::chrono::floor<std::chrono::hours>(now - *start).count());
    if (slot >= steering.slots()) {
      detail::bad_input("now: " + format_utc(now) + " is beyond the horizon of " + std::to_string(steering.slots()) +
                        " h from " + format_utc(*start) + "; begin a new pacer with a new budget");
    }
    if (!steering.state.slot || slot > *steering.state.slot) steering.open(slot, c, requests);
    set_hour();
  }
  void set_hour() {
    if (!start || !steering.state.slot) return;
    hour_begin = *start + std::chrono::hours(static_cast<long>(*steering.state.slot));
    hour_end = hour_begin + std::chrono::hours(1);
  }
};

Pacer::Pacer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Pacer::~Pacer() = default;
Pacer::Pacer(Pacer&&) noexcept = default;
Pacer& Pacer::operator=(Pacer&&) noexcept = default;

Pacer::Pacer(const std::vector<RequestClass>& classes, CarbonMass budget, const PacerOptions& options)
    : state_(std::make_unique<State>(classes, budget.grams(), slots_of(options.horizon), options.control)) {
  if (options.start) state_->start = std::chrono::floor<std::chrono::hours>(*options.start);
}

Pacer::Pacer(const std::vector<Model>& models, CarbonMass budget, const PacerOptions& options)
    : Pacer(std::vector<RequestClass>{{"", models}}, budget, options) {}

namespace {

Receipt receipt_of(const RequestClass& of, const Decision& decision, UtcTime now, CarbonIntensity intensity,
                   double requests, double pue, std::string_view user) {
  const Model& model = of.models[decision.model];
  Receipt r{.time = now,
            .user = std::string(user),
            .model = model.name,
            .rejected = {},
            .requests = requests,
            .energy = decision.energy,
            .intensity = intensity,
            .carbon = decision.carbon,
            .interval = {}};
  for (const Model& other : of.models) {
    if (&other != &model) r.rejected.push_back(other.name);
  }
  if (model.interval) {
    r.interval = Interval<CarbonMass>{model.interval->low * intensity * (pue * requests),
                                      model.interval->high * intensity * (pue * requests), model.interval->confidence};
  }
  return r;
}

}  // namespace

Decision Pacer::decide(UtcTime now, CarbonIntensity intensity, double requests, std::size_t kind,
                       std::string_view user) {
  const double c = intensity.g_per_kwh();
  if (!(c >= 0) || std::isinf(c)) detail::not_negative(c, "intensity");
  if (!(requests >= 0) || std::isinf(requests)) detail::not_negative(requests, "requests");
  State& s = *state_;
  std::unique_lock lock(s.mutex);
  detail::Steering& steering = s.steering;
  if (kind >= steering.classes().size()) {
    detail::bad_input("kind: " + std::to_string(kind) + "; there are " + std::to_string(steering.classes().size()) +
                      " classes, from 0");
  }
  if (!(now >= s.hour_begin && now < s.hour_end)) s.advance(now, c, requests);
  steering.state.now.c = c;
  const detail::Pick picked = steering.pick(kind, c);
  std::size_t level = picked.level;
  if (picked.share > 0) {
    Diffusion diffusion(steering.state.acc);
    if (diffusion.whole(picked.share, requests)) ++level;
    steering.state.acc = diffusion.acc();
  }
  Decision decision{.model = steering.model(kind, level, c, requests), .lambda_per_g = steering.state.lambda};
  decision.energy = Energy::from_kwh(requests * steering.energy_kwh(kind, decision.model));
  decision.carbon = CarbonMass::from_grams(steering.charge(kind, decision.model, c, requests));
  if (s.book) {
    const std::shared_ptr<ReceiptBook> book = s.book;
    lock.unlock();  // the book has a lock of its own; a file that is slow holds up those with receipts alone
    book->add(receipt_of(steering.classes()[kind], decision, now, intensity, requests, steering.options().pue, user));
  }
  return decision;
}

void Pacer::limit_latency(std::size_t kind, Seconds limit, const std::vector<Seconds>& latency) {
  detail::not_negative(limit.count(), "limit");
  State& s = *state_;
  const std::lock_guard lock(s.mutex);
  const std::vector<RequestClass>& classes = s.steering.classes();
  if (kind >= classes.size()) {
    detail::bad_input("kind: " + std::to_string(kind) + "; there are " + std::to_string(classes.size()) +
                      " classes, from 0");
  }
  if (latency.size() != classes[kind].models.size()) {
    detail::bad_input("latency: " + std::to_string(latency.size()) + " values for " +
                      std::to_string(classes[kind].models.size()) + " models; give one for each");
  }
  std::vector<char> usable;
  double quickest = std::numeric_limits<double>::infinity();
  for (std::size_t m = 0; m < latency.size(); ++m) {
    if (!(latency[m].count() >= 0)) {
      detail::bad_input("latency[" + std::to_string(m) + "]: " + numeric::text(latency[m].count()) +
                        " s is not a number >= 0");
    }
    usable.push_back(latency[m] <= limit ? 1 : 0);
    quickest = std::min(quickest, latency[m].count());
  }
  if (!(quickest <= limit.count())) {
    detail::infeasible("latency: no model is within " + numeric::text(limit.count()) + " s; the quickest takes " +
                           numeric::text(quickest) + " s",
                       "min_latency_s", quickest);
  }
  s.steering.use(kind, std::move(usable));
}

void Pacer::keep_receipts(std::shared_ptr<ReceiptBook> book) {
  const std::lock_guard lock(state_->mutex);
  state_->book = std::move(book);
}

void Pacer::expect(UtcTime from, const std::vector<double>& g_per_kwh) {
  detail::all_not_negative(g_per_kwh, "intensity");
  State& s = *state_;
  const std::lock_guard lock(s.mutex);
  if (!s.start) s.start = std::chrono::floor<std::chrono::hours>(from);
  const auto slot = std::chrono::floor<std::chrono::hours>(from - *s.start).count();
  if (slot < 0 || from != *s.start + std::chrono::hours(slot)) {
    detail::bad_input("from: " + format_utc(from) + " is not the start of an hour from " + format_utc(*s.start) +
                      " on");
  }
  s.steering.state.expected_from = static_cast<std::size_t>(slot);
  s.steering.state.expected = g_per_kwh;
}

CarbonMass Pacer::spent() const {
  const std::lock_guard lock(state_->mutex);
  return CarbonMass::from_grams(state_->steering.state.spent);
}

CarbonMass Pacer::budget() const { return CarbonMass::from_grams(state_->steering.budget()); }

double Pacer::requests() const {
  const std::lock_guard lock(state_->mutex);
  double sum = state_->steering.state.requests;
  for (const double n : state_->steering.state.now.n) sum += n;
  return sum;
}

double Pacer::lambda_per_g() const {
  const std::lock_guard lock(state_->mutex);
  return state_->steering.state.lambda;
}

std::string Pacer::save() const {
  const std::lock_guard lock(state_->mutex);
  const detail::Steering& steering = state_->steering;
  const ControlOptions& options = steering.options();
  return JsonWriter::object([&](JsonWriter& o) {
    o.add("co2lib_pacer", state_version);
    o.add("start", state_->start ? std::optional(format_utc(*state_->start)) : std::nullopt);
    o.add("slots", steering.slots());
    o.add("budget_g", steering.budget());
    o.add("method", text(options.method));
    o.add("pue", options.pue);
    o.add("update", text(options.update));
    o.add("eta", options.eta);
    o.add("lambda0_per_g", options.lambda0_per_g);
    o.add("requests_per_slot", options.requests_per_slot);
    o.add("window", options.window);
    o.add("beyond", options.beyond);
    o.add("hard_stop", options.hard_stop);
    put_classes(o, steering.classes());
    o.add("state", JsonObject{[&](JsonWriter& s) { put_state(s, steering.state); }});
  });
}

Pacer Pacer::restore(const std::vector<RequestClass>& classes, std::string_view text) {
  const auto document = co2lib::detail::parse_json(text, "state");
  if (!document) bad_state(document.issue().subject + ": " + document.issue().text);
  const Members m(*document);
  if (m.count("co2lib_pacer") != state_version) bad_state("it is of another version");
  const std::string mine = JsonWriter::object([&](JsonWriter& o) { put_classes(o, classes); });
  const std::string theirs = text.find(mine.substr(1, mine.size() - 2)) == std::string_view::npos ? "" : mine;
  if (theirs.empty()) bad_state("it is of other models or classes; give the list it was made with, unchanged");
  ControlOptions options{.method = co2lib::parse<Method>(m.text("method"), "method", "adaptive.bad_state"),
                         .pue = m.number("pue"),
                         .update = co2lib::parse<Update>(m.text("update"), "update", "adaptive.bad_state"),
                         .eta = m.number("eta"),
                         .lambda0_per_g = m.maybe("lambda0_per_g"),
                         .requests_per_slot = m.maybe("requests_per_slot"),
                         .window = m.count("window"),
                         .beyond = m.count("beyond")};
  const auto stop = m.any("hard_stop").boolean();
  if (!stop) bad_state("'hard_stop' is not true or false");
  options.hard_stop = *stop;
  auto state = std::make_unique<State>(classes, m.number("budget_g"), m.count("slots"), options);
  if (!m.any("start").is_null()) {
    const auto start = parse_utc(m.text("start"));
    if (!start) bad_state("'start' is not a time");
    state->start = *start;
  }
  state->steering.state = state_of(m.any("state"), classes);
  state->steering.renew();
  state->set_hour();
  return Pacer(std::move(state));
}

Pacer Pacer::restore(const std::vector<Model>& models, std::string_view text) {
  return restore(std::vector<RequestClass>{{"", models}}, text);
}

}  // namespace co2lib::adaptive
