// The share of operations that were served (see served()).
#pragma once

#include <cstdint>
#include <string>

#include "harness/check/verdict.h"
#include "harness/check/windows.h"
#include "harness/history/history.h"

namespace chamber {

struct AvailabilityOptions {
  std::string workload = {};
  double at_least = 0.999;  // share, 0 to 1
  std::string source = "scenario";
  When when = When::kAlways;
  Which which = Which::kAll;
  Duration margin = {};                  // see operations_of()
  std::uint64_t least_operations = 100;  // fewer in those windows: inconclusive
};

// Evidence: how many failed, by class of error and by node.
[[nodiscard]] CheckResult check_availability(const History& history, const AvailabilityOptions& options);

}  // namespace chamber
