// SPDX-License-Identifier: MIT
// Domain meter: what this machine can measure with, its meters, and which GPUs are meant.
#include "meter.hpp"

#include <co2lib/meter.hpp>

#include "gil.hpp"

namespace co2lib::bindings {

meter::GpuOption gpu_option(const PyGpus& gpus) {
  if (!gpus) return std::nullopt;
  if (const auto* keys = std::get_if<std::vector<meter::GpuKey>>(&*gpus)) return *keys;
  const auto& word = std::get<std::string>(*gpus);
  if (word == "none") return std::vector<meter::GpuKey>{};
  throw Error("meter.bad_option", "gpus is a list of indices and UUID prefixes, or \"none\", not '" + word + "'");
}

}  // namespace co2lib::bindings

namespace co2lib::bindings::meter_domain {

namespace {

OpenOptions options_of(const Host& host, const std::optional<std::vector<py::object>>& meters,
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
}

}  // namespace

void register_sensors(py::module_& m) {
  py::class_<Finding>(m, "Finding", "One provider as found on this machine, with the reason and the remedy.")
      .def_readonly("provider", &Finding::provider, "`powercap`, `model.cpu_load`, ...")
      .def_property_readonly(
          "availability", [](const Finding& f) { return std::string(text(f.availability)); },
          "available, absent, no_permission, masked or failed.")
      .def_readonly("reason", &Finding::reason, "The path, mode, owner, error text.")
      .def_readonly("fix", &Finding::fix, "One command or action; empty if nothing is to be done.")
      .def_readonly("meters", &Finding::meters, "What it measures, also while not permitted.")
      .def_readonly("used", &Finding::used, "A tracker with default options uses it.")
      .def_readonly("method", &Finding::method, "counter, integral or model.")
      .def_readonly("value", &Finding::value, "What it reads now, as text.")
      .def(
          "to_dict",
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
          },
          "The finding as a dict.")
      .def("__str__", [](const Finding& f) { return to_string(f); })
      .def("__repr__", [](const Finding& f) { return "<co2lib.meter.Finding " + to_string(f) + ">"; });

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
      [](const Host& host, const std::optional<std::vector<py::object>>& meters, std::optional<double> tdp_w,
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

void register_gpus(py::module_& m) {
  py::class_<GpuDevice>(m, "GpuDevice", "A GPU as the driver lists it.")
      .def(py::init([](int index, std::string uuid, std::string name, std::vector<std::string> mig_uuids) {
             return GpuDevice{index, std::move(uuid), std::move(name), std::move(mig_uuids)};
           }),
           py::arg("index"), py::arg("uuid"), py::arg("name") = "", py::arg("mig_uuids") = std::vector<std::string>{})
      .def_readonly("index", &GpuDevice::index, "In the driver's order (NVML: by PCI address).")
      .def_readonly("uuid", &GpuDevice::uuid, "`GPU-...`.")
      .def_readonly("name", &GpuDevice::name, "Model of the GPU.")
      .def_readonly("mig_uuids", &GpuDevice::mig_uuids, "`MIG-...` of its instances.");
  py::class_<GpuSelection>(m, "GpuSelection", "The GPUs chosen, in the order they were named.")
      .def_readonly("selected", &GpuSelection::selected, "Driver indices, each once.")
      .def_readonly("issues", &GpuSelection::issues,
                    "`mig`, `invalid_entry`, `cuda_order_assumed`, `cuda_order_ambiguous`.");
  m.def(
      "select_gpus",
      [](const std::vector<GpuDevice>& devices, const bindings::PyGpus& option,
         const std::optional<std::string>& visible, const std::optional<std::string>& order) {
        return select_gpus(devices, bindings::gpu_option(option), visible, order);
      },
      py::arg("devices"), py::arg("option") = std::nullopt, py::arg("cuda_visible_devices") = std::nullopt,
      py::arg("cuda_device_order") = std::nullopt,
      "Choose GPUs: the option (indices, UUID prefixes, or \"none\"), else CUDA_VISIBLE_DEVICES, else all.");
}

}  // namespace co2lib::bindings::meter_domain
