#include "harness/check/no_lost_acks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iostream>
#include <map>

#include "harness/check/brute_force.h"
#include "harness/check/test_histories.h"

namespace chamber {
namespace {

using testing::Contains;
using testing::HasSubstr;

CheckResult check(const History& history) {
  return check_no_lost_acks(history, {.workload = "append"});
}

void final_list(HistoryBuilder& builder, std::uint64_t key, std::vector<std::int64_t> values, std::int64_t start) {
  Operation& read = builder.add("append", 9, Function::kRead, key, std::nullopt, start, start + 1);
  read.final = true;
  Operation copy = read;
  builder.history().set_payload(copy, values);
  for (Operation& operation : builder.history().operations) {
    if (operation.final && operation.start == copy.start) operation = copy;
  }
}

TEST(NoLostAcks, EverythingThereIsAPass) {
  HistoryBuilder builder;
  builder.add("append", 1, Function::kAppend, 1, 10, 0, 1);
  builder.add("append", 1, Function::kAppend, 1, 11, 2, 3, Outcome::kUnknown);
  builder.add("append", 1, Function::kAppend, 1, 12, 4, 5, Outcome::kFail);
  builder.add("append", 1, Function::kAppend, 1, 13, 6, 7, Outcome::kUnknown);
  final_list(builder, 1, {10, 11}, 100);
  const CheckResult result = check(builder.history());
  EXPECT_EQ(result.judgement, Judgement::kPass) << result.summary;
  EXPECT_THAT(result.summary, HasSubstr("1 unknown ones were done"));
}

TEST(NoLostAcks, EachKindOfWrongIsNamed) {
  struct Case {
    std::vector<std::int64_t> final;
    std::string evidence;
  };
  for (const Case& wrong : std::vector<Case>{{{10}, "lost: process 2 append(1, 11) ok"},
                                             {{10, 11, 12}, "there although it failed: process 3 append(1, 12) fail"},
                                             {{10, 10, 11}, "there 2 times: process 1 append(1, 10)"},
                                             {{10, 11, 99}, "invented: 99"}}) {
    HistoryBuilder builder;
    builder.add("append", 1, Function::kAppend, 1, 10, 0, 1);
    builder.add("append", 2, Function::kAppend, 1, 11, 0, 1);
    builder.add("append", 3, Function::kAppend, 1, 12, 0, 1, Outcome::kFail);
    final_list(builder, 1, wrong.final, 100);
    const CheckResult result = check(builder.history());
    EXPECT_EQ(result.judgement, Judgement::kFail);
    EXPECT_THAT(result.evidence, Contains(HasSubstr(wrong.evidence)));
  }
}

TEST(NoLostAcks, AnElementMissingInOneOfTwoFinalListsIsLost) {
  HistoryBuilder builder;
  builder.add("append", 1, Function::kAppend, 1, 10, 0, 1);
  final_list(builder, 1, {10}, 100);
  final_list(builder, 1, {}, 200);
  EXPECT_EQ(check(builder.history()).judgement, Judgement::kFail);
}

TEST(NoLostAcks, WithoutAFinalReadNothingIsKnown) {
  HistoryBuilder builder;
  builder.add("append", 1, Function::kAppend, 1, 10, 0, 1);
  EXPECT_EQ(check(builder.history()).judgement, Judgement::kInconclusive);
  builder.add("append", 2, Function::kRead, 1, 10, 50, 51).final = true;
  EXPECT_EQ(check(builder.history()).judgement, Judgement::kPass);
  builder.add("append", 1, Function::kAppend, 1, 11, 60, 61);
  EXPECT_EQ(check(builder.history()).judgement, Judgement::kInconclusive) << "the read began too early";
  EXPECT_EQ(check_no_lost_acks(builder.history(), {.workload = "none"}).judgement, Judgement::kInconclusive);
}

TEST(NoLostAcks, AReplacedValueMayNotComeBack) {
  for (const std::int64_t read : {1, 2, 3}) {
    HistoryBuilder builder;
    builder.add("append", 1, Function::kWrite, 1, 1, 0, 10);
    builder.add("append", 1, Function::kWrite, 1, 2, 20, 40);
    builder.add("append", 2, Function::kWrite, 1, 3, 30, 50);
    builder.add("append", 3, Function::kRead, 1, read, 100, 101).final = true;
    EXPECT_EQ(check(builder.history()).judgement, read == 1 ? Judgement::kFail : Judgement::kPass) << read;
  }
  HistoryBuilder builder;
  builder.add("append", 1, Function::kWrite, 1, 1, 0, 10);
  builder.add("append", 3, Function::kRead, 1, std::nullopt, 100, 101).final = true;
  EXPECT_EQ(check(builder.history()).judgement, Judgement::kFail);
}

TEST(NoLostAcks, WhatWasDeletedMayNotComeBack) {
  for (const bool back : {true, false}) {
    HistoryBuilder builder;
    builder.add("append", 1, Function::kWrite, 1, 1, 0, 10);
    builder.add("append", 1, Function::kDelete, 1, std::nullopt, 20, 30);
    builder.add("append", 3, Function::kRead, 1, back ? std::optional<std::int64_t>(1) : std::nullopt, 100, 101).final =
        true;
    EXPECT_EQ(check(builder.history()).judgement, back ? Judgement::kFail : Judgement::kPass);
  }
}

TEST(NoLostAcks, AValueThatNobodyWroteIsInventedAlsoWhereNothingWasAcknowledged) {
  HistoryBuilder builder;
  builder.add("append", 1, Function::kWrite, 1, 1, 0, 10);
  builder.add("append", 1, Function::kWrite, 2, 2, 0, 10, Outcome::kFail);
  builder.add("append", 3, Function::kRead, 1, 1, 100, 101).final = true;
  builder.add("append", 3, Function::kRead, 2, 2, 102, 103).final = true;
  const CheckResult result = check(builder.history());
  EXPECT_EQ(result.judgement, Judgement::kFail);
  EXPECT_THAT(result.evidence, Contains(HasSubstr("invented")));
}

TEST(NoLostAcks, WhatOneReadShowsAloneIsNotInAList) {
  HistoryBuilder builder;
  builder.add("append", 1, Function::kAppend, 1, 10, 0, 1);
  builder.add("append", 2, Function::kRead, 1, 10, 50, 51).final = true;
  final_list(builder, 1, {}, 100);
  EXPECT_EQ(check(builder.history()).judgement, Judgement::kFail);
}

TEST(NoLostAcks, AnElementWithoutAValueIsInconclusive) {
  HistoryBuilder builder;
  builder.add("append", 1, Function::kAppend, 1, 10, 0, 1);
  builder.add("append", 2, Function::kAppend, 1, std::nullopt, 0, 1);
  final_list(builder, 1, {10}, 100);
  const CheckResult result = check(builder.history());
  EXPECT_EQ(result.judgement, Judgement::kInconclusive);
  EXPECT_THAT(result.summary, HasSubstr("without a value"));
}

// The twin counts, for each element of one key, what the definition says.
Judgement twin(const History& history) {
  const Operation* final = nullptr;
  std::uint64_t acknowledged = 0;
  std::map<std::int64_t, int> could_be;
  std::map<std::int64_t, int> must_be;
  for (const Operation& operation : history.operations) {
    if (operation.final) final = &operation;
    if (operation.final) continue;
    if (operation.outcome != Outcome::kFail) ++could_be[*operation.value];
    if (operation.outcome != Outcome::kOk) continue;
    ++must_be[*operation.value];
    ++acknowledged;
  }
  if (acknowledged == 0 || final == nullptr) return Judgement::kInconclusive;
  std::map<std::int64_t, int> is;
  for (const std::int64_t value : history.payload_of(*final)) ++is[value];
  for (const auto& [value, count] : must_be) {
    if (is[value] == 0) return Judgement::kFail;
  }
  for (const auto& [value, count] : is) {
    if (count > could_be[value]) return Judgement::kFail;
  }
  return Judgement::kPass;
}

TEST(NoLostAcks, AgreesWithItsTwin) {
  for (const std::uint64_t seed : test_seeds()) {
    std::cout << "seed " << seed << "\n";
    Random random(seed);
    std::map<Judgement, int> seen;
    for (int round = 0; round < kTwinRounds; ++round) {
      HistoryBuilder builder;
      std::vector<std::int64_t> final;
      for (std::uint64_t i = random.below(6); i > 0; --i) {
        const auto value = static_cast<std::int64_t>(random.below(5));
        const Outcome outcome = random.chance(0.7) ? Outcome::kOk : static_cast<Outcome>(random.below(3));
        builder.add("append", static_cast<std::uint32_t>(i), Function::kAppend, 1, value, 0, 1, outcome);
        if (outcome == Outcome::kOk ? random.chance(0.95) : random.chance(0.2)) final.push_back(value);
      }
      if (random.chance(0.05)) final.push_back(static_cast<std::int64_t>(random.below(6)));
      if (random.chance(0.95)) final_list(builder, 1, final, 100);
      const Judgement expected = twin(builder.history());
      ++seen[expected];
      ASSERT_EQ(check(builder.history()).judgement, expected) << "seed " << seed << ", round " << round;
    }
    EXPECT_GT(seen[Judgement::kPass], kTwinRounds / 20);
    EXPECT_GT(seen[Judgement::kFail], kTwinRounds / 20);
    EXPECT_GT(seen[Judgement::kInconclusive], kTwinRounds / 200);
  }
}

// Of a value under a key: there is an order of the writes, in real time, behind which the final read comes.
TEST(NoLostAcks, AgreesWithBruteForceOnValues) {
  for (const std::uint64_t seed : test_seeds()) {
    std::cout << "seed " << seed << "\n";
    Random random(seed);
    std::map<Judgement, int> seen;
    for (int round = 0; round < kTwinRounds; ++round) {
      HistoryBuilder builder;
      for (std::uint64_t i = 1 + random.below(5); i > 0; --i) {
        const auto start = static_cast<std::int64_t>(random.below(20));
        const Outcome outcome = random.chance(0.6) ? Outcome::kOk : static_cast<Outcome>(random.below(3));
        const bool never = outcome == Outcome::kUnknown && random.chance(0.5);
        const bool deletes = random.chance(0.2);
        std::optional<std::int64_t> value;
        if (!deletes) value = static_cast<std::int64_t>(random.below(4));
        builder.add("append", static_cast<std::uint32_t>(i), deletes ? Function::kDelete : Function::kWrite, 1, value,
                    start, never ? -1 : start + static_cast<std::int64_t>(random.below(10)), outcome);
      }
      std::optional<std::int64_t> left;
      if (!random.chance(0.2)) left = static_cast<std::int64_t>(random.below(5));
      builder.add("append", 9, Function::kRead, 1, left, 100, 101).final = true;
      const History& history = builder.history();
      const Judgement judgement = check(history).judgement;
      ++seen[judgement];
      if (judgement == Judgement::kInconclusive) continue;
      using State = std::optional<std::int64_t>;
      const auto step = [](const State& state, const Operation& operation) -> std::optional<State> {
        if (operation.function != Function::kRead) return State(operation.value);
        if (state != operation.value) return std::nullopt;
        return state;
      };
      const bool has_order = BruteForce(history, State(), step).has_order();
      if (judgement == (has_order ? Judgement::kPass : Judgement::kFail)) continue;
      for (const Operation& operation : history.operations) std::cout << history.describe(operation) << "\n";
      FAIL() << "seed " << seed << ", round " << round << ": " << check(history).summary;
    }
    EXPECT_GT(seen[Judgement::kPass], kTwinRounds / 20);
    EXPECT_GT(seen[Judgement::kFail], kTwinRounds / 20);
  }
}

}  // namespace
}  // namespace chamber
