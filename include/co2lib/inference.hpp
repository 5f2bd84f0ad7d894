// SPDX-License-Identifier: MIT
// Domain inference: what will this model cost on that device, before it runs?
//
//   auto device = co2lib::inference::Device::named("h100_sxm");     // or Device::load("pi5/"), a profile
//   auto graph = co2lib::inference::load_graph("model.json");
//   auto p = device.predict(graph, {.precision = "int8"});           // p.latency, p.energy: intervals, by kernel
//   auto grams = p.carbon(co2lib::CarbonIntensity::from_g_per_kwh(50));
#pragma once

#include <co2lib/inference/device.hpp>
#include <co2lib/inference/features.hpp>
#include <co2lib/inference/forest.hpp>
#include <co2lib/inference/graph.hpp>
#include <co2lib/inference/hardware.hpp>
#include <co2lib/inference/kernel.hpp>
#include <co2lib/inference/life.hpp>
#include <co2lib/inference/llm.hpp>
#include <co2lib/inference/metrics.hpp>
#include <co2lib/inference/prediction.hpp>
#include <co2lib/inference/roofline.hpp>
#include <co2lib/inference/simulate.hpp>
