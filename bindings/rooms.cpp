// SPDX-License-Identifier: MIT
// The rooms that Python needs: csv tables, clocks, the machine, numeric, random.
#include "bindings.hpp"
#include "gil.hpp"

#include <cmath>

#include <co2lib/clock.hpp>
#include <co2lib/csv.hpp>
#include <co2lib/host.hpp>
#include <co2lib/numeric.hpp>
#include <co2lib/quantiles.hpp>
#include <co2lib/random.hpp>
#include <co2lib/version.hpp>

namespace co2lib::bindings {

void register_numeric(py::module_& numeric) {
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
  numeric.def(
      "percentile",
      [](const std::vector<double>& values, double p) {
        return bindings::value_or_throw(numeric::percentile(values, p), "numeric");
      },
      py::arg("values"), py::arg("p"),
      R"(The value below which the share `p` of `values` lies, by linear interpolation.

The same bits as ``numpy.quantile(values, p)`` wherever that is finite.

Parameters
----------
values : sequence of float
    In any order; infinite values are taken, NaN is not.
p : float
    In [0, 1]: 0.95 is the 95th percentile.

Raises
------
co2lib.Error
    ``numeric.bad_input`` for no values, a NaN, or `p` outside [0, 1].)");

  using Median = numeric::MedianInterval;
  py::class_<Median>(numeric, "MedianInterval", "A median with an interval that assumes no distribution.")
      .def_readonly("median", &Median::median, "Of the values; the mean of the middle two.")
      .def_readonly("low", &Median::low, "An order statistic of the values.")
      .def_readonly("high", &Median::high, "An order statistic of the values.")
      .def_readonly("coverage", &Median::coverage, "Probability that [low, high] holds the median of the population.")
      .def_readonly("below_confidence", &Median::below_confidence,
                    "Too few values: even the least and greatest have less than the confidence asked.")
      .def("__repr__",
           [](const Median& m) {
             const auto text = [](double x) { return py::repr(py::float_(x)).cast<std::string>(); };
             return "<MedianInterval " + text(m.median) + " (" + text(m.low) + " to " + text(m.high) + "), coverage " +
                    text(m.coverage) + ">";
           })
      .def(
          "__eq__", [](const Median& a, const Median& b) { return a == b; }, py::is_operator())
      .def("__hash__", [](const Median& m) { return py::hash(py::make_tuple(m.median, m.low, m.high, m.coverage)); })
      .def(py::pickle(
          [](const Median& m) { return py::make_tuple(m.median, m.low, m.high, m.coverage, m.below_confidence); },
          [](const py::tuple& t) {
            return Median{t[0].cast<double>(), t[1].cast<double>(), t[2].cast<double>(), t[3].cast<double>(),
                          t[4].cast<bool>()};
          }));
  numeric.def(
      "median_interval",
      [](const std::vector<double>& values, double confidence) {
        return bindings::value_or_throw(numeric::median_interval(values, confidence), "numeric");
      },
      py::arg("values"), py::arg("confidence") = 0.95,
      R"(The median, and the narrowest pair of order statistics around it that reaches `confidence`.

With n sorted values the pair is x_k and x_(n+1-k), k the greatest with
2 P(Bin(n, 1/2) <= k - 1) <= 1 - confidence (David and Nagaraja, Order Statistics, 7.1). Fewer than 6 values have
none at 0.95: then the whole range, and `below_confidence`.

Parameters
----------
values : sequence of float
    Finite, in any order.
confidence : float, optional
    In (0, 1).

Raises
------
co2lib.Error
    ``numeric.bad_input`` for no values, values that are not finite, or a confidence outside (0, 1).)");
}

void register_random(py::module_& random) {
  random.def(
      "fnv1a", [](const std::string& name) { return random::fnv1a(name); }, py::arg("name"),
      "FNV-1a, 64 bits, of the UTF-8 bytes.");
  random.def("philox", &random::philox, py::arg("counter"), py::arg("key"),
             "Philox4x32-10: four 32-bit words of a counter of four under a key of two.");
  random.def(
      "draw", [](std::uint64_t seed, std::uint64_t d, const std::string& name) { return random::draw(seed, d, name); },
      py::arg("seed"), py::arg("d"), py::arg("name"), "Draw `d` of the variable `name`; in (0, 1), 52 bits.");
  // What is NaN in C++ raises here.
  const auto checked = [](double x, const char* needs) {
    if (std::isnan(x)) throw Error("numeric.bad_input", needs);
    return x;
  };
  random.def(
      "normal",
      [checked](double u) {
        return checked(u > 0 && u < 1 ? random::normal(u) : std::nan(""), "normal: needs 0 < u < 1");
      },
      py::arg("u"), "The standard normal quantile (Wichura, AS 241); raises numeric.bad_input.");
  random.def(
      "triangular",
      [checked](double u, double low, double mode, double high) {
        return checked(random::triangular(u, low, mode, high),
                       "triangular: needs 0 < u < 1 and low <= mode <= high, finite");
      },
      py::arg("u"), py::arg("low"), py::arg("mode"), py::arg("high"),
      "The quantile of the triangular distribution; raises numeric.bad_input.");
  random.def(
      "uniform",
      [checked](double u, double low, double high) {
        return checked(random::uniform(u, low, high), "uniform: needs 0 < u < 1 and low <= high, finite");
      },
      py::arg("u"), py::arg("low"), py::arg("high"),
      "The quantile of the uniform distribution; raises numeric.bad_input.");
  random.def(
      "lognormal",
      [checked](double u, double median, double gsd) {
        return checked(random::lognormal(u, median, gsd),
                       "lognormal: needs 0 < u < 1, median >= 0 and gsd >= 1, finite");
      },
      py::arg("u"), py::arg("median"), py::arg("gsd"),
      "The quantile of the lognormal distribution; raises numeric.bad_input.");
}

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
      .def_readwrite("sysfs", &Host::sysfs, "Sensors: powercap, hwmon, NVMe.")
      .def_readwrite("procfs", &Host::procfs, "CPU times, processes, memory.")
      .def_readwrite("dev", &Host::dev, "Device files.")
      .def_readwrite("nvml", &Host::nvml, "NVIDIA's management library, by name or path; empty: never opened.")
      .def_readwrite("etc", &Host::etc, "Settings of the system: its machine id.")
      .def("__repr__", [](const Host& h) {
        const auto text = [](const std::filesystem::path& path) {
          return py::repr(py::str(path.string())).cast<std::string>();
        };
        return "Host(sysfs=" + text(h.sysfs) + ", procfs=" + text(h.procfs) + ", dev=" + text(h.dev) +
               ", nvml=" + text(h.nvml) + ", etc=" + text(h.etc) + ")";
      });
  py::class_<Clock, std::shared_ptr<Clock>>(m, "Clock", "The seam for time.")
      .def_property_readonly(
          "monotonic_s", [](const Clock& c) { return Seconds(c.monotonic()).count(); },
          "Monotonic time in s, suspend excluded; of an unspecified origin.")
      .def_property_readonly(
          "utc", [](const Clock& c) { return format_utc(c.utc()); }, "Wall time as ISO 8601 text.");
  py::class_<SystemClock, Clock, std::shared_ptr<SystemClock>>(m, "SystemClock", "The clocks of the system.")
      .def(py::init<>());

  py::class_<Machine>(m, "Machine", "Processor and memory of a machine; None where unknown.")
      .def_readonly("cpu_model", &Machine::cpu_model, "As /proc/cpuinfo names it; empty if unknown.")
      .def_readonly("cpu_vendor", &Machine::cpu_vendor, "`GenuineIntel`, `AuthenticAMD`, ...; empty if unknown.")
      .def_readonly("logical_cpus", &Machine::logical_cpus, "Online logical processors.")
      .def_readonly("physical_cores", &Machine::physical_cores, "Distinct (package, core) pairs.")
      .def_readonly("packages", &Machine::packages, "Sockets; None if unknown.")
      .def_readonly("memory_bytes", &Machine::memory_bytes, "MemTotal; None if unknown.")
      .def_readonly("sgx", &Machine::sgx, "The CPU flag `sgx` is present (RAPL may be filtered).")
      .def_readonly("boot_id", &Machine::boot_id, "Changes with every boot; empty if unknown.")
      .def_readonly("hostname", &Machine::hostname, "Name of the machine; empty if unknown.");
  m.def("read_machine", &read_machine, py::arg("host") = Host{}, "Read the machine once; never fails.");
}

}  // namespace co2lib::bindings
