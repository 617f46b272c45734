#include "harness/check/outage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>

#include "harness/check/test_histories.h"
#include "harness/check/windows.h"

namespace chamber {
namespace {

using std::chrono::milliseconds;
using testing::Contains;
using testing::HasSubstr;

// One operation every 10 ms for 10 s; those intended in [from, to) fail.
HistoryBuilder steady(std::int64_t from, std::int64_t to) {
  HistoryBuilder builder;
  for (std::int64_t at = 0; at < 10'000; at += 10) {
    builder.add("w", static_cast<std::uint32_t>(at), Function::kWrite, 0, 1, at, at + 5,
                at >= from && at < to ? Outcome::kUnknown : Outcome::kOk);
  }
  return builder;
}

TEST(Outage, IsFromTheFirstFailureToTheStartOfSustainedSuccess) {
  HistoryBuilder builder = steady(3000, 5100);
  const auto outages = find_outages(builder.history(), {.workload = "w"});
  ASSERT_EQ(outages.size(), 1);
  EXPECT_EQ(outages[0].from, at_ms(3000));
  EXPECT_EQ(outages[0].to, at_ms(5100));
  EXPECT_EQ(outages[0].failed, 210);
}

TEST(Outage, DoesNotLastUntilTheLookAtWhatIsLeft) {
  HistoryBuilder builder = steady(9000, 10'000);
  builder.add("w", 20'000, Function::kRead, 0, 1, 60'000, 60'005).final = true;
  const auto outages = find_outages(builder.history(), {.workload = "w"});
  ASSERT_EQ(outages.size(), 1);
  EXPECT_FALSE(outages[0].over);
  EXPECT_EQ(outages[0].to, at_ms(9995));
}

TEST(Outage, SporadicSuccessesDoNotEndIt) {
  HistoryBuilder builder = steady(3000, 5100);
  for (Operation& operation : builder.history().operations) {
    if (operation.start >= at_ms(4000) && operation.start < at_ms(4400)) operation.outcome = Outcome::kOk;
  }
  EXPECT_EQ(find_outages(builder.history(), {.workload = "w"}).size(), 1);
  EXPECT_EQ(find_outages(builder.history(), {.workload = "w", .sustained_for = milliseconds(300)}).size(), 2);
}

TEST(Outage, CountsFromTheIntendedStartAndIgnoresThousandsThatOverlap) {
  HistoryBuilder builder = steady(3000, 5000);
  // Asked for before the outage, answered after it: neither shortens nor lengthens it.
  for (std::uint32_t i = 0; i < 5000; ++i) {
    builder.add("w", 20'000 + i, Function::kRead, 0, 1, 1 + i % 2000, 6000 + i % 100);
  }
  // Late starts: the failure that was due at 2.5 s began only at 2.9 s.
  Operation& late = builder.add("w", 50'000, Function::kRead, 0, 1, 2900, 4000, Outcome::kUnknown);
  late.intended = at_ms(2500);
  const auto outages = find_outages(builder.history(), {.workload = "w"});
  ASSERT_EQ(outages.size(), 1);
  EXPECT_EQ(outages[0].from, at_ms(2500)) << "less than a sustained run lies between it and the rest";
  EXPECT_EQ(outages[0].to, at_ms(5000));
}

TEST(Outage, BudgetDecides) {
  HistoryBuilder builder = steady(3000, 5100);
  builder.event(2990, EventKind::kFaultStart, "kill vault-0");
  builder.event(6000, EventKind::kFaultEnd, "kill vault-0");
  const auto kept = check_outage(builder.history(), {.workload = "w", .at_most = milliseconds(2100)});
  EXPECT_EQ(kept.judgement, Judgement::kPass);
  EXPECT_DOUBLE_EQ(kept.budget->observed, 2.1);
  EXPECT_THAT(kept.evidence, Contains(HasSubstr("kill vault-0 at 2.990000s: first failure 10ms after it")));
  const auto broken = check_outage(builder.history(), {.workload = "w", .at_most = milliseconds(2099)});
  EXPECT_EQ(broken.judgement, Judgement::kFail);
}

TEST(Outage, NotBackAtTheEndIsNoPass) {
  HistoryBuilder builder = steady(9000, 10'000);
  const auto outages = find_outages(builder.history(), {.workload = "w"});
  ASSERT_EQ(outages.size(), 1);
  EXPECT_FALSE(outages[0].over);
  EXPECT_EQ(outages[0].to, at_ms(9995));
  const auto soon = check_outage(builder.history(), {.workload = "w", .at_most = std::chrono::seconds(5)});
  EXPECT_EQ(soon.judgement, Judgement::kInconclusive);
  const auto late = check_outage(builder.history(), {.workload = "w", .at_most = milliseconds(500)});
  EXPECT_EQ(late.judgement, Judgement::kFail);
}

TEST(Outage, AConflictIsAnAnswerAndASlowAnswerMayBeNone) {
  HistoryBuilder builder = steady(0, 0);
  const std::uint16_t conflict = builder.history().intern(kConflict);
  builder.add("w", 90'000, Function::kCas, 0, 1, 5001, 5003, Outcome::kFail).error = conflict;
  builder.add("w", 90'001, Function::kRead, 0, 1, 7001, 8500);
  EXPECT_TRUE(find_outages(builder.history(), {.workload = "w"}).empty());
  EXPECT_EQ(find_outages(builder.history(), {.workload = "w", .slower_than = milliseconds(1000)}).size(), 1);
}

TEST(Outage, TooLittleIsInconclusive) {
  HistoryBuilder builder;
  builder.add("w", 1, Function::kRead, 0, 1, 0, 1);
  EXPECT_EQ(check_outage(builder.history(), {.workload = "w"}).judgement, Judgement::kInconclusive);
}

// The definition, word by word and quadratic.
std::vector<Outage> twin(const History& history, const OutageOptions& options) {
  std::vector<Operation> operations = history.operations;
  std::stable_sort(operations.begin(), operations.end(),
                   [](const Operation& a, const Operation& b) { return a.intended < b.intended; });
  const auto sustained_from = [&](std::size_t first) {
    for (std::size_t last = first; last < operations.size(); ++last) {
      if (operations[last].outcome != Outcome::kOk) return false;
      const bool many = last - first + 1 >= options.sustained_operations;
      if (many && operations[last].intended - operations[first].intended >= options.sustained_for) return true;
    }
    return false;
  };
  std::vector<Outage> outages;
  for (std::size_t i = 0; i < operations.size(); ++i) {
    if (operations[i].outcome == Outcome::kOk) continue;
    std::size_t back = i + 1;
    while (back < operations.size() && !sustained_from(back)) ++back;
    Outage outage{operations[i].intended, {}, back < operations.size(), 0};
    for (std::size_t k = i; k < back; ++k) outage.failed += operations[k].outcome == Outcome::kOk ? 0 : 1;
    if (outage.over) {
      outage.to = std::max(outage.from, operations[back].start);
    } else {
      for (const Operation& operation : operations) outage.to = std::max(outage.to, operation.end);
    }
    outages.push_back(outage);
    i = back;
  }
  return outages;
}

TEST(Outage, AgreesWithItsTwin) {
  for (const std::uint64_t seed : test_seeds()) {
    std::cout << "seed " << seed << "\n";
    Random random(seed);
    std::size_t several = 0;
    for (int round = 0; round < kTwinRounds; ++round) {
      HistoryBuilder builder;
      const OutageOptions options{.workload = "w",
                                  .sustained_operations = 1 + random.below(4),
                                  .sustained_for = milliseconds(random.below(30))};
      bool healthy = true;
      std::int64_t at = 0;
      for (std::uint64_t i = random.below(40); i > 0; --i) {
        if (random.chance(0.15)) healthy = !healthy;
        at += static_cast<std::int64_t>(random.below(12));
        const auto lag = static_cast<std::int64_t>(random.below(10));
        Operation& operation = builder.add("w", static_cast<std::uint32_t>(i), Function::kRead, 0, 1, at + lag,
                                           at + lag + static_cast<std::int64_t>(random.below(50)),
                                           healthy ? Outcome::kOk : static_cast<Outcome>(random.below(3)));
        operation.intended = at_ms(at);
      }
      const auto expected = twin(builder.history(), options);
      const auto outages = find_outages(builder.history(), options);
      several += expected.size() > 1 ? 1 : 0;
      ASSERT_EQ(outages.size(), expected.size()) << "seed " << seed << ", round " << round;
      for (std::size_t i = 0; i < outages.size(); ++i) {
        EXPECT_EQ(outages[i].from, expected[i].from);
        EXPECT_EQ(outages[i].to, expected[i].to);
        EXPECT_EQ(outages[i].over, expected[i].over);
        EXPECT_EQ(outages[i].failed, expected[i].failed);
      }
    }
    EXPECT_GT(several, kTwinRounds / 10);
  }
}

}  // namespace
}  // namespace chamber
