// SPDX-License-Identifier: MIT
// What the tests of the domain share: the code of an error, a temporary profile, networks for simulated devices.
#pragma once

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <unistd.h>

#include <co2lib/inference.hpp>
#include <co2lib/random.hpp>

namespace co2lib::inference::testing {

/// The code of the error that a call throws; empty if it throws none.
template <class Call>
std::string code_of(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.code();
  }
  return "";
}

/// A folder that is removed at the end.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    static int count = 0;
    path_ = std::filesystem::temp_directory_path() /
            ("co2lib-inference-" + std::to_string(::getpid()) + "-" + std::to_string(count++));
    std::filesystem::create_directories(path_);
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  void write(const std::string& name, const std::string& text) const { std::ofstream(path_ / name) << text; }

 private:
  std::filesystem::path path_;
};

/// A forest of one tree: `below` up to CIN 64, `above` beyond.
inline std::string forest_text(const std::string& kernel, const std::string& target, double below, double above) {
  return R"({"format":"co2lib-forest/1","kernel":")" + kernel + R"(","features":["CIN"],"target":")" + target +
         R"(","log":false,"trees":[{"feature":[0,-1,-1],"threshold":[64,0,0],"left":[1,-1,-1],"right":[2,-1,-1],)" +
         R"("value":[0,)" + std::to_string(below) + "," + std::to_string(above) +
         R"(]}],"range":{"CIN":[1,512]},"residual":{"p5":0.9,"p95":1.2},"meta":{"device":"toy","rows":"2"}})";
}

/// device.json of a toy with the forests `fc.json` and `fc-energy.json`; `more` is put into it.
inline std::string device_text(const std::string& more = "") {
  return R"({"format":"co2lib-device/1","device":"toy","processor":"cpu","runtime":"toy 1","firmware":"f1",)"
         R"("clocks":"1 GHz fixed","date":"2026-11-29",)" +
         more +
         R"("forests":[{"kernel":"fc","precision":"int8","target":"latency_us","file":"fc.json"},)"
         R"({"kernel":"fc","precision":"int8","target":"energy_mj","file":"fc-energy.json"}]})";
}

inline KernelConfig fc(std::int64_t cin, std::int64_t cout = 10, int bits = 8) {
  KernelConfig c{.kernel = "fc", .cin = cin, .cout = cout};
  c.w_bits = c.a_bits = bits;
  return c;
}

inline KernelConfig conv(std::int64_t h, std::int64_t cin, std::int64_t cout, std::int64_t k, std::int64_t s = 1) {
  KernelConfig c{.kernel = "conv-bn-relu", .h = h, .cin = cin, .cout = cout, .k = k, .s = s};
  c.pad = static_cast<double>(k / 2);
  c.w_bits = c.a_bits = 8;
  return c;
}

/// A small MobileNet- or VGG-like network, drawn with a seed.
inline std::vector<KernelConfig> network(std::uint64_t seed) {
  auto draw = [&, i = std::uint64_t{0}]() mutable { return random::draw(seed, i++, "network"); };
  std::vector<KernelConfig> list;
  std::int64_t h = 32 * static_cast<std::int64_t>(3 + std::floor(draw() * 5));
  std::int64_t c = 8 * static_cast<std::int64_t>(2 + std::floor(draw() * 5));
  list.push_back(conv(h, 3, c, 3, 2));
  h = (h - 1) / 2 + 1;
  const bool mobile = draw() < 0.5;
  const int depth = 4 + static_cast<int>(draw() * 5);
  for (int i = 0; i < depth; ++i) {
    const std::int64_t stride = h > 7 && draw() < 0.5 ? 2 : 1;
    if (mobile) {
      KernelConfig dw = conv(h, c, c, 3, stride);
      dw.kernel = "dwconv-bn-relu";
      list.push_back(dw);
    }
    const std::int64_t wider = std::min<std::int64_t>(512, c * (stride == 2 ? 2 : 1) + 8);
    list.push_back(mobile ? conv((h - 1) / stride + 1, c, wider, 1) : conv(h, c, wider, 3, stride));
    h = (h - 1) / stride + 1;
    c = wider;
  }
  KernelConfig pool{.kernel = "global-avgpool", .h = h, .cin = c};
  pool.w_bits = pool.a_bits = 8;
  list.push_back(pool);
  list.push_back(fc(c, 1000));
  return list;
}

}  // namespace co2lib::inference::testing
