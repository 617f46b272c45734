// Whether a run was one from which something can be learnt: its faults bit, its roles moved, its load ran, its history
// is whole. What is amiss makes a run inconclusive; only check_roles_kept(), check_upheld() and check_nodes_recovered()
// can fail.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "harness/check/verdict.h"
#include "harness/history/history.h"

namespace chamber {

// Every fault that started was proven by measurement. No fault at all: inconclusive.
[[nodiscard]] CheckResult check_faults_proved(const History& history);

// What a fault's end is noted with: the nodes that it stopped do their work again, or which one does not.
inline constexpr std::string_view kUndone = "undone";
inline constexpr std::string_view kNotRecovered = "not recovered: ";

// Every node that a fault stopped did its work again after it was started: this one can fail.
[[nodiscard]] CheckResult check_nodes_recovered(const History& history);

// After some fault started, `role` ("vault.leader") was held by another node than before it; where nobody was seen with
// it as the fault started, by another than the first that was after that.
[[nodiscard]] CheckResult check_roles_changed(const History& history, const std::string& role);

// Every promise that faults and actions of this kind ("vault.rekey") looked at was held; one that was seen broken
// fails, none at all is inconclusive.
[[nodiscard]] CheckResult check_upheld(const History& history, const std::string& kind);

// `role` stayed with the node that had it before the first fault: no other was ever seen to have it. A fail when one
// was.
[[nodiscard]] CheckResult check_roles_kept(const History& history, const std::string& role);

// The workload has at least so many operations that were ok.
[[nodiscard]] CheckResult check_enough_operations(const History& history, const std::string& workload,
                                                  std::uint64_t least);

// What a run notes (EventKind::kNote) about its own clock bears this subject.
inline constexpr std::string_view kClockNote = "clock";

// The harness's clock kept step with the machine's: what it stamped can be believed.
[[nodiscard]] CheckResult check_clock_steady(const History& history);

// The recorder wrote its end mark.
[[nodiscard]] CheckResult check_history_complete(const History& history);

}  // namespace chamber
