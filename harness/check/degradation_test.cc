// What a system may not do while it can't keep its promise, what a fault costs after it, and how much a system carries.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/check/availability.h"
#include "harness/check/capacity.h"
#include "harness/check/errors.h"
#include "harness/check/latency.h"
#include "harness/check/recovery.h"
#include "harness/check/run_facts.h"
#include "harness/check/starvation.h"
#include "harness/check/test_histories.h"

namespace chamber {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Contains;
using testing::HasSubstr;

// Ten seconds of reads and writes, one every 5 ms; from 2 s to 6 s a fault, under which writes fail from 3 s on.
HistoryBuilder with_refused_writes() {
  HistoryBuilder builder;
  builder.event(0, EventKind::kLoadStart, "w");
  builder.event(2000, EventKind::kFaultStart, "kill x");
  builder.event(7000, EventKind::kFaultEnd, "kill x");
  for (std::int64_t at = 0; at < 10'000; at += 10) {
    builder.add("w", 1, Function::kRead, 0, 1, at, at + 1);
    const bool refused = at >= 3000 && at < 6500;
    Operation& write = builder.add("w", 2, Function::kWrite, 0, at, at + 5, at + 6, Outcome::kOk);
    if (refused) write.outcome = Outcome::kFail;
  }
  const std::uint16_t error = builder.history().intern("SlowDownWrite");
  for (Operation& operation : builder.history().operations) {
    if (operation.outcome == Outcome::kFail) operation.error = error;
  }
  return builder;
}

TEST(Errors, WhatIsNotNamedIsNotAllowed) {
  HistoryBuilder builder = with_refused_writes();
  const auto judge = [&](std::vector<std::string> only, std::vector<std::string> never) {
    return check_errors(builder.history(), {.workload = "w", .only = std::move(only), .never = std::move(never)});
  };
  EXPECT_EQ(judge({"SlowDownWrite", "timeout"}, {}).judgement, Judgement::kPass);
  EXPECT_EQ(judge({}, {"torn object"}).judgement, Judgement::kPass);
  const CheckResult wrong = judge({"timeout"}, {});
  EXPECT_EQ(wrong.judgement, Judgement::kFail);
  EXPECT_THAT(wrong.evidence, Contains(HasSubstr("NOT allowed: SlowDownWrite")));
  EXPECT_EQ(judge({}, {"SlowDownWrite"}).judgement, Judgement::kFail);
  EXPECT_EQ(check_errors(builder.history(), {.workload = "nobody", .never = {"x"}}).judgement,
            Judgement::kInconclusive);
}

TEST(Which, ReadsAreServedWhileWritesAreNot) {
  HistoryBuilder builder = with_refused_writes();
  const auto share = [&](Which which) {
    return check_availability(
        builder.history(),
        {.workload = "w", .at_least = 0.99, .when = When::kDuringFault, .which = which, .least_operations = 10});
  };
  EXPECT_EQ(share(Which::kReads).judgement, Judgement::kPass);
  EXPECT_EQ(share(Which::kWrites).judgement, Judgement::kFail);
  EXPECT_EQ(share(Which::kReads).operations + share(Which::kWrites).operations, share(Which::kAll).operations);
}

HistoryBuilder with_queue_after_fault(std::int64_t slow_until) {
  HistoryBuilder builder;
  builder.event(2000, EventKind::kFaultStart, "pause x");
  builder.event(4000, EventKind::kFaultUndo, "pause x");
  for (std::int64_t at = 0; at < 10'000; at += 10) {
    const bool slow = at >= 2000 && at < slow_until;
    builder.add("w", 1, Function::kRead, 0, 1, at, at + (slow ? 400 : 2));
  }
  return builder;
}

TEST(Recovery, CountsFromWhereTheHarmWasLifted) {
  const auto judge = [](std::int64_t slow_until, Duration at_most) {
    HistoryBuilder builder = with_queue_after_fault(slow_until);
    return check_recovery(builder.history(), {.workload = "w", .slower_than = milliseconds(100), .at_most = at_most});
  };
  const CheckResult quick = judge(5200, milliseconds(1500));
  EXPECT_EQ(quick.judgement, Judgement::kPass) << quick.summary;
  EXPECT_DOUBLE_EQ(quick.budget->observed, 1.5);
  EXPECT_EQ(judge(5200, seconds(1)).judgement, Judgement::kFail);
  EXPECT_EQ(judge(4000, seconds(0)).judgement, Judgement::kPass);
  EXPECT_EQ(judge(10'000, seconds(30)).judgement, Judgement::kInconclusive) << "its end was not seen";
}

TEST(Capacity, TheKneeIsTheLastStepBeforeTheFirstThatIsTooMuch) {
  HistoryBuilder builder;
  builder.event(0, EventKind::kLoadStart, "w");
  // 100/s, 200/s, 400/s of one second each; the third is slow. A fourth of 500/s is quick again and counts for nothing.
  for (const auto& [from, gap, took] : {std::tuple(0, 10, 5), {1000, 5, 8}, {2000, 2, 500}, {3000, 2, 5}}) {
    for (std::int64_t at = from; at < from + 1000; at += gap) {
      builder.add("w", 1, Function::kRead, 0, 1, at, at + took);
    }
  }
  CapacityOptions options{.workload = "w", .within = milliseconds(50), .at_least = 200};
  for (const double rate : {100.0, 200.0, 500.0, 500.0}) options.steps.push_back({rate, seconds(1)});
  const CheckResult result = check_capacity(builder.history(), options);
  EXPECT_EQ(result.judgement, Judgement::kPass) << result.summary;
  EXPECT_DOUBLE_EQ(result.budget->observed, 200);
  options.at_least = 300;
  EXPECT_EQ(check_capacity(builder.history(), options).judgement, Judgement::kFail);
  options.steps[0].per_second = 150;  // a third of what the schedule had never started
  EXPECT_DOUBLE_EQ(check_capacity(builder.history(), options).budget->observed, 0);
}

TEST(Capacity, AKneeOnAStarvedMachineIsNotTheSystems) {
  const auto judge = [](std::int64_t starved_from, std::int64_t starved_to) {
    HistoryBuilder builder;
    builder.event(0, EventKind::kLoadStart, "w");
    builder.event(starved_from, EventKind::kNote, std::string(kStarved) + "cell", std::string(kStarvedBegins));
    builder.event(starved_to, EventKind::kNote, std::string(kStarved) + "cell", "measured");
    for (std::int64_t at = 0; at < 2000; at += 10) {
      builder.add("w", 1, Function::kRead, 0, 1, at, at + (at < 1000 ? 5 : 500));
    }
    const CapacityOptions options{
        .workload = "w", .steps = {{100, seconds(1)}, {100, seconds(1)}}, .within = milliseconds(50), .at_least = 200};
    return check_capacity(builder.history(), options).judgement;
  };
  EXPECT_EQ(judge(1100, 1400), Judgement::kInconclusive);
  EXPECT_EQ(judge(1100, 1300), Judgement::kFail) << "a fifth of the step does not explain it";
  EXPECT_EQ(judge(100, 900), Judgement::kFail) << "another step was starved";
}

TEST(Capacity, WithoutAnOperationNothingIsKnownWhateverIsAskedFor) {
  HistoryBuilder builder;
  builder.event(0, EventKind::kLoadStart, "w");
  const CapacityOptions options{
      .workload = "w", .steps = {{100, seconds(1)}}, .within = milliseconds(50), .at_least = 0};
  EXPECT_EQ(check_capacity(builder.history(), options).judgement, Judgement::kInconclusive);
}

TEST(RolesKept, AnotherHolderIsAFailure) {
  HistoryBuilder builder;
  builder.event(0, EventKind::kRoleChange, "postgres.primary", "postgres-1");
  builder.event(1000, EventKind::kFaultStart, "crash postgres-1");
  builder.event(1001, EventKind::kFaultEnd, "crash postgres-1");
  builder.event(1200, EventKind::kRoleChange, "postgres.primary", "");
  builder.event(2000, EventKind::kRoleChange, "postgres.primary", "postgres-1");
  EXPECT_EQ(check_roles_kept(builder.history(), "postgres.primary").judgement, Judgement::kPass);
  EXPECT_EQ(check_roles_kept(builder.history(), "vault.leader").judgement, Judgement::kInconclusive);
  builder.event(3000, EventKind::kRoleChange, "postgres.primary", "postgres-0");
  EXPECT_EQ(check_roles_kept(builder.history(), "postgres.primary").judgement, Judgement::kFail);
}

}  // namespace
}  // namespace chamber
