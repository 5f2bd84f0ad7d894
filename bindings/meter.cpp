// SPDX-License-Identifier: MIT
// Domain meter: its contract with Python, the sensors, and the pure side functions.
#include "meter.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <variant>

#include <pybind11/chrono.h>
#include <pybind11/trampoline_self_life_support.h>

#include <co2lib/meter.hpp>

#include "bindings.hpp"
#include "gil.hpp"

using namespace co2lib;
using namespace co2lib::meter;

namespace {

/// True while Python shuts down: a thread that then asks for the GIL never gets it.
bool finalizing() noexcept {
#if PY_VERSION_HEX >= 0x030D0000
  return Py_IsInitialized() == 0 || Py_IsFinalizing() != 0;
#else
  return Py_IsInitialized() == 0 || _Py_IsFinalizing() != 0;
#endif
}

Failed python_is_gone() { return {Failure::lost, "the Python interpreter is shutting down"}; }

/// What a meter written in Python returned. Needs the GIL.
Reading reading_from_python(const py::handle& value, Kind kind) {
  if (py::isinstance<Count>(value)) return value.cast<Count>();
  if (py::isinstance<Watts>(value)) return value.cast<Watts>();
  if (py::isinstance<Failed>(value)) return value.cast<Failed>();
  if (value.is_none()) return Failed{Failure::absent, "the meter returned None"};
  if (py::isinstance<py::bool_>(value)) return Failed{Failure::parse, "the meter returned a bool"};
  if (kind == Kind::counter) {
    const py::object index = py::reinterpret_steal<py::object>(PyNumber_Index(value.ptr()));
    if (!index) {
      PyErr_Clear();
      return Failed{Failure::parse, "a counter returns an int"};
    }
    const unsigned long long count = PyLong_AsUnsignedLongLong(index.ptr());
    if (PyErr_Occurred() != nullptr) {
      PyErr_Clear();
      return Failed{Failure::parse, "a count is from 0 to 2**64 - 1"};
    }
    return Count{count};
  }
  if (py::isinstance<Power>(value)) return Watts{value.cast<Power>().watts()};
  const double watts = PyFloat_AsDouble(value.ptr());
  if (PyErr_Occurred() != nullptr) {
    PyErr_Clear();
    return Failed{Failure::parse, "a meter of power returns a number of W, a Power or a reading"};
  }
  if (!std::isfinite(watts)) return Failed{Failure::parse, "the power is not finite"};
  return Watts{watts};
}

/// Calls Python for one read; what it raises is a failed read. Takes the GIL. `ask` is called where an end of the
/// interpreter may find it, so that it owns nothing.
template <class Ask>
Reading ask_python(Kind kind, Ask ask) {
  if (finalizing()) return python_is_gone();
  std::optional<py::gil_scoped_acquire> gil;
  bindings::unless_python_ends([&] { gil.emplace(); });
  try {
    PyObject* const result = bindings::unless_python_ends(ask);
    if (result == nullptr) throw py::error_already_set();
    return reading_from_python(py::reinterpret_steal<py::object>(result), kind);
  } catch (py::error_already_set& error) {
    std::string text = error.what();
    text.resize(std::min(text.find('\n'), text.size()));
    const Failure why = error.matches(PyExc_PermissionError)     ? Failure::no_permission
                        : error.matches(PyExc_FileNotFoundError) ? Failure::absent
                                                                 : Failure::io;
    return Failed{why, std::move(text)};
  } catch (const std::exception& error) {
    return Failed{Failure::io, error.what()};
  }
}

double seconds(MonotonicTime t) { return Seconds(t).count(); }

/// Lets Python classes derive from Meter.
class PyMeter : public Meter, public py::trampoline_self_life_support {
 public:
  [[nodiscard]] MeterInfo info() const override {
    if (finalizing()) throw std::runtime_error(python_is_gone().text);
    PYBIND11_OVERRIDE_PURE(MeterInfo, Meter, info, );
  }

