// The search for a linearization of one partition: Wing and Gong ("Testing and verifying concurrent objects", 1993)
// with Lowe's memoisation ("Testing for linearizability", 2017), over any sequential model.
//
// A configuration is the set of operations that are linearized and the model's state. Of each one seen only a 128-bit
// fingerprint is kept (Zobrist: the exclusive-or of a number for each operation and one for the state), so a step
// costs the same however long the history is. Two configurations with the same fingerprint would make the search skip
// one: a pass is never wrong, for it comes with its order; a fail would be wrong with a probability below 10^-18 for
// 10^10 configurations.
//
// Rules that cut the search without losing an answer:
// - An enabled operation that only looks (a read) and agrees with the state is linearized at once: putting it first in
//   any completion leaves the completion valid.
// - Of several enabled operations that do the same, only the one that ends first is tried: in an order with another of
//   them here and it later, the two can change places.
// - A model may say that a step leads nowhere, or that an operation may always go along with another (see Model below).
#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include "harness/check/limits.h"
#include "harness/check/seen_set.h"

namespace chamber {

// The operations of a partition as the search sees them, by start. What surely did not happen is not among them.
struct TimedOperation {
  static constexpr std::int64_t kNoEnd = INT64_MAX;
  std::int64_t start = 0;
  std::int64_t end = kNoEnd;  // kNoEnd for those that may take effect at any later time, or never
  [[nodiscard]] bool must() const { return end != kNoEnd; }
};

// Calls and returns in the order of time, as a list from which linearized operations are lifted (and put back). A call
// at the very time of a return comes before it: the two operations then count as concurrent.
class EventList {
 public:
  explicit EventList(std::span<const TimedOperation> operations);

  static constexpr std::uint32_t kHead = 0;
  [[nodiscard]] std::uint32_t first() const { return nodes_[kHead].next; }
  [[nodiscard]] std::uint32_t next(std::uint32_t event) const { return nodes_[event].next; }
  // True for a return, and for the end of the list.
  [[nodiscard]] bool is_barrier(std::uint32_t event) const { return (nodes_[event].operation & kReturn) != 0; }
  [[nodiscard]] std::uint32_t operation(std::uint32_t event) const { return nodes_[event].operation; }
  [[nodiscard]] std::uint32_t call(std::uint32_t operation) const { return places_[operation].call; }

  // The return first: next() of the lifted call then leads on to what is still in the list.
  void lift(std::uint32_t operation) {
    if (places_[operation].ret != kHead) unlink(places_[operation].ret);
    unlink(places_[operation].call);
  }
  // In the reverse order of lifting.
  void put_back(std::uint32_t operation) {
    relink(places_[operation].call);
    if (places_[operation].ret != kHead) relink(places_[operation].ret);
  }

 private:
  static constexpr std::uint32_t kReturn = 1U << 31;
  struct Node {
    std::uint32_t previous = 0;
    std::uint32_t next = 0;
    std::uint32_t operation = kReturn;
  };
  struct Place {
    std::uint32_t call = kHead;
    std::uint32_t ret = kHead;  // kHead: has none
  };

  void unlink(std::uint32_t event) {
    const Node& node = nodes_[event];
    nodes_[node.previous].next = node.next;
    nodes_[node.next].previous = node.previous;
  }
  void relink(std::uint32_t event) {
    const Node& node = nodes_[event];
    nodes_[node.previous].next = event;
    nodes_[node.next].previous = event;
  }

