// SPDX-License-Identifier: MIT
// Embeddings: what the clustering reads, kept once in memory or in a memory-mapped file, or read by a callable.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <co2lib/preindex/options.hpp>
#include <co2lib/preindex/vector.hpp>

namespace co2lib::preindex {

/// N x D float32 that can be read again and again. `read` and `in_place` are called from several threads at once.
class EmbeddingReader {
 public:
  EmbeddingReader() = default;
  EmbeddingReader(const EmbeddingReader&) = delete;
  EmbeddingReader& operator=(const EmbeddingReader&) = delete;
  virtual ~EmbeddingReader() = default;

  [[nodiscard]] virtual std::size_t rows() const = 0;     ///< N, of this process
  [[nodiscard]] virtual std::size_t columns() const = 0;  ///< D

  /// Writes the rows [begin, end) to `out`, row by row.
  virtual void read(std::size_t begin, std::size_t end, float* out) const = 0;

  /// The rows [begin, end) where they lie, if they can be read there; the default cannot.
  [[nodiscard]] virtual std::optional<View> in_place(std::size_t begin, std::size_t end) const {
    (void)begin;
    (void)end;
    return std::nullopt;
  }
};

/// Reads a view; float32 rows whose values lie side by side are not copied.
class ViewReader : public EmbeddingReader {
 public:
  explicit ViewReader(const View& view) : view_(view) {}  ///< the view's rows must outlive it

  [[nodiscard]] std::size_t rows() const override { return view_.rows; }        ///< of the view
  [[nodiscard]] std::size_t columns() const override { return view_.columns; }  ///< of the view
  void read(std::size_t begin, std::size_t end, float* out) const override {
    for (std::size_t i = begin; i < end; ++i, out += view_.columns) view_.copy_row(i, out);
  }
  [[nodiscard]] std::optional<View> in_place(std::size_t begin, std::size_t end) const override {
    if (!view_.rows_in_place()) return std::nullopt;
    return view_.slice(begin, end);
  }

 private:
  View view_;
};

/// Rows of embeddings that grow batch by batch, float32, in pieces that are never moved or copied.
class EmbeddingStore : public EmbeddingReader {
 public:
  /// `folder`: where the file of `Store::file` lies; it has no name there and is gone when the store is.
  explicit EmbeddingStore(Store kind = Store::memory, std::filesystem::path folder = {});
  ~EmbeddingStore() override;

  /// Appends rows; the first batch sets the number of columns. Throws preindex.width_changed, preindex.store (OSError).
  void append(const View& rows);
  /// Appends the rows of another store.
  void append(const EmbeddingStore& other);

  [[nodiscard]] std::size_t rows() const override { return rows_; }        ///< so far
  [[nodiscard]] std::size_t columns() const override { return columns_; }  ///< of the first batch; 0 before it
  void read(std::size_t begin, std::size_t end, float* out) const override;
  [[nodiscard]] std::optional<View> in_place(std::size_t begin, std::size_t end) const override;

 private:
  struct Piece;
  [[nodiscard]] float* next_row();

  Store kind_;
  std::filesystem::path folder_;
  int file_ = -1;
  std::size_t rows_ = 0;
  std::size_t columns_ = 0;
  std::size_t rows_per_piece_ = 0;
  std::vector<std::unique_ptr<Piece>> pieces_{};
};

}  // namespace co2lib::preindex
