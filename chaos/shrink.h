// Makes a failing schedule smaller: delta debugging (A. Zeller, R. Hildebrandt, "Simplifying and Isolating
// Failure-Inducing Input", IEEE TSE 2002, algorithm ddmin).
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "harness/base/clock.h"
#include "harness/base/result.h"

namespace chamber {

// Whether the faults with these numbers, alone, still make the run fail. An error ends the search.
using StillFails = std::function<Result<bool>(const std::vector<std::size_t>& kept)>;

// A small part of `count` faults that was seen to fail; all of them when no smaller one was. The first trial has none
// at all: where that fails, the faults are not the cause, and the part is empty. Without interruption no single fault
// can be left out of what is found; as a run can pass by luck, that is what was seen, not a proof. `go_on` is asked
// before each trial. No part is tried twice.
Result<std::vector<std::size_t>> shrink(std::size_t count, const StillFails& still_fails,
                                        const std::function<bool()>& go_on);

// When a fault is on.
struct Span {
  Duration at{};
  Duration end{};
};

// New starts for what is left of a schedule, by the same order: stretches without a fault become `gap` where they were
// longer, the first fault begins after `gap`, and what overlapped overlaps as before. `spans` by `at`.
[[nodiscard]] std::vector<Duration> close_gaps(const std::vector<Span>& spans, Duration gap);

}  // namespace chamber