  std::vector<Node> nodes_;  // [0] stands before the first and behind the last
  std::vector<Place> places_;
};

inline EventList::EventList(std::span<const TimedOperation> operations) : places_(operations.size()) {
  std::vector<std::uint32_t> returns;
  returns.reserve(operations.size());
  for (std::uint32_t i = 0; i < operations.size(); ++i) {
    if (operations[i].must()) returns.push_back(i);
  }
  const auto end_of = [&](std::uint32_t i) { return operations[i].end; };
  const auto earlier = [&](std::uint32_t a, std::uint32_t b) { return end_of(a) < end_of(b); };
  if (!std::is_sorted(returns.begin(), returns.end(), earlier))
    std::stable_sort(returns.begin(), returns.end(), earlier);

  nodes_.resize(1 + operations.size() + returns.size());
  std::uint32_t call = 0;
  std::size_t ret = 0;
  for (std::uint32_t event = 1; event < nodes_.size(); ++event) {
    Node& node = nodes_[event];
    node.previous = event - 1;
    node.next = event + 1;
    if (call < operations.size() && (ret == returns.size() || operations[call].start <= end_of(returns[ret]))) {
      node.operation = call;
      places_[call++].call = event;
    } else {
      node.operation = returns[ret] | kReturn;
      places_[returns[ret++]].ret = event;
    }
  }
  nodes_.back().next = kHead;
  nodes_[kHead].previous = static_cast<std::uint32_t>(nodes_.size() - 1);
  nodes_[kHead].next = nodes_.size() > 1 ? 1 : kHead;
}

enum class SearchEnd { kLinearizable, kNotLinearizable, kGaveUp };

// A Model is
//   State                                 // a value that names a state
//   State initial() const;
//   std::uint64_t fingerprint(State) const;
//   bool only_looks(op) const;            // never changes the state
//   bool agrees(State, op) const;         // for those that only look
//   std::optional<State> step(State, op)  // for the others: the state after, none where it can't be
//   bool apply(State, op, State after)    // the step is being taken; false (and nothing is changed) says that it
//                                         // leads nowhere. Looks are applied, too.
//   void undo(State, op, State after);
//   std::uint32_t kinds() const;          // how many different steps several operations share
//   std::uint32_t kind(op) const;         // which of them this is, kSingular for what no other operation does
//   bool frees() const;                   // whether goes_free_before is ever true
//   bool goes_free_before(op, by) const   // op, where enabled, may always be linearized directly before `by`: whoever
//                                         // comes after `by` sees no difference, and no completion is lost
inline constexpr std::uint32_t kSingular = UINT32_MAX;

template <typename Model>
class LinearSearch {
 public:
  LinearSearch(Model& model, std::span<const TimedOperation> operations, Meter& meter)
      : model_(model),
        operations_(operations),
        events_(operations),
        meter_(meter),
        seen_(meter),
        firsts_(model.kinds()) {
    for (const TimedOperation& operation : operations) must_left_ += operation.must() ? 1 : 0;
  }

  SearchEnd run();

  // The longest order found so far; kept only if asked for, because it costs a copy each time.
  void keep_longest() { keep_longest_ = true; }
  [[nodiscard]] const std::vector<std::uint32_t>& longest() const { return longest_; }

 private:
  using State = typename Model::State;
  struct Frame {
    std::uint32_t operation;
    bool forced;  // no other choice needs to be tried in its place
    State before;
    State after;
  };

  [[nodiscard]] Fingerprint of_operation(std::uint32_t operation) const {
    const std::uint64_t low = mix64(operation);
    return {low, mix64(low ^ kOperationSalt)};
  }
  [[nodiscard]] Fingerprint of_state(State state) const {
    const std::uint64_t low = mix64(model_.fingerprint(state) ^ kStateSalt);
    return {low, mix64(low)};
  }

  void push(std::uint32_t operation, bool forced, State after);
  void pop();
  void take_looks();
  void collect_firsts();
  [[nodiscard]] bool is_first_of_kind(std::uint32_t operation) const;
  void collect_free(std::uint32_t by);
  [[nodiscard]] bool back(std::uint32_t& resume);
  enum class Step { kTaken, kNone, kGaveUp };
  Step take_step(std::uint32_t from);
  void note_longest();

  static constexpr std::uint64_t kOperationSalt = 0x6A09E667F3BCC908ULL;
  static constexpr std::uint64_t kStateSalt = 0xBB67AE8584CAA73BULL;
  static constexpr std::uint32_t kStepsBetweenLooksAtTheClock = 1U << 14;

