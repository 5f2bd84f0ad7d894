// SPDX-License-Identifier: MIT
// The HTTP of the examples: a server on a thread of its own, pictures in requests, energies in headers.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

#include <httplib.h>

#include "classifiers.hpp"
#include "request_meter.hpp"

namespace service {

/// Serves on loopback from `start` to the end of its life; a request in flight is answered before.
class Listening {
 public:
  explicit Listening(httplib::Server& server, int port = 0) : server_(server) {
    port_ = port == 0 ? server.bind_to_any_port("127.0.0.1") : port;
    if (port_ < 0 || (port != 0 && !server.bind_to_port("127.0.0.1", port))) {
      throw std::runtime_error("port " + std::to_string(port) + " of 127.0.0.1 is taken; choose another one");
    }
    thread_ = std::jthread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::yield();  // else a stop could come before the start
  }
  ~Listening() { server_.stop(); }
  Listening(const Listening&) = delete;
  Listening& operator=(const Listening&) = delete;
  [[nodiscard]] int port() const noexcept { return port_; }

 private:
  httplib::Server& server_;
  int port_ = 0;
  std::jthread thread_;
};

/// The picture of a request: 144 float32 in the body's bytes; none for a body that is no picture.
inline std::optional<Picture> picture_of(const httplib::Request& request) {
  Picture picture{};
  if (request.body.size() != sizeof picture) return std::nullopt;
  std::memcpy(picture.data(), request.body.data(), sizeof picture);
  return picture;
}

inline std::string body_of(const Picture& picture) {
  return {reinterpret_cast<const char*>(picture.data()), sizeof picture};
}

inline std::string number(double x) {
  char buffer[32];
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, x).ptr};
}

/// `X-Energy-Joules` and `X-CO2e-Grams`; what is unknown is left out.
inline void set_headers(httplib::Response& response, const Used& used) {
  if (used.energy) response.set_header("X-Energy-Joules", number(used.energy->joules()));
  if (used.carbon) response.set_header("X-CO2e-Grams", number(used.carbon->grams()));
}

inline double number_in(const httplib::Result& answer, const char* header) {
  return std::strtod(answer->get_header_value(header).c_str(), nullptr);
}

/// The value of a sample in OpenMetrics text; 0 if it is not there.
inline double sample_in(std::string_view text, const std::string& name_and_labels) {
  const std::size_t at = text.find("\n" + name_and_labels + " ");
  return at == std::string_view::npos ? 0 : std::strtod(text.data() + at + name_and_labels.size() + 2, nullptr);
}

}  // namespace service