  Reading sample(MonotonicTime now) override {
    if (finalizing()) return python_is_gone();
    try {
      if (!kind_) kind_ = info().kind;  // constant during the meter's life, so asked once
    } catch (const std::exception& error) {
      return Failed{Failure::io, error.what()};
    }
    return ask_python(*kind_, [&]() -> PyObject* {
      const double time_s = seconds(now);
      const py::function function = py::get_override(static_cast<const Meter*>(this), "sample");
      if (!function) throw std::runtime_error("the meter has no function sample(now_s)");
      return bindings::unless_python_ends([&] { return PyObject_CallFunction(function.ptr(), "d", time_s); });
    });
  }

 private:
  std::optional<Kind> kind_;
};

/// A Python object or callable that is no Meter.
class ForeignMeter final : public Meter {
 public:
  ForeignMeter(MeterInfo info, py::object ask, bool with_time)
      : info_(std::move(info)), ask_(std::move(ask)), with_time_(with_time) {}
  ForeignMeter(const ForeignMeter&) = delete;
  ForeignMeter& operator=(const ForeignMeter&) = delete;
  ~ForeignMeter() override {
    if (finalizing()) {
      ask_.release();  // its memory goes with the process
      return;
    }
    const py::gil_scoped_acquire gil;
    ask_ = py::object();
  }

  [[nodiscard]] MeterInfo info() const override { return info_; }

  Reading sample(MonotonicTime now) override {
    return ask_python(info_.kind, [&] {
      return with_time_ ? PyObject_CallFunction(ask_.ptr(), "d", seconds(now)) : PyObject_CallNoArgs(ask_.ptr());
    });
  }

