#include "harness/check/queue_model.h"

namespace chamber {
namespace {

bool enqueues(const Operation& operation) {
  return operation.function == Function::kEnqueue;
}

std::int64_t value_of(const Operation& operation) {
  return operation.value.value_or(0);
}

}  // namespace

QueueModel::QueueModel(std::span<const Operation* const> operations, Instant cut)
    : steps_(operations, cut, [&](const Operation& operation) {
        const bool done = operation.outcome == Outcome::kOk && operation.end <= cut;
        return operation.function == Function::kDequeue && done && !operation.value;
      }) {
  find_departures();
  find_overtaking();
  steps_.find_kinds([this](std::size_t i) {
    const Operation& operation = *steps_[i].origin;
    const bool takes_any = !enqueues(operation) && !steps_[i].done;
    return std::tuple(enqueues(operation), takes_any, takes_any ? 0 : value_of(operation));
  });
}

// Pairs what came in with what went out. Afterwards, an unknown enqueue is one whose element was seen to leave (and
// then it happened before that), or one of several of the same value; others are left out, with no order lost: the
// queue without that element behaves the same towards everyone who knows what he got.
void QueueModel::find_departures() {
  std::int64_t last_answer = INT64_MIN;
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const Operation& operation = *steps_[i].origin;
    if (steps_[i].done && !enqueues(operation)) last_answer = std::max(last_answer, steps_.end(i));
    if (steps_[i].looks) continue;
    if (enqueues(operation)) {
      ++departures_[value_of(operation)].enqueues;
    } else if (steps_[i].done) {
      Departure& departure = departures_[value_of(operation)];
      ++departure.dequeues;
      departure.start = steps_.start(i);
      departure.end = std::min(departure.end, steps_.end(i));
    }
  }
  for (const auto& [value, departure] : departures_) {
    if (departure.dequeues > departure.enqueues) possible_ = false;
  }
  steps_.drop_if([&](std::size_t i) {
    if (steps_[i].done) return false;
    const Operation& operation = *steps_[i].origin;
    return enqueues(operation) ? departures_[value_of(operation)].dequeues == 0 : steps_.start(i) > last_answer;
  });
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const Operation& operation = *steps_[i].origin;
    if (steps_[i].looks) continue;
    if (!enqueues(operation)) {
      if (!steps_[i].done) unknown_dequeue_ = std::min(unknown_dequeue_, steps_.start(i));
      continue;
    }
    const Departure& departure = departures_[value_of(operation)];
    if (departure.enqueues != 1 || departure.dequeues != 1) continue;
    if (departure.end < steps_.start(i)) possible_ = false;
    steps_.must_end_by(i, departure.end);
  }
}

// Nobody may leave before one who had entered before he came: the pattern of Henzinger, Sezgin and Vafeiadis
// ("Aspect-oriented linearizability proofs", 2013) that a search finds last, because each order of those who entered
// together must be tried first.
void QueueModel::find_overtaking() {
  std::vector<std::size_t> by_end;
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    if (enqueues(*steps_[i].origin) && steps_.end(i) != TimedOperation::kNoEnd) by_end.push_back(i);
  }
  std::sort(by_end.begin(), by_end.end(), [&](std::size_t a, std::size_t b) { return steps_.end(a) < steps_.end(b); });
  std::int64_t latest = INT64_MIN;  // departure of those that had entered by then
  std::size_t entered = 0;
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const Operation& operation = *steps_[i].origin;
    if (!enqueues(operation)) continue;
    while (entered < by_end.size() && steps_.end(by_end[entered]) < steps_.start(i)) {
      latest = std::max(latest, departure_start(value_of(*steps_[by_end[entered++]].origin)));
    }
    const Departure& departure = departures_.at(value_of(operation));
    if (departure.enqueues == 1 && departure.dequeues == 1 && departure.end < latest) possible_ = false;
  }
}

std::optional<QueueModel::State> QueueModel::step(const State& state, std::uint32_t operation) const {
  State after = state;
  const Operation& origin = *steps_[operation].origin;
  if (enqueues(origin)) {
    after.push_back(static_cast<std::uint64_t>(value_of(origin)));
    return after;
  }
  // An unknown dequeue of an empty queue had no effect: leaving it out is the same.
  if (head_ == content_.size()) return std::nullopt;
  if (steps_[operation].done && content_[head_] != value_of(origin)) return std::nullopt;
  after.pop_front(static_cast<std::uint64_t>(content_[head_]));
  return after;
}

// Whether an element that enters now would have to leave before one that entered earlier. (Of those that have left
// already the same is asked: the order is then past their departure's start, and this one's end would lie before it.)
bool QueueModel::overtakes(std::int64_t value) const {
  const Departure& own = departures_.at(value);
  return own.enqueues == 1 && own.dequeues == 1 && !latest_departure_.empty() && own.end < latest_departure_.back();
}

// The earliest that an element can leave, as far as that is known for certain.
std::int64_t QueueModel::departure_start(std::int64_t value) const {
  const Departure& departure = departures_.at(value);
  if (departure.enqueues != 1) return INT64_MIN;
  if (departure.dequeues == 1) return departure.start;
  return unknown_dequeue_;
}

bool QueueModel::apply(const State& before, std::uint32_t operation, const State& after) {
  if (before == after) return true;
  const Operation& origin = *steps_[operation].origin;
  if (!enqueues(origin)) {
    ++head_;
    return true;
  }
  if (overtakes(value_of(origin))) return false;
  const std::int64_t start = departure_start(value_of(origin));
  latest_departure_.push_back(content_.empty() ? start : std::max(start, latest_departure_.back()));
  content_.push_back(value_of(origin));
  return true;
}

void QueueModel::undo(const State& before, std::uint32_t operation, const State& after) {
  if (before == after) return;
  if (enqueues(*steps_[operation].origin)) {
    content_.pop_back();
    latest_departure_.pop_back();
  } else {
    --head_;
  }
}

}  // namespace chamber
