#include "harness/check/audit_complete.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <map>

#include "harness/check/test_histories.h"
#include "harness/check/twin_rounds.h"

namespace chamber {
namespace {

using testing::HasSubstr;

const AuditCompleteOptions kOptions{"w"};

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
  CheckResult judge() { return check_audit_complete(builder_.history(), kOptions); }

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

TEST_F(AuditCompleteTest, ALogThatCannotBeReadHidesNoRepetition) {
  request(1);
  log(0, {1, 1});
  log(1, {}, Outcome::kUnknown);
  EXPECT_EQ(judge().judgement, Judgement::kFail);
}

TEST_F(AuditCompleteTest, ANumberThatFailedLaterIsStillAnswered) {
  request(1);
  builder_.add("w", 0, Function::kAdd, 0, 1, 10, 11, Outcome::kFail);
  log(0, {});
  log(1, {});
  EXPECT_EQ(judge().judgement, Judgement::kFail);
}

// What the header says, counted anew for each number and each side.
class Twin {
 public:
  explicit Twin(const History& history) : history_(history) {}

  Judgement judge() const {
    bool lost = false;
    bool too_many = false;
    bool any_answer = false;
    for (std::int64_t number = 0; number < 5; ++number) {
      std::int64_t answered = 0;
      std::int64_t tried = 0;
      for (const Operation& operation : history_.operations) {
        if (operation.function != Function::kAdd || operation.value != number) continue;
        ++tried;
        answered += operation.outcome == Outcome::kOk ? 1 : 0;
      }
      any_answer = any_answer || answered > 0;
      for (const std::uint64_t side : {0U, 1U}) {
        lost = lost || lines(number, side) < answered;
        too_many = too_many || lines(number, side) > tried;
      }
    }
    if (too_many) return Judgement::kFail;
    if (!all_read()) return Judgement::kInconclusive;
    if (lost) return Judgement::kFail;
    return any_answer ? Judgement::kPass : Judgement::kInconclusive;
  }

 private:
  // The last that was read of a log; null where it could not be.
  const Operation* last_read(std::uint64_t key) const {
    const Operation* last = nullptr;
    for (const Operation& operation : history_.operations) {
      const bool read = operation.function == Function::kRead && operation.final && operation.key == key;
      if (read && operation.outcome == Outcome::kOk) last = &operation;
    }
    return last;
  }
  std::int64_t lines(std::int64_t number, std::uint64_t side) const {
    std::int64_t count = 0;
    for (std::uint64_t key = side; key < 4; key += 2) {
      const Operation* log = last_read(key);
      if (log == nullptr) continue;
      const auto words = history_.payload_of(*log);
      count += std::count(words.begin(), words.end(), number);
    }
    return count;
  }
  bool all_read() const {
    bool any = false;
    for (const Operation& operation : history_.operations) {
      if (operation.function != Function::kRead || !operation.final) continue;
      if (last_read(operation.key) == nullptr) return false;
      any = true;
    }
    return any;
  }

  const History& history_;
};

// Requests that two nodes wrote down, some lost, some twice, some of nobody; logs that can't be read, or are read
// again.
History audited_history(Random& random) {
  HistoryBuilder builder;
  std::map<std::uint64_t, std::vector<std::int64_t>> logs;
  const double mischief = random.chance(0.5) ? 0 : 0.15;
  for (std::uint64_t i = random.below(5); i > 0; --i) {
    const auto number = static_cast<std::int64_t>(random.chance(mischief) ? random.below(5) : i - 1);
    const Outcome outcome = random.chance(0.7) ? Outcome::kOk : static_cast<Outcome>(random.below(3));
    const auto start = static_cast<std::int64_t>(random.below(50));
    const bool never = outcome == Outcome::kUnknown && random.chance(0.5);
    builder.add("w", static_cast<std::uint32_t>(i), Function::kAdd, 0, number, start, never ? -1 : start + 1, outcome);
    const std::uint64_t node = 2 * random.below(2);
    for (const std::uint64_t side : {0U, 1U}) {
      const bool written = outcome == Outcome::kOk ? !random.chance(mischief) : random.chance(0.3);
      if (written) logs[node + side].push_back(number);
      if (random.chance(mischief / 4)) logs[node + side].push_back(static_cast<std::int64_t>(random.below(5)));
    }
  }
  std::vector<std::vector<std::int64_t>> shown;
  for (std::uint64_t key = 0; key < 4; ++key) {
    for (std::uint64_t times = random.chance(0.9) ? 1 : random.below(3); times > 0; --times) {
      const Outcome outcome = random.chance(0.95) ? Outcome::kOk : static_cast<Outcome>(random.below(3));
      shown.push_back(logs[key]);
      if (random.chance(mischief / 2) && !shown.back().empty()) shown.back().pop_back();
      const auto at = static_cast<std::int64_t>(100 + shown.size());
      builder.add("w", 9, Function::kRead, key, std::nullopt, at, at + 1, outcome).final = !random.chance(0.05);
    }
  }
  History& history = builder.history();
  for (Operation& operation : history.operations) {
    const auto number = static_cast<std::size_t>((operation.start - at_ms(100)) / std::chrono::milliseconds(1));
    if (operation.function == Function::kRead) history.set_payload(operation, shown.at(number - 1));
  }
  return history;
}

TEST(AuditComplete, AgreesWithItsTwin) {
  expect_twin_agrees(
      audited_history, [](const History& history) { return check_audit_complete(history, kOptions); },
      [](const History& history) { return Twin(history).judge(); });
}

}  // namespace
}  // namespace chamber
