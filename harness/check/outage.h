// Outages, exactly: from the intended start of the first operation that failed to the start of the first of a sustained
// run of successes (DESIGN.md, "Load and latency"). Operations are taken by intended start, so thousands that overlap
// the window, or answers that come late, change nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/check/verdict.h"
#include "harness/history/history.h"

namespace chamber {

struct OutageOptions {
  std::string workload = {};
  std::optional<Duration> at_most = {};  // of the longest outage; none: report only
  std::string source = "scenario";       // where at_most comes from
  // A run of successes is sustained when it has so many operations and lasts so long without a failure between.
  std::uint64_t sustained_operations = 5;
  Duration sustained_for = std::chrono::milliseconds(500);
  std::optional<Duration> slower_than = {};  // a success that took longer counts as a failure
  std::uint64_t least_operations = 10;       // fewer: inconclusive
};

struct Outage {
  Instant from;
  Instant to;
  bool over = true;  // false: no sustained run of successes came; `to` is when the last client had its answer
  std::uint64_t failed = 0;
  [[nodiscard]] Duration length() const { return to - from; }
};

// Whether an operation counts as one that failed.
[[nodiscard]] bool failed(const History& history, const Operation& operation, const OutageOptions& options);

// In order of time; they don't overlap. Of all operations of the workload, or of those of them that are given.
[[nodiscard]] std::vector<Outage> find_outages(const History& history, const OutageOptions& options);
[[nodiscard]] std::vector<Outage> find_outages(const History& history, const OutageOptions& options,
                                               std::vector<const Operation*> operations);

// The longest outage within its budget. Evidence: each outage, and for each fault how long it took until the first
// failure and until service was back.
[[nodiscard]] CheckResult check_outage(const History& history, const OutageOptions& options);

}  // namespace chamber
