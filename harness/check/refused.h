// Whether a system says no while it must: a Vault whose audit log can't be written, an object store without its write
// quorum, a server whose certificate is over.
#pragma once

#include <cstdint>
#include <string>

#include "harness/check/verdict.h"
#include "harness/history/history.h"

namespace chamber {

enum class Refused : std::uint8_t { kAll, kWrites, kReads };

struct RefusedOptions {
  std::string workload = {};
  Refused what = Refused::kAll;
  std::uint64_t least_operations = 5;  // fewer that were tried: inconclusive
};

// Looks at the operations that began after a fault was proven and ended before its undoing began. fail names those that
// were served (windows.h). inconclusive without such a stretch.
[[nodiscard]] CheckResult check_refused(const History& history, const RefusedOptions& options);

}  // namespace chamber
