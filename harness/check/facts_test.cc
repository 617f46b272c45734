// Latency, availability, what a run must have been, and how checks are run together.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

#include "harness/check/availability.h"
#include "harness/check/latency.h"
#include "harness/check/run_checks.h"
#include "harness/check/run_facts.h"
#include "harness/check/test_histories.h"

namespace chamber {
namespace {

using std::chrono::milliseconds;
using testing::Contains;
using testing::HasSubstr;

TEST(Latency, QuantilesAreExact) {
  Random random(4);
  for (int round = 0; round < 2000; ++round) {
    std::vector<Duration> values(1 + random.below(30));
    for (Duration& value : values) value = Duration(random.below(20));
    const double quantile = random.unit();
    // The definition: the smallest value that at least that share doesn't exceed.
    std::vector<Duration> sorted = values;
    std::sort(sorted.begin(), sorted.end());
    const auto expected = *std::find_if(sorted.begin(), sorted.end(), [&](Duration candidate) {
      const auto within =
          std::count_if(sorted.begin(), sorted.end(), [&](Duration value) { return value <= candidate; });
      return static_cast<double>(within) >= quantile * static_cast<double>(sorted.size());
    });
    EXPECT_EQ(exact_quantile(values, quantile), expected) << quantile;
  }
}

HistoryBuilder with_slow_middle() {
  HistoryBuilder builder;
  for (std::int64_t at = 0; at < 9000; at += 10) {
    const bool slow = at >= 3000 && at < 6000;
    builder.add("w", static_cast<std::uint32_t>(at), Function::kRead, 0, 1, at, at + (slow ? 50 : 2),
                slow && at % 100 == 0 ? Outcome::kUnknown : Outcome::kOk);
  }
  builder.event(3000, EventKind::kFaultStart, "pause vault-0");
  builder.event(6000, EventKind::kFaultEnd, "pause vault-0");
  return builder;
}

TEST(Latency, WindowsSelect) {
  HistoryBuilder builder = with_slow_middle();
  const auto judge = [&](When when) {
    return check_latency(builder.history(), {.workload = "w", .at_most = milliseconds(10), .when = when});
  };
  EXPECT_EQ(judge(When::kNoFault).judgement, Judgement::kPass);
  EXPECT_EQ(judge(When::kDuringFault).judgement, Judgement::kFail);
  EXPECT_EQ(judge(When::kAlways).judgement, Judgement::kFail);
  EXPECT_DOUBLE_EQ(judge(When::kDuringFault).budget->observed, 50);
  EXPECT_EQ(judge(When::kNoFault).operations + judge(When::kDuringFault).operations, judge(When::kAlways).operations);
}

TEST(Latency, CountsFromTheIntendedStart) {
  HistoryBuilder builder = with_slow_middle();
  for (Operation& operation : builder.history().operations) operation.intended -= milliseconds(500);
  const auto result =
      check_latency(builder.history(), {.workload = "w", .quantile = 0.5, .at_most = milliseconds(499)});
  EXPECT_EQ(result.judgement, Judgement::kFail);
}

TEST(Latency, TooFewAreInconclusive) {
  HistoryBuilder builder = with_slow_middle();
  EXPECT_EQ(check_latency(builder.history(), {.workload = "w", .at_most = milliseconds(10), .least_operations = 5000})
                .judgement,
            Judgement::kInconclusive);
  EXPECT_EQ(check_latency(builder.history(), {.workload = "x", .at_most = milliseconds(10)}).judgement,
            Judgement::kInconclusive);
}

TEST(Availability, ShareAndBudget) {
  HistoryBuilder builder = with_slow_middle();
  const auto judge = [&](double share, When when) {
    return check_availability(builder.history(), {.workload = "w", .at_least = share, .when = when});
  };
  EXPECT_EQ(judge(0.96, When::kAlways).judgement, Judgement::kPass);
  EXPECT_EQ(judge(0.97, When::kAlways).judgement, Judgement::kFail);
  EXPECT_EQ(judge(1, When::kNoFault).judgement, Judgement::kPass);
  EXPECT_EQ(judge(0.95, When::kDuringFault).judgement, Judgement::kFail);
  EXPECT_THAT(judge(1, When::kAlways).evidence, Contains(HasSubstr("30 unknown")));
  EXPECT_THAT(judge(0.94, When::kAlways).summary, HasSubstr("56 % of the error budget is spent"));
  EXPECT_EQ(check_availability(builder.history(), {.workload = "x"}).judgement, Judgement::kInconclusive);
}

TEST(FaultsProved, EachNeedsItsOwnProof) {
  HistoryBuilder builder;
  EXPECT_EQ(check_faults_proved(builder.history()).judgement, Judgement::kInconclusive) << "no fault";
  builder.event(10, EventKind::kFaultStart, "kill vault-0");
  EXPECT_EQ(check_faults_proved(builder.history()).judgement, Judgement::kInconclusive);
  builder.event(11, EventKind::kFaultProved, "kill vault-0", "pid 7 is gone");
  builder.event(20, EventKind::kFaultEnd, "kill vault-0");
  EXPECT_EQ(check_faults_proved(builder.history()).judgement, Judgement::kPass);
  builder.event(30, EventKind::kFaultStart, "kill vault-0");
  builder.event(40, EventKind::kFaultEnd, "kill vault-0");
  EXPECT_EQ(check_faults_proved(builder.history()).judgement, Judgement::kInconclusive) << "the first one's proof";
  builder.event(31, EventKind::kFaultNotProved, "kill vault-0", "pid 8 lives");
  EXPECT_EQ(check_faults_proved(builder.history()).judgement, Judgement::kInconclusive);
  EXPECT_THAT(check_faults_proved(builder.history()).evidence, Contains(HasSubstr("pid 8 lives")));
}

TEST(RolesChanged, OnlyAMoveAfterAFaultCounts) {
  HistoryBuilder builder;
  const auto judge = [&] { return check_roles_changed(builder.history(), "vault.leader").judgement; };
  builder.event(1, EventKind::kRoleChange, "vault.leader", "vault-0");
  EXPECT_EQ(judge(), Judgement::kInconclusive) << "no fault";
  builder.event(10, EventKind::kFaultStart, "kill vault-0");
  EXPECT_EQ(judge(), Judgement::kInconclusive);
  builder.event(12, EventKind::kRoleChange, "vault.leader", "");
  builder.event(13, EventKind::kRoleChange, "vault.leader", "vault-0");
  builder.event(13, EventKind::kRoleChange, "postgres.primary", "postgres-1");
  EXPECT_EQ(judge(), Judgement::kInconclusive) << "it came back to the same node";
  builder.event(14, EventKind::kRoleChange, "vault.leader", "vault-2");
  EXPECT_EQ(judge(), Judgement::kPass);
}

TEST(RolesChanged, AMoveBeforeTheFaultDoesNotCount) {
  HistoryBuilder builder;
  builder.event(1, EventKind::kRoleChange, "vault.leader", "vault-0");
  builder.event(5, EventKind::kRoleChange, "vault.leader", "vault-1");
  builder.event(10, EventKind::kFaultStart, "kill vault-2");
  EXPECT_EQ(check_roles_changed(builder.history(), "vault.leader").judgement, Judgement::kInconclusive);
}

TEST(RolesChanged, WhoIsSeenWithItAfterTheFaultBeganAndLosesItCounts) {
  HistoryBuilder builder;
  const auto judge = [&] { return check_roles_changed(builder.history(), "vault.leader").judgement; };
  builder.event(1, EventKind::kRoleChange, "vault.leader", "vault-0");
  builder.event(9, EventKind::kRoleChange, "vault.leader", "");
  builder.event(10, EventKind::kFaultStart, "partition vault-0");
  EXPECT_EQ(judge(), Judgement::kInconclusive);
  builder.event(11, EventKind::kRoleChange, "vault.leader", "vault-0");
  EXPECT_EQ(judge(), Judgement::kInconclusive);
  builder.event(12, EventKind::kRoleChange, "vault.leader", "");
  builder.event(14, EventKind::kRoleChange, "vault.leader", "vault-1");
  EXPECT_EQ(judge(), Judgement::kPass);
}

TEST(RolesChanged, WhoeverHasItWhenNobodyHadItBeforeDoesNotCount) {
  HistoryBuilder builder;
  builder.event(10, EventKind::kFaultStart, "partition vault-0");
  builder.event(14, EventKind::kRoleChange, "vault.leader", "vault-1");
  EXPECT_EQ(check_roles_changed(builder.history(), "vault.leader").judgement, Judgement::kInconclusive);
}

TEST(EnoughOperations, CountsWhatWasOk) {
  HistoryBuilder builder = with_slow_middle();
  EXPECT_EQ(check_enough_operations(builder.history(), "w", 870).judgement, Judgement::kPass);
  EXPECT_EQ(check_enough_operations(builder.history(), "w", 871).judgement, Judgement::kInconclusive);
  EXPECT_EQ(check_enough_operations(builder.history(), "x", 0).judgement, Judgement::kInconclusive);
}

TEST(RunChecks, ThrowingAndMissingAreInconclusive) {
  HistoryBuilder builder = with_slow_middle();
  const Check pass{"enough", [](const History& history) { return check_enough_operations(history, "w", 1); }};
  const Check throwing{"throws", [](const History&) -> CheckResult { throw std::runtime_error("out of ideas"); }};
  const Check odd{"odd", [](const History&) -> CheckResult { throw 7; }};
  EXPECT_EQ(run_checks(builder.history(), {}).overall, Judgement::kInconclusive);
  EXPECT_EQ(run_checks(builder.history(), std::vector{pass}).overall, Judgement::kPass);
  const Verdict verdict = run_checks(builder.history(), std::vector{pass, throwing, odd});
  EXPECT_EQ(verdict.overall, Judgement::kInconclusive);
  EXPECT_THAT(verdict.results.at(3).summary, HasSubstr("out of ideas"));
  EXPECT_EQ(verdict.results.at(3).check, "throws");
  EXPECT_EQ(verdict.results.at(3).judgement, Judgement::kInconclusive);
}

TEST(RunChecks, NothingFailsByAClockThatJumped) {
  HistoryBuilder builder = with_slow_middle();
  const Check failing{"fails", [](const History&) {
                        CheckResult result;
                        result.judgement = Judgement::kFail;
                        return result;
                      }};
  EXPECT_EQ(run_checks(builder.history(), std::vector{failing}).overall, Judgement::kFail);
  builder.event(500, EventKind::kNote, std::string(kClockNote), "moved by 5 s");
  const Verdict verdict = run_checks(builder.history(), std::vector{failing});
  EXPECT_EQ(verdict.overall, Judgement::kInconclusive);
  EXPECT_EQ(verdict.results.at(2).check, "clock steady");
  EXPECT_THAT(verdict.results.at(2).summary, HasSubstr("clock jumped"));
}

TEST(RunChecks, AHistoryCutShortIsNeverAPass) {
  HistoryBuilder builder = with_slow_middle();
  builder.history().complete = false;
  builder.history().incomplete_reason = "offset 77: the file ends within a block";
  const Check pass{"enough", [](const History& history) { return check_enough_operations(history, "w", 1); }};
  const Verdict verdict = run_checks(builder.history(), std::vector{pass});
  EXPECT_EQ(verdict.overall, Judgement::kInconclusive);
  EXPECT_THAT(verdict.results.at(0).summary, HasSubstr("offset 77"));
}

TEST(Upheld, FailsWhenOneFindingIsBroken) {
  HistoryBuilder builder;
  EXPECT_EQ(check_upheld(builder.history(), "vault.rekey").judgement, Judgement::kInconclusive);
  builder.event(10, EventKind::kHeld, "vault.rekey", "old shares are useless: refused");
  builder.event(10, EventKind::kBroken, "vault.seal", "of another action");
  EXPECT_EQ(check_upheld(builder.history(), "vault.rekey").judgement, Judgement::kPass);
  builder.event(20, EventKind::kBroken, "vault.rekey", "new shares unseal: they did not");
  EXPECT_EQ(check_upheld(builder.history(), "vault.rekey").judgement, Judgement::kFail);
}

}  // namespace
}  // namespace chamber
