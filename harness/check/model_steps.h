// What the models of key-value stores, sets and queues share: which operations they search over, and which of those do
// the same.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "harness/check/linear_search.h"
#include "harness/history/operation.h"

namespace chamber {

struct ModelStep {
  const Operation* origin = nullptr;
  bool done = false;   // ok, and ended before the cut
  bool looks = false;  // only looks
  std::uint32_t kind = kSingular;
};

class ModelSteps {
 public:
  // Operations by start. Those that surely were not done, and looks that nobody saw the result of, are left out. What
  // ended after `cut` counts as not ended, what started after it as not there.
  template <typename OnlyLooks>
  ModelSteps(std::span<const Operation* const> operations, Instant cut, OnlyLooks only_looks) {
    for (const Operation* operation : operations) {
      if (operation->outcome == Outcome::kFail || operation->start > cut) continue;
      const bool done = operation->outcome == Outcome::kOk && operation->end <= cut;
      const bool looks = only_looks(*operation);
      if (looks && !done) continue;
      steps_.push_back({operation, done, looks, kSingular});
      timed_.push_back({operation->start.time_since_epoch().count(),
                        done ? operation->end.time_since_epoch().count() : TimedOperation::kNoEnd});
    }
  }

  [[nodiscard]] const ModelStep& operator[](std::size_t i) const { return steps_[i]; }
  [[nodiscard]] std::size_t size() const { return steps_.size(); }
  [[nodiscard]] std::span<const TimedOperation> timed() const { return timed_; }
  [[nodiscard]] std::int64_t start(std::size_t i) const { return timed_[i].start; }
  [[nodiscard]] std::int64_t end(std::size_t i) const { return timed_[i].end; }
  [[nodiscard]] std::uint32_t kinds() const { return kinds_; }

  // That a step is known to have happened by `end` at the latest.
  void must_end_by(std::size_t i, std::int64_t end) { timed_[i].end = std::min(timed_[i].end, end); }

  template <typename Predicate>
  void drop_if(Predicate predicate) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      if (predicate(i)) continue;
      steps_[kept] = steps_[i];
      timed_[kept++] = timed_[i];
    }
    steps_.resize(kept);
    timed_.resize(kept);
  }

  // Steps with the same effect, as `effect(i)` names it, become one kind.
  template <typename Effect>
  void find_kinds(Effect effect) {
    std::map<decltype(effect(0)), std::uint32_t> first_with;
    for (std::uint32_t i = 0; i < steps_.size(); ++i) {
      if (steps_[i].looks) continue;
      const auto [found, added] = first_with.emplace(effect(i), i);
      if (added) continue;
      ModelStep& first = steps_[found->second];
      if (first.kind == kSingular) first.kind = kinds_++;
      steps_[i].kind = first.kind;
    }
  }

 private:
  std::vector<ModelStep> steps_;
  std::vector<TimedOperation> timed_;
  std::uint32_t kinds_ = 0;
};

}  // namespace chamber
