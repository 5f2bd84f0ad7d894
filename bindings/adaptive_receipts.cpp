// SPDX-License-Identifier: MIT
// Receipts, their file and their sums.
#include "adaptive.hpp"

#include <co2lib/adaptive/receipt.hpp>

namespace co2lib::bindings::adaptive_domain {

void register_receipts(py::module_& m) {
  py::class_<Receipt>(m, "Receipt", "What one call was charged.")
      .def(py::init([](const py::object& time, std::string model, Energy energy, CarbonIntensity intensity,
                       std::optional<CarbonMass> carbon, std::string user, std::vector<std::string> rejected,
                       double requests, std::optional<Interval<CarbonMass>> interval) {
             return Receipt{.time = to_utc(time),
                            .user = std::move(user),
                            .model = std::move(model),
                            .rejected = std::move(rejected),
                            .requests = requests,
                            .energy = energy,
                            .intensity = intensity,
                            .carbon = carbon.value_or(energy * intensity),
                            .interval = interval};
           }),
           py::arg("time"), py::arg("model"), py::arg("energy"), py::arg("intensity"), py::kw_only(),
           py::arg("carbon") = py::none(), py::arg("user") = "", py::arg("rejected") = std::vector<std::string>(),
           py::arg("requests") = 1.0, py::arg("interval") = py::none())
      .def_property_readonly(
          "time", [](const Receipt& r) { return from_utc(r.time); }, "Of the call.")
      .def_readonly("user", &Receipt::user, "Whoever is to be charged; empty: nobody in particular.")
      .def_readonly("model", &Receipt::model, "That served.")
      .def_readonly("rejected", &Receipt::rejected, "The other models there were.")
      .def_readonly("requests", &Receipt::requests, "That the call served.")
      .def_readonly("energy", &Receipt::energy, "Of all its requests.")
      .def_readonly("intensity", &Receipt::intensity, "That `carbon` was charged at.")
      .def_readonly("carbon", &Receipt::carbon, "Charged, PUE included.")
      .def_readonly("interval", &Receipt::interval, "Of the carbon; None where it is not known.")
      .def(
          "__eq__", [](const Receipt& a, const Receipt& b) { return a == b; }, py::is_operator());
  py::class_<ReceiptBook, std::shared_ptr<ReceiptBook>>(
      m, "ReceiptBook", "A file that receipts are appended to; they survive the process.")
      .def(py::init<const std::filesystem::path&, bool>(), py::arg("file"), py::kw_only(), py::arg("synced") = false)
      .def(
          "add",
          [](ReceiptBook& book, const Receipt& receipt) {
            const bindings::GilReleased released;  // writes a file, touches no Python object
            book.add(receipt);
          },
          py::arg("receipt"),
          "Throws `adaptive.bad_receipts` if it cannot be written (a full disk); it is kept and written "
          "with the next one.")
      .def_property_readonly("carbon", &ReceiptBook::carbon, "Of all receipts added to this object.");
  py::class_<ReceiptSum>(m, "ReceiptSum", "The sum of some receipts.")
      .def_readonly("keys", &ReceiptSum::keys, "One for each that was asked for.")
      .def_readonly("receipts", &ReceiptSum::receipts, "Number of calls.")
      .def_readonly("requests", &ReceiptSum::requests, "That they served.")
      .def_readonly("energy", &ReceiptSum::energy, "Of all their requests.")
      .def_readonly("carbon", &ReceiptSum::carbon, "Charged, PUE included.");
  m.def(
      "read_receipts",
      [](const std::filesystem::path& file) {
        Receipts found;
        {
          const bindings::GilReleased released;  // reads a file, touches no Python object
          found = read_receipts(file);
        }
        return std::make_pair(std::move(found.receipts), found.skipped);
      },
      py::arg("file"), "(receipts, number of lines that were none).");
  m.def(
      "sum_receipts",
      [](const std::vector<Receipt>& receipts, const std::vector<std::string>& by) {
        std::vector<ReceiptKey> keys;
        for (const std::string& key : by) keys.push_back(parse<ReceiptKey>(key, "by", bad_input));
        return sum_receipts(receipts, keys);
      },
      py::arg("receipts"), py::arg("by"), "Sums by user, model or day, or several of them.");
}

}  // namespace co2lib::bindings::adaptive_domain
