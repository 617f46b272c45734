// Checks of how well clients were served (availability, errors, latency, refused, recovery, served again, capacity),
// each against a twin that says the same by going through everything for everything.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <iostream>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "harness/check/availability.h"
#include "harness/check/capacity.h"
#include "harness/check/errors.h"
#include "harness/check/latency.h"
#include "harness/check/recovery.h"
#include "harness/check/refused.h"
#include "harness/check/served_again.h"
#include "harness/check/test_histories.h"

namespace chamber {
namespace {

using std::chrono::milliseconds;

constexpr std::int64_t kLength = 60;  // of a history, in ms
constexpr std::array<std::string_view, 2> kFaults = {"first", "second"};

// Reads and writes that start late, fail in several ways or never end, and up to two faults.
History served_history(Random& random) {
  HistoryBuilder builder;
  const std::array<std::uint16_t, 3> errors = {0, builder.history().intern(kConflict),
                                               builder.history().intern("late")};
  builder.event(static_cast<std::int64_t>(random.below(3)), EventKind::kLoadStart, "w");
  const double failing = std::array{0.03, 0.3, 0.9}.at(random.below(3));
  for (std::uint64_t i = random.below(16); i > 0; --i) {
    const auto intended = static_cast<std::int64_t>(random.below(kLength));
    const std::int64_t start = intended + static_cast<std::int64_t>(random.below(3));
    const Outcome outcome = random.chance(failing) ? static_cast<Outcome>(1 + random.below(2)) : Outcome::kOk;
    const bool never = outcome == Outcome::kUnknown && random.chance(0.5);
    Operation& operation =
        builder.add(random.chance(0.9) ? "w" : "other", static_cast<std::uint32_t>(i),
                    random.chance(0.5) ? Function::kRead : Function::kWrite, random.below(3), 1, start,
                    never ? -1 : start + static_cast<std::int64_t>(random.below(10)), outcome);
    operation.intended = at_ms(intended);
    operation.final = random.chance(0.05);
    if (outcome != Outcome::kOk) operation.error = errors.at(random.below(errors.size()));
  }
  for (const std::string_view fault : kFaults) {
    if (random.chance(0.3)) continue;
    const auto from = static_cast<std::int64_t>(random.below(kLength));
    const auto proved = from + static_cast<std::int64_t>(random.below(5));
    const auto undo = proved + static_cast<std::int64_t>(random.below(15));
    builder.event(from, EventKind::kFaultStart, std::string(fault));
    if (random.chance(0.9)) builder.event(proved, EventKind::kFaultProved, std::string(fault));
    if (random.chance(0.1)) continue;
    builder.event(undo, EventKind::kFaultUndo, std::string(fault));
    builder.event(undo + 1 + static_cast<std::int64_t>(random.below(4)), EventKind::kFaultEnd, std::string(fault));
  }
  builder.history().complete_until = at_ms(2 * kLength);
  return builder.history();
}

std::optional<Instant> moment_of(const History& history, EventKind kind, std::string_view fault) {
  for (const Event& event : history.events) {
    if (event.kind == kind && event.subject == fault) return event.at;
  }
  return std::nullopt;
}

bool was_served(const History& history, const Operation& operation) {
  if (operation.outcome == Outcome::kFail) return history.name(operation.error) == kConflict;
  return operation.outcome == Outcome::kOk;
}

using Operations = std::vector<Operation>;

// Of the workload, in or out of the time of faults and the margin after them.
Operations chosen(const History& history, When when = When::kAlways, Which which = Which::kAll, Duration margin = {}) {
  Operations operations;
  for (const Operation& operation : history.operations) {
    if (history.name(operation.workload) != "w") continue;
    if (which != Which::kAll && (operation.function == Function::kRead) != (which == Which::kReads)) continue;
    bool hit = false;
    for (const std::string_view fault : kFaults) {
      const auto from = moment_of(history, EventKind::kFaultStart, fault);
      if (!from) continue;
      const Instant to = moment_of(history, EventKind::kFaultEnd, fault).value_or(history.complete_until);
      hit = hit || (operation.intended <= to + margin && operation.end >= *from);
    }
    if (when == When::kAlways || hit == (when == When::kDuringFault)) operations.push_back(operation);
  }
  return operations;
}

// What a test draws of what most of the checks can be asked.
struct Question {
  explicit Question(Random& random)
      : when(static_cast<When>(random.below(3))),
        which(static_cast<Which>(random.below(3))),
        margin(milliseconds(random.below(6))),
        least(random.below(4)) {}
  When when;
  Which which;
  Duration margin;
  std::uint64_t least;
};

struct Answers {
  CheckResult result;
  Judgement expected;
};

// `ask` draws a question about a history, and gives what the check and its twin say.
void expect_agreement(const std::function<Answers(Random&, const History&)>& ask) {
  for (const std::uint64_t seed : test_seeds()) {
    std::cout << "seed " << seed << "\n";
    Random random(seed);
    std::map<Judgement, int> seen;
    for (int round = 0; round < kTwinRounds; ++round) {
      const History history = served_history(random);
      const Answers answers = ask(random, history);
      ++seen[answers.expected];
      if (answers.result.judgement == answers.expected) continue;
      for (const Operation& operation : history.operations) std::cout << history.describe(operation) << "\n";
      for (const Event& event : history.events) {
        std::cout << history.when(event.at) << " " << to_string(event.kind) << " " << event.subject << "\n";
      }
      FAIL() << "seed " << seed << ", round " << round << ": the twin says " << to_string(answers.expected)
             << ", the check " << to_string(answers.result.judgement) << ": " << answers.result.summary;
    }
    for (const Judgement judgement : {Judgement::kPass, Judgement::kFail, Judgement::kInconclusive}) {
      EXPECT_GT(seen[judgement], kTwinRounds / 200) << to_string(judgement);
    }
  }
}

Judgement pass_if(bool good) {
  return good ? Judgement::kPass : Judgement::kFail;
}

TEST(Availability, AgreesWithItsTwin) {
  expect_agreement([](Random& random, const History& history) {
    const Question asked(random);
    const std::uint64_t quarters = 1 + random.below(4);
    std::uint64_t all = 0;
    std::uint64_t good = 0;
    for (const Operation& operation : chosen(history, asked.when, asked.which, asked.margin)) {
      ++all;
      good += was_served(history, operation) ? 1 : 0;
    }
    const bool enough = all > 0 && all >= asked.least;
    return Answers{check_availability(history, {.workload = "w",
                                                .at_least = static_cast<double>(quarters) / 4,
                                                .when = asked.when,
                                                .which = asked.which,
                                                .margin = asked.margin,
                                                .least_operations = asked.least}),
                   enough ? pass_if(4 * good >= quarters * all) : Judgement::kInconclusive};
  });
}

TEST(Latency, AgreesWithItsTwin) {
  expect_agreement([](Random& random, const History& history) {
    const Question asked(random);
    const std::uint64_t quarters = 1 + random.below(4);
    const Duration at_most = milliseconds(random.below(12));
    std::uint64_t all = 0;
    std::uint64_t within = 0;
    for (const Operation& operation : chosen(history, asked.when, asked.which, asked.margin)) {
      if (operation.outcome != Outcome::kOk) continue;
      ++all;
      within += operation.end - operation.intended <= at_most ? 1 : 0;
    }
    const bool enough = all > 0 && all >= asked.least;
    return Answers{check_latency(history, {.workload = "w",
                                           .quantile = static_cast<double>(quarters) / 4,
                                           .at_most = at_most,
                                           .when = asked.when,
                                           .which = asked.which,
                                           .margin = asked.margin,
                                           .least_operations = asked.least}),
                   enough ? pass_if(4 * within >= quarters * all) : Judgement::kInconclusive};
  });
}

TEST(Errors, AgreesWithItsTwin) {
  expect_agreement([](Random& random, const History& history) {
    const Question asked(random);
    ErrorsOptions options{.workload = "w", .when = asked.when, .which = asked.which, .margin = asked.margin};
    if (random.chance(0.5)) options.only = {"late"};
    if (random.chance(0.3)) options.never = {random.chance(0.5) ? "late" : ""};
    bool good = true;
    const Operations operations = chosen(history, asked.when, asked.which, asked.margin);
    for (const Operation& operation : operations) {
      const std::string_view error = history.name(operation.error);
      const bool not_among = !options.only.empty() && error != options.only[0];
      const bool forbidden = !options.never.empty() && error == options.never[0];
      if (!was_served(history, operation) && (not_among || forbidden)) good = false;
    }
    return Answers{check_errors(history, options), operations.empty() ? Judgement::kInconclusive : pass_if(good)};
  });
}

TEST(Refused, AgreesWithItsTwin) {
  expect_agreement([](Random& random, const History& history) {
    const Question asked(random);
    std::uint64_t tried = 0;
    bool let_through = false;
    for (const Operation& operation : chosen(history, When::kAlways, asked.which)) {
      bool within = false;
      for (const std::string_view fault : kFaults) {
        const auto proved = moment_of(history, EventKind::kFaultProved, fault);
        const auto undo = moment_of(history, EventKind::kFaultUndo, fault);
        if (!proved || !undo) continue;
        within = within || (operation.start >= *proved + asked.margin && operation.end <= *undo);
      }
      if (!within) continue;
      ++tried;
      let_through = let_through || was_served(history, operation);
    }
    const std::uint64_t least = 1 + asked.least;
    return Answers{
        check_refused(history,
                      {.workload = "w", .what = asked.which, .after = asked.margin, .least_operations = least}),
        tried < least ? Judgement::kInconclusive : pass_if(!let_through)};
  });
}

TEST(Recovery, AgreesWithItsTwin) {
  expect_agreement([](Random& random, const History& history) {
    const std::int64_t slice = 1 + static_cast<std::int64_t>(random.below(12));
    const RecoveryOptions options{.workload = "w",
                                  .slower_than = milliseconds(3 + random.below(10)),
                                  .share = 0.5,
                                  .at_most = milliseconds(random.below(30)),
                                  .slice = milliseconds(slice),
                                  .least_operations = random.below(3)};
    std::optional<Instant> lifted;
    for (const Event& event : history.events) {
      if (event.kind == EventKind::kFaultUndo) lifted = std::max(lifted.value_or(event.at), event.at);
    }
    Operations after;
    for (const Operation& operation : chosen(history)) {
      if (lifted && operation.intended >= *lifted && !operation.final) after.push_back(operation);
    }
    const auto slice_of = [&](const Operation& operation) { return (operation.intended - *lifted) / options.slice; };
    std::int64_t last = 0;
    std::int64_t last_bad = -1;
    for (const Operation& one : after) {
      int all = 0;
      int good = 0;
      for (const Operation& other : after) {
        if (slice_of(other) != slice_of(one)) continue;
        ++all;
        good += was_served(history, other) && other.end - other.intended <= options.slower_than ? 1 : 0;
      }
      last = std::max(last, slice_of(one));
      if (2 * good < all) last_bad = std::max(last_bad, slice_of(one));
    }
    Judgement expected = pass_if((last_bad + 1) * options.slice <= options.at_most);
    if (expected == Judgement::kPass && last_bad == last) expected = Judgement::kInconclusive;
    if (after.empty() || after.size() < options.least_operations) expected = Judgement::kInconclusive;
    return Answers{check_recovery(history, options), expected};
  });
}

// Millisecond by millisecond: quiet is what lies behind a fault, in none, and not behind the last operation.
std::vector<std::pair<Instant, Instant>> quiet_stretches(const History& history) {
  Instant last;
  for (const Operation& operation : chosen(history)) {
    if (!operation.final) last = std::max(last, operation.intended);
  }
  std::vector<std::pair<Instant, Instant>> stretches;
  for (std::int64_t ms = 0; ms < 2 * kLength; ++ms) {
    bool behind = false;
    bool in_fault = false;
    for (const std::string_view fault : kFaults) {
      const auto from = moment_of(history, EventKind::kFaultStart, fault);
      if (!from) continue;
      const Instant to = moment_of(history, EventKind::kFaultEnd, fault).value_or(history.complete_until);
      behind = behind || to <= at_ms(ms);
      in_fault = in_fault || (*from < at_ms(ms + 1) && to > at_ms(ms));
    }
    if (!behind || in_fault || at_ms(ms + 1) > last) continue;
    if (stretches.empty() || stretches.back().second != at_ms(ms)) stretches.emplace_back(at_ms(ms), at_ms(ms));
    stretches.back().second = at_ms(ms + 1);
  }
  return stretches;
}

// What a quiet period shows as failed: not what the next fault met on its way.
bool shown_as_failed(const History& history, const Operation& operation, Instant to, Duration met) {
  const bool starts_a_fault = std::any_of(kFaults.begin(), kFaults.end(), [&](const std::string_view fault) {
    return moment_of(history, EventKind::kFaultStart, fault) == to;
  });
  const bool seen = operation.end < to || to - operation.intended > met;
  return !was_served(history, operation) && operation.intended < to && (!starts_a_fault || seen);
}

// Of the load, not of the reads after it.
bool alike(const Operation& a, const Operation& b) {
  return a.key == b.key && a.function == b.function && !a.final && !b.final;
}

// What stands still with an operation that failed: the failures of the same kind on its key that no success parts from
// it. `all` are by intended start, `at` is one of them.
std::vector<std::size_t> standing_still(const History& history, const Operations& all, std::size_t at) {
  std::vector<std::size_t> with;
  for (std::size_t other = 0; other < all.size(); ++other) {
    bool together = true;
    for (std::size_t i = std::min(at, other); i <= std::max(at, other); ++i) {
      together = together && !(alike(all[i], all[at]) && was_served(history, all[i]));
    }
    if (together && alike(all[other], all[at])) with.push_back(other);
  }
  return with;
}

struct SingleKeys {
  std::set<std::size_t> failures;  // that are not the service's
  bool late = false;
  bool open = false;
};

SingleKeys single_keys(const History& history, const Operations& all, const ServedAgainOptions& options,
                       const std::vector<std::pair<Instant, Instant>>& stretches) {
  SingleKeys single;
  std::map<std::vector<std::size_t>, std::pair<Instant, Instant>> waits;
  for (const auto& [from, to] : stretches) {
    std::set<std::uint64_t> keys;
    std::set<std::uint64_t> late_keys;
    std::vector<std::size_t> late;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (all[i].intended >= from && all[i].intended < to) keys.insert(all[i].key);
      if (all[i].final || all[i].intended <= from + options.within - options.outage.sustained_for) continue;
      if (!shown_as_failed(history, all[i], to, options.met)) continue;
      late.push_back(i);
      late_keys.insert(all[i].key);
    }
    if (late_keys.size() * options.keys_to_one > keys.size()) continue;
    for (const std::size_t at : late) {
      const std::vector<std::size_t> with = standing_still(history, all, at);
      auto& wait = waits.try_emplace(with, std::max(from, all[with.front()].intended), from).first->second;
      wait.second = std::max(wait.second, all[at].intended);
      for (const std::size_t i : with) {
        if (all[i].intended >= from && all[i].intended < to) single.failures.insert(i);
      }
    }
  }
  for (const auto& [with, wait] : waits) {
    single.late = single.late || wait.second - wait.first > *options.one_key_within;
    const Operation& last = all[with.back()];
    const bool ends =
        std::any_of(all.begin() + static_cast<std::ptrdiff_t>(with.back()), all.end(),
                    [&](const Operation& later) { return alike(later, last) && was_served(history, later); });
    single.open = single.open || !ends;
  }
  return single;
}

TEST(ServedAgain, AgreesWithItsTwin) {
  expect_agreement([](Random& random, const History& history) {
    ServedAgainOptions options{.outage = {.workload = "w",
                                          .sustained_operations = 1 + random.below(2),
                                          .sustained_for = milliseconds(random.below(4))},
                               .within = milliseconds(random.below(12)),
                               .met = milliseconds(random.below(8)),
                               .keys_to_one = 1 + random.below(3)};
    if (random.chance(0.5)) options.one_key_within = milliseconds(random.below(20));
    Operations all = chosen(history);
    std::stable_sort(all.begin(), all.end(),
                     [](const Operation& a, const Operation& b) { return a.intended < b.intended; });
    std::vector<std::pair<Instant, Instant>> stretches = quiet_stretches(history);
    std::erase_if(stretches, [&](const auto& stretch) {
      const auto in_it = [&](const Operation& o) { return o.intended >= stretch.first && o.intended < stretch.second; };
      return stretch.second - stretch.first <= options.within || std::none_of(all.begin(), all.end(), in_it);
    });
    const SingleKeys single = options.one_key_within ? single_keys(history, all, options, stretches) : SingleKeys();
    std::vector<const Operation*> service;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (!single.failures.contains(i)) service.push_back(&all[i]);
    }
    bool good = !single.late;
    for (const auto& [from, to] : stretches) {
      for (const Outage& each : find_outages(history, options.outage, service)) {
        bool seen = each.from < from;
        for (const Operation* operation : service) {
          seen = seen || (operation->intended >= each.from && shown_as_failed(history, *operation, to, options.met));
        }
        const bool reaches_in = seen && each.from < to && each.to > from;
        if (reaches_in && std::min(each.to, to) - from > options.within) good = false;
      }
    }
    Judgement expected = stretches.empty() ? Judgement::kInconclusive : pass_if(good);
    if (expected == Judgement::kPass && single.open) expected = Judgement::kInconclusive;
    return Answers{check_served_again(history, options), expected};
  });
}

