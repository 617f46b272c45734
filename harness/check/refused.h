// Whether a system says no while it must: a Vault whose audit log can't be written, an object store without its write
// quorum, a server whose certificate is over.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "harness/check/verdict.h"
#include "harness/check/windows.h"
#include "harness/history/history.h"

namespace chamber {

struct RefusedOptions {
  std::string workload = {};
  Which what = Which::kAll;
  Duration after = {};                     // how long the system may take to notice
  std::optional<std::string> source = {};  // where that comes from; none: the scenario
  std::uint64_t least_operations = 5;      // fewer that were tried: inconclusive
};

// Looks at the operations that began so long after a fault was proven and ended before its undoing began. fail names
// those that were served (windows.h). inconclusive without such a stretch.
[[nodiscard]] CheckResult check_refused(const History& history, const RefusedOptions& options);

}  // namespace chamber
