#include "reports/timeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "reports/test_runs.h"

namespace chamber {
namespace {

using std::chrono::milliseconds;

Operation operation_at(Duration intended, Duration took, Outcome outcome = Outcome::kOk) {
  Operation operation;
  operation.intended = operation.start = test_instant(intended);
  operation.end = operation.start + took;
  operation.workload = 1;
  operation.outcome = outcome;
  return operation;
}

History empty_history() {
  History history;
  history.origin = test_instant(Duration::zero());
  history.names = {"", "w", "refused", "late"};
  return history;
}

TEST(Timeline, NoCountAndNoExtremeIsLostHoweverLongTheRun) {
  Random random(5);
  for (const std::int64_t span_ms : {1, 900, 45'000, 3'600'000, 400'000'000}) {
    TimelineBuilder builder;
    std::uint64_t ok = 0;
    std::uint64_t fail = 0;
    std::uint64_t unknown = 0;
    double greatest = 0;
    double wait = -1;
    for (int i = 0; i < 20'000; ++i) {
      const auto outcome = static_cast<Outcome>(random.below(3));
      const Operation operation =
          operation_at(milliseconds(random.below(static_cast<std::uint64_t>(span_ms))),
                       Duration(random.below(std::uint64_t{1} << (1 + random.below(36)))), outcome);
      const double took = std::chrono::duration<double, std::milli>(latency(operation)).count();
      if (outcome == Outcome::kOk) {
        ++ok;
        greatest = std::max(greatest, took);
      } else {
        ++(outcome == Outcome::kFail ? fail : unknown);
        wait = std::max(wait, took);
      }
      builder.add(operation);
    }
    const Timeline timeline = builder.finish(empty_history());
    ASSERT_EQ(timeline.workloads.size(), 1U);
    const WorkloadTimeline& workload = timeline.workloads[0];
    EXPECT_LE(workload.bins.size(), 600U);
    EXPECT_EQ(std::tie(workload.ok, workload.fail, workload.unknown), std::tie(ok, fail, unknown));
    TimelineBin sum;
    for (const TimelineBin& bin : workload.bins) {
      sum.ok += bin.ok;
      sum.fail += bin.fail;
      sum.unknown += bin.unknown;
      if (bin.greatest_ms) sum.greatest_ms = std::max(sum.greatest_ms.value_or(0), *bin.greatest_ms);
      if (bin.wait_ms) sum.wait_ms = std::max(sum.wait_ms.value_or(0), *bin.wait_ms);
    }
    EXPECT_EQ(std::tie(sum.ok, sum.fail, sum.unknown), std::tie(ok, fail, unknown));
    EXPECT_DOUBLE_EQ(sum.greatest_ms.value_or(-1), greatest);
    EXPECT_DOUBLE_EQ(sum.wait_ms.value_or(-1), wait);
    EXPECT_DOUBLE_EQ(workload.latency->greatest, greatest);
    EXPECT_EQ(workload.quantiles.size(),
              (workload.bins.size() + workload.bins_per_quantile - 1) / workload.bins_per_quantile);
  }
}

TEST(Timeline, EachOperationIsInTheBinOfItsIntendedStart) {
  Random random(6);
  std::vector<Duration> starts;
  TimelineBuilder builder;
  for (int i = 0; i < 6000; ++i) starts.emplace_back(random.below(90'000'000'000ULL));
  for (const Duration start : starts) builder.add(operation_at(start, milliseconds(1)));
  const Timeline timeline = builder.finish(empty_history());
  const WorkloadTimeline& workload = timeline.workloads[0];
  std::vector<std::uint64_t> expected(workload.bins.size());
  for (const Duration start : starts) {
    const double bin = (seconds(start) - workload.first_s) / workload.bin_s;
    ++expected.at(static_cast<std::size_t>(bin));
  }
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_EQ(workload.bins[i].ok, expected[i]) << i;
  EXPECT_NEAR(workload.until_s, 90, 0.03);
}

TEST(Timeline, OrderDoesNotMatter) {
  Random random(8);
  std::vector<Operation> operations;
  for (int i = 0; i < 3000; ++i) {
    operations.push_back(operation_at(milliseconds(random.below(500'000)), milliseconds(random.below(50))));
  }
  TimelineBuilder forwards;
  TimelineBuilder backwards;
  for (const Operation& operation : operations) forwards.add(operation);
  for (auto operation = operations.rbegin(); operation != operations.rend(); ++operation) backwards.add(*operation);
  const WorkloadTimeline a = forwards.finish(empty_history()).workloads[0];
  const WorkloadTimeline b = backwards.finish(empty_history()).workloads[0];
  ASSERT_EQ(a.bins.size(), b.bins.size());
  EXPECT_DOUBLE_EQ(a.first_s, b.first_s);
  for (std::size_t i = 0; i < a.bins.size(); ++i) {
    EXPECT_EQ(a.bins[i].ok, b.bins[i].ok);
    EXPECT_EQ(a.bins[i].greatest_ms, b.bins[i].greatest_ms);
  }
}

TEST(Timeline, AnOutageIsSharpOnTheAxis) {
  const Report report = test_report();
  const WorkloadTimeline& workload = report.timeline.workloads[0];
  ASSERT_EQ(workload.name, "vault.register") << "in the order in which loads started";
  EXPECT_LE(workload.bin_s, 0.1);
  double first_failure = 1e9;
  double last_failure = 0;
  for (std::size_t i = 0; i < workload.bins.size(); ++i) {
    if (workload.bins[i].fail + workload.bins[i].unknown == 0) continue;
    first_failure = std::min(first_failure, workload.first_s + static_cast<double>(i) * workload.bin_s);
    last_failure = workload.first_s + static_cast<double>(i + 1) * workload.bin_s;
  }
  EXPECT_NEAR(first_failure, seconds(kTestKill), workload.bin_s);
  EXPECT_NEAR(last_failure, seconds(kTestElected), workload.bin_s);
}

TEST(Timeline, WhatNeverEndedAndWhatCameAfterTheLoadAreCountedApart) {
  TimelineBuilder builder;
  builder.add(operation_at(milliseconds(1), milliseconds(1)));
  Operation never = operation_at(milliseconds(2), milliseconds(1), Outcome::kUnknown);
  never.end = kNever;
  never.error = 3;
  builder.add(never);
  Operation last = operation_at(milliseconds(90'000), milliseconds(1));
  last.final = true;
  builder.add(last);
  const WorkloadTimeline workload = builder.finish(empty_history()).workloads[0];
  EXPECT_EQ(workload.operations(), 2U);
  EXPECT_EQ(workload.final_operations, 1U);
  EXPECT_LT(workload.until_s, 1);
  for (const TimelineBin& bin : workload.bins) EXPECT_FALSE(bin.wait_ms);
  ASSERT_EQ(workload.errors.size(), 1U);
  EXPECT_EQ(workload.errors[0].error, "late");
}

TEST(Timeline, FaultsRolesAndMarksComeFromEvents) {
  History history = empty_history();
  const auto event = [&](int ms, EventKind kind, const char* subject, const char* detail) {
    history.events.push_back({test_instant(milliseconds(ms)), kind, subject, detail});
  };
  event(0, EventKind::kRoleChange, "vault.leader", "vault-0");
  event(500, EventKind::kLoadStart, "w", "");
  event(1000, EventKind::kFaultStart, "kill vault-0", "");
  event(1100, EventKind::kFaultProved, "kill vault-0", "gone");
  event(1200, EventKind::kRoleChange, "vault.leader", "vault-1");
  event(1300, EventKind::kRoleChange, "vault.leader", "vault-1");
  event(2000, EventKind::kFaultEnd, "kill vault-0", "");
  event(3000, EventKind::kFaultStart, "kill vault-0", "");
  event(3100, EventKind::kFaultNotProved, "kill vault-0", "still there");
  event(3500, EventKind::kNote, "note", "said");
  event(4000, EventKind::kLoadEnd, "w", "3 late");
  const Timeline timeline = TimelineBuilder().finish(history);
  EXPECT_DOUBLE_EQ(timeline.from_s, 0.5);
  EXPECT_DOUBLE_EQ(timeline.until_s, 4);
  ASSERT_EQ(timeline.faults.size(), 2U);
  EXPECT_EQ(timeline.faults[0].end_s, std::optional(2.0));
  EXPECT_EQ(timeline.faults[0].proved, std::optional(true));
  EXPECT_EQ(timeline.faults[0].proof, "gone");
  EXPECT_EQ(timeline.faults[1].end_s, std::nullopt);
  EXPECT_EQ(timeline.faults[1].proved, std::optional(false));
  ASSERT_EQ(timeline.roles.size(), 2U);
  EXPECT_EQ(timeline.roles[0].holder, "vault-0");
  EXPECT_DOUBLE_EQ(timeline.roles[0].end_s, 1.2);
  EXPECT_DOUBLE_EQ(timeline.roles[1].end_s, 4);
  ASSERT_EQ(timeline.marks.size(), 1U);
  EXPECT_EQ(timeline.marks[0].text, "note: said");
}

TEST(Timeline, AnEmptyHistoryIsAnEmptyTimeline) {
  const Timeline timeline = TimelineBuilder().finish(empty_history());
  EXPECT_TRUE(timeline.workloads.empty());
  EXPECT_GT(timeline.until_s, timeline.from_s);
}

TEST(Timeline, SurvivesTimesThatNoRunHas) {
  TimelineBuilder builder;
  builder.add(operation_at(milliseconds(1), milliseconds(1)));
  Operation wild = operation_at(milliseconds(1), milliseconds(1), Outcome::kUnknown);
  wild.intended = Instant::min();
  wild.end = Instant::max();
  builder.add(wild);
  wild.outcome = Outcome::kOk;
  builder.add(wild);
  wild.intended = Instant::max();
  wild.end = Instant::min();
  builder.add(wild);
  const Timeline timeline = builder.finish(empty_history());
  EXPECT_EQ(timeline.workloads[0].operations(), 4U);
  EXPECT_LE(timeline.workloads[0].bins.size(), 600U);
}

}  // namespace
}  // namespace chamber