TEST(Capacity, AgreesWithItsTwin) {
  expect_agreement([](Random& random, const History& history) {
    CapacityOptions options{.workload = random.chance(0.9) ? "w" : "none",
                            .quantile = 1,
                            .within = milliseconds(5 + random.below(10)),
                            .share_served = 0.5,
                            .at_least = 100.0 * static_cast<double>(random.below(4))};
    for (int step = 1; step <= 3; ++step)
      options.steps.push_back({100.0 * step, milliseconds(10 + 5 * random.below(3))});
    const auto start = moment_of(history, EventKind::kLoadStart, options.workload);
    double carried = 0;
    bool carries_on = true;
    bool any = false;
    Instant from = start.value_or(Instant());
    for (const CapacityStep& step : options.steps) {
      const Duration counted = step.length - step.length / 5;
      double served_ones = 0;
      bool quick = true;
      for (const Operation& operation : chosen(history)) {
        const bool in_step =
            operation.intended >= from + step.length - counted && operation.intended < from + step.length;
        if (!in_step || operation.final) continue;
        any = true;
        if (!was_served(history, operation)) continue;
        ++served_ones;
        quick = quick && operation.end - operation.intended <= options.within;
      }
      from += step.length;
      const bool enough = served_ones > 0 && served_ones >= 0.5 * step.per_second * seconds(counted) - 1;
      carries_on = carries_on && enough && quick;
      if (carries_on) carried = step.per_second;
    }
    return Answers{check_capacity(history, options),
                   start && any ? pass_if(carried >= options.at_least) : Judgement::kInconclusive};
  });
}

}  // namespace
}  // namespace chamber
