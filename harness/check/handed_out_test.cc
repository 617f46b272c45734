#include "harness/check/handed_out.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <map>

#include "harness/check/test_histories.h"
#include "harness/check/twin_rounds.h"
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

TEST_F(HandedOutTest, IsInconclusiveWhenNothingWasTried) {
  add(Function::kRevoke, 1, 30, -1, Outcome::kUnknown);
  EXPECT_EQ(judge().judgement, Judgement::kInconclusive);
}

// What the header says, one pair of operations at a time.
class Twin {
 public:
  explicit Twin(const History& history) : history_(history) {}

  Judgement judge() const {
    bool issued = false;
    bool tried = false;
    bool settled = true;
    for (const Operation& issue : history_.operations) {
      if (issue.function != Function::kIssue || issue.outcome != Outcome::kOk) continue;
      issued = true;
      bool answered = false;
      for (const Operation& use : history_.operations) {
        if (!about(use, issue) || !(accepted(use) || refused(use))) continue;
        tried = true;
        if (refused(use) && use.start >= issue.end && !may_be_revoked_by(use, use.end)) return Judgement::kFail;
        if (accepted(use) && long_revoked(use)) return Judgement::kFail;
        const bool final_use = use.final && use.function == Function::kUse;
        if (final_use && (refused(use) || !revoked(issue))) answered = true;
      }
      settled = settled && (answered || (!revoked(issue) && may_be_revoked_by(issue, kNever)));
    }
    return issued && tried && settled ? Judgement::kPass : Judgement::kInconclusive;
  }

 private:
  static bool about(const Operation& operation, const Operation& other) { return operation.value == other.value; }
  static bool accepted(const Operation& use) { return use.function == Function::kUse && use.outcome == Outcome::kOk; }
  bool refused(const Operation& use) const {
    const bool asks = use.function == Function::kUse || use.function == Function::kRenew;
    return asks && use.outcome == Outcome::kFail && history_.name(use.error) == kConflict;
  }
  template <typename Predicate>
  bool some_revocation(const Operation& of, Predicate predicate) const {
    return std::any_of(history_.operations.begin(), history_.operations.end(), [&](const Operation& operation) {
      return operation.function == Function::kRevoke && about(operation, of) && predicate(operation);
    });
  }
  bool may_be_revoked_by(const Operation& of, Instant moment) const {
    return some_revocation(
        of, [&](const Operation& revoke) { return revoke.outcome != Outcome::kFail && revoke.start <= moment; });
  }
  bool revoked(const Operation& of) const {
    return some_revocation(of, [](const Operation& revoke) { return revoke.outcome == Outcome::kOk; });
  }
  bool long_revoked(const Operation& use) const {
    return some_revocation(use, [&](const Operation& revoke) {
      return revoke.outcome == Outcome::kOk && use.start > revoke.end + kOptions.bound;
    });
  }

  const History& history_;
};

// Up to three that were handed out, perhaps; used, renewed and revoked at random, some asked for at the end.
History handed_out_history(Random& random) {
  HistoryBuilder builder;
  const std::uint16_t conflict = builder.history().intern(kConflict);
  const auto outcome = [&] { return random.chance(0.5) ? Outcome::kOk : static_cast<Outcome>(random.below(3)); };
  std::uint32_t process = 0;
  for (std::int64_t number = static_cast<std::int64_t>(random.below(3)); number >= 0; --number) {
    builder.add("w", process++, Function::kIssue, 0, number, 0, 10, random.chance(0.9) ? Outcome::kOk : outcome());
    for (std::uint64_t i = random.below(4); i > 0; --i) {
      const auto start = static_cast<std::int64_t>(random.below(400));
      const auto end = start + 1 + static_cast<std::int64_t>(random.below(60));
      const double kind = random.unit();
      const Function function = kind < 0.3 ? Function::kRevoke : kind < 0.9 ? Function::kUse : Function::kRenew;
      Operation& operation = builder.add("w", process++, function, 0, number, start, end, outcome());
      if (function != Function::kRevoke && random.chance(0.7)) operation.error = conflict;
      if (operation.outcome == Outcome::kUnknown && random.chance(0.5)) operation.end = kNever;
      operation.final = random.chance(0.2);
    }
    if (!random.chance(0.8)) continue;
    Operation& last = builder.add("w", process++, Function::kUse, 0, number, 600, 610, outcome());
    last.final = true;
    last.error = conflict;
  }
  return builder.history();
}

TEST(HandedOut, AgreesWithItsReferenceTwin) {
  expect_twin_agrees(
      handed_out_history, [](const History& history) { return check_handed_out(history, kOptions); },
      [](const History& history) { return Twin(history).judge(); });
}

}  // namespace
}  // namespace chamber
