// Whether service comes back in the quiet periods between faults: from `within` after the last of them ended, until the
// next begins, no client is refused.
#pragma once

#include <string>

#include "harness/check/outage.h"
#include "harness/check/verdict.h"
#include "harness/history/history.h"

namespace chamber {

struct ServedAgainOptions {
  OutageOptions outage = {};  // whose workload, and what counts as one; its at_most is not used
  Duration within{};
  std::string source = "scenario";  // where `within` comes from
};

// Quiet periods shorter than `within` are passed over; inconclusive when there is no longer one, or when the workload
// did nothing in them. Evidence: how long each took.
[[nodiscard]] CheckResult check_served_again(const History& history, const ServedAgainOptions& options);

}  // namespace chamber
