// SPDX-License-Identifier: MIT
#include <co2lib/inference/llm.hpp>

#include "inference/read.hpp"

namespace co2lib::inference::llm {

Coefficients parse_coefficients(std::string_view text, const std::string& name) {
  using inference::detail::Document;
  using inference::detail::FieldReader;
  constexpr const char* bad = "inference.bad_model";
  const Document document = inference::detail::read_json(text, name, bad);
  const FieldReader whole(document, name, bad);
  const Document* inner = whole.find("coefficients");
  const FieldReader fields(inner != nullptr ? *inner : document, name, bad);
  const auto number = [&](const char* key) {
    const double x = fields.number(key);
    if (x < 0) fields.refuse(fields.need(key), std::string(key) + ": a coefficient is not negative");
    return x;
  };
  return {.weight_bytes = number("weight_bytes"),
          .flops = number("flops"),
          .kv_bytes = number("kv_bytes"),
          .layers = number("layers"),
          .batch = number("batch")};
}

}  // namespace co2lib::inference::llm
