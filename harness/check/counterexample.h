// From "this key has no order" to the smallest thing a person can look at.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "harness/check/limits.h"
#include "harness/check/linear_search.h"
#include "harness/history/history.h"

namespace chamber {

using OperationList = std::vector<const Operation*>;

// One model, seen from here.
struct PartitionJudge {
  // Judges operations (by start) as they stood at `cut`. With `longest`, it is the longest order that was found.
  std::function<SearchEnd(std::span<const Operation* const>, Instant cut, Meter&, OperationList* longest)> judge;
  // Groups that may be left out of a history without making it worse: if the whole has an order, so has what is left.
  std::function<std::vector<OperationList>(std::span<const Operation* const>)> removable;
};

struct Counterexample {
  Instant until;             // the shortest prefix that has no order ends here
  OperationList operations;  // of the prefix, by start: without any group of them the rest has an order
  OperationList longest;     // the longest order of some of them
};

// `operations` have no order. When the limits end the work early, the result is right but larger than need be.
[[nodiscard]] Counterexample find_counterexample(const PartitionJudge& partition,
                                                 std::span<const Operation* const> operations, const Limits& limits);

}  // namespace chamber
