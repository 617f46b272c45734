#include "harness/check/handed_out.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/check/test_histories.h"
#include "harness/check/windows.h"

namespace chamber {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

const HandedOutOptions kOptions{
    .check = "credentials_live", .workload = "w", .what = "credential", .bound = milliseconds(100)};

// A credential issued at 0 to 10 ms and whatever more a test adds.
class HandedOutTest : public testing::Test {
 protected:
  HandedOutTest() { add(Function::kIssue, 1, 0, 10); }
  Operation& add(Function function, std::int64_t number, std::int64_t start, std::int64_t end,
                 Outcome outcome = Outcome::kOk) {
    return builder_.add("w", 0, function, 0, number, start, end, outcome);
  }
  void use(std::int64_t number, std::int64_t start, bool accepted, bool last = false) {
    const std::uint16_t refused = builder_.history().intern(kConflict);
    Operation& operation = add(Function::kUse, number, start, start + 5, accepted ? Outcome::kOk : Outcome::kFail);
    operation.final = last;
    if (!accepted) operation.error = refused;
  }
  CheckResult judge() { return check_handed_out(builder_.history(), kOptions); }

  HistoryBuilder builder_;
};

TEST_F(HandedOutTest, PassesWhatLivesUntilItIsRevoked) {
  use(1, 20, true);
  add(Function::kRevoke, 1, 30, 40);
  use(1, 50, true);  // within the bound
  use(1, 300, false, true);
  add(Function::kIssue, 2, 0, 10);
  use(2, 300, true, true);
  const CheckResult result = judge();
  EXPECT_EQ(result.judgement, Judgement::kPass) << result.summary;
  ASSERT_TRUE(result.budget);
  EXPECT_DOUBLE_EQ(result.budget->observed, 0.01);
}

TEST_F(HandedOutTest, FailsForOneThatIsRefusedAndWasNeverRevoked) {
  use(1, 20, false);
  const CheckResult result = judge();
  EXPECT_EQ(result.judgement, Judgement::kFail);
  ASSERT_FALSE(result.evidence.empty());
  EXPECT_THAT(result.evidence[0], HasSubstr("credential 1 was never revoked and is refused"));
}

TEST_F(HandedOutTest, FailsForOneThatIsAcceptedLongAfterItsRevocation) {
  add(Function::kRevoke, 1, 30, 40);
  use(1, 141, true);
  const CheckResult result = judge();
  EXPECT_EQ(result.judgement, Judgement::kFail);
  ASSERT_FALSE(result.evidence.empty());
  EXPECT_THAT(result.evidence[0], HasSubstr("accepted"));
}

TEST_F(HandedOutTest, ARenewalThatIsRefusedCountsAsARefusal) {
  add(Function::kRenew, 1, 20, 25, Outcome::kFail).error = builder_.history().intern(kConflict);
  EXPECT_EQ(judge().judgement, Judgement::kFail);
}

TEST_F(HandedOutTest, EitherAnswerIsRightAfterARevocationOfWhichNobodyKnows) {
  add(Function::kRevoke, 1, 30, -1, Outcome::kUnknown);
  use(1, 50, false, true);
  use(1, 500, true, true);
  EXPECT_EQ(judge().judgement, Judgement::kPass);
}

TEST_F(HandedOutTest, IsInconclusiveWithoutAnAnswerAtTheEnd) {
  use(1, 20, true);
  EXPECT_EQ(judge().judgement, Judgement::kInconclusive);
  add(Function::kUse, 1, 400, 405, Outcome::kFail).final = true;  // no answer to the question
  EXPECT_EQ(judge().judgement, Judgement::kInconclusive);
}

TEST_F(HandedOutTest, IsInconclusiveWhenNothingWasHandedOut) {
  HistoryBuilder empty;
  EXPECT_EQ(check_handed_out(empty.history(), kOptions).judgement, Judgement::kInconclusive);
}

// What the header says, one pair of operations at a time.
bool violated(const History& history, Duration bound) {
  const auto& all = history.operations;
  const auto about = [](const Operation& operation, Function function, const Operation& use) {
    return operation.function == function && operation.value == use.value;
  };
  for (const Operation& use : all) {
    if (use.function != Function::kUse) continue;
    const bool refused = use.outcome == Outcome::kFail && history.name(use.error) == kConflict;
    for (const Operation& issue : all) {
      if (!about(issue, Function::kIssue, use) || issue.outcome != Outcome::kOk) continue;
      bool may_be_revoked = false;
      bool long_revoked = false;
      for (const Operation& revoke : all) {
        if (!about(revoke, Function::kRevoke, use)) continue;
        if (revoke.outcome != Outcome::kFail && revoke.start <= use.end) may_be_revoked = true;
        if (revoke.outcome == Outcome::kOk && use.start > revoke.end + bound) long_revoked = true;
      }
      if (refused && use.start >= issue.end && !may_be_revoked) return true;
      if (use.outcome == Outcome::kOk && long_revoked) return true;
    }
  }
  return false;
}

TEST(HandedOut, AgreesWithItsReferenceTwin) {
  for (const std::uint64_t seed : test_seeds()) {
    Random random(seed);
    int failed = 0;
    for (int i = 0; i < 50'000; ++i) {
      HistoryBuilder builder;
      const std::uint16_t conflict = builder.history().intern(kConflict);
      for (std::int64_t number = 0; number < 3; ++number) {
        if (random.chance(0.8)) builder.add("w", 0, Function::kIssue, 0, number, 0, 10);
        const std::uint64_t more = random.below(5);
        for (std::uint64_t j = 0; j < more; ++j) {
          const auto start = static_cast<std::int64_t>(random.below(400));
          const auto end = start + 1 + static_cast<std::int64_t>(random.below(60));
          const bool revoke = random.chance(0.3);
          Operation& operation = builder.add("w", 0, revoke ? Function::kRevoke : Function::kUse, 0, number, start, end,
                                             static_cast<Outcome>(random.below(3)));
          if (!revoke && random.chance(0.7)) operation.error = conflict;
        }
      }
      const bool fails = check_handed_out(builder.history(), kOptions).judgement == Judgement::kFail;
      ASSERT_EQ(fails, violated(builder.history(), kOptions.bound)) << "seed " << seed << ", history " << i;
      failed += fails ? 1 : 0;
    }
    EXPECT_GT(failed, 1000);
    EXPECT_LT(failed, 49'000);
  }
}

}  // namespace
}  // namespace chamber
