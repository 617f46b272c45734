// How old what was read is: from the moment when the first write that a read does not show was acknowledged until the
// read began. Zero where a read shows everything that had been acknowledged before it.
//
// Of keys with lists (append, add) that is any element that is missing. Of keys with one value it is any write that is
// certainly newer than what was read: it began after every write of that value had ended.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/check/verdict.h"
#include "harness/history/history.h"

namespace chamber {

struct StalenessOptions {
  std::string workload = {};
  std::optional<Duration> at_most = {};  // of every read; none: report only
  std::string source = "scenario";       // where at_most comes from
  std::uint64_t least_operations = 1;    // fewer reads that are ok: inconclusive
};

struct StaleRead {
  const Operation* read = nullptr;
  const Operation* missed = nullptr;  // the write that was acknowledged first of those it does not show
  [[nodiscard]] Duration age() const { return read->start - missed->end; }
};

// By start of the read, then key.
[[nodiscard]] std::vector<StaleRead> find_stale_reads(const History& history, const std::string& workload);

// fail: a read is older than at_most. inconclusive: too few reads, no acknowledged write, elements are removed,
// or one has no value.
[[nodiscard]] CheckResult check_staleness(const History& history, const StalenessOptions& options);

}  // namespace chamber
