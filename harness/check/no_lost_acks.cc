#include "harness/check/no_lost_acks.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "harness/check/windows.h"

namespace chamber {
namespace {

constexpr std::size_t kMostLines = 20;

bool writes_element(Function function) {
  return function == Function::kAppend || function == Function::kAdd || function == Function::kEnqueue;
}

struct Key {
  std::vector<const Operation*> elements;
  std::vector<const Operation*> writes;
  std::vector<const Operation*> finals;
  Instant last_acknowledged;  // the latest end of an ok write
};

class LostAcks {
 public:
  LostAcks(const History& history, const NoLostAcksOptions& options) : history_(history), options_(options) {}

  CheckResult judge() {
    result_.check = fmt::format("no_lost_acks {}", options_.workload);
    collect();
    if (result_.operations < std::max<std::uint64_t>(1, options_.least_operations)) {
      result_.summary = fmt::format("{} operations were acknowledged: too few to judge", result_.operations);
      return std::move(result_);
    }
    for (auto& [number, key] : keys_) judge_key(number, key);
    conclude();
    return std::move(result_);
  }

 private:
  void collect() {
    for (const Operation* operation : operations_of(history_, options_.workload)) {
      const bool element = writes_element(operation->function);
      const bool write = operation->function == Function::kWrite || operation->function == Function::kCas ||
                         operation->function == Function::kDelete;
      const bool ok = operation->outcome == Outcome::kOk;
      if (operation->function == Function::kRead && operation->final && ok) {
        keys_[operation->key].finals.push_back(operation);
      }
      if (!element && !write) continue;
      if (element && !operation->value) {
        if (nameless_ == nullptr) nameless_ = operation;
        continue;
      }
      Key& key = keys_[operation->key];
      (element ? key.elements : key.writes).push_back(operation);
      if (!ok) continue;
      ++result_.operations;
      key.last_acknowledged = std::max(key.last_acknowledged, operation->end);
    }
  }

  void judge_key(std::uint64_t number, Key& key) {
    std::erase_if(key.finals, [&](const Operation* read) { return read->start < key.last_acknowledged; });
    if (key.elements.empty() && key.writes.empty()) return;
    if (key.finals.empty()) {
      unread_.push_back(number);
      return;
    }
    if (!key.elements.empty()) judge_elements(key);
    if (!key.writes.empty()) judge_writes(key);
  }

  struct Presence {
    std::uint64_t most = 0;   // how often it stands in one read
    std::uint64_t lists = 0;  // how many lists it stands in
  };
  struct Found {
    std::unordered_map<std::int64_t, Presence> elements;
    std::uint64_t lists = 0;  // reads that show all of a key, rather than one element
    [[nodiscard]] bool contains(std::int64_t value) const {
      const auto found = elements.find(value);
      return found != elements.end() && found->second.lists == lists;
    }
  };

  Found read_all(const Key& key) const {
    Found found;
    std::unordered_map<std::int64_t, std::uint64_t> in_one;
    for (const Operation* read : key.finals) {
      in_one.clear();
      for (const std::int64_t value : history_.payload_of(*read)) ++in_one[value];
      const bool single = read->payload_size == 0 && read->value;
      if (single) ++in_one[*read->value];
      if (!single) ++found.lists;
      for (const auto& [value, count] : in_one) {
        Presence& presence = found.elements[value];
        presence.most = std::max(presence.most, count);
        presence.lists += single ? 0 : 1;
      }
    }
    return found;
  }

