#include "harness/check/audit_complete.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/check/test_histories.h"

namespace chamber {
namespace {

using testing::HasSubstr;

class AuditCompleteTest : public testing::Test {
 protected:
  void request(std::int64_t number, Outcome outcome = Outcome::kOk) {
    builder_.add("w", 0, Function::kAdd, 0, number, number, number + 1, outcome);
  }
  // Key 0 and 1 are of one node, 2 and 3 of another.
  void log(std::uint64_t key, const std::vector<std::int64_t>& numbers, Outcome outcome = Outcome::kOk) {
    // Each after the one before, so that sorting leaves it the last.
    const auto start = static_cast<std::int64_t>(1000 + key);
    builder_.add("w", 0, Function::kRead, key, {}, start, start + 1, outcome).final = true;
    History& history = builder_.history();
    history.set_payload(history.operations.back(), numbers);
  }
  CheckResult judge() { return check_audit_complete(builder_.history(), {"w"}); }

  HistoryBuilder builder_;
};

TEST_F(AuditCompleteTest, PassesWhatIsInOneLogOnce) {
  request(1);
  request(2);
  request(3, Outcome::kUnknown);
  request(4, Outcome::kFail);
  log(0, {1});
  log(1, {1});
  log(2, {2, 3});
  log(3, {2});
  const CheckResult result = judge();
  EXPECT_EQ(result.judgement, Judgement::kPass) << result.summary;
  EXPECT_EQ(result.operations, 2U);
}

TEST_F(AuditCompleteTest, FailsForAnAnsweredRequestThatIsMissing) {
  request(1);
  request(2);
  log(0, {1, 2});
  log(1, {1});
  const CheckResult result = judge();
  EXPECT_EQ(result.judgement, Judgement::kFail);
  ASSERT_EQ(result.evidence.size(), 1U);
  EXPECT_THAT(result.evidence[0], HasSubstr("in no log with its answer"));
}

TEST_F(AuditCompleteTest, FailsForOneThatWasDoneTwice) {
  request(1, Outcome::kUnknown);
  log(0, {1});
  log(2, {1});
  EXPECT_EQ(judge().judgement, Judgement::kFail);
}

TEST_F(AuditCompleteTest, FailsForOneThatNobodyMade) {
  request(1);
  log(0, {1, 7});
  log(1, {1});
  EXPECT_EQ(judge().judgement, Judgement::kFail);
}

TEST_F(AuditCompleteTest, IsInconclusiveWhenALogCannotBeRead) {
  request(1);
  log(0, {}, Outcome::kFail);
  EXPECT_EQ(judge().judgement, Judgement::kInconclusive);
}

TEST_F(AuditCompleteTest, IsInconclusiveWithoutAnswers) {
  log(0, {});
  EXPECT_EQ(judge().judgement, Judgement::kInconclusive);
}

}  // namespace
}  // namespace chamber
