// SPDX-License-Identifier: MIT
// Receipts: one line of JSON per decision, and their sums.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <co2lib/clock.hpp>
#include <co2lib/names.hpp>
#include <co2lib/record.hpp>
#include <co2lib/units.hpp>

namespace co2lib::adaptive {

/// What one call was charged.
struct Receipt {
  UtcTime time{};                                  ///< of the call
  std::string user{};                              ///< whoever is to be charged; empty: nobody in particular
  std::string model{};                             ///< that served
  std::vector<std::string> rejected{};             ///< the other models there were
  double requests = 1;                             ///< that the call served
  Energy energy{};                                 ///< of all its requests
  CarbonIntensity intensity{};                     ///< that `carbon` was charged at
  CarbonMass carbon{};                             ///< charged, PUE included
  std::optional<Interval<CarbonMass>> interval{};  ///< where it is known

  bool operator==(const Receipt&) const = default;
};

/// A receipt as one line of JSON, and back; `adaptive.bad_receipt` for another text.
[[nodiscard]] std::string receipt_line(const Receipt& receipt);
/// The receipt of one line; keys it does not know are skipped.
[[nodiscard]] Receipt parse_receipt_line(std::string_view line);

/// A file that receipts are appended to, by one process at a time and any number of its threads.
///
/// A receipt is with the kernel when `add` returns, so that it survives the death of the process; `synced` also forces
/// it to the disk.
class ReceiptBook {
 public:
  /// Throws `adaptive.bad_receipts` if it cannot be opened, or another process writes to it.
  explicit ReceiptBook(const std::filesystem::path& file, bool synced = false);
  ~ReceiptBook();
  ReceiptBook(ReceiptBook&&) noexcept;
  ReceiptBook& operator=(ReceiptBook&&) noexcept;
  ReceiptBook(const ReceiptBook&) = delete;
  ReceiptBook& operator=(const ReceiptBook&) = delete;

  /// Throws `adaptive.bad_receipts` if it cannot be written (a full disk); it is kept and written with the next one.
  void add(const Receipt& receipt);

  /// The carbon of all receipts added to this object.
  [[nodiscard]] CarbonMass carbon() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The receipts of a file, and how many lines were none (one torn by a power cut, say).
struct Receipts {
  std::vector<Receipt> receipts{};  ///< in the order of the file
  std::size_t skipped = 0;          ///< lines that are no receipt
};
/// Reads all of a file; `adaptive.bad_receipts` if it cannot be read.
[[nodiscard]] Receipts read_receipts(const std::filesystem::path& file);

/// What receipts are summed by.
enum class ReceiptKey : std::uint8_t {
  user,   ///< `Receipt::user`
  model,  ///< `Receipt::model`
  day,    ///< of `Receipt::time`, UTC: `2026-11-29`
};
/// Texts of `ReceiptKey`, in its order; what `text` writes and `parse` reads.
[[nodiscard]] constexpr auto texts_of(ReceiptKey) noexcept { return texts("user", "model", "day"); }

/// What the receipts of one combination of keys add up to.
struct ReceiptSum {
  std::vector<std::string> keys{};  ///< one for each that was asked for
  std::size_t receipts = 0;         ///< number of calls
  double requests = 0;              ///< that they served
  Energy energy{};                  ///< of all their requests
  CarbonMass carbon{};              ///< charged, PUE included
};

/// Sums by every combination of the keys, in their order; without keys one sum of all. Compensated: the sums add up to
/// the total to 1e-12.
[[nodiscard]] std::vector<ReceiptSum> sum_receipts(const std::vector<Receipt>& receipts,
                                                   const std::vector<ReceiptKey>& by);

}  // namespace co2lib::adaptive
