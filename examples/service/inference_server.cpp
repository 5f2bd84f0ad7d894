// SPDX-License-Identifier: MIT
// A server that says what each answer cost: joules and grams in the header of every response, and in /metrics.
//
//   inference_server                          serves itself 40 requests, checks that they add up, and ends
//   inference_server 8080 FRA                 serves http://127.0.0.1:8080 until it is interrupted
//   curl --data-binary @picture http://127.0.0.1:8080/classify -i
#include <charconv>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <co2lib/tracker.hpp>

#include "classifiers.hpp"
#include "http.hpp"
#include "request_meter.hpp"

namespace {

void add_routes(httplib::Server& server, service::RequestMeter& meter, const service::Named& model) {
  server.Post("/classify", [&](const httplib::Request& request, httplib::Response& response) {
    const auto picture = service::picture_of(request);
    if (!picture) {
      response.status = 400;
      response.set_content("the body must be 144 numbers as float32, 576 bytes\n", "text/plain");
      return;
    }
    int label = 0;
    const service::Used used = meter.measure([&] {
      label = model.classifier->classify(*picture);
      return model.name;
    });
    service::set_headers(response, used);
    response.set_content("{\"label\": " + std::to_string(label) + "}\n", "application/json");
  });
  server.Get("/metrics", [&](const httplib::Request&, httplib::Response& response) {
    response.set_content(meter.text(), co2lib::tracker::openmetrics_type);
  });
}

/// Two clients at once; what the headers say must be what /metrics adds up.
bool serve_itself(int port, const std::string& model) {
  const std::vector<service::Labelled> test = service::pictures(20, 2);
  double joules = 0;
  int right = 0;
  int failed = 0;
  std::mutex mutex;
  {
    const auto ask = [&] {
      httplib::Client client("127.0.0.1", port);
      for (const service::Labelled& one : test) {
        const auto answer = client.Post("/classify", service::body_of(one.picture), "application/octet-stream");
        const std::lock_guard lock(mutex);
        if (!answer || answer->status != 200) {
          ++failed;
          continue;
        }
        joules += service::number_in(answer, "X-Energy-Joules");
        right += answer->body.find(" " + std::to_string(one.label) + "}") != std::string::npos ? 1 : 0;
      }
    };
    const std::jthread one(ask);
    const std::jthread another(ask);
  }
  httplib::Client client("127.0.0.1", port);
  const auto bad = client.Post("/classify", "no picture", "application/octet-stream");
  const auto metrics = client.Get("/metrics");
  if (!bad || bad->status != 400 || !metrics) return false;
  const std::string labels = "{model=\"" + model + "\"}";
  const double counted = service::sample_in(metrics->body, "service_requests_total" + labels);
  const double metered = service::sample_in(metrics->body, "service_request_energy_joules_total" + labels);
  std::printf("%d of 40 right, %d failed, energy of the requests %.3g J, in /metrics %.3g J\n", right, failed, joules,
              metered);
  return failed == 0 && counted == 40 && std::fabs(joules - metered) <= 1e-9 * metered &&
         metrics->body.find("co2lib_region_energy_joules_total{region=\"request\"}") != std::string::npos &&
         metrics->body.ends_with("# EOF\n");
}

/// The port that was asked for; 0 without one.
int port_of(std::string_view text) {
  int port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port < 0 || port > 65535) {
    throw std::invalid_argument(std::string(text) + " is not a port: give a number from 1 to 65535");
  }
  return port;
}

}  // namespace

int main(int count, char** arguments) try {
  const int port = count > 1 ? port_of(arguments[1]) : 0;
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);  // before there are threads: sigwait gets them

  co2lib::Tracker tracker({.location = count > 2 ? arguments[2] : ""});
  service::RequestMeter meter(tracker);
  const service::Named model = service::train(service::pictures(3000, 1)).back();
  httplib::Server server;
  add_routes(server, meter, model);
  bool good = true;
  {
    const service::Listening listening(server, port);
    std::printf("http://127.0.0.1:%d/classify and /metrics\n", listening.port());
    std::fflush(stdout);
    int signal = 0;
    if (port == 0) {
      good = serve_itself(listening.port(), model.name);
    } else {
      sigwait(&ends, &signal);
    }
  }
  std::printf("%s\n", to_string(tracker.stop()).c_str());
  return good ? 0 : 1;
} catch (const std::exception& error) {
  std::fprintf(stderr, "error: %s\n", error.what());
  return 2;
}
