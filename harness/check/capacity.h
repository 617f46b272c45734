// The highest rate that a system carries within its budget, from a load whose open-loop rate rises in steps.
#pragma once

#include <string>
#include <vector>

#include "harness/check/verdict.h"
#include "harness/history/history.h"

namespace chamber {

struct CapacityStep {
  double per_second = 0;
  Duration length = {};
};

struct CapacityOptions {
  std::string workload = {};
  std::vector<CapacityStep> steps = {};  // as the load had them, lowest first
  double quantile = 0.99;
  Duration within = {};        // of the latency at `quantile`, from the intended start
  double share_served = 0.99;  // of the operations that the schedule has in a step
  double at_least = 0;         // operations per second
  std::string source = "scenario";
};

// The knee is the last step before the first that isn't carried. The first fifth of a step belongs to the change.
// Inconclusive when it is too low and the machine was starved of CPU for a quarter of that first step or more: the load
// has its steps at fixed times, so they can't be judged by a clock that stands still (starvation.h).
[[nodiscard]] CheckResult check_capacity(const History& history, const CapacityOptions& options);

}  // namespace chamber
