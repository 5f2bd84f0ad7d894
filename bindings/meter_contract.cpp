// SPDX-License-Identifier: MIT
// Domain meter: meters written in Python, and the class they derive from.
#include "meter.hpp"

#include <algorithm>
#include <cmath>

#include <pybind11/chrono.h>
#include <pybind11/trampoline_self_life_support.h>

#include <co2lib/meter.hpp>

#include "gil.hpp"

namespace co2lib::bindings::meter_domain {

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
    MeterInfo info = asked();
    info.quick = false;  // a read needs the GIL, which others hold for as long as they like
    return info;
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
  [[nodiscard]] MeterInfo asked() const { PYBIND11_OVERRIDE_PURE(MeterInfo, Meter, info, ); }

  std::optional<Kind> kind_;
};

/// A Python object or callable that is no Meter.
class ForeignMeter final : public Meter {
 public:
  ForeignMeter(MeterInfo info, py::object ask, bool with_time)
      : info_(std::move(info)), ask_(std::move(ask)), with_time_(with_time) {
    info_.quick = false;  // as above
  }
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

}  // namespace

void register_contract(py::module_& m) {
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
      "as_meter", [](const py::object& object) { return meter_from_python(object); }, py::arg("object"),
      "What a Meter is made of a user's object, as the option `meters` of the tracker does it.");
}

}  // namespace co2lib::bindings::meter_domain

namespace co2lib::bindings {

using namespace co2lib::meter;
using meter_domain::ForeignMeter;

std::shared_ptr<Meter> meter_from_python(const py::object& object) {
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
                                      " is not a provider's name, a Meter, an object with info() and sample(now_s), or "
                                      "a callable that returns W");
}

}  // namespace co2lib::bindings
