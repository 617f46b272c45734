// The register: reads, writes, compare-and-set, delete; at first there is nothing in it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "harness/check/linear_search.h"
#include "harness/history/operation.h"

namespace chamber {

// The operations on one register, made ready for the search. Beyond translating, it uses what the values tell:
// - an unknown write of a value that nobody saw afterwards is left out: any order with it is one without it;
// - a value with one writer: that write comes before the first end of those who saw it, so an unknown one surely
//   happened, and one that started after that end is a read from the future.
class RegisterModel {
 public:
  using State = std::uint32_t;  // a value's number; 0: nothing

  // Whether it uses what values tell of later operations (above). The answer is the same without.
  enum class Foresight { kNo, kYes };

  // Operations by start. What ended after `cut` counts as not ended, what started after it as not there.
  RegisterModel(std::span<const Operation* const> operations, Instant cut, Foresight foresight = Foresight::kYes);

  // False: no search is needed, a read saw what nobody wrote before its end.
  [[nodiscard]] bool possible() const { return possible_; }
  [[nodiscard]] std::span<const TimedOperation> timed() const { return timed_; }
  // The operation behind a number of the search.
  [[nodiscard]] const Operation& origin(std::uint32_t operation) const { return *steps_[operation].origin; }

  [[nodiscard]] State initial() const { return 0; }
  [[nodiscard]] static std::uint64_t fingerprint(State state) { return state; }
  [[nodiscard]] bool only_looks(std::uint32_t operation) const { return steps_[operation].writes == kNone; }
  [[nodiscard]] bool agrees(State state, std::uint32_t operation) const { return steps_[operation].sees == state; }
  [[nodiscard]] std::optional<State> step(State state, std::uint32_t operation) const {
    const Step& step = steps_[operation];
    if (step.sees != kNone && step.sees != state) return std::nullopt;
    return step.writes;
  }
  // A value that must still be seen, and that nobody will write again, may not be overwritten.
  [[nodiscard]] bool apply(State state, std::uint32_t operation, State after) {
    count(operation, -1);
    if (!foresight_ || after == state || values_[state].must_be_seen == 0 || values_[state].writers > 0) return true;
    count(operation, +1);
    return false;
  }
  void undo(State, std::uint32_t operation, State) { count(operation, +1); }

  [[nodiscard]] std::uint32_t kinds() const { return kinds_; }
  [[nodiscard]] std::uint32_t kind(std::uint32_t operation) const { return steps_[operation].kind; }

  // A write of a value that nobody ever looks for is overwritten unseen.
  [[nodiscard]] bool frees() const { return frees_; }
  [[nodiscard]] bool goes_free_before(std::uint32_t operation, std::uint32_t by) const {
    return steps_[operation].unseen && steps_[by].sees == kNone;
  }

 private:
  static constexpr std::uint32_t kNone = UINT32_MAX;
  struct Step {
    const Operation* origin = nullptr;
    std::uint32_t sees = kNone;    // the value that must be there
    std::uint32_t writes = kNone;  // the value that is there after it
    std::uint32_t kind = kSingular;
    bool must = false;
    bool unseen = false;
  };
  struct Value {
    std::int32_t must_be_seen = 0;        // by how many that surely happened and are not linearized yet
    std::int32_t writers = 0;             // not linearized yet
    std::int32_t may_be_seen = 0;         // by how many that perhaps happened
    std::int64_t first_seen = INT64_MAX;  // the earliest end of those who saw it
    std::int64_t last_seen = INT64_MIN;   // the latest
  };

  void translate(std::span<const Operation* const> operations, Instant cut);
  void count_values();
  void drop_unseen_unknowns();
  void use_single_writers();
  void find_unseen();
  void find_kinds();
  void count(std::uint32_t operation, std::int32_t by) {
    const Step& step = steps_[operation];
    if (step.must && step.sees != kNone) values_[step.sees].must_be_seen += by;
    if (step.writes != kNone) values_[step.writes].writers += by;
  }

  std::vector<Step> steps_;
  std::vector<TimedOperation> timed_;
  std::vector<Value> values_;
  bool foresight_;
  bool possible_ = true;
  bool frees_ = false;
  std::uint32_t kinds_ = 0;
};

}  // namespace chamber
