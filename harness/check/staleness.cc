#include "harness/check/staleness.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "harness/check/key_record.h"

namespace chamber {
namespace {

std::vector<const Operation*> acknowledged(const std::vector<const Operation*>& operations) {
  std::vector<const Operation*> ok;
  std::copy_if(operations.begin(), operations.end(), std::back_inserter(ok),
               [](const Operation* operation) { return operation->outcome == Outcome::kOk; });
  return ok;
}

void find_in_lists(const History& history, const KeyRecord& record, std::vector<StaleRead>& stale) {
  std::vector<const Operation*> by_end = acknowledged(record.elements);
  std::stable_sort(by_end.begin(), by_end.end(),
                   [](const Operation* a, const Operation* b) { return a->end < b->end; });
  for (const Operation* read : record.reads) {
    const std::vector<std::int64_t> elements = elements_of(history, *read);
    const std::unordered_set<std::int64_t> shown(elements.begin(), elements.end());
    // It stops at the first that is missing: no more steps than elements that are shown, and one.
    for (const Operation* element : by_end) {
      if (element->end >= read->start) break;
      if (shown.contains(*element->value)) continue;
      stale.push_back({read, element});
      break;
    }
  }
}

void find_in_values(const KeyRecord& record, std::vector<StaleRead>& stale) {
  const ValueTimes values(record);
  const std::vector<const Operation*> writes = acknowledged(record.writes);  // by start
  std::vector<const Operation*> first_end(writes.size());                    // of a write and all behind it
  for (std::size_t i = writes.size(); i-- > 0;) {
    const bool last = i + 1 == writes.size();
    first_end[i] = last || writes[i]->end <= first_end[i + 1]->end ? writes[i] : first_end[i + 1];
  }
  for (const Operation* read : record.reads) {
    const ValueTimes::Times* times = values.find(read->value);
    if (times == nullptr || !times->possible) continue;
    const auto newer = std::partition_point(writes.begin(), writes.end(),
                                            [&](const Operation* write) { return write->start <= times->last_end; });
    if (newer == writes.end()) continue;
    const Operation* missed = first_end[static_cast<std::size_t>(newer - writes.begin())];
    if (missed->end < read->start) stale.push_back({read, missed});
  }
}

}  // namespace

std::vector<StaleRead> find_stale_reads(const History& history, const std::string& workload) {
  std::vector<StaleRead> stale;
  for (const auto& [number, record] : records_by_key(history, workload)) {
    if (record.holds_list()) {
      find_in_lists(history, record, stale);
    } else {
      find_in_values(record, stale);
    }
  }
  std::stable_sort(stale.begin(), stale.end(),
                   [](const StaleRead& a, const StaleRead& b) { return a.read->start < b.read->start; });
  return stale;
}

CheckResult check_staleness(const History& history, const StalenessOptions& options) {
  CheckResult result;
  result.check = fmt::format("staleness {}", options.workload);
  std::uint64_t writes = 0;
  for (const auto& [number, record] : records_by_key(history, options.workload)) {
    result.operations += record.reads.size();
    writes += acknowledged(record.elements).size() + acknowledged(record.writes).size();
    if (const auto why = why_unjudged(history, number, record)) {
      result.summary = *why;
      return result;
    }
  }
  if (result.operations < std::max<std::uint64_t>(1, options.least_operations) || writes == 0) {
    result.summary = fmt::format("{} reads and {} writes were ok: too few to judge", result.operations, writes);
    return result;
  }
  std::vector<StaleRead> stale = find_stale_reads(history, options.workload);
  std::stable_sort(stale.begin(), stale.end(),
                   [](const StaleRead& a, const StaleRead& b) { return a.age() > b.age(); });
  const Duration oldest = stale.empty() ? Duration::zero() : stale.front().age();
  // Of all reads, those that are not stale included: the 99th percentile is the hundredth part from above.
  const std::size_t hundredth = result.operations / 100;
  const Duration p99 = hundredth < stale.size() ? stale[hundredth].age() : Duration::zero();
  result.summary = fmt::format("{} of {} reads missed an acknowledged write; the oldest by {}, p99 {}", stale.size(),
                               result.operations, human(oldest), human(p99));
  constexpr std::size_t kMostExamples = 3;
  for (std::size_t i = 0; i < std::min(kMostExamples, stale.size()); ++i) {
    result.evidence.push_back(fmt::format("{} old: {}", human(stale[i].age()), history.describe(*stale[i].read)));
    result.evidence.push_back(fmt::format("does not show: {}", history.describe(*stale[i].missed)));
  }
  result.judgement = Judgement::kPass;
  if (!options.at_most) return result;
  result.budget = Budget{result.check, seconds(*options.at_most), seconds(oldest), "s", options.source, true};
  if (oldest > *options.at_most) result.judgement = Judgement::kFail;
  return result;
}

}  // namespace chamber
