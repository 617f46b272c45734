// A set under one key: add, remove, read of all its elements; at first it is empty.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "harness/check/model_steps.h"
#include "harness/check/seen_set.h"
#include "harness/history/history.h"

namespace chamber {

class SetModel {
 public:
  using State = Fingerprint;  // the exclusive-or of a number for each element

  SetModel(const History& history, std::span<const Operation* const> operations, Instant cut);

  // False: a read shows an element twice, or one that nobody added before its end.
  [[nodiscard]] bool possible() const { return possible_; }
  [[nodiscard]] std::span<const TimedOperation> timed() const { return steps_.timed(); }
  [[nodiscard]] const Operation& origin(std::uint32_t operation) const { return *steps_[operation].origin; }

  [[nodiscard]] static State initial() { return {}; }
  [[nodiscard]] static std::uint64_t fingerprint(const State& state) { return state.low ^ mix64(state.high); }
  [[nodiscard]] bool only_looks(std::uint32_t operation) const { return steps_[operation].looks; }
  [[nodiscard]] bool agrees(const State& state, std::uint32_t operation) const { return effects_[operation] == state; }
  [[nodiscard]] std::optional<State> step(const State& state, std::uint32_t operation) const;
  [[nodiscard]] bool apply(const State& before, std::uint32_t operation, const State& after);
  void undo(const State& before, std::uint32_t operation, const State& after);
  [[nodiscard]] std::uint32_t kinds() const { return steps_.kinds(); }
  [[nodiscard]] std::uint32_t kind(std::uint32_t operation) const { return steps_[operation].kind; }
  [[nodiscard]] static bool frees() { return false; }
  [[nodiscard]] static bool goes_free_before(std::uint32_t, std::uint32_t) { return false; }

 private:
  void use_reads(const History& history);

  ModelSteps steps_;
  std::vector<Fingerprint> effects_;     // of a read: the whole; of the others: the element
  std::vector<std::uint32_t> elements_;  // number of the element, of those that change
  std::vector<bool> inside_;             // by number: at this point of the search
  bool possible_ = true;
};

}  // namespace chamber
