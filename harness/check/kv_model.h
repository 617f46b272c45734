// One key of a key-value store of texts, as in Porcupine's own tests: put (write), append, get (read); at first the
// empty text, which is the same as nothing. Numbers stand for their decimal digits.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "harness/check/model_steps.h"
#include "harness/check/sequence_hash.h"
#include "harness/history/history.h"

namespace chamber {

class KvModel {
 public:
  using State = SequenceHash;  // of the text's bytes

  KvModel(const History& history, std::span<const Operation* const> operations, Instant cut);

  [[nodiscard]] static bool possible() { return true; }
  [[nodiscard]] std::span<const TimedOperation> timed() const { return steps_.timed(); }
  [[nodiscard]] const Operation& origin(std::uint32_t operation) const { return *steps_[operation].origin; }

  [[nodiscard]] static State initial() { return {}; }
  [[nodiscard]] static std::uint64_t fingerprint(const State& state) { return state.mixed(); }
  [[nodiscard]] bool only_looks(std::uint32_t operation) const { return steps_[operation].looks; }
  [[nodiscard]] bool agrees(const State& state, std::uint32_t operation) const { return texts_[operation] == state; }
  [[nodiscard]] std::optional<State> step(const State& state, std::uint32_t operation) const {
    if (steps_[operation].origin->function == Function::kWrite) return texts_[operation];
    State after = state;
    after.append(texts_[operation]);
    return after;
  }
  [[nodiscard]] static bool apply(const State&, std::uint32_t, const State&) { return true; }
  static void undo(const State&, std::uint32_t, const State&) {}
  [[nodiscard]] std::uint32_t kinds() const { return steps_.kinds(); }
  [[nodiscard]] std::uint32_t kind(std::uint32_t operation) const { return steps_[operation].kind; }
  [[nodiscard]] static bool frees() { return false; }
  [[nodiscard]] static bool goes_free_before(std::uint32_t, std::uint32_t) { return false; }

 private:
  void drop_unseen_unknowns(const History& history);

  ModelSteps steps_;
  std::vector<SequenceHash> texts_;  // put, appended or read
};

}  // namespace chamber
