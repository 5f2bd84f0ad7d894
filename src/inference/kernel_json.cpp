// SPDX-License-Identifier: MIT
// Configurations as JSON, in and out.
#include <co2lib/inference/kernel.hpp>

#include "detail/json.hpp"
#include "inference/kernel_json.hpp"

namespace co2lib::inference {

namespace detail {

KernelConfig read_kernel(const Document& value, std::string_view file) {
  const FieldReader fields(value, file, "inference.out_of_range");
  fields.only({"kernel", "h",      "w",       "cin",   "cout",      "k",     "s", "pad", "dilation", "groups", "bias",
               "w_bits", "a_bits", "integer", "batch", "reduction", "array", "m", "n",   "heads",    "cins"});
  KernelConfig c{.kernel = fields.text("kernel")};
  const auto take = [&](const char* key, std::int64_t& x) { x = fields.integer_if(key).value_or(x); };
  take("h", c.h);
  c.w = fields.integer_if("w");
  take("cin", c.cin);
  take("cout", c.cout);
  take("k", c.k);
  take("s", c.s);
  c.pad = fields.number_if("pad").value_or(0);
  take("dilation", c.dilation);
  take("groups", c.groups);
  c.bias = fields.boolean_if("bias").value_or(true);
  c.w_bits = fields.small_if("w_bits").value_or(32);
  c.a_bits = fields.small_if("a_bits").value_or(32);
  c.integer = fields.boolean_if("integer");
  take("batch", c.batch);
  take("reduction", c.reduction);
  if (const Document* array = fields.find("array")) {
    const std::vector<std::int64_t> sides = fields.integers(*array, "array");
    if (sides.size() != 2) fields.refuse(*array, "array: expected two numbers, rows and columns");
    c.array = {sides[0], sides[1]};
  }
  take("m", c.m);
  take("n", c.n);
  take("heads", c.heads);
  if (const Document* cins = fields.find("cins")) c.cins = fields.integers(*cins, "cins");
  return c;
}

void write_kernel(co2lib::detail::JsonWriter& o, const KernelConfig& c) {
  const KernelConfig absent;
  const auto add = [&](const char* key, const auto& x, const auto& standard) {
    if (x != standard) o.add(key, x);
  };
  o.add("kernel", c.kernel);
  add("h", c.h, absent.h);
  if (c.w) o.add("w", *c.w);
  add("cin", c.cin, absent.cin);
  add("cout", c.cout, absent.cout);
  add("k", c.k, absent.k);
  add("s", c.s, absent.s);
  add("pad", c.pad, absent.pad);
  add("dilation", c.dilation, absent.dilation);
  add("groups", c.groups, absent.groups);
  add("bias", c.bias, absent.bias);
  add("w_bits", c.w_bits, absent.w_bits);
  add("a_bits", c.a_bits, absent.a_bits);
  if (c.integer) o.add("integer", *c.integer);
  add("batch", c.batch, absent.batch);
  add("reduction", c.reduction, absent.reduction);
  if (c.array) o.add("array", *c.array);
  add("m", c.m, absent.m);
  add("n", c.n, absent.n);
  add("heads", c.heads, absent.heads);
  if (!c.cins.empty()) o.add("cins", c.cins);
}

}  // namespace detail

std::string KernelConfig::to_json() const {
  return co2lib::detail::JsonWriter::object([this](co2lib::detail::JsonWriter& o) { detail::write_kernel(o, *this); });
}

KernelConfig parse_kernel(std::string_view text, const std::string& name) {
  const detail::Document document = detail::read_json(text, name, "inference.out_of_range");
  return detail::read_kernel(document, name);
}

}  // namespace co2lib::inference
