// SPDX-License-Identifier: MIT
// EmbeddingStore: pieces in memory or in a mapped file without a name.
#include <co2lib/preindex/embedding.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <fmt/format.h>

#include <co2lib/error.hpp>

#include "rows.hpp"

namespace co2lib::preindex {

namespace {

constexpr std::size_t piece_bytes = std::size_t{16} << 20U;

[[noreturn]] void failed(const std::filesystem::path& folder, const char* doing) {
  const std::string why = std::error_code(errno, std::generic_category()).message();
  throw Error("preindex.store",
              fmt::format("{} a file in {}: {}; choose another folder or store = memory", doing, folder.string(), why),
              {}, ErrorCategory::os);
}

}  // namespace

struct EmbeddingStore::Piece {
  float* data = nullptr;
  std::size_t mapped = 0;  // bytes; 0 where `own` holds the memory
  std::unique_ptr<float[]> own{};

  Piece() = default;
  Piece(const Piece&) = delete;
  Piece& operator=(const Piece&) = delete;
  ~Piece() {
    if (mapped != 0) ::munmap(data, mapped);
  }
};

EmbeddingStore::EmbeddingStore(Store kind, std::filesystem::path folder) : kind_(kind), folder_(std::move(folder)) {
  if (kind_ == Store::file && folder_.empty()) folder_ = std::filesystem::temp_directory_path();
}

EmbeddingStore::~EmbeddingStore() {
  pieces_.clear();
  if (file_ >= 0) ::close(file_);
}

float* EmbeddingStore::next_row() {
  const std::size_t at = rows_ % rows_per_piece_;
  if (at == 0) {
    auto piece = std::make_unique<Piece>();
    const std::size_t values = rows_per_piece_ * columns_;
    if (kind_ == Store::file) {
      if (file_ < 0) {
        std::string name = (folder_ / "co2lib-embeddings-XXXXXX").string();
        file_ = ::mkstemp(name.data());
        if (file_ < 0) failed(folder_, "create");
        ::fcntl(file_, F_SETFD, FD_CLOEXEC);
        ::unlink(name.c_str());
      }
      // Whole pages, as a mapping starts on one; allocated now, as a full disk would be a signal later.
      const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
      const std::size_t bytes = (values * sizeof(float) + page - 1) / page * page;
      const auto offset = static_cast<off_t>(pieces_.size() * bytes);
      if (const int code = ::posix_fallocate(file_, offset, static_cast<off_t>(bytes)); code != 0) {
        errno = code;
        failed(folder_, "enlarge");
      }
      void* mapped = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file_, offset);
      if (mapped == MAP_FAILED) failed(folder_, "map");
      piece->data = static_cast<float*>(mapped);
      piece->mapped = bytes;
    } else {
      piece->own = std::make_unique_for_overwrite<float[]>(values);
      piece->data = piece->own.get();
    }
    pieces_.push_back(std::move(piece));
  }
  return pieces_.back()->data + at * columns_;
}

void EmbeddingStore::append(const View& rows) {
  if (rows.rows == 0) return;
  if (rows_ == 0 && pieces_.empty()) {
    columns_ = rows.columns;
    const std::size_t block = std::max<std::size_t>(1, block_rows * columns_ * sizeof(float));
    rows_per_piece_ = block_rows * std::max<std::size_t>(1, piece_bytes / block);
  }
  if (rows.columns != columns_) {
    throw Error("preindex.width_changed",
                fmt::format("embeddings of {} values after rows of {}", rows.columns, columns_));
  }
  if (kind_ == Store::recompute) {
    rows_ += rows.rows;
    return;
  }
  for (std::size_t i = 0; i < rows.rows; ++i, ++rows_) rows.copy_row(i, next_row());
}

void EmbeddingStore::append(const EmbeddingStore& other) {
  const std::size_t end = other.rows();  // fixed before, in case it is this store
  for (std::size_t begin = 0; begin < end; begin += block_rows) {
    if (const auto view = other.in_place(begin, std::min(end, begin + block_rows))) append(*view);
  }
}

std::optional<View> EmbeddingStore::in_place(std::size_t begin, std::size_t end) const {
  if (kind_ == Store::recompute || begin >= end) return std::nullopt;
  const std::size_t piece = begin / rows_per_piece_;
  if ((end - 1) / rows_per_piece_ != piece) return std::nullopt;
  return View(pieces_[piece]->data + begin % rows_per_piece_ * columns_, end - begin, columns_);
}

void EmbeddingStore::read(std::size_t begin, std::size_t end, float* out) const {
  for (std::size_t i = begin; i < end; ++i, out += columns_) {
    if (const auto row = in_place(i, i + 1)) std::memcpy(out, row->floats, columns_ * sizeof(float));
  }
}

}  // namespace co2lib::preindex