  Model& model_;
  std::span<const TimedOperation> operations_;
  EventList events_;
  Meter& meter_;
  SeenSet seen_;
  std::vector<Frame> stack_;
  std::vector<std::uint32_t> free_;
  struct First {
    std::uint64_t scan = 0;  // whether it is of this scan
    std::uint32_t operation = 0;
  };
  std::vector<First> firsts_;  // of each kind, the enabled operation that ends first
  std::uint64_t scan_ = 0;
  State state_{};
  Fingerprint linearized_;
  std::size_t must_left_ = 0;
  std::uint32_t steps_ = 0;
  bool keep_longest_ = false;
  std::vector<std::uint32_t> longest_;
};

template <typename Model>
void LinearSearch<Model>::push(std::uint32_t operation, bool forced, State after) {
  stack_.push_back({operation, forced, state_, after});
  events_.lift(operation);
  linearized_ = linearized_ ^ of_operation(operation);
  state_ = after;
  if (operations_[operation].must()) --must_left_;
}

template <typename Model>
void LinearSearch<Model>::pop() {
  const Frame& frame = stack_.back();
  events_.put_back(frame.operation);
  linearized_ = linearized_ ^ of_operation(frame.operation);
  state_ = frame.before;
  if (operations_[frame.operation].must()) ++must_left_;
  model_.undo(frame.before, frame.operation, frame.after);
  stack_.pop_back();
}

template <typename Model>
void LinearSearch<Model>::take_looks() {
  for (std::uint32_t event = events_.first(); !events_.is_barrier(event); event = events_.next(event)) {
    const std::uint32_t operation = events_.operation(event);
    if (!model_.only_looks(operation) || !model_.agrees(state_, operation)) continue;
    if (model_.apply(state_, operation, state_)) push(operation, true, state_);
  }
}

template <typename Model>
void LinearSearch<Model>::collect_firsts() {
  if (firsts_.empty()) return;
  ++scan_;
  for (std::uint32_t event = events_.first(); !events_.is_barrier(event); event = events_.next(event)) {
    const std::uint32_t operation = events_.operation(event);
    const std::uint32_t kind = model_.kind(operation);
    if (kind == kSingular) continue;
    First& first = firsts_[kind];
    if (first.scan == scan_ && operations_[first.operation].end <= operations_[operation].end) continue;
    first = {scan_, operation};
  }
}

template <typename Model>
bool LinearSearch<Model>::is_first_of_kind(std::uint32_t operation) const {
  const std::uint32_t kind = model_.kind(operation);
  return kind == kSingular || firsts_[kind].operation == operation;
}

template <typename Model>
void LinearSearch<Model>::collect_free(std::uint32_t by) {
  free_.clear();
  if (!model_.frees()) return;
  for (std::uint32_t event = events_.first(); !events_.is_barrier(event); event = events_.next(event)) {
    const std::uint32_t operation = events_.operation(event);
    if (operation != by && model_.goes_free_before(operation, by)) free_.push_back(operation);
  }
}

// Tries what changes the state, from the call `from` on.
template <typename Model>
typename LinearSearch<Model>::Step LinearSearch<Model>::take_step(std::uint32_t from) {
  collect_firsts();
  for (std::uint32_t event = from; !events_.is_barrier(event); event = events_.next(event)) {
    const std::uint32_t operation = events_.operation(event);
    if (model_.only_looks(operation) || !is_first_of_kind(operation)) continue;
    const auto after = model_.step(state_, operation);
    if (!after || !model_.apply(state_, operation, *after)) continue;
    collect_free(operation);
    Fingerprint fingerprint = linearized_ ^ of_operation(operation) ^ of_state(*after);
    for (const std::uint32_t free : free_) fingerprint = fingerprint ^ of_operation(free);
    switch (seen_.insert(fingerprint)) {
      case SeenSet::Insert::kNew:
        push(operation, false, *after);
        // On the stack behind the step that they precede, so that they are put back with it.
        for (const std::uint32_t free : free_) {
          if (model_.apply(state_, free, state_)) push(free, true, state_);
        }
        return Step::kTaken;
      case SeenSet::Insert::kSeen:
        model_.undo(state_, operation, *after);
        break;
      case SeenSet::Insert::kNoMemory:
        model_.undo(state_, operation, *after);
        return Step::kGaveUp;
    }
  }
  return Step::kNone;
}

// To the last choice, and behind it; false when there is none left.
template <typename Model>
bool LinearSearch<Model>::back(std::uint32_t& resume) {
  note_longest();
  while (!stack_.empty()) {
    const Frame frame = stack_.back();
    pop();
    if (frame.forced) continue;
    resume = events_.next(events_.call(frame.operation));
    return true;
  }
  return false;
}

template <typename Model>
void LinearSearch<Model>::note_longest() {
  if (!keep_longest_ || stack_.size() <= longest_.size()) return;
  longest_.clear();
  std::size_t step = 0;
  for (const Frame& frame : stack_) {
    if (!frame.forced) step = longest_.size();
    const bool free = frame.forced && !model_.only_looks(frame.operation);
    longest_.insert(free ? longest_.begin() + static_cast<std::ptrdiff_t>(step) : longest_.end(), frame.operation);
  }
}

template <typename Model>
SearchEnd LinearSearch<Model>::run() {
  state_ = model_.initial();
  stack_.reserve(operations_.size());
  bool fresh = true;
  std::uint32_t resume = 0;
  while (true) {
    if (fresh) {
      take_looks();
      resume = events_.first();
    }
    if (must_left_ == 0) break;
    if (++steps_ % kStepsBetweenLooksAtTheClock == 0 && !meter_.in_time()) return SearchEnd::kGaveUp;
    const Step step = take_step(resume);
    if (step == Step::kGaveUp) return SearchEnd::kGaveUp;
    fresh = step == Step::kTaken;
    if (!fresh && !back(resume)) return SearchEnd::kNotLinearizable;
  }
  note_longest();
  return SearchEnd::kLinearizable;
}

}  // namespace chamber
