// SPDX-License-Identifier: MIT
// The rows that are clustered: what needs the other processes.
#include "rows.hpp"

#include <bit>
#include <cstdint>

#include <fmt/format.h>

namespace co2lib::preindex {

Shards::Shards(const EmbeddingReader& data, std::size_t width, const Together& processes) {
  processes.all([&] {
    if (data.rows() > 0 && data.columns() != width) {
      throw Error("preindex.width_changed",
                  fmt::format("embeddings of {} values, those of other ranks have {}", data.columns(), width));
    }
  });
  const auto own = static_cast<std::int64_t>(data.rows());
  const std::vector<std::int64_t> all = processes.gather({&own, 1});
  for (std::size_t r = 0; r < all.size(); ++r) {
    if (r < processes.rank()) before += static_cast<std::size_t>(all[r]);
    rows += static_cast<std::size_t>(all[r]);
  }
  if (rows == 0 || width == 0) throw Error("preindex.empty", "there are no embeddings to cluster");
}

std::size_t width_of(const EmbeddingReader& data, const Together& processes) {
  if (processes.alone()) return data.columns();
  auto width = static_cast<double>(data.rows() > 0 ? data.columns() : 0);
  processes.max({&width, 1});
  return static_cast<std::size_t>(width);
}

std::vector<float> row_of(const EmbeddingReader& data, std::size_t sample, std::size_t width, const Shards& shards,
                          const Together& processes) {
  std::vector<float> row(width);
  const bool here = sample >= shards.before && sample - shards.before < data.rows();
  processes.all([&] {
    if (here) data.read(sample - shards.before, sample - shards.before + 1, row.data());
  });
  if (processes.alone()) return row;
  std::vector<std::int64_t> bits(width, 0);
  if (here)
    std::transform(row.begin(), row.end(), bits.begin(), [](float x) { return std::bit_cast<std::int32_t>(x); });
  processes.sum(bits);
  std::transform(bits.begin(), bits.end(), row.begin(),
                 [](std::int64_t x) { return std::bit_cast<float>(static_cast<std::int32_t>(x)); });
  return row;
}

}  // namespace co2lib::preindex
