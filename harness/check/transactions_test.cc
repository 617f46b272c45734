#include "harness/check/transactions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <map>

#include "harness/check/test_transactions.h"
#include "harness/check/transaction_twins.h"
#include "harness/check/twins.h"

namespace chamber {
namespace {

using testing::Contains;
using testing::HasSubstr;

// Fails from `level` on, passes below.
void expect_forbidden_from(TxnHistory& history, Isolation level, const std::string& name) {
  for (const Isolation asked : kLevels) {
    const CheckResult result = check_list_append(history.history(), {.level = asked});
    const bool forbidden = asked >= level;
    EXPECT_EQ(result.judgement, forbidden ? Judgement::kFail : Judgement::kPass) << name << ": " << result.summary;
    if (forbidden) {
      EXPECT_THAT(result.summary, HasSubstr(name));
    }
  }
}

TEST(ListAppend, EachAnomalyIsForbiddenFromItsLevelOn) {
  expect_forbidden_from(TxnHistory()
                            .add({append(1, 1), append(2, 1)})
                            .add({append(1, 2), append(2, 2)})
                            .add({list(1, {1, 2})})
                            .add({list(2, {2, 1})}),
                        Isolation::kReadUncommitted, "G0");
  TxnHistory aborted;
  aborted.add({append(1, 1)}, 0, 10, Outcome::kFail).add({list(1, {1})});
  expect_forbidden_from(aborted, Isolation::kReadCommitted, "G1a");
  expect_forbidden_from(TxnHistory().add({append(1, 1), append(1, 2)}).add({list(1, {1})}), Isolation::kReadCommitted,
                        "G1b");
  expect_forbidden_from(TxnHistory().add({append(1, 1), list(2, {2})}).add({append(2, 2), list(1, {1})}),
                        Isolation::kReadCommitted, "G1c");
  expect_forbidden_from(TxnHistory().add({list(1, {9})}), Isolation::kReadUncommitted, "nobody wrote");
  expect_forbidden_from(TxnHistory().add({append(1, 9)}).add({list(1, {9, 9})}), Isolation::kReadUncommitted, "twice");
  expect_forbidden_from(TxnHistory().add({append(1, 1)}).add({append(1, 2)}).add({list(1, {1, 2})}).add({list(1, {2})}),
                        Isolation::kReadUncommitted, "contradicting orders");
  expect_forbidden_from(
      TxnHistory().add({list(1, {}), append(1, 1)}).add({list(1, {}), append(1, 2)}).add({list(1, {1, 2})}),
      Isolation::kRepeatableRead, "lost update");
  expect_forbidden_from(TxnHistory().add({append(1, 1)}).add({append(1, 2), list(1, {1})}).add({list(1, {1, 2})}),
                        Isolation::kRepeatableRead, "internal");
  expect_forbidden_from(TxnHistory().add({append(1, 1), append(2, 1)}).add({list(1, {1}), list(2, {})}),
                        Isolation::kRepeatableRead, "G-single");
  expect_forbidden_from(
      TxnHistory().add({list(1, {}), append(2, 2)}).add({list(2, {}), append(1, 1)}).add({list(1, {1}), list(2, {2})}),
      Isolation::kSerializable, "G2");
  TxnHistory stale;
  stale.add({append(1, 1)}, 0, 10).add({list(1, {})}, 20, 30).add({list(1, {1})}, 40, 50);
  expect_forbidden_from(stale, Isolation::kStrictSerializable, "real time");
}

TEST(ListAppend, TheCycleIsToldInWords) {
  TxnHistory history;
  history.add({append(1, 7), append(2, 8)}, 0, 10).add({list(1, {7}), list(2, {})}, 5, 15);
  const CheckResult result = check_list_append(history.history(), {});
  EXPECT_EQ(result.judgement, Judgement::kFail);
  EXPECT_THAT(result.evidence, Contains(HasSubstr("= process 0 txn{append(1, 7); append(2, 8)} ok")));
  EXPECT_THAT(result.evidence, Contains(HasSubstr("read 7 from 1, which T")));
  EXPECT_THAT(result.evidence, Contains(HasSubstr("did not yet see 8 on 2, which T")));
}

TEST(ListAppend, HealthyHistoriesPassAndUnjudgeableOnesAreInconclusive) {
  TxnHistory unseen;  // each appends behind what it read; nobody reads the last
  unseen.add({list(1, {}), append(1, 1)}, 0, 10).add({list(1, {1}), append(1, 2)}, 20, 30);
  EXPECT_EQ(check_list_append(unseen.history(), {.level = Isolation::kStrictSerializable}).judgement, Judgement::kPass);
  TxnHistory twice;
  twice.add({append(1, 1)}).add({append(1, 1), list(1, {1})});
  EXPECT_EQ(check_list_append(twice.history(), {}).judgement, Judgement::kInconclusive);
  TxnHistory blind;
  blind.add({append(1, 1)});
  EXPECT_EQ(check_list_append(blind.history(), {}).judgement, Judgement::kInconclusive);
  EXPECT_EQ(check_list_append(History(), {}).judgement, Judgement::kInconclusive);
}

TEST(ListAppend, AgreesWithBruteForceOnSerializability) {
  for (const std::uint64_t seed : test_seeds()) {
    std::cout << "seed " << seed << "\n";
    Random random(seed);
    std::map<Judgement, int> seen;
    for (int round = 0; round < kTwinRounds; ++round) {
      const History history = random_transactions(random, true);
      for (const bool strict : {false, true}) {
        const Isolation level = strict ? Isolation::kStrictSerializable : Isolation::kSerializable;
        const CheckResult result = check_list_append(history, {.level = level});
        ++seen[result.judgement];
        if (result.judgement == Judgement::kInconclusive) continue;
        const bool serial = has_serial_order(history, strict);
        if (serial == (result.judgement == Judgement::kPass)) continue;
        for (const Operation& operation : history.operations) std::cout << history.describe(operation) << "\n";
        for (const std::string& line : result.evidence) std::cout << line << "\n";
        FAIL() << "seed " << seed << ", round " << round << (strict ? ", strict" : "") << ": brute force finds "
               << (serial ? "an" : "no") << " order, the checker: " << result.summary;
      }
    }
    EXPECT_GT(seen[Judgement::kPass], kTwinRounds / 7);
    EXPECT_GT(seen[Judgement::kFail], kTwinRounds / 7);
  }
}

TEST(Transactions, LimitsGiveInconclusive) {
  TxnHistory made;
  for (std::int64_t i = 0; i < 10'000; ++i) made.add({append(1, i)}, 2 * i, 2 * i + 1);
  made.add({list(1, {})}, 0, 30'000);
  TxnHistory registers;
  for (std::int64_t i = 0; i < 10'000; ++i) registers.add({write(1, i)}, 2 * i, 2 * i + 1);
  registers.add({read(1, {1})}, 0, 30'000);
  const Limits little{.memory_bytes = 1000};
  const Limits late{.time = Duration(0)};
  for (const Limits& limits : {little, late}) {
    const CheckResult lists = check_list_append(made.history(), {.limits = limits});
    EXPECT_EQ(lists.judgement, Judgement::kInconclusive) << lists.summary;
    EXPECT_THAT(lists.summary, HasSubstr("limit"));
    const CheckResult values = check_rw_register(registers.history(), {.limits = limits});
    EXPECT_EQ(values.judgement, Judgement::kInconclusive) << values.summary;
  }
  EXPECT_EQ(check_list_append(made.history(), {}).judgement, Judgement::kPass);
  EXPECT_EQ(check_rw_register(registers.history(), {}).judgement, Judgement::kPass);
}

TEST(Isolation, NamesComeBack) {
  for (const Isolation level : kLevels) EXPECT_EQ(isolation_from(to_string(level)), level);
  EXPECT_EQ(isolation_from("repeatable-read"), Isolation::kRepeatableRead);
  EXPECT_FALSE(isolation_from("snapshot"));
}

}  // namespace
}  // namespace chamber
