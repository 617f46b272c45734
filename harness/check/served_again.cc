#include "harness/check/served_again.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "harness/check/windows.h"

namespace chamber {
namespace {

using Operations = std::vector<const Operation*>;

struct Quiet {
  Instant from;
  Instant to;
  bool ends_in_fault;  // or with the load
  [[nodiscard]] bool has(const Operation& operation) const {
    return operation.intended >= from && operation.intended < to;
  }
};

// Stretches after a fault in which none is on, up to the last operation's intended start.
std::vector<Quiet> quiet_periods(const History& history, Instant last) {
  std::vector<Quiet> periods;
  const std::vector<Window> faults = fault_windows(history);
  Instant busy_until;
  for (std::size_t i = 0; i < faults.size(); ++i) {
    busy_until = std::max(busy_until, faults[i].to);
    const bool fault_is_next = i + 1 < faults.size() && faults[i + 1].from <= last;
    const Instant next = fault_is_next ? faults[i + 1].from : last;
    if (next > busy_until) periods.push_back({busy_until, next, fault_is_next});
  }
  return periods;
}

// Those that are judged: long enough, and with operations.
std::vector<Quiet> judged_periods(const History& history, const Operations& operations, Duration within) {
  Instant last;
  for (const Operation* operation : operations) {
    // Reads after the load are no longer service.
    if (!operation->final) last = std::max(last, operation->intended);
  }
  std::vector<Quiet> periods = quiet_periods(history, last);
  std::erase_if(periods, [&](const Quiet& quiet) {
    return quiet.to - quiet.from <= within ||
           std::ranges::none_of(operations, [&](const Operation* operation) { return quiet.has(*operation); });
  });
  return periods;
}

// Whether an operation's failure shows in the quiet period: not when the next fault began while it was on its way.
bool seen_in(const Quiet& quiet, const Operation& operation, const ServedAgainOptions& options) {
  if (operation.intended >= quiet.to) return false;
  return !quiet.ends_in_fault || operation.end < quiet.to || operation.intended < quiet.to - options.met;
}

// Whether an outage that reaches into a quiet period began before it or was seen in it.
bool is_of(const Quiet& quiet, const Outage& outage, const History& history, const ServedAgainOptions& options,
           const Operations& operations) {
  if (outage.from >= quiet.to || outage.to <= quiet.from) return false;
  if (outage.from < quiet.from) return true;
  return std::ranges::any_of(operations, [&](const Operation* operation) {
    return operation->intended >= outage.from && seen_in(quiet, *operation, options) &&
           failed(history, *operation, options.outage);
  });
}

// Failures of one key's reads, or of its writes, without a success between.
struct Streak {
  std::uint64_t key = 0;
  bool reads = false;
  Operations failures = {};         // by intended start
  bool over = false;                // a success came
  Instant late_from = {};           // of the first quiet period in which it is late, if in any
  const Operation* late = nullptr;  // the last of it that such a period shows
};

std::vector<Streak> streaks_of(const History& history, const ServedAgainOptions& options, Operations operations) {
  std::erase_if(operations, [](const Operation* operation) { return operation->final; });
  std::ranges::stable_sort(operations, {}, &Operation::intended);
  std::vector<Streak> over;
  std::map<std::pair<std::uint64_t, bool>, Streak> open;
  for (const Operation* operation : operations) {
    const auto side = std::pair(operation->key, is(*operation, Which::kReads));
    if (failed(history, *operation, options.outage)) {
      Streak& streak = open.try_emplace(side, Streak{.key = side.first, .reads = side.second}).first->second;
      streak.failures.push_back(operation);
    } else if (auto ended = open.extract(side)) {
      ended.mapped().over = true;
      over.push_back(std::move(ended.mapped()));
    }
  }
  for (auto& [side, streak] : open) over.push_back(std::move(streak));
  return over;
}

// The last failure of a streak that makes the service late in a quiet period, null for none. Successes after it are
// sustained only some time later, so one that ends the time allowed is late, too.
const Operation* late_in(const Quiet& quiet, const Streak& streak, const ServedAgainOptions& options) {
  const Instant late = quiet.from + options.within - options.outage.sustained_for;
  const auto found = std::ranges::find_if(streak.failures.rbegin(), streak.failures.rend(), [&](const Operation* one) {
    return one->intended > late && seen_in(quiet, *one, options);
  });
  return found == streak.failures.rend() ? nullptr : *found;
}

std::size_t keys_in(const Quiet& quiet, const Operations& operations) {
  std::set<std::uint64_t> keys;
  for (const Operation* operation : operations) {
    if (quiet.has(*operation)) keys.insert(operation->key);
  }
  return keys.size();
}

// Takes what belongs to single keys out of the operations, and returns it.
std::vector<Streak> take_single_keys(const History& history, const ServedAgainOptions& options,
                                     const std::vector<Quiet>& periods, Operations& operations) {
  std::vector<Streak> streaks = streaks_of(history, options, operations);
  std::set<const Operation*> taken;
  for (const Quiet& quiet : periods) {
    std::set<std::uint64_t> late;
    for (const Streak& streak : streaks) {
      if (late_in(quiet, streak, options) != nullptr) late.insert(streak.key);
    }
    if (late.size() * options.keys_to_one > keys_in(quiet, operations)) continue;
    for (Streak& streak : streaks) {
      const Operation* last = late_in(quiet, streak, options);
      if (last == nullptr) continue;
      if (streak.late == nullptr) streak.late_from = std::max(quiet.from, streak.failures.front()->intended);
      streak.late = last;
      std::ranges::copy_if(streak.failures, std::inserter(taken, taken.end()),
                           [&](const Operation* failure) { return quiet.has(*failure); });
    }
  }
  std::erase_if(operations, [&](const Operation* operation) { return taken.contains(operation); });
  std::erase_if(streaks, [](const Streak& streak) { return streak.late == nullptr; });
  return streaks;
}

// What single keys say beside the service: their evidence, and a judgement that is no better than it was.
void judge_single_keys(const History& history, const std::vector<Streak>& streaks, Duration at_most,
                       CheckResult& result) {
  Duration worst{};
  std::set<std::uint64_t> keys;
  for (const Streak& streak : streaks) {
    const Duration took = streak.late->intended - streak.late_from;
    worst = std::max(worst, took);
    keys.insert(streak.key);
    if (took > at_most) {
      result.judgement = Judgement::kFail;
    } else if (!streak.over && result.judgement == Judgement::kPass) {
      // What had not ended may have lasted longer than was seen.
      result.judgement = Judgement::kInconclusive;
    }
    result.evidence.push_back(
        fmt::format("{} of key {} by itself from {} to {}: {} failed in {}{}{}", streak.reads ? "reads" : "writes",
                    history.key_text(streak.key), history.when(streak.failures.front()->intended),
                    history.when(streak.late->intended), streak.failures.size(), human(took),
                    took > at_most ? ", too late" : "", streak.over ? "" : "; none succeeded before the load ended"));
  }
  if (keys.empty()) return;
  result.summary += fmt::format("; {} key{} by {}, after {} of {}", keys.size(), keys.size() == 1 ? "" : "s",
                                keys.size() == 1 ? "itself" : "themselves", human(worst), human(at_most));
}

}  // namespace

CheckResult check_served_again(const History& history, const ServedAgainOptions& options) {
  CheckResult result;
  result.check = fmt::format("served_again {}", options.outage.workload);
  Operations operations = operations_of(history, options.outage.workload);
  const std::vector<Quiet> periods = judged_periods(history, operations, options.within);
  if (periods.empty()) {
    result.summary = fmt::format("no quiet period of more than {} with operations in it", human(options.within));
    return result;
  }
  for (const Quiet& quiet : periods) {
    result.operations += static_cast<std::uint64_t>(
        std::ranges::count_if(operations, [&](const Operation* operation) { return quiet.has(*operation); }));
  }
  std::vector<Streak> single;
  if (options.one_key_within) single = take_single_keys(history, options, periods, operations);
  const std::vector<Outage> outages = find_outages(history, options.outage, operations);
  Duration worst{};
  std::uint64_t late = 0;
  for (const Quiet& quiet : periods) {
    Instant back = quiet.from;
    for (const Outage& outage : outages) {
      if (is_of(quiet, outage, history, options, operations)) back = std::max(back, std::min(outage.to, quiet.to));
    }
    worst = std::max(worst, back - quiet.from);
    const bool kept = back - quiet.from <= options.within;
    late += kept ? 0 : 1;
    result.evidence.push_back(fmt::format("quiet from {} to {}: {}{}", history.when(quiet.from), history.when(quiet.to),
                                          back == quiet.from ? "served throughout"
                                          : back == quiet.to ? std::string("not served to its end")
                                                             : fmt::format("served after {}", human(back - quiet.from)),
                                          kept ? "" : ", too late"));
  }
  result.budget = Budget{result.check, seconds(options.within), seconds(worst), "s", options.source, true};
  result.judgement = late == 0 ? Judgement::kPass : Judgement::kFail;
  result.summary = late == 0 ? fmt::format("served again in each of {} quiet periods, after {} at most", periods.size(),
                                           human(worst))
                             : fmt::format("in {} of {} quiet periods not served again within {}", late, periods.size(),
                                           human(options.within));
  if (options.one_key_within) judge_single_keys(history, single, *options.one_key_within, result);
  return result;
}

}  // namespace chamber
