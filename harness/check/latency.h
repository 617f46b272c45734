// Exact percentiles of latency, from the intended start, of the operations that were ok. Failed ones have no latency
// worth the name: availability and outages judge those.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/check/verdict.h"
#include "harness/check/windows.h"
#include "harness/history/history.h"

namespace chamber {

struct LatencyOptions {
  std::string workload = {};
  double quantile = 0.99;  // 1: the longest
  Duration at_most = {};
  std::string source = "scenario";
  When when = When::kAlways;
  Which which = Which::kAll;
  Duration margin = {};                  // see operations_of()
  std::uint64_t least_operations = 100;  // fewer in those windows: inconclusive
};

// The smallest of `values` that `quantile` of them don't exceed (nearest rank); zero when there are none. Reorders.
[[nodiscard]] Duration exact_quantile(std::vector<Duration>& values, double quantile);

[[nodiscard]] CheckResult check_latency(const History& history, const LatencyOptions& options);

}  // namespace chamber
