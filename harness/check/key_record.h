// What was written to each key and what was read from it: where checks of reads begin.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/history/history.h"

namespace chamber {

// Operations on one key, by start.
struct KeyRecord {
  std::vector<const Operation*> elements;  // append, add, enqueue: of every outcome
  std::vector<const Operation*> writes;    // write, cas, delete: of every outcome
  std::vector<const Operation*> removals;  // remove, dequeue: of every outcome
  std::vector<const Operation*> reads;     // that are ok
  std::vector<const Operation*> nameless;  // append, add, enqueue of what has no value
  [[nodiscard]] bool holds_list() const { return !elements.empty() || !removals.empty(); }
};

// Of one workload, "" for all.
[[nodiscard]] std::map<std::uint64_t, KeyRecord> records_by_key(const History& history, std::string_view workload);

// Why what a key's reads show tells nothing of what was lost: elements are removed, or it is not known which were
// added.
[[nodiscard]] std::optional<std::string> why_unjudged(const History& history, std::uint64_t key,
                                                      const KeyRecord& record);

// The elements that a read shows: its payload, or its one value.
[[nodiscard]] std::vector<std::int64_t> elements_of(const History& history, const Operation& read);

// When the writes of one value to a key took effect, as far as is certain: after `first_start` and before `last_end`.
// Without a value: the time before anybody wrote, and every delete.
class ValueTimes {
 public:
  struct Times {
    Instant first_start = Instant::max();
    Instant last_end = Instant::min();  // kNever where an unknown one is among them
    bool possible = false;              // some write of it did not certainly fail
  };
  explicit ValueTimes(const KeyRecord& record);
  // Null for a value that nobody tried to write.
  [[nodiscard]] const Times* find(std::optional<std::int64_t> value) const;

 private:
  std::map<std::optional<std::int64_t>, Times> times_;
};

}  // namespace chamber
