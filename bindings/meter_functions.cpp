// SPDX-License-Identifier: MIT
// Domain meter, pure functions: attribution, limits of containers, models, units of counters.
#include "meter.hpp"

#include <map>

#include <co2lib/meter.hpp>

namespace co2lib::bindings::meter_domain {

void register_attribution(py::module_& m) {
  py::class_<EnergyShare>(m, "EnergyShare", "The share of one target.")
      .def_readonly("name", &EnergyShare::name, "Of the target.")
      .def_readonly("energy", &EnergyShare::energy, "In proportion to its CPU time.")
      .def_readonly("bounds", &EnergyShare::bounds, "Hard, under the assumption that energy follows CPU time.");
  py::class_<Attribution>(m, "Attribution", "The division of an energy; its parts sum to the whole.")
      .def_property_readonly(
          "targets",
          [](const Attribution& a) {
            py::dict targets;
            for (const EnergyShare& share : a.targets) targets[py::str(share.name)] = share;
            return targets;
          },
          "In the order given.")
      .def_readonly("other", &Attribution::other, "Of processes that are not targets.")
      .def_readonly("idle", &Attribution::idle, "Of CPU time that nobody used, or of the idle power given.")
      .def_property_readonly("total", &Attribution::total, "The sum of all parts.")
      .def_readonly("issues", &Attribution::issues, "`cpu_time_clipped`.");
  m.def(
      "attribute",
      [](Energy energy, double duration_s, double cpus, double busy_cpu_s, const py::dict& targets_cpu_s,
         std::optional<Power> idle_power) {
        AttributionInput in{.energy = energy,
                            .duration = Seconds(duration_s),
                            .cpus = cpus,
                            .busy = Seconds(busy_cpu_s),
                            .idle_power = idle_power};
        for (const auto& [name, used] : targets_cpu_s) {
          in.targets.push_back({name.cast<std::string>(), Seconds(used.cast<double>())});
        }
        return attribute(in);
      },
      py::arg("energy"), py::arg("duration_s"), py::arg("cpus"), py::arg("busy_cpu_s"), py::arg("targets_cpu_s"),
      py::arg("idle_power") = std::nullopt,
      "Divide CPU energy by CPU time: {name: CPU-seconds}; raises meter.bad_input.");

  py::class_<MachineCpuTime>(m, "MachineCpuTime", "The CPU time of all processes since boot, and the logical CPUs.")
      .def_property_readonly(
          "busy_s", [](const MachineCpuTime& t) { return t.busy.count(); },
          "Of all processes since boot, user and system, s.")
      .def_readonly("cpus", &MachineCpuTime::cpus, "Online logical CPUs.");
  m.def(
      "read_cpu_time",
      [](const Host& host) {
        const auto time = read_cpu_time(host);
        if (!time)
          throw Error("meter.unreadable", to_string(time.issue()), {{"subject", time.issue().subject}},
                      ErrorCategory::os);
        return *time;
      },
      py::arg("host") = Host{}, "What attribute() needs of the machine, from /proc/stat; raises meter.unreadable.");
}

void register_container(py::module_& m) {
  py::class_<ContainerLimits>(m, "ContainerLimits", "What a container may use; None where unknown.")
      .def_readonly("version", &ContainerLimits::version, "Of the control groups, 1 or 2.")
      .def_readonly("cpus", &ContainerLimits::cpus, "May be fractional.")
      .def_readonly("memory_bytes", &ContainerLimits::memory_bytes, "Of the limit, or MemTotal of the machine.")
      .def_readonly("cpus_limited", &ContainerLimits::cpus_limited, "Fewer than the machine has.")
      .def_readonly("memory_limited", &ContainerLimits::memory_limited, "Less than the machine has.")
      .def_readonly("issues", &ContainerLimits::issues,
                    "`limit_unreadable`: a file whose text is no limit, and which sets none.");
  m.def(
      "container_limits",
      [](const std::variant<std::map<std::string, std::string>, std::vector<std::map<std::string, std::string>>>& files,
         std::optional<double> cpus, std::optional<std::uint64_t> memory_bytes) {
        std::vector<CgroupFiles> groups;
        const auto add = [&](const std::map<std::string, std::string>& group) {
          groups.emplace_back(group.begin(), group.end());
        };
        if (const auto* one = std::get_if<0>(&files)) {
          add(*one);
        } else {
          for (const auto& group : std::get<1>(files)) add(group);
        }
        return container_limits(groups, {.cpus = cpus, .memory_bytes = memory_bytes});
      },
      py::arg("files"), py::arg("cpus") = std::nullopt, py::arg("memory_bytes") = std::nullopt,
      "The limits in {path: text} of a control group, or a list of them from the group to the root; cpus and "
      "memory_bytes are the machine's. Raises meter.bad_input.");
  m.def("read_container_limits", &read_container_limits, py::arg("host") = Host{},
        "What this process may use on this machine.");
}

void register_models(py::module_& m) {
  const auto size = [](std::optional<double> tdp_w, std::optional<int> cpus) { return CpuSize{tdp_w, cpus}; };
  m.def(
      "cpu_load_power",
      [size](double u, std::optional<double> tdp_w, std::optional<int> cpus) {
        return cpu_load_power(u, size(tdp_w, cpus));
      },
      py::arg("utilisation"), py::kw_only(), py::arg("tdp_w") = std::nullopt, py::arg("cpus") = std::nullopt,
      "CPU power in W at a utilisation of 0..1, from the TDP or else the number of logical CPUs.");
  m.def(
      "cpu_constant_power",
      [size](std::optional<double> tdp_w, std::optional<int> cpus) { return cpu_constant_power(size(tdp_w, cpus)); },
      py::kw_only(), py::arg("tdp_w") = std::nullopt, py::arg("cpus") = std::nullopt,
      "CPU power in W when the utilisation is unknown.");
  m.def("ram_power", &ram_power, py::arg("gib"), "Power in W of a memory of `gib` GiB.");
}

void register_powercap_unit(py::module_& m) {
  py::class_<PowercapUnit>(m, "PowercapUnit", "What the range of a powercap zone tells about its counter.")
      .def_readonly("unit_nj", &PowercapUnit::unit_nj, "The unit as the kernel holds it, in whole nJ.")
      .def_property_readonly(
          "exact_unit_j",
          [](const PowercapUnit& u) { return u.exact_unit ? std::optional(u.exact_unit->joules(1)) : std::nullopt; },
          "J per count, exactly; None where it is not known.")
      .def_readonly("modulus_counts", &PowercapUnit::modulus_counts, "Counts until the counter starts again.")
      .def_readonly("truncation_ppm", &PowercapUnit::truncation_ppm,
                    "By how much the kernel's text reads low, in parts per million.")
      .def_property_readonly(
          "exact_unit_ratio",
          [](const PowercapUnit& u) {
            return u.exact_unit ? std::optional(std::pair(u.exact_unit->numerator, u.exact_unit->denominator))
                                : std::nullopt;
          },
          "J per count as (numerator, denominator), or None.")
      .def(
          "raw_count",
          [](const PowercapUnit& u, std::uint64_t energy_uj) { return powercap_raw_count(energy_uj, u.unit_nj); },
          py::arg("energy_uj"), "The count in the text of energy_uj, or None if there is none.");
  m.def("powercap_range_uj", &powercap_range_uj, py::arg("unit_nj"),
        "The range in uJ that the kernel shows for a unit in nJ, or None if it does not fit.");
  m.def("recover_powercap_unit", &recover_powercap_unit, py::arg("max_energy_range_uj"),
        "The unit that gives max_energy_range_uj, or None if no unit gives that range.");
}

}  // namespace co2lib::bindings::meter_domain
