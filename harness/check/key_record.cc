#include "harness/check/key_record.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/check/windows.h"

namespace chamber {

std::map<std::uint64_t, KeyRecord> records_by_key(const History& history, std::string_view workload) {
  std::map<std::uint64_t, KeyRecord> records;
  for (const Operation* operation : operations_of(history, workload)) {
    switch (operation->function) {
      case Function::kAppend:
      case Function::kAdd:
      case Function::kEnqueue:
        (operation->value ? records[operation->key].elements : records[operation->key].nameless).push_back(operation);
        break;
      case Function::kWrite:
      case Function::kCas:
      case Function::kDelete:
        records[operation->key].writes.push_back(operation);
        break;
      case Function::kRemove:
      case Function::kDequeue:
        records[operation->key].removals.push_back(operation);
        break;
      case Function::kRead:
        if (operation->outcome == Outcome::kOk) records[operation->key].reads.push_back(operation);
        break;
      default:
        break;
    }
  }
  return records;
}

std::optional<std::string> why_unjudged(const History& history, std::uint64_t key, const KeyRecord& record) {
  if (!record.removals.empty()) {
    return fmt::format("elements are removed from key {}: what is not shown may be gone", history.key_text(key));
  }
  if (record.nameless.empty()) return std::nullopt;
  return fmt::format("an element without a value can't be looked for: {}", history.describe(*record.nameless.front()));
}

std::vector<std::int64_t> elements_of(const History& history, const Operation& read) {
  const auto payload = history.payload_of(read);
  std::vector<std::int64_t> elements(payload.begin(), payload.end());
  if (elements.empty() && read.value) elements.push_back(*read.value);
  return elements;
}

ValueTimes::ValueTimes(const KeyRecord& record) {
  times_[std::nullopt] = {Instant::min(), Instant::min(), true};
  for (const Operation* write : record.writes) {
    const bool deletes = write->function == Function::kDelete;
    Times& times = times_[deletes ? std::nullopt : write->value];
    if (write->outcome == Outcome::kFail) continue;
    times.possible = true;
    times.first_start = std::min(times.first_start, write->start);
    times.last_end = std::max(times.last_end, write->outcome == Outcome::kOk ? write->end : kNever);
  }
}

const ValueTimes::Times* ValueTimes::find(std::optional<std::int64_t> value) const {
  const auto found = times_.find(value);
  return found == times_.end() ? nullptr : &found->second;
}

}  // namespace chamber
