#include "harness/check/monotonic_reads.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "harness/check/key_record.h"

namespace chamber {
namespace {

class MonotonicReads {
 public:
  MonotonicReads(const History& history, const MonotonicReadsOptions& options) : history_(history), options_(options) {}

  CheckResult judge() {
    result_.check = fmt::format("monotonic_reads {}", options_.workload);
    for (const auto& [number, record] : records_by_key(history_, options_.workload)) {
      if (const auto why = why_unjudged(history_, number, record)) {
        result_.summary = *why;
        return std::move(result_);
      }
      if (record.holds_list()) {
        judge_lists(record);
      } else {
        judge_values(record);
      }
    }
    if (result_.operations < std::max<std::uint64_t>(1, options_.least_operations)) {
      result_.summary =
          fmt::format("{} times a client read what it had read before: too few to judge", result_.operations);
      return std::move(result_);
    }
    result_.judgement = wrong_ == 0 ? Judgement::kPass : Judgement::kFail;
    result_.summary =
        fmt::format("{} times a client read a key again, {} times it went back", result_.operations, wrong_);
    return std::move(result_);
  }

 private:
  void judge_lists(const KeyRecord& record) {
    std::unordered_map<std::uint32_t, const Operation*> last;
    for (const Operation* read : record.reads) {
      const Operation*& before = last[read->process];
      if (before != nullptr) {
        ++result_.operations;
        if (const auto gone = first_gone(*before, *read)) {
          wrong(fmt::format("saw {} and then no more", history_.value_text(*gone)), *before, *read);
        }
      }
      before = read;
    }
  }

  std::optional<std::int64_t> first_gone(const Operation& before, const Operation& after) const {
    const std::vector<std::int64_t> old = elements_of(history_, before);
    const std::vector<std::int64_t> now = elements_of(history_, after);
    if (old.size() <= now.size() && std::equal(old.begin(), old.end(), now.begin())) return std::nullopt;
    const std::unordered_set<std::int64_t> shown(now.begin(), now.end());
    const auto gone = std::find_if(old.begin(), old.end(), [&](std::int64_t value) { return !shown.contains(value); });
    return gone == old.end() ? std::nullopt : std::optional(*gone);
  }

  // Of all that a client saw, what was written last counts.
  struct Newest {
    const Operation* read = nullptr;
    Instant written = Instant::min();  // not before this
  };

  void judge_values(const KeyRecord& record) {
    const ValueTimes values(record);
    std::unordered_map<std::uint32_t, Newest> seen;
    for (const Operation* read : record.reads) {
      const ValueTimes::Times* times = values.find(read->value);
      // Values that nobody wrote have no age; `linearizable` and `no_lost_acks` are for those.
      if (times == nullptr || !times->possible) continue;
      Newest& newest = seen[read->process];
      if (newest.read != nullptr) {
        ++result_.operations;
        if (times->last_end < newest.written) wrong("saw a value and then an older one", *newest.read, *read);
      }
      if (newest.read == nullptr || times->first_start > newest.written) newest = {read, times->first_start};
    }
  }

  void wrong(const std::string& what, const Operation& before, const Operation& after) {
    constexpr std::uint64_t kMostExamples = 5;
    if (wrong_++ >= kMostExamples) return;
    result_.evidence.push_back(fmt::format("process {} {}:", after.process, what));
    result_.evidence.push_back(history_.describe(before));
    result_.evidence.push_back(history_.describe(after));
  }

  const History& history_;
  const MonotonicReadsOptions& options_;
  std::uint64_t wrong_ = 0;
  CheckResult result_;
};

}  // namespace

CheckResult check_monotonic_reads(const History& history, const MonotonicReadsOptions& options) {
  return MonotonicReads(history, options).judge();
}

}  // namespace chamber
