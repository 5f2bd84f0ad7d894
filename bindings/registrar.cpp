// SPDX-License-Identifier: MIT
// Submodules that are filled when first used. What makes that safe:
//   1. A submodule is filled aside, in a module of the same name, and then copied in one step: no thread sees half of
//      it.
//   2. One lock for all of them, Python's own: whoever waits for it has released the GIL, which the filling thread
//      needs. It can be entered again, as a submodule fills those that it needs.
//   3. A fork waits for the lock: a child must not inherit a submodule that a thread, which it does not have, was
//      filling.
//   4. `__getattr__` stays for good: a thread may have missed a name just before it was there, and asks then.
//   5. A submodule that others only name is declared: its classes are there, bare and in no module yet. Whoever hands
//      out one of its objects fills it first (`use`).
//   6. What few programs need of a submodule is its rest, filled when one of its names is asked for, or one of its
//      objects is handed out; until then signatures name its classes by text (`Named`).
//   7. The garbage collector rests meanwhile: what is made stays, and it would look through all of it several times.
//   8. Names such as `__file__`, for which tools ask every module, fill nothing.
#include "registrar.hpp"

#include "collector.hpp"

#include <map>
#include <memory>
#include <utility>

namespace co2lib::bindings {

namespace {

class Registrar {
 public:
  explicit Registrar(py::module_ core) : core_(std::move(core)), lock_(py::module_::import("_thread").attr("RLock")()) {
    const py::module_ os = py::module_::import("os");
    if (!py::hasattr(os, "register_at_fork")) return;
    const py::object release = lock_.attr("release");
    os.attr("register_at_fork")(py::arg("before") = lock_.attr("acquire"), py::arg("after_in_parent") = release,
                                py::arg("after_in_child") = release);
  }

  py::module_ add(const Submodule& submodule) {
    waiting_.emplace(submodule.name, submodule);
    return modules_.emplace(submodule.name, core_.def_submodule(submodule.name.c_str(), submodule.doc)).first->second;
  }

  /// What `co2lib._core.<name>` has under `asked`; raises AttributeError.
  py::object attribute(const std::string& name, const std::string& asked) {
    const bool of_every_module = asked.starts_with("__") && asked.ends_with("__") && asked != "__all__";
    py::dict names = of_every_module ? modules_.at(name).attr("__dict__") : filled(name);
    if (!of_every_module && !names.contains(asked)) names = whole(name);
    if (names.contains(asked)) return names[asked.c_str()];
    throw py::attribute_error("module 'co2lib._core." + name + "' has no attribute '" + asked + "'");
  }

  /// The names of a submodule, which is filled unless it is already, with its rest.
  py::dict whole(const std::string& name) {
    const Locked locked(lock_);
    const py::dict names = filled(name);
    const auto found = resting_.find(name);
    if (found != resting_.end()) {
      for (const std::string& named : found->second.names) declared(named);
      const CollectorRests rests;
      py::module_ aside = empty(name);
      found->second.fill(aside);
      copy(aside, modules_.at(name));
      resting_.erase(name);
    }
    return names;
  }

  /// True once there is nothing left to fill; with the GIL alone.
  [[nodiscard]] bool is_whole(const std::string& name) const {
    return !waiting_.contains(name) && !resting_.contains(name);
  }

  /// The names of a submodule, which is filled unless it is already; its rest may be missing.
  py::dict filled(const std::string& name) {
    const Locked locked(lock_);
    const py::module_ m = modules_.at(name);
    const auto found = waiting_.find(name);
    if (found != waiting_.end()) {
      for (const std::string& needed : found->second.needs) whole(needed);
      for (const std::string& named : found->second.names) declared(named);
      const CollectorRests rests;
      fill(m, found->second);
      waiting_.erase(name);
    }
    return m.attr("__dict__");
  }

 private:
  /// Holds a lock of Python, which waits without the GIL.
  class Locked {
   public:
    explicit Locked(const py::object& lock) : lock_(lock) { lock_.attr("acquire")(); }
    ~Locked() {
      if (PyObject* const done = PyObject_CallMethod(lock_.ptr(), "release", nullptr)) {
        Py_DECREF(done);
      } else {
        PyErr_Clear();
      }
    }
    Locked(const Locked&) = delete;
    Locked& operator=(const Locked&) = delete;

   private:
    const py::object& lock_;
  };

  /// What a submodule is made in, with the classes that others may name.
  py::module_ declared(const std::string& name) {
    const auto found = waiting_.find(name);
    if (found == waiting_.end()) return modules_.at(name);
    if (const auto before = aside_.find(name); before != aside_.end()) return before->second;
    py::module_ aside = empty(name);
    if (found->second.declare != nullptr) found->second.declare(aside);
    return aside_.emplace(name, aside).first->second;
  }

  /// A module of the name of a submodule.
  py::module_ empty(const std::string& name) {
    const auto full_name = py::str(modules_.at(name).attr("__name__")).cast<std::string>();
    auto made = py::reinterpret_steal<py::module_>(PyModule_New(full_name.c_str()));
    if (!made) throw py::error_already_set();
    return made;
  }

  void fill(const py::module_& m, const Submodule& submodule) {
    py::module_ aside = declared(submodule.name);
    submodule.fill(aside);
    copy(aside, m);
    aside_.erase(submodule.name);
    if (submodule.rest.fill != nullptr) resting_.emplace(submodule.name, submodule.rest);
  }

  /// Gives a module, in one step, what was made aside.
  static void copy(const py::module_& aside, const py::module_& m) {
    const py::dict made = aside.attr("__dict__");
    for (const char* of_every_module : {"__name__", "__doc__", "__package__", "__loader__", "__spec__"}) {
      made.attr("pop")(of_every_module, py::none());
    }
    const py::dict names = m.attr("__dict__");
    names.attr("update")(made);
  }

  py::module_ core_;
  py::object lock_;
  std::map<std::string, py::module_> modules_{};
  std::map<std::string, Submodule> waiting_{};
  std::map<std::string, Rest> resting_{};       ///< of those that are filled
  std::map<std::string, py::module_> aside_{};  ///< of those that are declared
};

/// Of the one `_core` of this process. Never destroyed: Python is gone by then.
std::shared_ptr<Registrar>& the_registrar() {
  static auto* const registrar = new std::shared_ptr<Registrar>();
  return *registrar;
}

}  // namespace

void add_submodules(py::module_& core, const std::vector<Submodule>& submodules) {
  const auto registrar = std::make_shared<Registrar>(core);
  the_registrar() = registrar;
  for (const Submodule& submodule : submodules) {
    py::module_ m = registrar->add(submodule);
    m.def("__dir__", [registrar, name = submodule.name] {
      py::list names(registrar->whole(name));
      for (const char* ours : {"__getattr__", "__dir__"}) names.attr("remove")(ours);
      return names;
    });
    m.def("__getattr__",  // last: `def` asks for the name that it is about to set
          [registrar, name = submodule.name](const std::string& asked) { return registrar->attribute(name, asked); });
  }
}

void use(const char* submodule) {
  Registrar& registrar = *the_registrar();
  if (!registrar.is_whole(submodule)) registrar.whole(submodule);
}

}  // namespace co2lib::bindings
