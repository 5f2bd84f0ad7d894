// SPDX-License-Identifier: MIT
// Domain hub: cards as they are read, and updated.
#include "gil.hpp"
#include "hub.hpp"

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include <pybind11/typing.h>

#include <co2lib/hub.hpp>

namespace co2lib::bindings {

namespace {

using hub::Card;
using hub::CardWarning;
using Fields = py::typing::Dict<py::str, py::object>;

/// The bytes of a str or bytes; what UTF-8 cannot carry stays readable, as U+FFFD.
std::string bytes_of(const py::handle& text) {
  if (py::isinstance<py::bytes>(text)) return text.cast<std::string>();
  if (!py::isinstance<py::str>(text)) {
    throw Error("hub.bad_value", "text: expected a text or bytes, got " + py::repr(text).cast<std::string>());
  }
  return text.attr("encode")("utf-8", "surrogatepass").cast<std::string>();
}

std::vector<Issue> issues_of(const Card& card) {
  std::vector<Issue> issues;
  for (const CardWarning warning : all<CardWarning>()) {
    if (card.warnings.has(warning)) {
      issues.push_back({std::string(text(warning)), "co2_eq_emissions", std::string(hub::explanation(warning))});
    }
  }
  return issues;
}

Fields extra_of(const Card& card) {
  Fields extra;
  for (const auto& [key, value] : card.extra) extra[py::str(key)] = py::str(value);
  return extra;
}

Fields to_dict(const Card& c) {
  Fields d;
  d["status"] = py::str(std::string(text(c.status)));
  d["grams"] = c.grams;
  d["low"] = c.low;
  d["high"] = c.high;
  d["unit_source"] = py::str(std::string(text(c.unit_source)));
  d["raw"] = c.raw;
  d["source"] = c.source;
  d["training_type"] = c.training_type;
  d["geographical_location"] = c.geographical_location;
  d["hardware_used"] = c.hardware_used;
  d["energy_kwh"] = c.energy_kwh;
  d["hours_used"] = c.hours_used;
  d["on_cloud"] = c.on_cloud;
  d["cpu_model"] = c.cpu_model;
  d["ram_gb"] = c.ram_gb;
  d["cloud_provider"] = c.cloud_provider;
  d["body_grams"] = c.body_grams;
  d["extra"] = extra_of(c);
  d["completeness"] = c.completeness;
  d["warnings"] = c.warnings.codes();
  return d;
}

Card from_dict(const py::dict& d) {
  Card c;
  c.status = parse<hub::CardStatus>(d["status"].cast<std::string>(), "status", "hub.bad_value");
  c.unit_source = parse<hub::UnitSource>(d["unit_source"].cast<std::string>(), "unit_source", "hub.bad_value");
  const auto take = [&](auto& field, const char* name) {
    field = d[name].cast<std::remove_reference_t<decltype(field)>>();
  };
  take(c.grams, "grams");
  take(c.low, "low");
  take(c.high, "high");
  take(c.raw, "raw");
  take(c.source, "source");
  take(c.training_type, "training_type");
  take(c.geographical_location, "geographical_location");
  take(c.hardware_used, "hardware_used");
  take(c.energy_kwh, "energy_kwh");
  take(c.hours_used, "hours_used");
  take(c.on_cloud, "on_cloud");
  take(c.cpu_model, "cpu_model");
  take(c.ram_gb, "ram_gb");
  take(c.cloud_provider, "cloud_provider");
  take(c.body_grams, "body_grams");
  take(c.completeness, "completeness");
  for (const auto& [key, value] : d["extra"].cast<py::dict>()) {
    c.extra.emplace_back(key.cast<std::string>(), value.cast<std::string>());
  }
  for (const auto& code : d["warnings"].cast<std::vector<std::string>>()) {
    c.warnings.add(parse<CardWarning>(code, "warnings", "hub.bad_value"));
  }
  return c;
}

void register_card(py::module_& m) {
  py::class_<Card>(m, "Card", "What a model card reports; a number that is not certain is never in `grams`.")
      .def_property_readonly(
          "status", [](const Card& c) { return std::string(text(c.status)); },
          "`ok`, `ok_from_body`, `missing`, `ambiguous` or `invalid`.")
      .def_readonly("grams", &Card::grams, "g CO2e, at status `ok` and `ok_from_body`.")
      .def_readonly("low", &Card::low, "g; lower bound of what is ambiguous, or given with ±.")
      .def_readonly("high", &Card::high, "g; upper bound.")
      .def_property_readonly(
          "unit_source", [](const Card& c) { return std::string(text(c.unit_source)); },
          "`default` (none is written, so g), `explicit`, `declared`, `body`, or `none`.")
      .def_readonly("raw", &Card::raw, "The scalar as written; None for a map or list.")
      .def_readonly("source", &Card::source, "Who measured, as written.")
      .def_readonly("training_type", &Card::training_type, "As written: `fine-tuning`.")
      .def_readonly("geographical_location", &Card::geographical_location, "As written: `Paris, France`.")
      .def_readonly("hardware_used", &Card::hardware_used, "As written.")
      .def_readonly("energy_kwh", &Card::energy_kwh, "kWh.")
      .def_readonly("hours_used", &Card::hours_used, "h.")
      .def_readonly("on_cloud", &Card::on_cloud, "As written; None for another text than yes and no.")
      .def_readonly("cpu_model", &Card::cpu_model, "As written.")
      .def_readonly("ram_gb", &Card::ram_gb, "GB.")
      .def_readonly("cloud_provider", &Card::cloud_provider, "As written.")
      .def_readonly("body_grams", &Card::body_grams, "g; the one mass that the text of the card states.")
      .def_property_readonly("extra", &extra_of, "Other keys of the block, as texts, in their order.")
      .def_readonly("completeness", &Card::completeness,
                    "0 to 5: emissions, source, training type, location and hardware in the metadata.")
      .def_property_readonly(
          "warnings", [](const Card& c) { return c.warnings.codes(); }, "The codes of what is to be known.")
      .def_property_readonly("issues", &issues_of, "The warnings with their texts.")
      .def("to_dict", &to_dict, "All fields.")
      .def(
          "__eq__", [](const Card& a, const Card& b) { return a == b; }, py::is_operator())
      .def("__repr__",
           [](const Card& c) {
             std::string shown = "<co2lib.hub.Card " + std::string(text(c.status));
             if (c.grams) shown += ", " + numeric::text(*c.grams) + " g";
             for (const std::string& code : c.warnings.codes()) shown += ", " + code;
             return shown + ">";
           })
      .def(py::pickle([](const Card& c) { return to_dict(c); }, [](const py::dict& d) { return from_dict(d); }));
}

py::typing::List<Card> read_cards(const py::typing::Tuple<py::object, py::ellipsis>& texts, int threads,
                                  bool thorough) {
  // What is ASCII or bytes is read where it lies: `texts` holds it. Each further look at a text that is not in a cache
  // is time that no second thread shares.
  std::deque<std::string> kept;
  std::vector<std::string_view> views;
  views.reserve(texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const py::handle one(PyTuple_GET_ITEM(texts.ptr(), static_cast<py::ssize_t>(i)));
    if (PyUnicode_Check(one.ptr()) && PyUnicode_IS_COMPACT_ASCII(one.ptr())) {
      views.emplace_back(static_cast<const char*>(PyUnicode_DATA(one.ptr())),
                         static_cast<std::size_t>(PyUnicode_GET_LENGTH(one.ptr())));
    } else if (PyBytes_Check(one.ptr())) {
      views.emplace_back(PyBytes_AS_STRING(one.ptr()), static_cast<std::size_t>(PyBytes_GET_SIZE(one.ptr())));
    } else {
      views.push_back(kept.emplace_back(bytes_of(one)));
    }
  }
  // The threads allocate what Python's objects will own; one by one is done no more than it must.
  std::vector<std::unique_ptr<Card>> cards(views.size());
  {
    const GilReleased released;  // no Python object is touched
    const auto keep = [&](std::size_t i, Card&& card) { cards[i] = std::make_unique<Card>(std::move(card)); };
    hub::read_cards(views, keep, {.threads = threads, .thorough = thorough});
  }
  py::list list(cards.size());
  for (std::size_t i = 0; i < cards.size(); ++i) {
    PyList_SET_ITEM(list.ptr(), static_cast<py::ssize_t>(i), py::cast(std::move(cards[i])).release().ptr());
  }
  return list;
}

}  // namespace

void register_hub_cards(py::module_& m) {
  register_card(m);
  m.def(
      "read_card",
      [](const py::object& text) {
        const std::string bytes = bytes_of(text);
        const GilReleased released;  // no Python object is touched
        return hub::read_card(bytes);
      },
      py::arg("text"));
  m.def(
      "read_metadata",
      [](const py::object& text) {
        const std::string bytes = bytes_of(text);
        const GilReleased released;  // no Python object is touched
        return hub::read_metadata(bytes);
      },
      py::arg("text"));
  m.def("read_cards", &read_cards, py::arg("texts"), py::arg("threads") = 0, py::arg("thorough") = false);
  m.def(
      "update_card",
      [](const py::object& card, const hub::CardRecord& record, bool update_body) {
        return py::bytes(hub::update_card(bytes_of(card), record, {.update_body = update_body}));
      },
      py::arg("card"), py::arg("record"), py::arg("update_body") = false);
  m.def(
      "update_card_with",
      [](const py::object& card, const std::string& block, bool update_body) {
        return py::bytes(hub::update_card(bytes_of(card), hub::CardBlock{block, {}}, {.update_body = update_body}));
      },
      py::arg("card"), py::arg("block"), py::arg("update_body") = false);
  m.def("card_warnings", [] {
    std::vector<std::pair<std::string, std::string>> listed;
    for (const CardWarning warning : all<CardWarning>()) {
      listed.emplace_back(text(warning), hub::explanation(warning));
    }
    return listed;
  });
}

}  // namespace co2lib::bindings
