#include "harness/check/starvation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/check/errors.h"
#include "harness/check/latency.h"
#include "harness/check/linearizable.h"
#include "harness/check/outage.h"
#include "harness/check/run_checks.h"
#include "harness/check/test_histories.h"

namespace chamber {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

// One operation every 10 ms for 10 s, answered after 5 ms; those intended in [from, to) are answered after `slow`, or
// not served when that is 0.
HistoryBuilder steady(std::int64_t from, std::int64_t to, std::int64_t slow = 0) {
  HistoryBuilder builder;
  for (std::int64_t at = 0; at < 10'000; at += 10) {
    const bool hit = at >= from && at < to;
    builder.add("w", static_cast<std::uint32_t>(at), Function::kWrite, 0, 1, at, at + (hit && slow > 0 ? slow : 5),
                hit && slow == 0 ? Outcome::kUnknown : Outcome::kOk);
  }
  return builder;
}

void starve(HistoryBuilder& builder, std::int64_t from, std::int64_t to) {
  builder.event(from, EventKind::kNote, "starved harness", "begins");
  builder.event(to, EventKind::kNote, "starved harness", "woke late");
}

Check outage(Duration at_most) {
  return {"outage w", [at_most](const History& h) { return check_outage(h, {.workload = "w", .at_most = at_most}); },
          true};
}

Check p99(Duration at_most) {
  return {
      "latency w",
      [at_most](const History& h) { return check_latency(h, {.workload = "w", .quantile = 0.99, .at_most = at_most}); },
      true};
}

const CheckResult& result(const Verdict& verdict, const std::string& check) {
  for (const CheckResult& one : verdict.results) {
    if (one.check == check) return one;
  }
  ADD_FAILURE() << check;
  return verdict.results.front();
}

Verdict judge(HistoryBuilder& builder, const std::vector<Check>& checks) {
  return run_checks(builder.history(), checks);
}

TEST(Starvation, AMachineWithTimeExcusesNothing) {
  HistoryBuilder builder = steady(3000, 5000);
  const Verdict verdict = judge(builder, {outage(seconds(1))});
  EXPECT_EQ(verdict.overall, Judgement::kFail);
  EXPECT_EQ(result(verdict, "harness in time").judgement, Judgement::kPass);
}

TEST(Starvation, AnOutageThatTheMachineExplainsIsInconclusive) {
  HistoryBuilder builder = steady(3000, 5000);
  starve(builder, 2900, 4800);
  const Verdict verdict = judge(builder, {outage(seconds(1))});
  EXPECT_EQ(verdict.overall, Judgement::kInconclusive);
  EXPECT_EQ(result(verdict, "outage w").judgement, Judgement::kInconclusive);
  EXPECT_THAT(result(verdict, "outage w").summary,
              HasSubstr("1 outage, the longest 2.00s; but that can be the machine"));
  EXPECT_EQ(result(verdict, "harness in time").judgement, Judgement::kInconclusive);
  EXPECT_THAT(result(verdict, "harness in time").summary, HasSubstr("starved of CPU for 1.90s"));
}

TEST(Starvation, AnOutageThatIsLongerThanItExplainsFails) {
  HistoryBuilder builder = steady(3000, 7000);
  starve(builder, 4000, 4500);
  const Verdict verdict = judge(builder, {outage(seconds(3))});
  EXPECT_EQ(verdict.overall, Judgement::kFail);
  EXPECT_THAT(result(verdict, "outage w").evidence.back(), HasSubstr("it fails too"));
  EXPECT_EQ(result(verdict, "harness in time").judgement, Judgement::kPass);
}

TEST(Starvation, AnOutageElsewhereFails) {
  HistoryBuilder builder = steady(3000, 5000);
  starve(builder, 7000, 9000);
  EXPECT_EQ(judge(builder, {outage(seconds(1))}).overall, Judgement::kFail);
}

TEST(Starvation, SlowAnswersCountWithoutTheStarvedTime) {
  HistoryBuilder builder = steady(3000, 3500, 900);
  starve(builder, 3000, 3890);
  EXPECT_EQ(result(judge(builder, {p99(milliseconds(600))}), "latency w").judgement, Judgement::kInconclusive);
  HistoryBuilder elsewhere = steady(3000, 3500, 900);
  starve(elsewhere, 3000, 3100);
  EXPECT_EQ(result(judge(elsewhere, {p99(milliseconds(600))}), "latency w").judgement, Judgement::kFail);
}

// Three operations that were not served, of this class of error, at 3 s, 3.1 s and 3.2 s.
HistoryBuilder failing(const std::string& error) {
  HistoryBuilder builder = steady(0, 0);
  for (const std::int64_t at : {3000, 3100, 3200}) {
    builder.add("w", static_cast<std::uint32_t>(20'000 + at), Function::kWrite, 0, 1, at, at + 50, Outcome::kUnknown)
        .error = builder.history().intern(error);
  }
  return builder;
}

Check never(std::vector<std::string> errors) {
  return {.name = "errors w",
          .run = [=](const History& h) { return check_errors(h, {.workload = "w", .never = errors}); },
          .judges_time = true,
          .error_of_time = "timeout"};
}

TEST(Starvation, TimeOutsThatAllTouchItAreInconclusive) {
  HistoryBuilder builder = failing("timeout");
  starve(builder, 2900, 3150);
  const CheckResult inconclusive = result(judge(builder, {never({"timeout"})}), "errors w");
  EXPECT_EQ(inconclusive.judgement, Judgement::kInconclusive);
  EXPECT_THAT(inconclusive.summary, HasSubstr("3 of "));
  EXPECT_THAT(inconclusive.summary, HasSubstr("that can be the machine"));
}

TEST(Starvation, OneTimeOutThatDoesNotTouchItFails) {
  HistoryBuilder builder = failing("timeout");
  builder.add("w", 50'000, Function::kWrite, 0, 1, 8000, 8050, Outcome::kUnknown).error =
      builder.history().intern("timeout");
  starve(builder, 2900, 3150);
  const CheckResult failed = result(judge(builder, {never({"timeout"})}), "errors w");
  EXPECT_EQ(failed.judgement, Judgement::kFail);
  EXPECT_THAT(failed.evidence.back(), HasSubstr("it fails too: 1 of "));
}

TEST(Starvation, AHiccupDoesNotExplainATimeOutOfSeconds) {
  HistoryBuilder builder = steady(0, 0);
  builder.add("w", 50'000, Function::kWrite, 0, 1, 3000, 8000, Outcome::kUnknown).error =
      builder.history().intern("timeout");
  starve(builder, 5000, 5060);
  EXPECT_EQ(result(judge(builder, {never({"timeout"})}), "errors w").judgement, Judgement::kFail);
  starve(builder, 6000, 7000);
  EXPECT_EQ(result(judge(builder, {never({"timeout"})}), "errors w").judgement, Judgement::kInconclusive);
}

TEST(Starvation, AnotherClassOfErrorIsNeverExcused) {
  HistoryBuilder builder = failing("torn object");
  starve(builder, 2900, 3300);
  EXPECT_EQ(judge(builder, {never({"torn object", "timeout"})}).overall, Judgement::kFail);
}

TEST(Starvation, WhatPassesStaysAPass) {
  HistoryBuilder builder = steady(3000, 3100);
  starve(builder, 0, 9000);
  const Verdict verdict = judge(builder, {outage(seconds(1)), p99(milliseconds(10))});
  EXPECT_EQ(verdict.overall, Judgement::kPass);
}

TEST(Starvation, SafetyIsNeverExcused) {
  HistoryBuilder builder;
  builder.add("w", 1, Function::kWrite, 0, 1, 1000, 1010);
  builder.add("w", 1, Function::kWrite, 0, 2, 2000, 2010);
  builder.add("w", 2, Function::kRead, 0, 1, 3000, 3010);  // stale
  starve(builder, 0, 9000);
  const Check linearizable{"linearizable w", [](const History& h) { return check_linearizable(h, {.workload = "w"}); }};
  EXPECT_EQ(judge(builder, {linearizable}).overall, Judgement::kFail);
}

TEST(Starvation, StretchesThatTouchAreOne) {
  HistoryBuilder builder;
  builder.event(100, EventKind::kNote, "starved harness", "begins");
  builder.event(150, EventKind::kNote, "starved cell", "begins");
  builder.event(200, EventKind::kNote, "starved harness", "woke 100ms late");
  builder.event(300, EventKind::kNote, "starved cell", "others took 90 %");
  builder.event(400, EventKind::kNote, "starved harness", "begins");
  builder.event(410, EventKind::kNote, "starved harness", "woke 10ms late");
  const auto windows = starved_windows(builder.history());
  ASSERT_EQ(windows.size(), 2U);
  EXPECT_EQ(windows[0].from, at_ms(100));
  EXPECT_EQ(windows[0].to, at_ms(300));
  EXPECT_EQ(windows[0].what, "harness: woke 100ms late; cell: others took 90 %");
}

TEST(Starvation, AStretchThatACrashLeftOpenLastsToTheEndOfTheHistory) {
  HistoryBuilder builder = steady(0, 0);
  builder.event(9000, EventKind::kNote, "starved cell", "begins");
  const History history = builder.history();
  const auto windows = starved_windows(history);
  ASSERT_EQ(windows.size(), 1U);
  EXPECT_EQ(windows[0].from, at_ms(9000));
  EXPECT_EQ(windows[0].to, history.complete_until);
}

TEST(Starvation, TheClockStandsStillInEachStretch) {
  HistoryBuilder builder;
  builder.add("w", 1, Function::kWrite, 0, 1, 50, 150);
  builder.add("w", 2, Function::kWrite, 0, 2, 350, -1);
  starve(builder, 100, 200);
  starve(builder, 300, 400);
  const History calm = without_starved_time(builder.history(), starved_windows(builder.history()));
  ASSERT_EQ(calm.operations.size(), 2U);
  EXPECT_EQ(calm.operations[0].start, at_ms(50));
  EXPECT_EQ(calm.operations[0].end, at_ms(100));
  EXPECT_EQ(calm.operations[1].start, at_ms(200));
  EXPECT_EQ(calm.operations[1].end, kNever);
}

}  // namespace
}  // namespace chamber
