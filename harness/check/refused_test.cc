#include <gtest/gtest.h>

#include "harness/check/refused.h"
#include "harness/check/test_histories.h"

namespace chamber {
namespace {

TEST(Refused, WhatIsServedWhileAFaultIsOnFails) {
  HistoryBuilder builder;
  const auto judge = [&](Refused what) {
    return check_refused(builder.history(), {.workload = "w", .what = what, .least_operations = 1}).judgement;
  };
  builder.add("w", 0, Function::kWrite, 1, 1, 10, 20);
  EXPECT_EQ(judge(Refused::kAll), Judgement::kInconclusive);
  builder.event(100, EventKind::kFaultStart, "f");
  builder.add("w", 0, Function::kWrite, 1, 2, 101, 102);
  builder.event(110, EventKind::kFaultProved, "f");
  builder.add("w", 0, Function::kWrite, 1, 3, 120, 121, Outcome::kFail);
  builder.add("w", 1, Function::kRead, 1, 2, 130, 131);
  builder.event(200, EventKind::kFaultUndo, "f");
  builder.add("w", 0, Function::kWrite, 1, 4, 150, 250);
  EXPECT_EQ(judge(Refused::kWrites), Judgement::kPass);
  EXPECT_EQ(judge(Refused::kReads), Judgement::kFail);
  EXPECT_EQ(judge(Refused::kAll), Judgement::kFail);
}

}  // namespace
}  // namespace chamber
