// Checks of what reads show: bank, monotonic reads, staleness, set-full. Each by hand and against its twin, which says
// the same by going through all pairs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <map>

#include "harness/check/bank.h"
#include "harness/check/brute_force.h"
#include "harness/check/monotonic_reads.h"
#include "harness/check/set_full.h"
#include "harness/check/staleness.h"
#include "harness/check/test_histories.h"

namespace chamber {
namespace {

using std::chrono::milliseconds;
using testing::Contains;
using testing::HasSubstr;

using Values = std::vector<std::int64_t>;

// A builder whose operations may have payloads.
class ReadsBuilder {
 public:
  ReadsBuilder& add(Function function, std::uint32_t process, std::optional<std::int64_t> value, std::int64_t start,
                    std::int64_t end, Outcome outcome = Outcome::kOk) {
    builder_.add("w", process, function, 1, value, start, end, outcome);
    return *this;
  }
  ReadsBuilder& add(Function function, std::uint32_t process, const Values& payload, std::int64_t start,
                    std::int64_t end, Outcome outcome = Outcome::kOk) {
    Operation& operation = builder_.add("w", process, function, 1, std::nullopt, start, end, outcome);
    history_words_.emplace_back(operation.start, operation.process, payload);
    return *this;
  }
  ReadsBuilder& read(std::uint32_t process, const Values& list, std::int64_t start, std::int64_t end) {
    return add(Function::kRead, process, list, start, end);
  }
  History& history() {
    History& history = builder_.history();
    for (const auto& [start, process, words] : history_words_) {
      for (Operation& operation : history.operations) {
        if (operation.start == start && operation.process == process) history.set_payload(operation, words);
      }
    }
    history_words_.clear();
    return history;
  }

