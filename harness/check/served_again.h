// Whether service comes back in the quiet periods between faults: from `within` after the last of them ended, until the
// next begins, no client is refused. What the next fault met on its way is no refusal of the quiet period.
//
// A store that locks each key may owe more for a key than for the service: what held the lock was cut off, and the lock
// lasts until it expires, while every other key is served. With `one_key_within` such keys are judged by themselves.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
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
  // Reads or writes of a key that fail without one success between, from the start of the first quiet period in which
  // they are late, to the last that a quiet period shows.
  std::optional<Duration> one_key_within = {};
  // Of so many keys that a quiet period has operations of, one may be late by itself; more are the service's.
  std::uint64_t keys_to_one = 10;
};

// Quiet periods shorter than `within` are passed over; inconclusive when there is no longer one, or when the workload
// did nothing in them. Evidence: how long each took, and each key that was judged by itself.
[[nodiscard]] CheckResult check_served_again(const History& history, const ServedAgainOptions& options);

}  // namespace chamber
