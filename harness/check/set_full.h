// What became of every element that was added (append, add, enqueue), seen by all reads of a run and not only the last
// (Jepsen's set-full). An element is known from the moment when its add was acknowledged, or when the first read that
// shows it ended; from then on every read that begins should show it.
//   lost        a read that began after it was known, and after the last read that shows it, does not show it
//   stale       it is there at the last, but some read that began after it was known did not show it
//   never read  nobody looked after it was known
//   recovered   its add had an unknown outcome, and it is there
// The time to be visible is from when it was known to the start of the last read that did not show it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/check/verdict.h"
#include "harness/history/history.h"

namespace chamber {

struct SetFullOptions {
  std::string workload = {};
  std::optional<Duration> visible_within = {};  // of every element; none: report only
  std::string source = "scenario";              // where visible_within comes from
  std::uint64_t least_operations = 1;           // fewer elements that are known: inconclusive
};

enum class Fate : std::uint8_t { kStable, kStale, kLost, kNeverRead };

struct ElementFate {
  const Operation* add = nullptr;
  Fate fate = Fate::kStable;
  bool recovered = false;
  Instant known;
  Duration late{};  // of kStale: the time to be visible; of kLost: from known to the first read that shows it no more
};

// Of each known element, by key, then start of its add.
[[nodiscard]] std::vector<ElementFate> element_fates(const History& history, const std::string& workload);

// fail: an element was lost, was there although its add failed or nobody added it, stood twice in one read, or was
// visible too late. inconclusive: too few are known, half of them or more were never read, elements are
// removed, or one has no value.
[[nodiscard]] CheckResult check_set_full(const History& history, const SetFullOptions& options);

}  // namespace chamber
