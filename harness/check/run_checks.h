// Runs checks over one history.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "harness/check/verdict.h"
#include "harness/history/history.h"

namespace chamber {

struct Check {
  std::string name;  // as the scenario asks for it; what the result bears
  std::function<CheckResult(const History&)> run;
  // It holds the system to a time: a latency, the length of an outage. A fail that comes only from time in which the
  // machine was starved of CPU is then inconclusive (starvation.h).
  bool judges_time = false;
  // Then: of what was not served only operations with this class of error can have come from that; empty: with any.
  std::string error_of_time = {};
};

// In order. A check that throws is inconclusive with what it threw; so is an empty list. That the history is complete
// is asked first, whatever the list says: what a crash left out could be what matters. "harness in time" is second: how
// long the machine was starved, and whether that matters. Where the harness's own clock jumped, nothing fails: it is
// inconclusive.
[[nodiscard]] Verdict run_checks(const History& history, std::span<const Check> checks);

}  // namespace chamber