 private:
  HistoryBuilder builder_;
  std::vector<std::tuple<Instant, std::uint32_t, Values>> history_words_;
};

void show(const History& history) {
  for (const Operation& operation : history.operations) std::cout << history.describe(operation) << "\n";
}

TEST(Bank, AnotherTotalAnotherNumberOfAccountsAndDebtsFail) {
  const auto judge = [](const Values& balances, BankOptions options) {
    ReadsBuilder builder;
    builder.add(Function::kTransfer, 1, Values{0, 1, 5}, 0, 10).read(2, {100, 100}, 11, 12).read(3, balances, 13, 14);
    return check_bank(builder.history(), options);
  };
  EXPECT_EQ(judge({95, 105}, {}).judgement, Judgement::kPass);
  EXPECT_EQ(judge({95, 105}, {.total = 200}).judgement, Judgement::kPass);
  EXPECT_EQ(judge({95, 105}, {.total = 300}).judgement, Judgement::kFail);
  const CheckResult skew = judge({95, 100}, {});
  EXPECT_EQ(skew.judgement, Judgement::kFail);
  EXPECT_THAT(skew.evidence, Contains(HasSubstr("the accounts hold 195 instead of 200")));
  EXPECT_EQ(judge({100, 50, 50}, {}).judgement, Judgement::kFail);
  EXPECT_EQ(judge({-1, 201}, {}).judgement, Judgement::kFail);
  EXPECT_EQ(judge({-1, 201}, {.overdraft = true}).judgement, Judgement::kPass);
  EXPECT_EQ(judge({INT64_MAX, INT64_MAX}, {}).judgement, Judgement::kFail);
}

TEST(Bank, WithoutTransfersOrReadsNothingIsShown) {
  ReadsBuilder still;
  still.read(1, {100, 100}, 0, 1);
  EXPECT_EQ(check_bank(still.history(), {}).judgement, Judgement::kInconclusive);
  ReadsBuilder blind;
  blind.add(Function::kTransfer, 1, Values{0, 1, 5}, 0, 10);
  EXPECT_EQ(check_bank(blind.history(), {}).judgement, Judgement::kInconclusive);
  blind.add(Function::kRead, 2, 100, 20, 30).add(Function::kRead, 2, 95, 40, 50);
  EXPECT_EQ(check_bank(blind.history(), {}).judgement, Judgement::kInconclusive) << "a number is not all balances";
}

// Every history that some serial order of transfers explains must pass; and where none does, the sum tells whether a
// read could be seen to be wrong.
TEST(Bank, AgreesWithBruteForce) {
  for (const std::uint64_t seed : test_seeds()) {
    std::cout << "seed " << seed << "\n";
    Random random(seed);
    std::map<Judgement, int> seen;
    for (int round = 0; round < kTwinRounds; ++round) {
      ReadsBuilder builder;
      Values accounts = {2, 2};
      for (std::uint64_t i = 1 + random.below(5); i > 0; --i) {
        const auto start = static_cast<std::int64_t>(10 * i);
        const auto from = static_cast<std::size_t>(random.below(2));
        if (random.chance(0.5)) {
          const auto amount = static_cast<std::int64_t>(1 + random.below(2));
          const Outcome outcome = random.chance(0.8) ? Outcome::kOk : Outcome::kUnknown;
          builder.add(Function::kTransfer, static_cast<std::uint32_t>(i),
                      Values{static_cast<std::int64_t>(from), static_cast<std::int64_t>(1 - from), amount}, 0, 100,
                      outcome);
          accounts[from] -= amount;
          if (!random.chance(0.1)) accounts[1 - from] += amount;  // half a transfer
        } else {
          builder.read(static_cast<std::uint32_t>(i), accounts, start, 100);
        }
      }
      const History& history = builder.history();
      const CheckResult result = check_bank(history, {.total = 4, .overdraft = true});
      ++seen[result.judgement];
      const auto step = [&](const Values& state, const Operation& operation) -> std::optional<Values> {
        const auto words = history.payload_of(operation);
        Values after = state;
        if (operation.function == Function::kRead) {
          return std::equal(words.begin(), words.end(), state.begin()) ? std::optional(after) : std::nullopt;
        }
        after[static_cast<std::size_t>(words[0])] -= words[2];
        after[static_cast<std::size_t>(words[1])] += words[2];
        return after;
      };
      bool sums = true;
      for (const Operation& operation : history.operations) {
        const auto words = history.payload_of(operation);
        if (operation.function == Function::kRead) sums = sums && words[0] + words[1] == 4;
      }
      if (result.judgement == Judgement::kInconclusive) continue;
      const bool passed = result.judgement == Judgement::kPass;
      if (passed == sums && (passed || !BruteForce(history, Values{2, 2}, step).has_order())) continue;
      show(history);
      FAIL() << "seed " << seed << ", round " << round << ": " << result.summary;
    }
    EXPECT_GT(seen[Judgement::kPass], kTwinRounds / 50);
    EXPECT_GT(seen[Judgement::kFail], kTwinRounds / 50);
  }
}

TEST(MonotonicReads, GoingBackIsNamed) {
  ReadsBuilder builder;
  builder.add(Function::kWrite, 1, 10, 0, 5).add(Function::kWrite, 1, 20, 6, 9);
  builder.add(Function::kRead, 2, 20, 7, 8).add(Function::kRead, 3, 10, 10, 11).add(Function::kRead, 2, 10, 12, 13);
  const CheckResult result = check_monotonic_reads(builder.history(), {.workload = "w"});
  EXPECT_EQ(result.judgement, Judgement::kFail);
  EXPECT_THAT(result.evidence, Contains(HasSubstr("process 2 saw a value and then an older one")));
}

TEST(MonotonicReads, WhatWasUnderWayTogetherHasNoOrder) {
  ReadsBuilder builder;
  builder.add(Function::kWrite, 1, 10, 0, 7).add(Function::kWrite, 4, 20, 6, 9);
  builder.add(Function::kRead, 2, 20, 7, 8).add(Function::kRead, 2, 10, 12, 13);
  EXPECT_EQ(check_monotonic_reads(builder.history(), {.workload = "w"}).judgement, Judgement::kPass);
}

TEST(Staleness, IsTheAgeOfTheFirstWriteThatWasMissed) {
  ReadsBuilder builder;
  builder.add(Function::kWrite, 1, 10, 0, 5).add(Function::kWrite, 1, 20, 6, 9).add(Function::kWrite, 1, 30, 20, 30);
  builder.add(Function::kRead, 2, 10, 49, 50).add(Function::kRead, 3, 30, 51, 52);
  const auto stale = find_stale_reads(builder.history(), "w");
  ASSERT_EQ(stale.size(), 1);
  EXPECT_EQ(stale[0].age(), milliseconds(40));
  EXPECT_EQ(check_staleness(builder.history(), {.workload = "w", .at_most = milliseconds(40)}).judgement,
            Judgement::kPass);
  EXPECT_EQ(check_staleness(builder.history(), {.workload = "w", .at_most = milliseconds(39)}).judgement,
            Judgement::kFail);
}

TEST(SetFull, EachFateIsTold) {
  ReadsBuilder builder;
  builder
      .add(Function::kAdd, 1, 1, 0, 1)                      // stable
      .add(Function::kAdd, 2, 2, 0, 2)                      // lost
      .add(Function::kAdd, 3, 3, 0, 3)                      // stale
      .add(Function::kAdd, 4, 4, 0, -1, Outcome::kUnknown)  // recovered
      .add(Function::kAdd, 5, 5, 0, -1, Outcome::kUnknown)  // never known
      .add(Function::kAdd, 6, 6, 90, 91)                    // never read
      .read(7, {1, 2}, 10, 11)                              //
      .read(7, {1, 3, 4}, 20, 21)                           //
      .read(7, {1, 3, 4}, 30, 31);
  std::map<std::int64_t, ElementFate> fates;
  for (const ElementFate& fate : element_fates(builder.history(), "w")) fates[*fate.add->value] = fate;
  ASSERT_EQ(fates.size(), 5);
  EXPECT_EQ(fates[1].fate, Fate::kStable);
  EXPECT_EQ(fates[2].fate, Fate::kLost);
  EXPECT_EQ(fates[2].late, milliseconds(18));
  EXPECT_EQ(fates[3].fate, Fate::kStale);
  EXPECT_EQ(fates[3].late, milliseconds(7));
  EXPECT_EQ(fates[4].fate, Fate::kStable);
  EXPECT_TRUE(fates[4].recovered);
  EXPECT_EQ(fates[6].fate, Fate::kNeverRead);
  const CheckResult result = check_set_full(builder.history(), {.workload = "w"});
  EXPECT_EQ(result.judgement, Judgement::kFail);
  EXPECT_THAT(result.summary, HasSubstr("1 lost, 1 stale, 1 never read, 1 recovered; 0 invented, 0 duplicated"));
}

TEST(SetFull, WhatShouldNotBeThereFails) {
  const auto judge = [](const Values& list, Outcome outcome) {
    ReadsBuilder builder;
    builder.add(Function::kAdd, 1, 1, 0, 1).add(Function::kAdd, 2, 2, 0, 1, outcome).read(3, list, 5, 6);
    return check_set_full(builder.history(), {.workload = "w"}).judgement;
  };
  EXPECT_EQ(judge({1, 2}, Outcome::kOk), Judgement::kPass);
  EXPECT_EQ(judge({1, 2}, Outcome::kFail), Judgement::kFail);
  EXPECT_EQ(judge({1, 2, 2}, Outcome::kOk), Judgement::kFail);
  EXPECT_EQ(judge({1, 2, 3}, Outcome::kOk), Judgement::kFail);
}

TEST(Reads, OfElementsWithoutAValueNothingIsShown) {
  ReadsBuilder builder;
  builder.add(Function::kAdd, 1, 1, 0, 1).add(Function::kAdd, 1, std::nullopt, 2, 3);
  builder.read(2, {1}, 10, 11).read(2, {1}, 12, 13);
  for (const CheckResult& result : {check_set_full(builder.history(), {.workload = "w"}),
                                    check_monotonic_reads(builder.history(), {.workload = "w"}),
                                    check_staleness(builder.history(), {.workload = "w"})}) {
    EXPECT_EQ(result.judgement, Judgement::kInconclusive) << result.check;
    EXPECT_THAT(result.summary, HasSubstr("without a value"));
  }
}

TEST(SetFull, TheTimeToBeVisibleHasABudget) {
  ReadsBuilder builder;
  builder.add(Function::kAdd, 1, 1, 0, 1).read(2, {}, 11, 12).read(2, {1}, 20, 21);
  const auto judge = [&](int ms) {
    return check_set_full(builder.history(), {.workload = "w", .visible_within = milliseconds(ms)}).judgement;
  };
  EXPECT_EQ(judge(10), Judgement::kPass);
  EXPECT_EQ(judge(9), Judgement::kFail);
}

// A list or a register with a few writers, a few readers, and replicas that lag or forget.
History random_reads(Random& random, bool lists) {
  ReadsBuilder builder;
  std::vector<Values> states = {{}};
  std::int64_t next = 1;
  for (std::uint64_t i = 1 + random.below(8); i > 0; --i) {
    const auto end = static_cast<std::int64_t>(10 * states.size() + random.below(12));
    const std::int64_t start = end - 1 - static_cast<std::int64_t>(random.below(15));
    const double fate = random.unit();
    const Outcome outcome = fate < 0.75 ? Outcome::kOk : fate < 0.9 ? Outcome::kUnknown : Outcome::kFail;
    Values state = states.back();
    if (random.chance(0.5)) {
      const std::int64_t value = random.chance(0.1) ? next : next++;
      if (!lists) state.clear();
      state.push_back(value);
      builder.add(lists ? Function::kAdd : Function::kWrite, static_cast<std::uint32_t>(10 + i), value, start,
                  outcome == Outcome::kUnknown && random.chance(0.5) ? -1 : end, outcome);
      const bool applies = outcome == Outcome::kOk ? !random.chance(0.05) : random.chance(0.3);
      states.push_back(applies ? state : states.back());
      continue;
    }
    const std::uint32_t process = static_cast<std::uint32_t>(random.below(2));
    const Values& shown = random.chance(0.7) ? state : states[random.below(states.size())];
    if (lists) {
      builder.read(process, shown, start, end);
    } else {
      builder.add(Function::kRead, process, shown.empty() ? std::nullopt : std::optional(shown[0]), start, end);
    }
    states.push_back(state);
  }
  return builder.history();
}

bool reads_ok(const Operation& operation) {
  return operation.function == Function::kRead && operation.outcome == Outcome::kOk;
}

Values shown_by(const History& history, const Operation& read) {
  const auto words = history.payload_of(read);
  return {words.begin(), words.end()};
}

bool is_in(const Values& values, std::int64_t value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

// Every write that may have given the key `value` had ended before `moment`.
bool all_ended_before(const History& history, std::optional<std::int64_t> value, Instant moment) {
  return std::all_of(history.operations.begin(), history.operations.end(), [&](const Operation& write) {
    if (write.function != Function::kWrite || write.value != value || write.outcome == Outcome::kFail) return true;
    return write.outcome == Outcome::kOk && write.end < moment;
  });
}

// Somebody may have written it, or it is what was there at first.
bool may_be(const History& history, std::optional<std::int64_t> value) {
  return !value || std::any_of(history.operations.begin(), history.operations.end(), [&](const Operation& write) {
    return write.function == Function::kWrite && write.value == value && write.outcome != Outcome::kFail;
  });
}

bool went_back(const History& history, const Operation& first, const Operation& second, bool lists) {
  if (lists) {
    const Values before = shown_by(history, first);
    const Values after = shown_by(history, second);
    return std::any_of(before.begin(), before.end(), [&](std::int64_t value) { return !is_in(after, value); });
  }
  if (!first.value || !may_be(history, first.value) || !may_be(history, second.value)) return false;
  return std::all_of(history.operations.begin(), history.operations.end(), [&](const Operation& newer) {
    if (newer.function != Function::kWrite || newer.value != first.value || newer.outcome == Outcome::kFail)
      return true;
    return all_ended_before(history, second.value, newer.start);
  });
}

TEST(MonotonicReads, AgreesWithItsTwin) {
  for (const std::uint64_t seed : test_seeds()) {
    std::cout << "seed " << seed << "\n";
    Random random(seed);
    std::map<Judgement, int> seen;
    for (int round = 0; round < kTwinRounds; ++round) {
      const bool lists = random.chance(0.5);
      const History history = random_reads(random, lists);
      const CheckResult result = check_monotonic_reads(history, {.workload = "w"});
      ++seen[result.judgement];
      if (result.judgement == Judgement::kInconclusive) continue;
      bool back = false;
      const auto holds_list = std::any_of(history.operations.begin(), history.operations.end(),
                                          [](const Operation& add) { return add.function == Function::kAdd; });
      for (std::size_t a = 0; a < history.operations.size(); ++a) {
        for (std::size_t b = a + 1; b < history.operations.size(); ++b) {
          const Operation& first = history.operations[a];
          const Operation& second = history.operations[b];
          if (!reads_ok(first) || !reads_ok(second) || first.process != second.process) continue;
          back = back || went_back(history, first, second, holds_list);
        }
      }
      if (back == (result.judgement == Judgement::kFail)) continue;
      show(history);
      FAIL() << "seed " << seed << ", round " << round << ": the twin says " << back << ", " << result.summary;
    }
    EXPECT_GT(seen[Judgement::kPass], kTwinRounds / 50);
    EXPECT_GT(seen[Judgement::kFail], kTwinRounds / 50);
  }
}

// The oldest acknowledged write that a read does not show.
std::optional<Duration> age_of(const History& history, const Operation& read) {
  std::optional<Duration> age;
  for (const Operation& write : history.operations) {
    if (write.outcome != Outcome::kOk || write.end >= read.start) continue;
    const bool missed = write.function == Function::kAdd
                            ? !is_in(shown_by(history, read), *write.value)
                            : write.function == Function::kWrite && may_be(history, read.value) &&
                                  all_ended_before(history, read.value, write.start);
    if (missed) age = std::max(age.value_or(Duration::zero()), read.start - write.end);
  }
  return age;
}

TEST(Staleness, AgreesWithItsTwin) {
  for (const std::uint64_t seed : test_seeds()) {
    std::cout << "seed " << seed << "\n";
    Random random(seed);
    int stale = 0;
    for (int round = 0; round < kTwinRounds; ++round) {
      const History history = random_reads(random, random.chance(0.5));
      std::map<const Operation*, Duration> ages;
      for (const StaleRead& read : find_stale_reads(history, "w")) ages[read.read] = read.age();
      for (const Operation& read : history.operations) {
        if (!reads_ok(read)) continue;
        const auto found = ages.find(&read);
        const auto age = age_of(history, read);
        stale += age ? 1 : 0;
        if (age == (found == ages.end() ? std::nullopt : std::optional(found->second))) continue;
        show(history);
        FAIL() << "seed " << seed << ", round " << round << ": " << history.describe(read) << " is "
               << (age ? human(*age) : "not") << " old";
      }
    }
    EXPECT_GT(stale, kTwinRounds / 50);
  }
}

// The fate of one element by its definition, none when it was never known.
std::optional<std::pair<Fate, Duration>> fate_of(const History& history, std::int64_t value) {
  Instant known = kNever;
  for (const Operation& operation : history.operations) {
    const bool added = operation.function == Function::kAdd && operation.value == value;
    const bool shown = reads_ok(operation) && is_in(shown_by(history, operation), value);
    if (operation.outcome == Outcome::kOk && (added || shown)) known = std::min(known, operation.end);
  }
  if (known == kNever) return std::nullopt;
  std::optional<Instant> present;
  std::optional<Instant> absent;
  for (const Operation& read : history.operations) {
    if (!reads_ok(read)) continue;
    const bool shown = is_in(shown_by(history, read), value);
    if (shown) present = std::max(present.value_or(read.start), read.start);
    if (!shown && read.start > known) absent = std::max(absent.value_or(read.start), read.start);
  }
  if (!absent) {
    return std::pair(present && *present > known ? Fate::kStable : Fate::kNeverRead, Duration::zero());
  }
  if (present && *present >= *absent) return std::pair(Fate::kStale, *absent - known);
  Instant gone = kNever;
  for (const Operation& read : history.operations) {
    if (reads_ok(read) && read.start > known && (!present || read.start > *present)) gone = std::min(gone, read.start);
  }
  return std::pair(Fate::kLost, gone - known);
}

TEST(SetFull, AgreesWithItsTwin) {
  for (const std::uint64_t seed : test_seeds()) {
    std::cout << "seed " << seed << "\n";
    Random random(seed);
    std::map<Fate, int> seen;
    for (int round = 0; round < kTwinRounds; ++round) {
      const History history = random_reads(random, true);
      std::map<std::int64_t, std::pair<Fate, Duration>> fates;
      for (const ElementFate& fate : element_fates(history, "w")) {
        fates[*fate.add->value] = {fate.fate, fate.late};
        ++seen[fate.fate];
      }
      for (const Operation& add : history.operations) {
        if (add.function != Function::kAdd) continue;
        const bool possible =
            std::any_of(history.operations.begin(), history.operations.end(), [&](const Operation& other) {
              return other.function == Function::kAdd && other.value == add.value && other.outcome != Outcome::kFail;
            });
        const auto found = fates.find(*add.value);
        const auto expected = possible ? fate_of(history, *add.value) : std::nullopt;
        if (expected == (found == fates.end() ? std::nullopt : std::optional(found->second))) continue;
        show(history);
        FAIL() << "seed " << seed << ", round " << round << ": " << *add.value;
      }
    }
    for (const Fate fate : {Fate::kStable, Fate::kStale, Fate::kLost, Fate::kNeverRead}) {
      EXPECT_GT(seen[fate], kTwinRounds / 100) << static_cast<int>(fate);
    }
  }
}

}  // namespace
}  // namespace chamber
