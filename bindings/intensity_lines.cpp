// SPDX-License-Identifier: MIT
// Records as JSON lines; whole hours; climatology.
#include "intensity.hpp"

#include "gil.hpp"

#include <co2lib/intensity/climatology.hpp>
#include <co2lib/intensity/hours.hpp>
#include <co2lib/intensity/lines.hpp>

namespace co2lib::bindings::intensity_domain {

void register_lines(py::module_& m) {
  m.def("json_line", static_cast<std::string (*)(const Record&)>(&json_line), py::arg("record"),
        "One record as a line of JSON, without a line end.");
  m.def("parse_json_line", &parse_json_line, py::arg("line"), "The record of a line that json_line has written.");
  m.def("parse_json_lines", &parse_json_lines, py::arg("text"), py::arg("name") = "JSON lines",
        "The records of lines of JSON; refusals name `name` and the line.");
  m.def(
      "read_json_lines",
      [](const std::filesystem::path& file) {
        const bindings::GilReleased released;  // reads a file, touches no Python object
        return read_json_lines(file);
      },
      py::arg("file"), "The records of a file of JSON lines; refusals name the file and the line.");
  m.def(
      "write_json_lines",
      [](const std::filesystem::path& file, const std::vector<Record>& records) {
        const bindings::GilReleased released;  // writes a file, touches no Python object
        write_json_lines(file, records);
      },
      py::arg("file"), py::arg("records"), "Writes records to a file, which is replaced; every attribute is kept.");
  m.def("hourly_means", &hourly_means, py::arg("trace"),
        "Means over whole UTC hours of a trace with steps of up to an hour; what is not wholly known is missing.");
  m.def(
      "climatology",
      [](const Trace& trace, const py::object& time, int days, int at_least) {
        return climatology(trace, bindings::to_utc(time, "intensity"), {.days = days, .at_least = at_least});
      },
      py::arg("trace"), py::arg("time"), py::kw_only(), py::arg("days") = ClimatologyOptions{}.days,
      py::arg("at_least") = ClimatologyOptions{}.at_least,
      "The mean of the same UTC hour of the days before; None for fewer than `at_least` known ones.");
}

}  // namespace co2lib::bindings::intensity_domain
