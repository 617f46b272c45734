#include "harness/check/register_model.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace chamber {
namespace {

std::int64_t ticks(Instant at) {
  return at.time_since_epoch().count();
}

// Values while they are collected: "nothing" is its own number, whatever numbers are written.
using Written = std::optional<std::int64_t>;

struct Accesses {
  bool sees = false;
  bool writes = false;
  Written seen;
  Written written;
};

// None for what has no place in a register's history.
std::optional<Accesses> accesses_of(const Operation& operation, bool done) {
  switch (operation.function) {
    case Function::kRead:
      if (!done) return std::nullopt;  // saw nothing that we know of, changed nothing
      return Accesses{true, false, operation.value, {}};
    case Function::kWrite:
      return Accesses{false, true, {}, operation.value};
    case Function::kDelete:
      return Accesses{false, true, {}, std::nullopt};
    case Function::kCas:
      return Accesses{true, true, operation.expected, operation.value};
    default:
      return std::nullopt;
  }
}

// Numbers values from 1 on in the order in which they come.
class NumberTable {
 public:
  explicit NumberTable(std::size_t most) : slots_(std::bit_ceil(2 * most + 2)) {}
  std::uint32_t number(std::int64_t value) {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = mix64(static_cast<std::uint64_t>(value)) & mask;
    while (slots_[at].number != 0 && slots_[at].value != value) at = (at + 1) & mask;
    if (slots_[at].number == 0) slots_[at] = {value, ++size_};
    return slots_[at].number;
  }
  [[nodiscard]] std::uint32_t size() const { return size_; }

 private:
  struct Slot {
    std::int64_t value = 0;
    std::uint32_t number = 0;  // 0: empty
  };
  std::vector<Slot> slots_;
  std::uint32_t size_ = 0;
};

}  // namespace

RegisterModel::RegisterModel(std::span<const Operation* const> operations, Instant cut, Foresight foresight)
    : foresight_(foresight == Foresight::kYes) {
  translate(operations, cut);
  count_values();
  if (!foresight_) return;
  drop_unseen_unknowns();
  use_single_writers();
  find_unseen();
  find_kinds();
}

void RegisterModel::translate(std::span<const Operation* const> operations, Instant cut) {
  struct Mention {
    std::int64_t value;
    std::uint32_t step;
    bool sees;
  };
  std::vector<Mention> mentions;
  steps_.reserve(operations.size());
  timed_.reserve(operations.size());
  for (const Operation* operation : operations) {
    if (operation->outcome == Outcome::kFail || operation->start > cut) continue;
    const bool done = operation->outcome == Outcome::kOk && operation->end <= cut;
    const auto accesses = accesses_of(*operation, done);
    if (!accesses) continue;
    const auto number = static_cast<std::uint32_t>(steps_.size());
    Step step;
    step.origin = operation;
    step.must = done;
    if (accesses->sees) {
      step.sees = 0;
      if (accesses->seen) mentions.push_back({*accesses->seen, number, true});
    }
    if (accesses->writes) {
      step.writes = 0;
      if (accesses->written) mentions.push_back({*accesses->written, number, false});
    }
    steps_.push_back(step);
    timed_.push_back({ticks(operation->start), done ? ticks(operation->end) : TimedOperation::kNoEnd});
  }
  NumberTable numbers(mentions.size());
  for (const Mention& mention : mentions) {
    Step& step = steps_[mention.step];
    (mention.sees ? step.sees : step.writes) = numbers.number(mention.value);
  }
  values_.resize(numbers.size() + 1);
}

void RegisterModel::count_values() {
  for (std::uint32_t i = 0; i < steps_.size(); ++i) {
    const Step& step = steps_[i];
    count(i, +1);
    if (step.sees == kNone) continue;
    Value& value = values_[step.sees];
    if (!step.must) {
      ++value.may_be_seen;
      continue;
    }
    value.first_seen = std::min(value.first_seen, timed_[i].end);
    value.last_seen = std::max(value.last_seen, timed_[i].end);
  }
}

void RegisterModel::drop_unseen_unknowns() {
  std::vector<bool> dropped(steps_.size());
  bool changed = true;
  bool any = false;
  while (std::exchange(changed, false)) {
    for (std::uint32_t i = 0; i < steps_.size(); ++i) {
      const Step& step = steps_[i];
      if (step.must || dropped[i]) continue;
      const Value& value = values_[step.writes];
      if (value.may_be_seen > 0 || value.last_seen >= timed_[i].start) continue;
      count(i, -1);
      if (step.sees != kNone) --values_[step.sees].may_be_seen;
      dropped[i] = changed = any = true;
    }
  }
  if (!any) return;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    if (dropped[i]) continue;
    steps_[kept] = steps_[i];
    timed_[kept++] = timed_[i];
  }
  steps_.resize(kept);
  timed_.resize(kept);
}

void RegisterModel::use_single_writers() {
  for (std::size_t i = 1; i < values_.size(); ++i) {
    if (values_[i].must_be_seen > 0 && values_[i].writers == 0) possible_ = false;
  }
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    Step& step = steps_[i];
    if (step.writes == kNone || step.writes == 0) continue;
    const Value& value = values_[step.writes];
    if (value.writers != 1 || value.first_seen == INT64_MAX) continue;
    if (value.first_seen < timed_[i].start) possible_ = false;
    timed_[i].end = std::min(timed_[i].end, value.first_seen);
    if (!step.must) {
      step.must = true;
      if (step.sees != kNone) {
        --values_[step.sees].may_be_seen;
        ++values_[step.sees].must_be_seen;
      }
    }
  }
}

void RegisterModel::find_unseen() {
  for (Step& step : steps_) {
    if (step.writes == kNone || step.sees != kNone) continue;
    step.unseen = values_[step.writes].must_be_seen == 0 && values_[step.writes].may_be_seen == 0;
    frees_ = frees_ || step.unseen;
  }
}

// Steps that write the same, having seen the same. Only where a value has several writers are there any.
void RegisterModel::find_kinds() {
  std::vector<std::uint32_t> shared;
  for (std::uint32_t i = 0; i < steps_.size(); ++i) {
    if (steps_[i].writes != kNone && values_[steps_[i].writes].writers > 1) shared.push_back(i);
  }
  const auto effect = [&](std::uint32_t i) { return std::pair(steps_[i].writes, steps_[i].sees); };
  std::sort(shared.begin(), shared.end(), [&](std::uint32_t a, std::uint32_t b) { return effect(a) < effect(b); });
  for (std::size_t i = 1; i < shared.size(); ++i) {
    if (effect(shared[i]) != effect(shared[i - 1])) continue;
    Step& previous = steps_[shared[i - 1]];
    if (previous.kind == kSingular) previous.kind = kinds_++;
    steps_[shared[i]].kind = previous.kind;
  }
}

}  // namespace chamber
