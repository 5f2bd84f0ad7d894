// SPDX-License-Identifier: MIT
#include "nvml_boards.hpp"

#include <algorithm>
#include <string_view>
#include <variant>

namespace co2lib::meter::nvml {

namespace {

void read_mig(const Api& api, Board& board) {
  unsigned current = 0;
  unsigned pending = 0;
  if (api.mig_mode == nullptr || api.mig_mode(board.handle, &current, &pending) != ok || current == 0) return;
  board.mig = true;
  unsigned most = 0;
  if (api.max_mig_count == nullptr || api.mig_by_index == nullptr || api.max_mig_count(board.handle, &most) != ok) {
    return;
  }
  for (unsigned i = 0; i < most; ++i) {
    Device instance = nullptr;
    if (api.mig_by_index(board.handle, i, &instance) != ok) continue;
    int code = ok;
    std::string uuid = text_of(api.uuid, instance, code);
    if (code == ok) board.device.mig_uuids.push_back(std::move(uuid));
  }
}

}  // namespace

Boards list_boards(const Library& library) {
  const Api& api = library.api();
  Boards all;
  unsigned count = 0;
  all.code = api.device_count(&count);
  if (all.code != ok) return all;
  for (unsigned i = 0; i < count; ++i) {
    Board board;
    int code = api.device_by_index(i, &board.handle);
    if (code == ok) board.device.uuid = text_of(api.uuid, board.handle, code);
    if (code != ok || board.device.uuid.empty()) {
      all.refused.emplace_back(i, code);
      continue;
    }
    const bool twice = std::any_of(all.boards.begin(), all.boards.end(),
                                   [&](const Board& b) { return b.device.uuid == board.device.uuid; });
    if (twice) continue;
    int unnamed = ok;
    board.device.index = static_cast<int>(i);
    board.device.name = text_of(api.name, board.handle, unnamed);
    if (board.device.name.empty()) board.device.name = "NVIDIA GPU";
    int mode = 0;
    constexpr int vgpu_guest = 2;
    board.vgpu =
        api.virtualization_mode != nullptr && api.virtualization_mode(board.handle, &mode) == ok && mode == vgpu_guest;
    read_mig(api, board);
    all.boards.push_back(std::move(board));
  }
  return all;
}

void add_named_instances(const Library& library, const GpuOption& option, const std::optional<std::string>& cuda,
                         std::vector<Board>& boards) {
  const Api& api = library.api();
  if (api.device_by_uuid == nullptr || api.board_of_mig == nullptr) return;
  const auto add = [&](const std::string& name) {
    const bool known = std::any_of(boards.begin(), boards.end(), [&](const Board& b) {
      return std::find(b.device.mig_uuids.begin(), b.device.mig_uuids.end(), name) != b.device.mig_uuids.end();
    });
    Device instance = nullptr;
    Device board = nullptr;
    if (known || !name.starts_with("MIG-") || api.device_by_uuid(name.c_str(), &instance) != ok ||
        api.board_of_mig(instance, &board) != ok) {
      return;
    }
    int code = ok;
    const std::string uuid = text_of(api.uuid, board, code);
    for (Board& b : boards) {
      if (code == ok && b.device.uuid == uuid) b.device.mig_uuids.push_back(name);
    }
  };
  if (option) {
    for (const GpuKey& key : *option) {
      if (const auto* name = std::get_if<std::string>(&key)) add(std::string(detail::trim_blanks(*name)));
    }
  } else if (cuda) {
    std::string_view rest = *cuda;
    while (!rest.empty()) {
      const std::string_view entry = rest.substr(0, rest.find(','));
      add(std::string(detail::trim_blanks(entry)));
      rest.remove_prefix(std::min(rest.size(), entry.size() + 1));
    }
  }
}

}  // namespace co2lib::meter::nvml
