// What a fault still costs after it is over: queues, reconnects, cold caches, elections that come late.
#pragma once

#include <cstdint>
#include <string>

#include "harness/check/verdict.h"
#include "harness/history/history.h"

namespace chamber {

struct RecoveryOptions {
  std::string workload = {};
  Duration slower_than = {};        // a request that takes longer is not well served
  double share = 0.95;              // of the requests of one slice that must be served within that
  Duration at_most = {};            // from when the last undoing of a fault began to the end of the last bad slice
  std::string source = "scenario";  // where `at_most` comes from
  Duration slice = std::chrono::milliseconds(500);
  std::uint64_t least_operations = 100;  // fewer after the fault: inconclusive
};

// Operations are put into slices by their intended start; a slice is bad when fewer than `share` of it were served
// within `slower_than`. The last slice being bad means that the end was not seen: never a pass.
[[nodiscard]] CheckResult check_recovery(const History& history, const RecoveryOptions& options);

}  // namespace chamber
