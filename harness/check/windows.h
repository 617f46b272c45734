// Stretches of a run, and which operations of a workload fall into them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/history/history.h"

namespace chamber {

// What a system still does about a fault after it ended: elections, reconnects, cold caches. Not counted as quiet.
inline constexpr Duration kRecoveryMargin = std::chrono::seconds(2);

struct Window {
  Instant from;
  Instant to;
  std::string what;  // the fault's subject
  [[nodiscard]] bool overlaps(Instant start, Instant end) const { return start <= to && end >= from; }
};

// One for each fault, by start: from its start to its end, or to the end of the history when it never ended.
[[nodiscard]] std::vector<Window> fault_windows(const History& history);

// When the load of a workload began; nothing when the history doesn't say.
[[nodiscard]] std::optional<Instant> load_start(const History& history, std::string_view workload);

// Which operations a check looks at.
enum class When : std::uint8_t {
  kAlways,
  kNoFault,      // from intended start to end, no fault was on
  kDuringFault,  // some fault was on in that time
};
[[nodiscard]] std::string_view to_string(When when);

// Which kind of operations a check looks at.
enum class Which : std::uint8_t { kAll, kReads, kWrites };
[[nodiscard]] std::string_view to_string(Which which);
// Function::kRead and kUse are reads; what else there is changes something, or hands something out.
[[nodiscard]] bool is(const Operation& operation, Which which);

// The operations of one workload ("": of all), in order. Windows grow by `margin` at their end: a system is still busy
// with a fault some time after it ended.
[[nodiscard]] std::vector<const Operation*> operations_of(const History& history, std::string_view workload,
                                                          When when = When::kAlways, Duration margin = {});

// See is_served().
[[nodiscard]] bool served(const History& history, const Operation& operation);

}  // namespace chamber