 private:
  MeterInfo info_;
  py::object ask_;
  bool with_time_;
};

template <class E, std::size_t n>
E from_text(const std::string& name, const char* field, const std::array<E, n>& all) {
  std::string known;
  for (const E e : all) {
    if (text(e) == name) return e;
    known += " " + std::string(text(e));
  }
  throw Error("meter.bad_input", std::string(field) + ": '" + name + "' is none of" + known);
}

Device device_from(const std::string& name) {
  return from_text(
      name, "device",
      std::array{Device::cpu, Device::dram, Device::gpu, Device::platform, Device::board, Device::ram, Device::npu});
}
Domain domain_from(const std::string& name) {
  return from_text(name, "domain",
                   std::array{Domain::package, Domain::core, Domain::uncore, Domain::dram, Domain::psys, Domain::gpu,
                              Domain::module, Domain::rail, Domain::model, Domain::other});
}
Kind kind_from(const std::string& name) { return from_text(name, "kind", std::array{Kind::counter, Kind::power}); }
Failure failure_from(const std::string& name) {
  return from_text(name, "why",
                   std::array{Failure::no_permission, Failure::absent, Failure::io, Failure::lost, Failure::parse,
                              Failure::blocked});
}

/// Joules per count: `uJ`, `mJ`, `J`, or a pair (numerator, denominator).
CounterUnit unit_from(const py::object& unit) {
  if (py::isinstance<py::str>(unit)) {
    const auto name = unit.cast<std::string>();
    if (name == "uJ") return CounterUnit::microjoule();
    if (name == "mJ") return CounterUnit::millijoule();
    if (name == "J") return CounterUnit::joule();
    throw Error("meter.bad_unit", "unit: '" + name + "' is none of uJ mJ J, nor a pair (numerator, denominator) of J");
  }
  const auto [numerator, denominator] = unit.cast<std::pair<std::int64_t, std::int64_t>>();
  if (numerator < 1 || denominator < 1) throw Error("meter.bad_unit", "unit: numerator and denominator are above 0");
  return {numerator, denominator};
}

/// `None`: unknown; "none": never wraps; an int: the modulus in counts.
WrapRange wrap_from(const py::object& wrap) {
  if (wrap.is_none()) return WrapRange::unknown();
  if (py::isinstance<py::str>(wrap)) {
    if (wrap.cast<std::string>() == "none") return WrapRange::none();
    throw Error("meter.bad_input", "wrap_max is an int, \"none\" (never wraps) or None (unknown)");
  }
  const auto counts = wrap.cast<std::uint64_t>();
  if (counts == 0) throw Error("meter.bad_input", "wrap_max must be above 0");
  return WrapRange::modulus(counts);
}

py::object wrap_to(const WrapRange& wrap) {
  if (wrap.is_unknown()) return py::none();
  if (wrap.is_none()) return py::str("none");
  return py::int_(wrap.counts());
}

MeterInfo make_info(std::string id, const std::string& kind, const std::string& device, const std::string& domain,
                    std::string name, std::string parent, std::string control, std::string provider,
                    const py::object& unit, const py::object& wrap_max, std::optional<double> update_period_s,
                    std::optional<double> slack_s, std::optional<double> p_max_w, std::optional<double> accuracy,
                    std::string scope, std::string provenance, std::vector<std::string> flags) {
  if (id.empty()) throw Error("meter.bad_input", "id: a meter needs a name of its own");
  return {.id = std::move(id),
          .parent = std::move(parent),
          .control = std::move(control),
          .name = std::move(name),
          .device = device_from(device),
          .domain = domain_from(domain),
          .provider = std::move(provider),
          .kind = kind_from(kind),
          .unit = unit_from(unit),
          .wrap = wrap_from(wrap_max),
          .update_period_s = update_period_s,
          .slack_s = slack_s,
          .p_max_w = p_max_w,
          .accuracy = accuracy,
          .scope = std::move(scope),
          .flags = std::move(flags),
          .provenance = std::move(provenance)};
}

py::dict info_dict(const MeterInfo& i) {
  py::dict d;
  d["id"] = i.id;
  d["device"] = std::string(text(i.device));
  d["domain"] = std::string(text(i.domain));
  d["provider"] = i.provider;
  d["kind"] = std::string(text(i.kind));
  d["name"] = i.name;
  d["parent"] = i.parent;
  d["control"] = i.control;
  d["unit"] = py::make_tuple(i.unit.numerator, i.unit.denominator);
  d["wrap_max"] = wrap_to(i.wrap);
  d["flags"] = i.flags;
  d["update_period_s"] = i.update_period_s;
  d["slack_s"] = i.slack_s;
  d["p_max_w"] = i.p_max_w;
  d["accuracy"] = i.accuracy;
  d["scope"] = i.scope;
  d["provenance"] = i.provenance;
  return d;
}

void bind_contract(py::module_& m) {
  py::class_<MeterInfo>(m, "MeterInfo", "What a meter is and how its samples are read.")
      .def(py::init(&make_info), py::arg("id"), py::kw_only(), py::arg("kind") = "power", py::arg("device") = "cpu",
           py::arg("domain") = "other", py::arg("name") = "", py::arg("parent") = "", py::arg("control") = "",
           py::arg("provider") = "user", py::arg("unit") = "uJ", py::arg("wrap_max") = "none",
           py::arg("update_period_s") = std::nullopt, py::arg("slack_s") = std::nullopt,
           py::arg("p_max_w") = std::nullopt, py::arg("accuracy") = std::nullopt, py::arg("scope") = "machine",
           py::arg("provenance") = "", py::arg("flags") = std::vector<std::string>{},
           "unit: 'uJ', 'mJ', 'J' or (numerator, denominator) J per count; wrap_max: counts until the counter starts "
           "again, 'none' (never) or None (unknown). Raises meter.bad_input or meter.bad_unit.")
      .def_readonly("id", &MeterInfo::id)
      .def_readonly("parent", &MeterInfo::parent)
      .def_readonly("control", &MeterInfo::control)
      .def_readonly("name", &MeterInfo::name)
      .def_property_readonly("device", [](const MeterInfo& i) { return std::string(text(i.device)); })
      .def_property_readonly("domain", [](const MeterInfo& i) { return std::string(text(i.domain)); })
      .def_readonly("provider", &MeterInfo::provider)
      .def_property_readonly("kind", [](const MeterInfo& i) { return std::string(text(i.kind)); })
      .def_property_readonly("unit",
                             [](const MeterInfo& i) { return py::make_tuple(i.unit.numerator, i.unit.denominator); })
      .def_property_readonly("wrap_max", [](const MeterInfo& i) { return wrap_to(i.wrap); })
      .def_readonly("flags", &MeterInfo::flags, "Issue codes that hold for every value of the meter.")
      .def_readonly("update_period_s", &MeterInfo::update_period_s)
      .def_readonly("slack_s", &MeterInfo::slack_s)
      .def_readonly("p_max_w", &MeterInfo::p_max_w)
      .def_readonly("accuracy", &MeterInfo::accuracy)
      .def_readonly("scope", &MeterInfo::scope)
      .def_readonly("provenance", &MeterInfo::provenance)
      .def("to_dict", &info_dict)
      .def("__repr__", [](const MeterInfo& i) {
        return "<co2lib.meter.MeterInfo " + i.id + ": " + std::string(text(i.device)) + "/" +
               std::string(text(i.domain)) + ", " + std::string(text(i.kind)) + ">";
      });

  py::class_<Count>(m, "Count", "One cumulative count of a counter.")
      .def(py::init([](std::uint64_t value) { return Count{value}; }), py::arg("value"))
      .def_readonly("value", &Count::value)
      .def(
          "__eq__", [](const Count& a, const Count& b) { return a.value == b.value; }, py::is_operator())
      .def("__repr__", [](const Count& c) { return "Count(" + std::to_string(c.value) + ")"; });
  py::class_<Watts>(m, "Watts", "A power in W, with the interval of a model.")
      .def(py::init([](double value, std::optional<double> low, std::optional<double> high, bool mean) {
             return Watts{value, low.value_or(value), high.value_or(value), mean};
           }),
           py::arg("value"), py::arg("low") = std::nullopt, py::arg("high") = std::nullopt,
           py::arg("mean_since_previous") = false)
      .def_readonly("value", &Watts::value, "W")
      .def_readonly("low", &Watts::low, "Lower end of a model's interval in W.")
      .def_readonly("high", &Watts::high, "Upper end of a model's interval in W.")
      .def_readonly("mean_since_previous", &Watts::mean_since_previous)
      .def(
          "__eq__",
          [](const Watts& a, const Watts& b) {
            return a.value == b.value && a.low == b.low && a.high == b.high &&
                   a.mean_since_previous == b.mean_since_previous;
          },
          py::is_operator())
      .def("__repr__", [](const Watts& w) {
        return py::str("Watts({}, low={}, high={})").format(w.value, w.low, w.high).cast<std::string>();
      });
  py::class_<Failed>(m, "Failed", "A read that did not succeed; never a number.")
      .def(py::init([](const std::string& why, std::string text) {
             return Failed{failure_from(why), std::move(text)};
           }),
           py::arg("why") = "io", py::arg("text") = "", "why: no_permission, absent, io, lost, parse or blocked.")
      .def_property_readonly("why", [](const Failed& f) { return std::string(text(f.why)); })
      .def_readonly("text", &Failed::text)
      .def("__repr__", [](const Failed& f) {
        return py::str("Failed({!r}, {!r})").format(std::string(text(f.why)), f.text).cast<std::string>();
      });

  py::classh<Meter, PyMeter>(m, "Meter",
                             "A source of samples. Derive from it, or pass any object with info() and sample(now_s).")
      .def(py::init<>())
      .def("info", &Meter::info, "What this meter is; constant during its life.")
      .def(
          "sample",
          [](Meter& self, double now_s) {
            const auto now = std::chrono::duration_cast<MonotonicTime>(Seconds(now_s));
            const bindings::GilReleased release;  // reads files, or takes the GIL itself
            return self.sample(now);
          },
          py::arg("now_s") = 0.0,
          "Read once: a Count, Watts or Failed. A meter written in Python may also return an int (a count), a float or "
          "a Power (W); what it raises is a failed read.");
  m.def(
      "make_meter",
      [](const py::object& function, const MeterInfo& info) -> std::shared_ptr<Meter> {
        if (PyCallable_Check(function.ptr()) == 0) throw Error("meter.bad_option", "make_meter needs a callable");
        return std::make_shared<ForeignMeter>(info, function, false);
      },
      py::arg("function"), py::arg("info"),
      "A callable without arguments as a meter: it returns an int (counts) or a float (W), as info.kind says.");
  m.def(
      "as_meter", [](const py::object& object) { return bindings::meter_from_python(object); }, py::arg("object"),
      "What a Meter is made of a user's object, as the option `meters` of the tracker does it.");
}

void bind_sensors(py::module_& m) {
  py::class_<Finding>(m, "Finding", "One provider as found on this machine, with the reason and the remedy.")
      .def_readonly("provider", &Finding::provider)
      .def_property_readonly(
          "availability", [](const Finding& f) { return std::string(text(f.availability)); },
          "available, absent, no_permission, masked or failed.")
      .def_readonly("reason", &Finding::reason)
      .def_readonly("fix", &Finding::fix, "One command or action; empty if nothing is to be done.")
      .def_readonly("meters", &Finding::meters, "What it measures, also while not permitted.")
      .def_readonly("used", &Finding::used, "A tracker with default options uses it.")
      .def_readonly("method", &Finding::method, "counter, integral or model.")
      .def_readonly("value", &Finding::value, "What it reads now, as text.")
      .def("to_dict",
           [](const Finding& f) {
             py::dict d;
             d["provider"] = f.provider;
             d["availability"] = std::string(text(f.availability));
             d["reason"] = f.reason;
             d["fix"] = f.fix;
             d["used"] = f.used;
             d["method"] = f.method;
             d["value"] = f.value;
             py::list meters;
             for (const MeterInfo& i : f.meters) meters.append(info_dict(i));
             d["meters"] = meters;
             return d;
           })
      .def("__str__", [](const Finding& f) { return to_string(f); })
      .def("__repr__", [](const Finding& f) { return "<co2lib.meter.Finding " + to_string(f) + ">"; });

  const auto options_of = [](const Host& host, const std::optional<std::vector<py::object>>& meters,
                             std::optional<double> tdp_w, std::optional<double> ram_w, const std::string& modulus,
                             bool container_scope, const std::optional<std::filesystem::path>& powercap_root,
                             const bindings::PyGpus& gpus) {
    OpenOptions options{.gpus = bindings::gpu_option(gpus),
                        .host = host,
                        .tdp_w = tdp_w,
                        .ram_w = ram_w,
                        .container_scope = container_scope,
                        .powercap_root = powercap_root.value_or(std::filesystem::path())};
    if (modulus != "kernel_max" && modulus != "exact_unit") {
      throw Error("meter.bad_option", "modulus is kernel_max or exact_unit, not '" + modulus + "'");
    }
    options.modulus = modulus == "exact_unit" ? Modulus::exact_unit : Modulus::kernel_max;
    if (meters) {
      options.meters.emplace();
      for (const py::object& o : *meters) {
        if (py::isinstance<py::str>(o)) {
          options.meters->emplace_back(o.cast<std::string>());
        } else {
          options.meters->emplace_back(bindings::meter_from_python(o));
        }
      }
    }
    return options;
  };
  m.def(
      "sensors",
      [](const Host& host, const std::optional<std::filesystem::path>& powercap_root, const bindings::PyGpus& gpus) {
        const GpuOption wanted = bindings::gpu_option(gpus);
        const bindings::GilReleased release;  // reads files, asks the GPUs' driver
        return findings(
            {.gpus = wanted, .host = host, .powercap_root = powercap_root.value_or(std::filesystem::path())});
      },
      py::arg("host") = Host{}, py::arg("powercap_root") = std::nullopt, py::arg("gpus") = std::nullopt,
      "What this machine can measure with, what not, why, and the remedy; one Finding per provider.\n\n"
      "Raises meter.bad_option for a GPU in gpus that is not there.");
  m.def(
      "open",
      [options_of](const Host& host, const std::optional<std::vector<py::object>>& meters, std::optional<double> tdp_w,
                   std::optional<double> ram_w, const std::string& modulus, bool container_scope,
                   const std::optional<std::filesystem::path>& powercap_root, const bindings::PyGpus& gpus) {
        const OpenOptions options =
            options_of(host, meters, tdp_w, ram_w, modulus, container_scope, powercap_root, gpus);
        const bindings::GilReleased release;  // reads files, asks the GPUs' driver; Python meters take the GIL
        return meter::open(options);
      },
      py::kw_only(), py::arg("host") = Host{}, py::arg("meters") = std::nullopt, py::arg("tdp_w") = std::nullopt,
      py::arg("ram_w") = std::nullopt, py::arg("modulus") = "kernel_max", py::arg("container_scope") = false,
      py::arg("powercap_root") = std::nullopt, py::arg("gpus") = std::nullopt,
      "The meters of this machine: counters, else models. Raises meter.bad_option.");
}

void bind_functions(py::module_& m) {
  py::class_<EnergyShare>(m, "EnergyShare", "The share of one target.")
      .def_readonly("name", &EnergyShare::name)
      .def_readonly("energy", &EnergyShare::energy)
      .def_readonly("bounds", &EnergyShare::bounds);
  py::class_<Attribution>(m, "Attribution", "The division of an energy; its parts sum to the whole.")
      .def_property_readonly("targets",
                             [](const Attribution& a) {
                               py::dict targets;
                               for (const EnergyShare& share : a.targets) targets[py::str(share.name)] = share;
                               return targets;
                             })
      .def_readonly("other", &Attribution::other)
      .def_readonly("idle", &Attribution::idle)
      .def_property_readonly("total", &Attribution::total)
      .def_readonly("issues", &Attribution::issues);
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
      .def_property_readonly("busy_s", [](const MachineCpuTime& t) { return t.busy.count(); })
      .def_readonly("cpus", &MachineCpuTime::cpus);
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

  py::class_<ContainerLimits>(m, "ContainerLimits", "What a container may use; None where unknown.")
      .def_readonly("version", &ContainerLimits::version, "Of the control groups, 1 or 2.")
      .def_readonly("cpus", &ContainerLimits::cpus, "May be fractional.")
      .def_readonly("memory_bytes", &ContainerLimits::memory_bytes)
      .def_readonly("cpus_limited", &ContainerLimits::cpus_limited)
      .def_readonly("memory_limited", &ContainerLimits::memory_limited)
      .def_readonly("issues", &ContainerLimits::issues);
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

  py::class_<GpuDevice>(m, "GpuDevice", "A GPU as the driver lists it.")
      .def(py::init([](int index, std::string uuid, std::string name, std::vector<std::string> mig_uuids) {
             return GpuDevice{index, std::move(uuid), std::move(name), std::move(mig_uuids)};
           }),
           py::arg("index"), py::arg("uuid"), py::arg("name") = "", py::arg("mig_uuids") = std::vector<std::string>{})
      .def_readonly("index", &GpuDevice::index)
      .def_readonly("uuid", &GpuDevice::uuid)
      .def_readonly("name", &GpuDevice::name)
      .def_readonly("mig_uuids", &GpuDevice::mig_uuids);
  py::class_<GpuSelection>(m, "GpuSelection", "The GPUs chosen, in the order they were named.")
      .def_readonly("selected", &GpuSelection::selected)
      .def_readonly("issues", &GpuSelection::issues);
  m.def(
      "select_gpus",
      [](const std::vector<GpuDevice>& devices, const bindings::PyGpus& option,
         const std::optional<std::string>& visible, const std::optional<std::string>& order) {
        return select_gpus(devices, bindings::gpu_option(option), visible, order);
      },
      py::arg("devices"), py::arg("option") = std::nullopt, py::arg("cuda_visible_devices") = std::nullopt,
      py::arg("cuda_device_order") = std::nullopt,
      "Choose GPUs: the option (indices, UUID prefixes, or \"none\"), else CUDA_VISIBLE_DEVICES, else all.");

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

  py::class_<PowercapUnit>(m, "PowercapUnit", "What the range of a powercap zone tells about its counter.")
      .def_readonly("unit_nj", &PowercapUnit::unit_nj)
      .def_property_readonly(
          "exact_unit_j",
          [](const PowercapUnit& u) { return u.exact_unit ? std::optional(u.exact_unit->joules(1)) : std::nullopt; })
      .def_readonly("modulus_counts", &PowercapUnit::modulus_counts)
      .def_readonly("truncation_ppm", &PowercapUnit::truncation_ppm)
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
          py::arg("energy_uj"), "The count behind the text of energy_uj, or None if there is none.");
  m.def("powercap_range_uj", &powercap_range_uj, py::arg("unit_nj"),
        "The range in uJ that the kernel shows for a unit in nJ, or None if it does not fit.");
  m.def("recover_powercap_unit", &recover_powercap_unit, py::arg("max_energy_range_uj"),
        "The unit behind max_energy_range_uj, or None if no unit gives that range.");
}

}  // namespace

