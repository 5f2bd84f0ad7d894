// SPDX-License-Identifier: MIT
// A server on loopback that answers each connection with the bytes it is given: what well-behaved servers cannot be
// made to send (a head that never comes, a body that ends early) is what has to be survived.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace co2lib::intensity {

class LocalServer {
 public:
  /// What a connection gets, after the head of its request was read.
  struct Reply {
    std::string bytes{};
    bool holds = false;   ///< the connection stays open and silent until the server ends
    bool resets = false;  ///< ends with a reset
  };

  explicit LocalServer(std::function<Reply(const std::string& head)> answer) : answer_(std::move(answer)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), length) != 0 || ::listen(listener_, 64) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
      throw std::runtime_error("no server on loopback");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~LocalServer() {
    done_ = true;
    thread_.join();
    for (const int held : held_) ::close(held);
    ::close(listener_);
  }
  LocalServer(const LocalServer&) = delete;
  LocalServer& operator=(const LocalServer&) = delete;

  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] std::vector<std::string> heads() const {
    const std::lock_guard lock(mutex_);
    return heads_;
  }

  static std::string ok(const std::string& body, const std::string& more_headers = "") {
    return response("200 OK", body, more_headers);
  }
  static std::string response(const std::string& status, const std::string& body,
                              const std::string& more_headers = "") {
    return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + more_headers +
           "Connection: close\r\n\r\n" + body;
  }

 private:
  void serve() {
    while (!done_) {
      pollfd waiting{listener_, POLLIN, 0};
      if (::poll(&waiting, 1, 20) <= 0) continue;
      const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (connection < 0) continue;
      std::string head;
      char buffer[4096];
      while (head.find("\r\n\r\n") == std::string::npos) {
        const ssize_t n = ::recv(connection, buffer, sizeof buffer, 0);
        if (n <= 0) break;
        head.append(buffer, static_cast<std::size_t>(n));
      }
      {
        const std::lock_guard lock(mutex_);
        heads_.push_back(head);
      }
      const Reply reply = answer_(head);
      for (std::string_view rest = reply.bytes; !rest.empty();) {
        const ssize_t n = ::send(connection, rest.data(), rest.size(), MSG_NOSIGNAL);
        if (n <= 0) break;
        rest.remove_prefix(static_cast<std::size_t>(n));
      }
      if (reply.holds) {
        held_.push_back(connection);
        continue;
      }
      if (reply.resets) {
        const linger at_once{1, 0};
        ::setsockopt(connection, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
      }
      ::close(connection);
    }
  }

  std::function<Reply(const std::string&)> answer_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> done_ = false;
  mutable std::mutex mutex_;
  std::vector<std::string> heads_;
  std::vector<int> held_;
  std::thread thread_;
};

}  // namespace co2lib::intensity