  void judge_elements(const Key& key) {
    const Found found = read_all(key);
    struct Tries {
      const Operation* any = nullptr;
      std::uint64_t possible = 0;
    };
    std::unordered_map<std::int64_t, Tries> tries;
    for (const Operation* operation : key.elements) {
      Tries& of_value = tries[*operation->value];
      of_value.any = operation;
      if (operation->outcome != Outcome::kFail) ++of_value.possible;
      const bool is_there = found.contains(*operation->value);
      if (operation->outcome == Outcome::kOk && !is_there) note(lost_, "lost", *operation);
      if (operation->outcome == Outcome::kUnknown && found.elements.contains(*operation->value)) ++recovered_;
    }
    for (const auto& [value, presence] : found.elements) {
      const auto tried = tries.find(value);
      if (tried == tries.end()) {
        ++invented_;
        evidence(fmt::format("invented: {} is in a final read of key {}, and nobody wrote it",
                             history_.value_text(value), history_.key_text(key.finals[0]->key)));
      } else if (tried->second.possible == 0) {
        note(invented_, "there although it failed", *tried->second.any);
      } else if (options_.duplicates_fail && presence.most > tried->second.possible) {
        note(duplicated_, fmt::format("there {} times", presence.most), *tried->second.any);
      }
    }
  }

  void judge_writes(const Key& key) {
    // The ok write that started last: what ended before that start was replaced for certain.
    const Operation* latest = nullptr;
    for (const Operation* write : key.writes) {
      const bool ok = write->outcome == Outcome::kOk;
      if (ok && (latest == nullptr || write->start > latest->start)) latest = write;
    }
    for (const Operation* read : key.finals) {
      bool written = !read->value;  // at first there was nothing
      bool fits = written && latest == nullptr;
      for (const Operation* write : key.writes) {
        if (write->outcome == Outcome::kFail || left_by(*write) != read->value || write->start > read->end) continue;
        written = true;
        fits = fits || latest == nullptr || write->outcome == Outcome::kUnknown || write->end >= latest->start;
      }
      if (fits) continue;
      if (!written) {
        note(invented_, "invented: nobody wrote what it shows", *read);
      } else {
        note(lost_, fmt::format("lost (a final read shows {})", history_.value_text(read->value)), *latest);
      }
    }
  }

  static std::optional<std::int64_t> left_by(const Operation& write) {
    return write.function == Function::kDelete ? std::nullopt : write.value;
  }

  void note(std::uint64_t& counter, std::string_view what, const Operation& operation) {
    ++counter;
    evidence(fmt::format("{}: {}", what, history_.describe(operation)));
  }
  void evidence(std::string line) {
    if (result_.evidence.size() < kMostLines) result_.evidence.push_back(std::move(line));
  }

  void conclude() {
    const std::uint64_t wrong = lost_ + invented_ + duplicated_;
    result_.summary = fmt::format("{} acknowledged: {} lost, {} invented, {} duplicated; {} unknown ones were done",
                                  result_.operations, lost_, invented_, duplicated_, recovered_);
    if (wrong > result_.evidence.size()) result_.evidence.push_back(fmt::format("… {} in all", wrong));
    if (wrong > 0) {
      result_.judgement = Judgement::kFail;
    } else if (unread_.empty() && nameless_ == nullptr) {
      result_.judgement = Judgement::kPass;
    }
    if (nameless_ != nullptr) {
      result_.summary +=
          fmt::format("; an element without a value can't be looked for: {}", history_.describe(*nameless_));
    }
    if (unread_.empty()) return;
    result_.summary +=
        fmt::format("; no final read of {} keys, the first {}", unread_.size(), history_.key_text(unread_.front()));
  }

  const History& history_;
  const NoLostAcksOptions& options_;
  std::map<std::uint64_t, Key> keys_;
  std::vector<std::uint64_t> unread_;
  const Operation* nameless_ = nullptr;  // the first element without a value
  std::uint64_t lost_ = 0;
  std::uint64_t invented_ = 0;
  std::uint64_t duplicated_ = 0;
  std::uint64_t recovered_ = 0;
  CheckResult result_;
};

}  // namespace

CheckResult check_no_lost_acks(const History& history, const NoLostAcksOptions& options) {
  return LostAcks(history, options).judge();
}

}  // namespace chamber
