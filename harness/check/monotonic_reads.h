// Monotonic reads: what a client has seen, it never sees undone by a later read of its own (one of the session
// guarantees of Terry et al., "Session guarantees for weakly consistent replicated data", 1994).
//
// A client is a process number: one that had an unknown outcome goes on as another. Of keys with lists (append, add),
// a later read has to show all that an earlier one showed. Of keys with one value, it must not show a value that is
// certainly older: all writes of it had ended before the first of what was seen before began. What is found is proof;
// between writes that were under way together no order is assumed.
#pragma once

#include <cstdint>
#include <string>

#include "harness/check/verdict.h"
#include "harness/history/history.h"

namespace chamber {

struct MonotonicReadsOptions {
  std::string workload = {};
  std::uint64_t least_operations = 1;  // fewer pairs of reads: inconclusive
};

// fail names the two reads. inconclusive: no client read a key twice, elements are removed (then what is gone may be
// gone rightly), or one has no value.
[[nodiscard]] CheckResult check_monotonic_reads(const History& history, const MonotonicReadsOptions& options);

}  // namespace chamber
