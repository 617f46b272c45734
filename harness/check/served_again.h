// Whether service comes back in the quiet periods between faults: from `within` after the last of them ended, until the
// next begins, no client is refused. What the next fault met on its way is no refusal of the quiet period.
#pragma once

#include <chrono>
#include <string>

#include "harness/check/outage.h"
#include "harness/check/verdict.h"
#include "harness/history/history.h"

namespace chamber {

struct ServedAgainOptions {
  OutageOptions outage = {};  // whose workload, and what counts as one; its at_most is not used
  Duration within{};
  // An operation that is no older than this when the next fault begins, and has no answer yet, is that fault's.
  Duration met = std::chrono::seconds(1);
  std::string source = "scenario";  // where `within` comes from
};

// Quiet periods shorter than `within` are passed over; inconclusive when there is no longer one, or when the workload
// did nothing in them. Evidence: how long each took.
[[nodiscard]] CheckResult check_served_again(const History& history, const ServedAgainOptions& options);

}  // namespace chamber
