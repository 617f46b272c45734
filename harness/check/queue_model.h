// A first-in-first-out queue under one key: enqueue, dequeue (of the head, or of nothing when it is empty); at first it
// is empty.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "harness/check/model_steps.h"
#include "harness/check/sequence_hash.h"
#include "harness/history/history.h"

namespace chamber {

class QueueModel {
 public:
  using State = SequenceHash;

  QueueModel(std::span<const Operation* const> operations, Instant cut);

  // False: something was dequeued that nobody enqueued before, or that had not yet come to the head.
  [[nodiscard]] bool possible() const { return possible_; }
  [[nodiscard]] std::span<const TimedOperation> timed() const { return steps_.timed(); }
  [[nodiscard]] const Operation& origin(std::uint32_t operation) const { return *steps_[operation].origin; }

  [[nodiscard]] static State initial() { return {}; }
  [[nodiscard]] static std::uint64_t fingerprint(const State& state) { return state.mixed(); }
  // Only the dequeue that found nothing.
  [[nodiscard]] bool only_looks(std::uint32_t operation) const { return steps_[operation].looks; }
  [[nodiscard]] static bool agrees(const State& state, std::uint32_t) { return state.size() == 0; }
  [[nodiscard]] std::optional<State> step(const State& state, std::uint32_t operation) const;
  [[nodiscard]] bool apply(const State& before, std::uint32_t operation, const State& after);
  void undo(const State& before, std::uint32_t operation, const State& after);
  [[nodiscard]] std::uint32_t kinds() const { return steps_.kinds(); }
  [[nodiscard]] std::uint32_t kind(std::uint32_t operation) const { return steps_[operation].kind; }
  [[nodiscard]] static bool frees() { return false; }
  [[nodiscard]] static bool goes_free_before(std::uint32_t, std::uint32_t) { return false; }

 private:
  // When an element left the queue, as far as that is known.
  struct Departure {
    std::uint32_t enqueues = 0;
    std::uint32_t dequeues = 0;
    std::int64_t start = INT64_MAX;  // of the dequeue that got it
    std::int64_t end = INT64_MAX;
  };
  void find_departures();
  void find_overtaking();
  [[nodiscard]] bool overtakes(std::int64_t value) const;
  [[nodiscard]] std::int64_t departure_start(std::int64_t value) const;

  ModelSteps steps_;
  std::unordered_map<std::int64_t, Departure> departures_;
  // The first start of a dequeue of which nobody knows what it took: what nobody is known to have taken may have left
  // from then on.
  std::int64_t unknown_dequeue_ = INT64_MAX;
  bool possible_ = true;
  std::vector<std::int64_t> content_;           // everything enqueued at this point of the search …
  std::size_t head_ = 0;                        // … of which so many are gone
  std::vector<std::int64_t> latest_departure_;  // with each of content_: the latest departure_start() up to it
};

}  // namespace chamber
