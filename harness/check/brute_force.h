// The reference twin of the linearizability checker, for its tests: tries every order. Slow, and obviously right.
#pragma once

#include <optional>
#include <vector>

#include "harness/history/history.h"

namespace chamber {

// Step(state, operation) gives the state after it, or none when the operation can't be there. What an operation with an
// unknown outcome returned is not known: Step must not look at it.
template <typename State, typename Step>
class BruteForce {
 public:
  BruteForce(const History& history, State initial, Step step) : initial_(std::move(initial)), step_(std::move(step)) {
    for (const Operation& operation : history.operations) {
      if (operation.outcome != Outcome::kFail) operations_.push_back(&operation);
    }
    used_.resize(operations_.size());
  }
  bool has_order() { return place_next(initial_); }

 private:
  bool place_next(const State& state) {
    bool all_done = true;
    for (std::size_t i = 0; i < operations_.size(); ++i) {
      if (!used_[i] && operations_[i]->outcome == Outcome::kOk) all_done = false;
    }
    if (all_done) return true;
    for (std::size_t i = 0; i < operations_.size(); ++i) {
      if (used_[i] || !may_be_next(*operations_[i])) continue;
      const std::optional<State> after = step_(state, *operations_[i]);
      if (!after) continue;
      used_[i] = true;
      const bool found = place_next(*after);
      used_[i] = false;
      if (found) return true;
    }
    return false;
  }
  [[nodiscard]] bool may_be_next(const Operation& candidate) const {
    for (std::size_t i = 0; i < operations_.size(); ++i) {
      if (!used_[i] && operations_[i]->outcome == Outcome::kOk && operations_[i]->end < candidate.start) return false;
    }
    return true;
  }

  State initial_;
  Step step_;
  std::vector<const Operation*> operations_;
  std::vector<bool> used_;
};

}  // namespace chamber
