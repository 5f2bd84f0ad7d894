// SPDX-License-Identifier: MIT
// The rooms that Python needs: csv tables, times, the machine, numeric.
#include "bindings.hpp"
#include "gil.hpp"

#include <co2lib/clock.hpp>
#include <co2lib/csv.hpp>
#include <co2lib/host.hpp>
#include <co2lib/numeric.hpp>
#include <co2lib/version.hpp>

using namespace co2lib;

void register_rooms(py::module_& m) {
  m.attr("__version__") = CO2LIB_VERSION;

  m.def(
      "table",
      [](const std::string& name) {
        const auto found = csv::table(name);
        if (!found) {
          std::vector<std::string> names;
          for (const csv::TableName& n : csv::table_names()) names.push_back(n.name);
          throw Error("core." + found.issue().code, to_string(found.issue()), {{"tables", std::move(names)}},
                      ErrorCategory::lookup);
        }
        const csv::Table& table = **found;
        py::list rows;
        for (const csv::Row& row : table.rows) {
          py::dict fields;
          for (std::size_t i = 0; i < table.header.size(); ++i) fields[py::str(table.header[i])] = row.fields[i];
          rows.append(fields);
        }
        return rows;
      },
      py::arg("name"),
      "The rows of a factor table compiled in, as dicts of texts; an empty text is an unknown value.\n\n"
      "Raises core.unknown_table (a LookupError).");
  m.def(
      "table_names",
      [] {
        std::vector<std::pair<std::string, std::string>> names;
        for (const csv::TableName& n : csv::table_names()) names.emplace_back(n.domain, n.name);
        return names;
      },
      "All tables compiled in, as (domain, name).");
  m.def(
      "append_csv",
      [](const std::filesystem::path& file, const std::vector<std::string>& header,
         const std::vector<std::string>& row) {
        Result<csv::Appended> done = [&] {
          const bindings::GilReleased released;  // touches no Python object
          return csv::append(file, header, row);
        }();
        if (!done) {
          throw Error("tracker.bad_log", done.issue().subject + ": " + done.issue().text, {}, ErrorCategory::os);
        }
        return done->moved_to;
      },
      py::arg("file"), py::arg("header"), py::arg("row"),
      "Append one row under a file lock; returns where a file with another header was moved, or None.");

  py::class_<Host>(m, "Host", "The roots of the machine's own file systems; a folder can stand in for each.")
      .def(py::init([](std::filesystem::path sysfs, std::filesystem::path procfs, std::filesystem::path dev,
                       std::string nvml, std::filesystem::path etc) {
             return Host{std::move(sysfs), std::move(procfs), std::move(dev), std::move(nvml), std::move(etc)};
           }),
           py::arg("sysfs") = "/sys", py::arg("procfs") = "/proc", py::arg("dev") = "/dev",
           py::arg("nvml") = Host{}.nvml, py::arg("etc") = "/etc")
      .def_readwrite("sysfs", &Host::sysfs)
      .def_readwrite("procfs", &Host::procfs)
      .def_readwrite("dev", &Host::dev)
      .def_readwrite("nvml", &Host::nvml, "NVIDIA's management library, by name or path; empty: never opened.")
      .def_readwrite("etc", &Host::etc)
      .def("__repr__", [](const Host& h) {
        const auto text = [](const std::filesystem::path& path) {
          return py::repr(py::str(path.string())).cast<std::string>();
        };
        return "Host(sysfs=" + text(h.sysfs) + ", procfs=" + text(h.procfs) + ", dev=" + text(h.dev) +
               ", nvml=" + text(h.nvml) + ", etc=" + text(h.etc) + ")";
      });
  py::class_<Machine>(m, "Machine", "Processor and memory of a machine; None where unknown.")
      .def_readonly("cpu_model", &Machine::cpu_model)
      .def_readonly("cpu_vendor", &Machine::cpu_vendor)
      .def_readonly("logical_cpus", &Machine::logical_cpus)
      .def_readonly("physical_cores", &Machine::physical_cores)
      .def_readonly("packages", &Machine::packages)
      .def_readonly("memory_bytes", &Machine::memory_bytes)
      .def_readonly("sgx", &Machine::sgx)
      .def_readonly("boot_id", &Machine::boot_id)
      .def_readonly("hostname", &Machine::hostname);
  m.def("read_machine", &read_machine, py::arg("host") = Host{}, "Read the machine once; never fails.");

  py::module_ numeric = m.def_submodule("numeric", "Room numeric.");
  numeric.def(
      "student_quantile",
      [](double p, double df) { return bindings::value_or_throw(numeric::student_quantile(p, df), "numeric"); },
      py::arg("p"), py::arg("df"), "The t with P(T <= t) = p of Student's distribution.");
  numeric.def(
      "compensated_sum",
      [](const std::vector<double>& values) {
        numeric::Sum sum;
        for (const double x : values) sum += x;
        return sum.value();
      },
      py::arg("values"), "Neumaier's compensated sum.");
  const auto correlation = [&](const char* name, const char* doc, auto function) {
    numeric.def(
        name,
        [function](const std::vector<double>& x, const std::vector<double>& y) {
          return bindings::value_or_throw(function(x, y), "numeric");
        },
        py::arg("x"), py::arg("y"), doc);
  };
  correlation("pearson", "Pearson's correlation; None for fewer than two points or a constant side.",
              [](const auto& x, const auto& y) { return numeric::pearson(x, y); });
  correlation("spearman", "Spearman's rank correlation, average ranks for ties; None as for `pearson`.",
              [](const auto& x, const auto& y) { return numeric::spearman(x, y); });
  correlation("kendall_tau_b", "Kendall's tau-b; None as for `pearson`.",
              [](const auto& x, const auto& y) { return numeric::kendall_tau_b(x, y); });
}
