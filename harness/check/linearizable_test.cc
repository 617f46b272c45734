#include "harness/check/linearizable.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <iostream>

#include "harness/check/test_histories.h"
#include "harness/check/twins.h"

namespace chamber {
namespace {

using testing::AnyOf;
using testing::Contains;
using testing::HasSubstr;

constexpr std::string_view kRegister = "register";

CheckResult check(const History& history, unsigned threads = 1) {
  return check_linearizable(history, {.workload = std::string(kRegister), .limits = {.threads = threads}});
}

// Nothing but chance: few values, many overlaps, every outcome.
History chaotic_history(Random& random) {
  HistoryBuilder builder;
  const std::uint64_t count = 1 + random.below(7);
  const bool unique = random.chance(0.4);
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto start = static_cast<std::int64_t>(random.below(12));
    const auto end = start + static_cast<std::int64_t>(random.below(7));
    const auto some_value = [&]() -> std::optional<std::int64_t> {
      if (random.chance(0.15)) return std::nullopt;
      return static_cast<std::int64_t>(random.below(unique ? count : 3));
    };
    const double kind = random.unit();
    const Function function = kind < 0.45   ? Function::kRead
                              : kind < 0.7  ? Function::kWrite
                              : kind < 0.95 ? Function::kCas
                                            : Function::kDelete;
    const double outcome = random.unit();
    Operation& operation = builder.add(kRegister, static_cast<std::uint32_t>(i), function, 0, some_value(), start, end,
                                       outcome < 0.7    ? Outcome::kOk
                                       : outcome < 0.93 ? Outcome::kUnknown
                                                        : Outcome::kFail);
    if (function == Function::kCas) operation.expected = some_value();
    if (function == Function::kWrite && unique) operation.value = static_cast<std::int64_t>(i);
    if (function == Function::kWrite && !operation.value) operation.value = 0;
    if (function == Function::kCas && !operation.value) operation.value = 1;
    if (operation.outcome == Outcome::kUnknown && random.chance(0.3)) operation.end = kNever;
  }
  return builder.history();
}

void expect_agreement(const History& history, std::uint64_t seed, int round, int& orders, int& none) {
  const bool has_order = BruteForce(history, Register(), register_step).has_order();
  ++(has_order ? orders : none);
  const CheckResult result = check(history);
  if (result.judgement == Judgement::kInconclusive) {
    ASSERT_THAT(result.summary, HasSubstr("too few to judge"));
    return;
  }
  if ((result.judgement == Judgement::kPass) == has_order) return;
  for (const Operation& operation : history.operations) std::cout << history.describe(operation) << "\n";
  FAIL() << "seed " << seed << ", round " << round << ": brute force says " << (has_order ? "an" : "no")
         << " order, the checker: " << result.summary;
}

TEST(Linearizable, AgreesWithBruteForce) {
  for (const std::uint64_t seed : test_seeds()) {
    std::cout << "seed " << seed << "\n";
    Random random(seed);
    int orders = 0;
    int none = 0;
    for (int round = 0; round < kTwinRounds; ++round) {
      ASSERT_NO_FATAL_FAILURE(expect_agreement(chaotic_history(random), seed, round, orders, none));
    }
    EXPECT_GT(orders, kTwinRounds / 10);
    EXPECT_GT(none, kTwinRounds / 10);
  }
}

TEST(Linearizable, AgreesWithBruteForceOnTrueAndLyingRegisters) {
  for (const std::uint64_t seed : test_seeds()) {
    std::cout << "seed " << seed << "\n";
    Random random(seed);
    int orders = 0;
    int none = 0;
    for (int round = 0; round < kTwinRounds; ++round) {
      RegisterRun run{.operations = 1 + random.below(9), .clients = 4, .unknown = 0.3};
      run.values = random.chance(0.5) ? 3 : 0;
      run.lie = random.chance(0.5) ? 0.3 : 0;
      ASSERT_NO_FATAL_FAILURE(expect_agreement(register_history(random, run), seed, round, orders, none));
    }
    EXPECT_GT(orders, kTwinRounds / 4);
    EXPECT_GT(none, kTwinRounds / 10);
  }
}

TEST(Linearizable, TrueRegistersPassAtEverySize) {
  for (const std::uint64_t seed : test_seeds()) {
    Random random(seed);
    for (const std::uint32_t clients : {1U, 5U, 20U, 100U}) {
      for (const std::int64_t values : {0, 5}) {
        // Five values among a hundred clients: a hard question in earnest, with no bound on the time it takes.
        if (values > 0 && clients > 20) continue;
        const History history = register_history(
            random, {.operations = 3000, .clients = clients, .keys = 3, .values = values, .unknown = 0.05});
        const CheckResult result = check(history);
        EXPECT_EQ(result.judgement, Judgement::kPass)
            << "seed " << seed << ", " << clients << " clients, " << values << " values: " << result.summary;
      }
    }
  }
}

// In every failing history: the evidence is itself a history without an order, and each of its reads is needed.
TEST(Linearizable, EvidenceIsAnExampleItself) {
  for (const std::uint64_t seed : test_seeds()) {
    Random random(seed);
    int failed = 0;
    for (int round = 0; round < 300; ++round) {
      const History history = register_history(
          random, {.operations = 60, .clients = 4, .values = random.chance(0.5) ? 4 : 0, .cas = 0.1, .lie = 0.05});
      const CheckResult result = check(history);
      if (result.judgement != Judgement::kFail) continue;
      ++failed;
      ASSERT_FALSE(result.drawing.empty());
      EXPECT_TRUE(std::any_of(result.drawing.begin(), result.drawing.end(), [](const Bar& bar) { return !bar.rank; }));
      History shown = history;
      std::erase_if(shown.operations, [&](const Operation& operation) {
        return std::none_of(result.drawing.begin(), result.drawing.end(), [&](const Bar& bar) {
          return bar.process == operation.process && bar.start == operation.start - history.origin;
        });
      });
      EXPECT_EQ(shown.operations.size(), result.drawing.size());
      EXPECT_EQ(check(shown).judgement, Judgement::kFail) << "seed " << seed << ", round " << round;
    }
    EXPECT_GT(failed, 100);
  }
}

TEST(Linearizable, AStaleReadIsNamed) {
  HistoryBuilder builder;
  builder.add(kRegister, 1, Function::kWrite, 7, 1, 0, 10);
  builder.add(kRegister, 2, Function::kRead, 7, 1, 12, 14);
  builder.add(kRegister, 1, Function::kWrite, 7, 2, 20, 30);
  builder.add(kRegister, 2, Function::kRead, 7, 1, 40, 50).node = builder.history().intern("vault-1");
  builder.add(kRegister, 3, Function::kRead, 7, 2, 60, 70);
  builder.add(kRegister, 3, Function::kRead, 8, std::nullopt, 60, 70);
  const CheckResult result = check(builder.history());
  EXPECT_EQ(result.judgement, Judgement::kFail);
  EXPECT_EQ(result.check, "linearizable register");
  EXPECT_THAT(result.summary, HasSubstr("key 7"));
  EXPECT_THAT(result.summary, HasSubstr("0.050000s"));
  EXPECT_THAT(result.evidence, Contains(HasSubstr("process 1 write(7, 2) ok")));
  EXPECT_THAT(result.evidence, Contains(HasSubstr("process 2 read(7) → 1 ok [0.040000s … 0.050000s] from vault-1")));
  EXPECT_EQ(result.drawing.size(), 3) << "write 1, write 2, the stale read";
}

TEST(Linearizable, TheLongestOrderGoesAsFarAsAPersonWould) {
  HistoryBuilder builder;
  builder.add(kRegister, 1, Function::kWrite, 7, 1, 0, 10);
  builder.add(kRegister, 1, Function::kWrite, 7, 2, 20, 30);
  builder.add(kRegister, 2, Function::kRead, 7, 1, 40, 50);
  const CheckResult result = check(builder.history());
  ASSERT_EQ(result.drawing.size(), 3);
  EXPECT_EQ(result.drawing[0].rank, 0);
  EXPECT_EQ(result.drawing[1].rank, 1);
  EXPECT_EQ(result.drawing[2].rank, std::nullopt);
  EXPECT_THAT(result.evidence, Contains(HasSubstr("the longest order that was found: write(7, 1), write(7, 2)")));
}

TEST(Linearizable, AnAcknowledgedWriteThatWasDroppedFails) {
  HistoryBuilder builder;
  builder.add(kRegister, 1, Function::kWrite, 0, 1, 0, 10);
  builder.add(kRegister, 1, Function::kWrite, 0, 2, 20, 30);
  builder.add(kRegister, 1, Function::kRead, 0, 1, 40, 50);
  EXPECT_EQ(check(builder.history()).judgement, Judgement::kFail);
}

TEST(Linearizable, AnUnknownWriteMayTakeEffectLateOrNever) {
  for (const bool seen : {true, false}) {
    HistoryBuilder builder;
    builder.add(kRegister, 1, Function::kWrite, 0, 1, 0, 10);
    builder.add(kRegister, 2, Function::kWrite, 0, 2, 5, 15, Outcome::kUnknown);
    builder.add(kRegister, 1, Function::kRead, 0, 1, 20, 30);
    builder.add(kRegister, 1, Function::kRead, 0, seen ? 2 : 1, 40, 50);
    EXPECT_EQ(check(builder.history()).judgement, Judgement::kPass);
  }
}

TEST(Linearizable, AFailedWriteThatIsReadFails) {
  HistoryBuilder builder;
  builder.add(kRegister, 1, Function::kWrite, 0, 1, 0, 10, Outcome::kFail);
  builder.add(kRegister, 1, Function::kRead, 0, 1, 20, 30);
  const CheckResult result = check(builder.history());
  EXPECT_EQ(result.judgement, Judgement::kFail);
  EXPECT_EQ(result.drawing.size(), 1);
}

TEST(Linearizable, ManyTrailingUnknownsDoNotExplode) {
  HistoryBuilder builder;
  for (std::int64_t i = 0; i < 2000; ++i) {
    builder.add(kRegister, static_cast<std::uint32_t>(i), Function::kWrite, 0, i % 50, i, -1, Outcome::kUnknown);
  }
  builder.add(kRegister, 5000, Function::kWrite, 0, 99, 2000, 2010);
  builder.add(kRegister, 5000, Function::kRead, 0, 7, 2020, 2030);
  builder.add(kRegister, 5000, Function::kRead, 0, 99, 2040, 2050);
  EXPECT_EQ(check(builder.history()).judgement, Judgement::kFail);
}

TEST(Linearizable, WhatCannotBeJudgedIsInconclusive) {
  HistoryBuilder empty;
  EXPECT_EQ(check(empty.history()).judgement, Judgement::kInconclusive);

  HistoryBuilder other;
  other.add("another", 1, Function::kRead, 0, std::nullopt, 0, 10);
  EXPECT_EQ(check(other.history()).judgement, Judgement::kInconclusive);

  HistoryBuilder blind;
  blind.add(kRegister, 1, Function::kWrite, 0, 1, 0, 10);
  EXPECT_EQ(check(blind.history()).judgement, Judgement::kInconclusive) << "nothing was read";

  HistoryBuilder queue;
  queue.add(kRegister, 1, Function::kRead, 0, std::nullopt, 0, 10);
  queue.add(kRegister, 1, Function::kEnqueue, 0, 1, 20, 30);
  const CheckResult result = check(queue.history());
  EXPECT_EQ(result.judgement, Judgement::kInconclusive);
  EXPECT_THAT(result.summary, HasSubstr("a register has no enqueue"));

  HistoryBuilder lists;
  Operation& list = lists.add(kRegister, 1, Function::kRead, 0, std::nullopt, 0, 10);
  EXPECT_EQ(check(lists.history()).judgement, Judgement::kPass) << "nothing was there";
  const std::array<std::int64_t, 1> shown = {7};
  lists.history().set_payload(list, shown);
  EXPECT_EQ(check(lists.history()).judgement, Judgement::kInconclusive) << "a list is not nothing";
}

TEST(Linearizable, LimitsGiveInconclusive) {
  Random random(3);
  const History history = register_history(random, {.operations = 20'000, .clients = 50, .values = 5});
  const auto small = check_linearizable(history, {.workload = "register", .limits = {.memory_bytes = 4096}});
  EXPECT_EQ(small.judgement, Judgement::kInconclusive);
  EXPECT_THAT(small.summary, HasSubstr("memory limit"));
  std::stop_source stop;
  stop.request_stop();
  const auto stopped = check_linearizable(history, {.workload = "register", .limits = {.stop = stop.get_token()}});
  EXPECT_EQ(stopped.judgement, Judgement::kInconclusive);
  EXPECT_THAT(stopped.summary, HasSubstr("request to stop"));
}

TEST(Linearizable, TheNumberOfThreadsDoesNotChangeTheAnswer) {
  Random random(9);
  const History history = register_history(random, {.operations = 5000, .clients = 10, .keys = 200, .lie = 0.01});
  const CheckResult one = check(history, 1);
  EXPECT_EQ(one.judgement, Judgement::kFail);
  for (int round = 0; round < 5; ++round) {
    const CheckResult many = check(history, 4);
    EXPECT_EQ(many.summary, one.summary);
    EXPECT_EQ(many.evidence, one.evidence);
  }
}

}  // namespace
}  // namespace chamber
