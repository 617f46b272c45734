#include "harness/check/refused.h"

#include <gtest/gtest.h>

#include "harness/check/test_histories.h"

namespace chamber {
namespace {

TEST(Refused, WhatIsServedWhileAFaultIsOnFails) {
  HistoryBuilder builder;
  const auto judge = [&](Which what) {
    return check_refused(builder.history(), {.workload = "w", .what = what, .least_operations = 1}).judgement;
  };
  builder.add("w", 0, Function::kWrite, 1, 1, 10, 20);
  EXPECT_EQ(judge(Which::kAll), Judgement::kInconclusive);
  builder.event(100, EventKind::kFaultStart, "f");
  builder.add("w", 0, Function::kWrite, 1, 2, 101, 102);
  builder.event(110, EventKind::kFaultProved, "f");
  builder.add("w", 0, Function::kWrite, 1, 3, 120, 121, Outcome::kFail);
  builder.add("w", 1, Function::kRead, 1, 2, 130, 131);
  builder.event(200, EventKind::kFaultUndo, "f");
  builder.add("w", 0, Function::kWrite, 1, 4, 150, 250);
  EXPECT_EQ(judge(Which::kWrites), Judgement::kPass);
  EXPECT_EQ(judge(Which::kReads), Judgement::kFail);
  EXPECT_EQ(judge(Which::kAll), Judgement::kFail);
}

TEST(Refused, ASystemMayTakeItsTimeToNotice) {
  HistoryBuilder builder;
  builder.event(100, EventKind::kFaultStart, "f");
  builder.event(110, EventKind::kFaultProved, "f");
  builder.add("w", 0, Function::kWrite, 1, 3, 900, 901);
  builder.add("w", 0, Function::kWrite, 1, 4, 1200, 1201, Outcome::kFail);
  builder.event(2000, EventKind::kFaultUndo, "f");
  const auto judge = [&](Duration after) {
    return check_refused(builder.history(), {.workload = "w", .after = after, .least_operations = 1}).judgement;
  };
  EXPECT_EQ(judge(std::chrono::seconds(1)), Judgement::kPass);
  EXPECT_EQ(judge(std::chrono::milliseconds(790)), Judgement::kFail);
  EXPECT_EQ(judge(std::chrono::seconds(2)), Judgement::kInconclusive);
}

}  // namespace
}  // namespace chamber
