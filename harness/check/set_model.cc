#include "harness/check/set_model.h"

#include <array>
#include <random>
#include <unordered_set>

namespace chamber {
namespace {

// Drawn anew in each process: of numbers that are known beforehand, whoever writes a file can choose elements that
// together cancel out, and what a read doesn't show would not be missed.
const std::array<std::uint64_t, 2>& salts() {
  static const std::array<std::uint64_t, 2> kSalts = [] {
    std::random_device device;
    const auto draw = [&] { return static_cast<std::uint64_t>(device()) << 32 | device(); };
    return std::array<std::uint64_t, 2>{draw(), draw()};
  }();
  return kSalts;
}

Fingerprint element_fingerprint(std::int64_t value) {
  const auto bits = static_cast<std::uint64_t>(value);
  return {mix64(mix64(bits ^ salts()[0]) ^ salts()[1]), mix64(mix64(bits ^ salts()[1]) ^ salts()[0])};
}

bool changes_to_inside(const Operation& operation) {
  return operation.function == Function::kAdd;
}

}  // namespace

SetModel::SetModel(const History& history, std::span<const Operation* const> operations, Instant cut)
    : steps_(operations, cut, [](const Operation& operation) { return operation.function == Function::kRead; }) {
  use_reads(history);
  std::unordered_map<std::int64_t, std::uint32_t> numbers;
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const Operation& operation = *steps_[i].origin;
    if (!steps_[i].looks) {
      const auto number = static_cast<std::uint32_t>(numbers.size());
      elements_.push_back(numbers.emplace(operation.value.value_or(0), number).first->second);
      effects_.push_back(element_fingerprint(operation.value.value_or(0)));
      continue;
    }
    Fingerprint whole;
    for (const std::int64_t value : history.payload_of(operation)) whole = whole ^ element_fingerprint(value);
    if (operation.payload_size == 0 && operation.value) whole = element_fingerprint(*operation.value);
    elements_.push_back(0);
    effects_.push_back(whole);
  }
  inside_.resize(numbers.size());
  steps_.find_kinds([this](std::size_t i) { return std::pair(elements_[i], steps_[i].origin->function); });
}

std::optional<SetModel::State> SetModel::step(const State& state, std::uint32_t operation) const {
  const bool to_inside = changes_to_inside(*steps_[operation].origin);
  return inside_[elements_[operation]] == to_inside ? state : state ^ effects_[operation];
}

bool SetModel::apply(const State& before, std::uint32_t operation, const State& after) {
  if (!(before == after)) inside_[elements_[operation]] = changes_to_inside(*steps_[operation].origin);
  return true;
}

void SetModel::undo(const State& before, std::uint32_t operation, const State& after) {
  if (!(before == after)) inside_[elements_[operation]] = !changes_to_inside(*steps_[operation].origin);
}

// What reads show of each element settles most unknown ones before any search.
void SetModel::use_reads(const History& history) {
  struct Element {
    std::uint32_t changes = 0;
    bool removed = false;
    std::int64_t first_seen = INT64_MAX;  // the earliest end of a read that shows it
    std::int64_t last_seen = INT64_MIN;
  };
  std::unordered_map<std::int64_t, Element> elements;
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const Operation& operation = *steps_[i].origin;
    if (steps_[i].looks) continue;
    Element& element = elements[operation.value.value_or(0)];
    ++element.changes;
    element.removed = element.removed || !changes_to_inside(operation);
  }
  std::unordered_set<std::int64_t> in_this_read;
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    if (!steps_[i].looks) continue;
    in_this_read.clear();
    for (const std::int64_t value : history.payload_of(*steps_[i].origin)) {
      const auto found = elements.find(value);
      if (!in_this_read.insert(value).second || found == elements.end()) {
        possible_ = false;
        continue;
      }
      found->second.first_seen = std::min(found->second.first_seen, steps_.end(i));
      found->second.last_seen = std::max(found->second.last_seen, steps_.end(i));
    }
    if (steps_[i].origin->payload_size == 0 && steps_[i].origin->value) {
      Element& element = elements[*steps_[i].origin->value];
      element.first_seen = std::min(element.first_seen, steps_.end(i));
      element.last_seen = std::max(element.last_seen, steps_.end(i));
    }
  }
  steps_.drop_if([&](std::size_t i) {
    if (steps_[i].done || !changes_to_inside(*steps_[i].origin)) return false;
    const Element& element = elements[steps_[i].origin->value.value_or(0)];
    return !element.removed && element.last_seen < steps_.start(i);
  });
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    if (steps_[i].looks) continue;
    const Element& element = elements[steps_[i].origin->value.value_or(0)];
    if (element.removed || element.changes != 1 || element.first_seen == INT64_MAX) continue;
    if (element.first_seen < steps_.start(i)) possible_ = false;
    steps_.must_end_by(i, element.first_seen);
  }
}

}  // namespace chamber
