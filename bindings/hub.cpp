// SPDX-License-Identifier: MIT
// Domain hub: card records and the block that they become.
#include "hub.hpp"

#include <cstring>

#include <pybind11/typing.h>

#include <co2lib/hub.hpp>

namespace co2lib::bindings {

using hub::CardBlock;
using hub::CardRecord;
using hub::CardValue;

namespace {

using Fields = py::typing::Dict<py::str, py::object>;

[[noreturn]] void bad_value(const std::string& key, const char* expected, const py::handle& got) {
  throw Error("hub.bad_value", key + ": expected " + expected + ", got " + py::repr(got).cast<std::string>());
}

bool is_truth(const py::handle& value) {
  const char* type = Py_TYPE(value.ptr())->tp_name;
  return PyBool_Check(value.ptr()) || std::strcmp(type, "numpy.bool") == 0 || std::strcmp(type, "numpy.bool_") == 0;
}

bool is_number(const py::handle& value) {
  return !is_truth(value) && !PyComplex_Check(value.ptr()) && PyNumber_Check(value.ptr()) != 0;
}

double number(const std::string& key, const py::handle& value) {
  if (!is_number(value)) bad_value(key, "a number", value);
  const double x = PyFloat_AsDouble(value.ptr());
  if (PyErr_Occurred() != nullptr) {
    PyErr_Clear();
    bad_value(key, "a number that a double can hold", value);
  }
  return x;
}

std::string text_of(const std::string& key, const py::handle& value) {
  if (!py::isinstance<py::str>(value)) bad_value(key, "a text", value);
  // Lone surrogates, which UTF-8 cannot carry, become question marks instead of an exception.
  return value.attr("encode")("utf-8", "replace").cast<std::string>();
}

CardValue card_value(const std::string& key, const py::handle& value) {
  if (py::isinstance<py::str>(value)) return text_of(key, value);
  if (is_truth(value)) return value.attr("__bool__")().cast<bool>();
  if (is_number(value)) return number(key, value);
  bad_value(key, "a text, a number or a truth value", value);
}

void set(std::optional<double>& field, const std::string& key, const py::handle& value) { field = number(key, value); }
void set(std::optional<std::string>& field, const std::string& key, const py::handle& value) {
  field = text_of(key, value);
}
void set(std::optional<bool>& field, const std::string& key, const py::handle& value) {
  if (!is_truth(value)) bad_value(key, "True or False", value);
  field = value.attr("__bool__")().cast<bool>();
}

/// Calls `visit(name, field)` for each fixed field of a record, in the order of the block.
template <class Record, class F>
void for_each_field(Record& r, F visit) {
  const auto& names = hub::card_fields;
  visit(names[0], r.emissions);
  visit(names[1], r.source);
  visit(names[2], r.training_type);
  visit(names[3], r.geographical_location);
  visit(names[4], r.hardware_used);
  visit(names[5], r.energy_consumed);
  visit(names[6], r.hours_used);
  visit(names[7], r.on_cloud);
  visit(names[8], r.cpu_model);
  visit(names[9], r.ram_total_size);
}

CardRecord record_of(const Fields& fields) {
  CardRecord record;
  for (const auto& [name, value] : fields) {
    const std::string key = text_of("key", name);
    if (value.is_none()) continue;
    bool known = false;
    for_each_field(record, [&, &given = value](std::string_view fixed, auto& field) {
      if (fixed != key) return;
      set(field, key, given);
      known = true;
    });
    if (!known) record.extra.emplace_back(key, card_value(key, value));
  }
  return record;
}

Fields fields_of(const CardRecord& record) {
  Fields fields;
  for_each_field(record, [&](std::string_view name, const auto& field) {
    if (field) fields[py::str(name.data(), name.size())] = *field;
  });
  for (const auto& [key, value] : record.extra) {
    std::visit([&, &name = key](const auto& x) { fields[py::str(name)] = x; }, value);
  }
  return fields;
}

}  // namespace

void register_hub(py::module_& m) {
  py::class_<CardRecord>(m, "CardRecord", "What a model card reports; fields that are None are left out of the block.")
      .def(py::init([](std::optional<double> emissions, std::optional<std::string> source,
                       std::optional<std::string> training_type, std::optional<std::string> geographical_location,
                       std::optional<std::string> hardware_used, std::optional<double> energy_consumed,
                       std::optional<double> hours_used, std::optional<bool> on_cloud,
                       std::optional<std::string> cpu_model, std::optional<double> ram_total_size,
                       const std::optional<Fields>& extra) {
             CardRecord record{.emissions = emissions,
                               .source = std::move(source),
                               .training_type = std::move(training_type),
                               .geographical_location = std::move(geographical_location),
                               .hardware_used = std::move(hardware_used),
                               .energy_consumed = energy_consumed,
                               .hours_used = hours_used,
                               .on_cloud = on_cloud,
                               .cpu_model = std::move(cpu_model),
                               .ram_total_size = ram_total_size};
             for (const auto& [name, value] : extra.value_or(Fields())) {
               const std::string key = text_of("extra", name);
               if (!value.is_none()) record.extra.emplace_back(key, card_value(key, value));
             }
             return record;
           }),
           py::kw_only(), py::arg("emissions") = std::nullopt, py::arg("source") = std::nullopt,
           py::arg("training_type") = std::nullopt, py::arg("geographical_location") = std::nullopt,
           py::arg("hardware_used") = std::nullopt, py::arg("energy_consumed") = std::nullopt,
           py::arg("hours_used") = std::nullopt, py::arg("on_cloud") = std::nullopt,
           py::arg("cpu_model") = std::nullopt, py::arg("ram_total_size") = std::nullopt,
           py::arg("extra") = std::nullopt)
      .def_readwrite("emissions", &CardRecord::emissions, "g CO2e, operational; must be given.")
      .def_readwrite("source", &CardRecord::source, "The tool that measured, such as `co2lib`.")
      .def_readwrite("training_type", &CardRecord::training_type, "`pre-training` or `fine-tuning`.")
      .def_readwrite("geographical_location", &CardRecord::geographical_location, "Place or region of the cloud.")
      .def_readwrite("hardware_used", &CardRecord::hardware_used, "Such as `1 x NVIDIA H200`.")
      .def_readwrite("energy_consumed", &CardRecord::energy_consumed, "kWh.")
      .def_readwrite("hours_used", &CardRecord::hours_used, "h.")
      .def_readwrite("on_cloud", &CardRecord::on_cloud, "Ran in a cloud; written as `True` or `False`.")
      .def_readwrite("cpu_model", &CardRecord::cpu_model, "Name of the processor.")
      .def_readwrite("ram_total_size", &CardRecord::ram_total_size, "GB.")
      .def_property_readonly(
          "extra",
          [](const CardRecord& r) {
            Fields extra;
            for (const auto& [key, value] : r.extra) {
              std::visit([&, &name = key](const auto& x) { extra[py::str(name)] = x; }, value);
            }
            return extra;
          },
          "A copy of the further keys, in their order.")
      .def_static("from_dict", &record_of, py::arg("fields"),
                  "Read a dict by the names of the card; keys that are not fields of a card become extra keys.")
      .def("to_dict", &fields_of, "The fields that have a value, in the order of the block.")
      .def(
          "__eq__", [](const CardRecord& a, const CardRecord& b) { return a == b; }, py::is_operator())
      .def("__repr__",
           [](const CardRecord& r) {
             return "CardRecord.from_dict(" + py::repr(fields_of(r)).cast<std::string>() + ")";
           })
      .def(py::pickle([](const CardRecord& r) { return py::make_tuple(fields_of(r)); },
                      [](const py::tuple& t) { return record_of(t[0].cast<Fields>()); }));

  py::class_<CardBlock>(m, "CardBlock", "A written block and what is to be known about it.")
      .def_readonly("yaml", &CardBlock::yaml, "The lines from ``co2_eq_emissions:`` on, each with its line end.")
      .def_readonly("issues", &CardBlock::issues,
                    "`hf_client_misreads`: a widespread reader takes another number from it.")
      .def("__str__", [](const CardBlock& b) { return b.yaml; })
      .def(
          "__eq__", [](const CardBlock& a, const CardBlock& b) { return a == b; }, py::is_operator())
      .def("__repr__", [](const CardBlock& b) {
        return "<co2lib.hub.CardBlock " + py::repr(py::str(b.yaml)).cast<std::string>() + ">";
      });

  m.def("write_block", &hub::write_block, py::arg("record"));
  register_hub_cards(m);
  register_hub_labels(m);
}

}  // namespace co2lib::bindings
