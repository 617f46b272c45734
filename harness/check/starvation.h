// Time in which the machine gave the harness, or the cell, too little of its CPUs to tell a slow system from a slow
// machine. The run records it (harness/load/starvation_watch.h); here it is judged.
//
// A budget of time that fails is tried again on the same history by a clock that stands still while the machine was
// starved. When it fails there too, it fails: starvation does not explain it. When it does not, it is inconclusive:
// neither a pass nor a fail can be told from this run. Checks of safety (linearizable, no_lost_acks, …) are never
// excused.
#pragma once

#include <string_view>
#include <vector>

#include "harness/check/verdict.h"
#include "harness/check/windows.h"

namespace chamber {

// How a stretch stands in a history: two notes with the same subject, this and who was starved ("starved harness",
// "starved cell"); the first's detail is kStarvedBegins, the second's what was measured.
inline constexpr std::string_view kStarved = "starved ";
inline constexpr std::string_view kStarvedBegins = "begins";

// In order, not overlapping; `what` says what was measured.
[[nodiscard]] std::vector<Window> starved_windows(const History& history);

// The history by that clock: every moment is earlier by the starved time before it. Left out are operations that were
// not served and of whose time at least a quarter was starved, or in the half second after it: their time-outs ran on.
// Of these with `error` only those that have this class of error.
[[nodiscard]] History without_starved_time(const History& history, const std::vector<Window>& starved,
                                           std::string_view error = {});

// How much there was, for "harness in time". Judged as a pass; run_checks() makes it inconclusive when it mattered.
[[nodiscard]] CheckResult starvation_facts(const History& history, const std::vector<Window>& starved);

}  // namespace chamber
