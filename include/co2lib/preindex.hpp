// SPDX-License-Identifier: MIT
// Front door of the domain `preindex`: what will retraining to this shifted data cost?
#pragma once

#include <co2lib/preindex/accumulator.hpp>  // one pass over pairs, mergeable
#include <co2lib/preindex/cluster.hpp>      // Lloyd, class means, inv_ari
#include <co2lib/preindex/corruption.hpp>   // shifts of images
#include <co2lib/preindex/cost.hpp>         // cost of a retraining, and whether to retrain
#include <co2lib/preindex/coverage.hpp>     // how much of a model an index speaks of
#include <co2lib/preindex/distance.hpp>     // distances between histograms
#include <co2lib/preindex/embedding.hpp>    // what the clustering reads
#include <co2lib/preindex/forecast.hpp>     // from an index to a cost
#include <co2lib/preindex/histogram.hpp>    // counts and edges
#include <co2lib/preindex/index.hpp>        // combine, adjusted_rand
#include <co2lib/preindex/layer.hpp>        // which layers count
#include <co2lib/preindex/options.hpp>      // Options and the names of all choices
#include <co2lib/preindex/reducer.hpp>      // clustering over processes
#include <co2lib/preindex/resque.hpp>       // the indices of RESQUE
#include <co2lib/preindex/vector.hpp>       // views, sample_vectors
