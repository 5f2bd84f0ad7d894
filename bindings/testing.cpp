// SPDX-License-Identifier: MIT
// The fakes of co2lib/testing.hpp.
#include "bindings.hpp"

#include <cmath>

#include <pybind11/chrono.h>

#include <co2lib/testing.hpp>

#include "gil.hpp"

namespace co2lib::bindings {

namespace {

std::chrono::nanoseconds from_seconds(double s) { return std::chrono::nanoseconds(std::llround(s * 1e9)); }

}  // namespace

void register_testing(py::module_& testing) {
  py::class_<ManualClock, Clock, std::shared_ptr<ManualClock>>(testing, "ManualClock",
                                                               "A clock that stands still until it is moved.")
      .def(py::init([](const std::string& utc, double monotonic_s) {
             return std::make_shared<ManualClock>(bindings::value_or_throw(parse_utc(utc), "core"),
                                                  from_seconds(monotonic_s));
           }),
           py::arg("utc") = "2025-01-01T00:00:00Z", py::arg("monotonic_s") = 1000.0)
      .def(
          "advance",
          [](ManualClock& c, double seconds, double limit_s) {
            const bindings::GilReleased released;  // the threads it waits for may need the GIL
            return c.advance(from_seconds(seconds), from_seconds(limit_s));
          },
          py::arg("seconds"), py::arg("limit_s") = 5.0,
          "Move on, giving each waiting thread its turn; False if one does not come back within limit_s of real time.")
      .def(
          "step_utc", [](ManualClock& c, double s) { c.step_utc(from_seconds(s)); }, py::arg("seconds"),
          "Step the wall clock alone.")
      .def(
          "suspend", [](ManualClock& c, double s) { c.suspend(from_seconds(s)); }, py::arg("seconds"),
          "Let the machine sleep: boot and wall time move, monotonic time does not.")
      .def(
          "wait_for_waiters",
          [](ManualClock& c, std::size_t count, double limit_s) {
            const bindings::GilReleased released;  // waits
            return c.wait_for_waiters(count, from_seconds(limit_s));
          },
          py::arg("count"), py::arg("limit_s") = 5.0,
          "Waits, in real time, until at least `count` threads wait on the clock; False if they do not "
          "within `limit`.")
      .def_property_readonly("waiters", &ManualClock::waiters, "Number of threads that wait on the clock now.");

  py::class_<FakeMeter, meter::Meter, py::smart_holder>(testing, "FakeMeter", "A meter that does what it is told.")
      .def(py::init([](const meter::MeterInfo& info, std::vector<meter::Reading> script) {
             return std::make_shared<FakeMeter>(info, std::move(script));
           }),
           py::arg("info"), py::arg("script"), "Yields the readings one after the other, then Failed('lost').")
      .def_static(
          "counter",
          [](const std::shared_ptr<Clock>& clock, const meter::MeterInfo& info, double power_w, std::uint64_t start) {
            return FakeMeter::counter(clock, info, power_w, start);
          },
          py::arg("clock"), py::arg("info"), py::arg("power_w") = 0.0, py::arg("start") = 0,
          "A counter that follows the power set, exactly at the times of the clock.")
      .def_static(
          "power",
          [](const std::shared_ptr<Clock>& clock, const meter::MeterInfo& info, double power_w) {
            return FakeMeter::power(clock, info, power_w);
          },
          py::arg("clock"), py::arg("info"), py::arg("power_w") = 0.0, "A meter of watts that shows the power set.")
      .def("set_power", &FakeMeter::set_power, py::arg("watts"), "The power from now on, in W.")
      .def(
          "fail", [](FakeMeter& f, const meter::Failed& failed) { f.fail(failed.why, failed.text); }, py::arg("failed"),
          "Every read fails until `recover`.")
      .def("throw_error", &FakeMeter::throw_error, py::arg("text") = "told to throw",
           "Every read throws until `recover`.")
      .def("recover", &FakeMeter::recover, "Ends `fail` and `throw_error`.")
      .def("reset", &FakeMeter::reset, py::arg("start") = 0,
           "The counter starts again from `start`, as after a reload of its driver.")
      .def("block", &FakeMeter::block, "Every read blocks until `release`.")
      .def("release", &FakeMeter::release, "Ends `block`.")
      .def(
          "wait_blocked",
          [](FakeMeter& f, double limit_s) {
            const bindings::GilReleased released;  // waits
            return f.wait_blocked(from_seconds(limit_s));
          },
          py::arg("limit_s") = 5.0,
          "Waits, in real time, until a thread is blocked in `sample`; False if none is within `limit`.")
      .def_property_readonly("samples", &FakeMeter::samples, "How often it was sampled.")
      .def_property_readonly(
          "energy_j", &FakeMeter::energy_j,
          "The true energy since it was made (or reset), in J; counters and powers that follow a clock "
          "only.");

  py::class_<FakeHost>(testing, "FakeHost", "A machine made of files in a temporary folder.")
      .def(py::init<>())
      .def_property_readonly("host", &FakeHost::host,
                             "What to hand to the library; without GPUs, unless `nvml` is set in it.")
      .def_property_readonly("root", &FakeHost::root, "The folder that holds `sys`, `proc` and `dev`.")
      .def("write", &FakeHost::write, py::arg("path"), py::arg("text"), "Write a file below root.")
      .def(
          "add_zone",
          [](FakeHost& h, const std::string& id, const std::string& name, std::optional<std::uint64_t> energy_uj,
             std::optional<std::uint64_t> range_uj) {
            const auto digits = [](const std::optional<std::uint64_t>& x) {
              return x ? std::optional(std::to_string(*x)) : std::nullopt;
            };
            h.add_zone(id, {.name = name, .energy_uj = digits(energy_uj), .max_energy_range_uj = digits(range_uj)});
          },
          py::arg("id"), py::arg("name") = "package-0", py::arg("energy_uj") = 0,
          py::arg("max_energy_range_uj") = 262143328850ULL, "None is a file that is not there.")
      .def("set_energy", &FakeHost::set_energy, py::arg("id"), py::arg("energy_uj"), "Sets the counter of a zone.")
      .def("set_energy_text", &FakeHost::set_energy_text, py::arg("id"), py::arg("text"),
           "Sets the whole text of the counter's file, good or bad.")
      .def("set_cpu_ticks", &FakeHost::set_cpu_ticks, py::arg("busy"), py::arg("idle"),
           "Writes /proc/stat: CPU time of all CPUs so far in clock ticks, split into busy and idle.")
      .def("set_cpus", &FakeHost::set_cpus, py::arg("cpus"), py::arg("vendor") = "GenuineIntel",
           py::arg("flags") = "fpu sse2",
           "Writes /proc/cpuinfo for `cpus` logical CPUs in one package; `flags` are those of the line "
           "`flags`.")
      .def("set_memory", &FakeHost::set_memory, py::arg("bytes"), "Writes /proc/meminfo.");
}

}  // namespace co2lib::bindings
