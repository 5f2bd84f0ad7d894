// SPDX-License-Identifier: MIT
#include <co2lib/adaptive/receipt.hpp>

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <mutex>
#include <utility>

#include <co2lib/adaptive/refuse.hpp>
#include <co2lib/numeric.hpp>

#include "detail/document.hpp"
#include "detail/files.hpp"
#include "detail/json.hpp"
#include "detail/log_writer.hpp"

namespace co2lib::adaptive {

namespace {

using co2lib::detail::DocumentValue;
using co2lib::detail::JsonWriter;

constexpr int receipt_version = 1;
constexpr const char* bad_receipts = "adaptive.bad_receipts";

[[noreturn]] void bad_receipt(const std::string& why) { throw Error("adaptive.bad_receipt", "receipt: " + why); }

const DocumentValue& member(const DocumentValue& of, std::string_view key) {
  const DocumentValue* found = of.find(key);
  if (found == nullptr) bad_receipt("there is no '" + std::string(key) + "'");
  return *found;
}

double number(const DocumentValue& value, std::string_view key) {
  const auto x = value.number();
  if (!x || !(*x >= 0)) bad_receipt("'" + std::string(key) + "' is not a number >= 0: " + value.what());
  return *x;
}

double number_of(const DocumentValue& of, std::string_view key) { return number(member(of, key), key); }

std::string day_of(UtcTime time) { return format_utc(time).substr(0, 10); }

}  // namespace

std::string receipt_line(const Receipt& r) {
  detail::not_negative(r.requests, "requests");
  detail::not_negative(r.energy.joules(), "energy");
  detail::not_negative(r.intensity.g_per_kwh(), "intensity");
  detail::not_negative(r.carbon.grams(), "carbon");
  return JsonWriter::object([&r](JsonWriter& o) {
    o.add("v", receipt_version);
    o.add("utc", format_utc(r.time));
    o.add("user", r.user);
    o.add("model", r.model);
    o.add("rejected", r.rejected);
    o.add("requests", r.requests);
    o.add("energy_j", r.energy.joules());
    o.add("g_per_kwh", r.intensity.g_per_kwh());
    o.add("carbon_g", r.carbon.grams());
    if (r.interval) o.add("interval_g", std::array{r.interval->low.grams(), r.interval->high.grams()});
  });
}

Receipt parse_receipt_line(std::string_view line) {
  const auto document = co2lib::detail::parse_json(line, "receipt");
  if (!document) bad_receipt(document.issue().text);
  if (document->kind != DocumentValue::Kind::map) bad_receipt("expected an object, got " + document->what());
  if (member(*document, "v").integer() != receipt_version) bad_receipt("it is of another version");
  Receipt r;
  const auto time = parse_utc(member(*document, "utc").text);
  if (!time) bad_receipt("'utc' is not a time");
  r.time = *time;
  r.user = member(*document, "user").text;
  r.model = member(*document, "model").text;
  for (const DocumentValue& x : member(*document, "rejected").items) r.rejected.push_back(x.text);
  r.requests = number_of(*document, "requests");
  r.energy = Energy::from_joules(number_of(*document, "energy_j"));
  r.intensity = CarbonIntensity::from_g_per_kwh(number_of(*document, "g_per_kwh"));
  r.carbon = CarbonMass::from_grams(number_of(*document, "carbon_g"));
  if (const DocumentValue* ends = document->find("interval_g")) {
    if (ends->items.size() != 2) bad_receipt("'interval_g' is not a list of two");
    r.interval = Interval<CarbonMass>{CarbonMass::from_grams(number(ends->items[0], "interval_g")),
                                      CarbonMass::from_grams(number(ends->items[1], "interval_g"))};
  }
  return r;
}

struct ReceiptBook::State {
  explicit State(bool force) : synced(force), writer(bad_receipts) {}
  mutable std::mutex mutex;
  bool synced;
  co2lib::detail::LogWriter writer;
  std::deque<co2lib::detail::LogLine> waiting;
  numeric::Sum grams;
};

ReceiptBook::ReceiptBook(const std::filesystem::path& file, bool synced) : state_(std::make_unique<State>(synced)) {
  if (state_->writer.open(file) == co2lib::detail::LogWriter::Lock::taken) {
    throw Error(bad_receipts, file.string() + ": another process writes receipts to it; give each its own file", {},
                ErrorCategory::os);
  }
}
ReceiptBook::~ReceiptBook() = default;
ReceiptBook::ReceiptBook(ReceiptBook&&) noexcept = default;
ReceiptBook& ReceiptBook::operator=(ReceiptBook&&) noexcept = default;

void ReceiptBook::add(const Receipt& receipt) {
  std::string line = receipt_line(receipt);
  const std::lock_guard lock(state_->mutex);
  state_->grams += receipt.carbon.grams();
  state_->waiting.push_back({std::move(line), false});
  if (const auto failure = state_->writer.write(state_->waiting, state_->synced)) {
    throw Error(bad_receipts, "receipts: " + *failure, {}, ErrorCategory::os);
  }
}

CarbonMass ReceiptBook::carbon() const {
  const std::lock_guard lock(state_->mutex);
  return CarbonMass::from_grams(state_->grams.value());
}

Receipts read_receipts(const std::filesystem::path& file) {
  const std::string text = co2lib::detail::read_file_or_throw(file, bad_receipts);
  Receipts found;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = std::string_view(text).substr(begin, end - begin);
    begin = end + 1;
    if (line.empty()) continue;
    try {
      found.receipts.push_back(parse_receipt_line(line));
    } catch (const Error&) {
      ++found.skipped;
    }
  }
  return found;
}

std::vector<ReceiptSum> sum_receipts(const std::vector<Receipt>& receipts, const std::vector<ReceiptKey>& by) {
  struct Part {
    std::size_t count = 0;
    numeric::Sum requests;
    numeric::Sum joules;
    numeric::Sum grams;
  };
  std::map<std::vector<std::string>, Part> parts;
  if (by.empty()) parts[{}];
  for (const Receipt& r : receipts) {
    std::vector<std::string> keys;
    for (const ReceiptKey key : by) {
      keys.push_back(key == ReceiptKey::user ? r.user : key == ReceiptKey::model ? r.model : day_of(r.time));
    }
    Part& part = parts[std::move(keys)];
    ++part.count;
    part.requests += r.requests, part.joules += r.energy.joules(), part.grams += r.carbon.grams();
  }
  std::vector<ReceiptSum> sums;
  for (const auto& [keys, part] : parts) {
    sums.push_back({keys, part.count, part.requests.value(), Energy::from_joules(part.joules.value()),
                    CarbonMass::from_grams(part.grams.value())});
  }
  return sums;
}

}  // namespace co2lib::adaptive
