// SPDX-License-Identifier: MIT
#include "bindings.hpp"

namespace co2lib::bindings {

void register_record(py::module_& m) {
  py::class_<Issue>(m, "Issue", "A remark or a failure that did not end the call.")
      .def(py::init([](std::string code, std::string subject, std::string text) {
             return Issue{std::move(code), std::move(subject), std::move(text)};
           }),
           py::arg("code"), py::arg("subject") = "", py::arg("text") = "")
      .def_readonly("code", &Issue::code, "Stable code; a dot in it marks a domain's error.")
      .def_readonly("subject", &Issue::subject, "What it is about: a meter's id, a file, a location.")
      .def_readonly("text", &Issue::text, "For people, with the remedy.")
      .def(
          "to_dict",
          [](const Issue& i) {
            py::dict d;
            d["code"] = i.code;
            d["subject"] = i.subject;
            d["text"] = i.text;
            return d;
          },
          "The issue as a dict: `code`, `subject`, `text`.")
      .def("__str__", [](const Issue& i) { return co2lib::to_string(i); })
      .def("__repr__", [](const Issue& i) { return "<co2lib.Issue " + co2lib::to_string(i) + ">"; })
      .def(
          "__eq__", [](const Issue& a, const Issue& b) { return a == b; }, py::is_operator())
      .def("__hash__", [](const Issue& i) { return py::hash(py::make_tuple(i.code, i.subject, i.text)); })
      .def(py::pickle([](const Issue& i) { return py::make_tuple(i.code, i.subject, i.text); },
                      [](const py::tuple& t) {
                        return Issue{t[0].cast<std::string>(), t[1].cast<std::string>(), t[2].cast<std::string>()};
                      }));

  py::class_<Source>(m, "Source", "Where a number comes from.")
      .def(py::init([](std::string id, std::string text, int year, std::string licence) {
             return Source{std::move(id), std::move(text), year, std::move(licence)};
           }),
           py::arg("id"), py::arg("text") = "", py::arg("year") = 0, py::arg("licence") = "")
      .def_readonly("id", &Source::id, "Stable, for programs: `cea2025`.")
      .def_readonly("text", &Source::text, "For people: author, title, table.")
      .def_readonly("year", &Source::year, "0 where the source has none.")
      .def_readonly("licence", &Source::licence, "SPDX identifier or a few words; empty: not known.")
      .def(
          "to_dict",
          [](const Source& s) {
            py::dict d;
            d["id"] = s.id;
            d["text"] = s.text;
            d["year"] = s.year;
            d["licence"] = s.licence;
            return d;
          },
          "The source as a dict: `id`, `text`, `year`, `licence`.")
      .def("__repr__",
           [](const Source& s) {
             return "<co2lib.Source " + s.id + (s.year != 0 ? " " + std::to_string(s.year) : std::string()) + ">";
           })
      .def(
          "__eq__", [](const Source& a, const Source& b) { return a == b; }, py::is_operator())
      .def("__hash__", [](const Source& s) { return py::hash(py::make_tuple(s.id, s.text, s.year, s.licence)); })
      .def(py::pickle([](const Source& s) { return py::make_tuple(s.id, s.text, s.year, s.licence); },
                      [](const py::tuple& t) {
                        return Source{t[0].cast<std::string>(), t[1].cast<std::string>(), t[2].cast<int>(),
                                      t[3].cast<std::string>()};
                      }));
}

}  // namespace co2lib::bindings