GpuOption co2lib::bindings::gpu_option(const PyGpus& gpus) {
  if (!gpus) return std::nullopt;
  if (const auto* keys = std::get_if<std::vector<GpuKey>>(&*gpus)) return *keys;
  const auto& word = std::get<std::string>(*gpus);
  if (word == "none") return std::vector<GpuKey>{};
  throw Error("meter.bad_option", "gpus is a list of indices and UUID prefixes, or \"none\", not '" + word + "'");
}

std::shared_ptr<Meter> co2lib::bindings::meter_from_python(const py::object& object) {
  if (py::isinstance<Meter>(object)) return object.cast<std::shared_ptr<Meter>>();
  if (py::hasattr(object, "info") && py::hasattr(object, "sample")) {
    const py::object info = object.attr("info")();
    if (!py::isinstance<MeterInfo>(info)) {
      throw Error("meter.bad_option", "meters: info() returns a co2lib.meter.MeterInfo");
    }
    return std::make_shared<ForeignMeter>(info.cast<MeterInfo>(), object.attr("sample"), true);
  }
  if (PyCallable_Check(object.ptr()) != 0 && !PyType_Check(object.ptr())) {
    const py::object name = py::getattr(object, "__name__", py::str("callable"));
    return std::make_shared<ForeignMeter>(MeterInfo{.id = "user." + py::str(name).cast<std::string>(),
                                                    .device = Device::platform,
                                                    .domain = Domain::psys,
                                                    .kind = Kind::power},
                                          object, false);
  }
  throw Error("meter.bad_option", "meters: " + py::repr(object).cast<std::string>() +
                                      " is no provider's name, no Meter, no object with info() and sample(now_s), and "
                                      "no callable that returns W");
}

void register_meter(py::module_& m) {
  py::module_ meter = bindings::submodule(m, "meter", "Domain meter.");
  bind_contract(meter);
  bind_functions(meter);
  bind_sensors(meter);
}
