// What clients got while nobody hurt the system on purpose: what a release promises its users.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/check/windows.h"
#include "harness/history/history.h"

namespace chamber {

struct Service {
  std::string workload;
  std::uint64_t operations = 0;
  std::uint64_t served = 0;     // see served() in windows.h
  std::optional<Duration> p99;  // latency from the intended start, of what was ok; none: nothing was
};

// Of each workload, over the operations that no fault's window, with the margin, overlaps; by name. What was read after
// the load to see what is left is not counted.
[[nodiscard]] std::vector<Service> service_outside_faults(const History& history);

}  // namespace chamber
