#include "harness/check/transactions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <map>

#include "harness/check/brute_force.h"
#include "harness/check/test_histories.h"
#include "harness/history/transaction.h"

namespace chamber {
namespace {

using testing::Contains;
using testing::HasSubstr;

struct Micro {
  MicroOp::Kind kind;
  std::uint64_t key;
  std::vector<std::int64_t> values;
};
using Txn = std::vector<Micro>;

Micro append(std::uint64_t key, std::int64_t value) {
  return {MicroOp::Kind::kAppend, key, {value}};
}
Micro list(std::uint64_t key, std::vector<std::int64_t> values) {
  return {MicroOp::Kind::kReadList, key, std::move(values)};
}
Micro write(std::uint64_t key, std::int64_t value) {
  return {MicroOp::Kind::kWrite, key, {value}};
}
Micro read(std::uint64_t key, std::vector<std::int64_t> value) {
  return {MicroOp::Kind::kRead, key, std::move(value)};
}

class TxnHistory {
 public:
  TxnHistory& add(const Txn& txn, std::int64_t start, std::int64_t end, Outcome outcome = Outcome::kOk) {
    Operation operation;
    operation.process = process_++;
    operation.function = Function::kTxn;
    operation.start = operation.intended = at_ms(start);
    operation.end = at_ms(end);
    operation.outcome = outcome;
    std::vector<std::int64_t> words;
    for (const Micro& micro : txn) {
      const bool reads = micro.kind == MicroOp::Kind::kRead || micro.kind == MicroOp::Kind::kReadList;
      const bool known = !reads || outcome == Outcome::kOk;
      append_micro_op(words, micro.kind, micro.key,
                      known ? std::optional(std::span<const std::int64_t>(micro.values)) : std::nullopt);
    }
    history_.set_payload(operation, words);
    history_.operations.push_back(operation);
    return *this;
  }
  // All at once.
  TxnHistory& add(const Txn& txn) { return add(txn, 0, 100); }
  History& history() {
    history_.sort();
    return history_;
  }

 private:
  History history_;
  std::uint32_t process_ = 0;
};

constexpr std::array kLevels = {Isolation::kReadUncommitted, Isolation::kReadCommitted, Isolation::kRepeatableRead,
                                Isolation::kSerializable, Isolation::kStrictSerializable};

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

using Lists = std::map<std::uint64_t, std::vector<std::int64_t>>;

// Runs a transaction on a state; none when a read would have shown something else.
std::optional<Lists> run_serially(const History& history, Lists state, const Operation& operation) {
  TransactionReader reader(history.payload_of(operation));
  for (auto micro = reader.next(); micro; micro = reader.next()) {
    auto& here = state[micro->key];
    if (micro->kind == MicroOp::Kind::kAppend) {
      here.push_back(micro->values[0]);
    } else if (micro->kind == MicroOp::Kind::kWrite) {
      here = {micro->values[0]};
    } else if (micro->known && !std::equal(here.begin(), here.end(), micro->values.begin(), micro->values.end())) {
      return std::nullopt;
    }
  }
  return state;
}

// Real time decides only where `strict`: otherwise all are taken to be at once.
bool has_serial_order(History history, bool strict) {
  if (!strict) {
    for (Operation& operation : history.operations) {
      operation.start = at_ms(0);
      operation.end = at_ms(1000);
    }
  }
  const auto step = [&](const Lists& state, const Operation& operation) {
    return run_serially(history, state, operation);
  };
  return BruteForce(history, Lists(), step).has_order();
}

// Transactions that run one by one, some on an old state or on one whose effects are lost, some unknown or failed.
History random_transactions(Random& random, bool lists) {
  TxnHistory made;
  Lists state;
  std::vector<Lists> past = {state};
  std::map<std::uint64_t, std::int64_t> next;
  const double mischief = random.chance(0.4) ? 0 : 0.3;
  for (std::uint64_t i = 1 + random.below(6); i > 0; --i) {
    const double fate = random.unit();
    const Outcome outcome = fate < 0.8 ? Outcome::kOk : fate < 0.9 ? Outcome::kUnknown : Outcome::kFail;
    Lists seen = random.chance(mischief) ? past[random.below(past.size())] : state;
    Txn txn;
    Txn effects;
    for (std::uint64_t k = 1 + random.below(3); k > 0; --k) {
      const std::uint64_t key = random.below(2);
      if (random.chance(0.5)) {
        txn.push_back(lists ? append(key, ++next[key]) : write(key, ++next[key]));
        effects.push_back(txn.back());
        if (!lists) seen[key].clear();
        seen[key].push_back(next[key]);
      } else {
        txn.push_back(lists ? list(key, seen[key]) : read(key, seen[key]));
        if (random.chance(mischief) && random.chance(0.2)) {
          auto& values = txn.back().values;
          if (!values.empty()) values.pop_back();
        }
      }
    }
    const bool applies = outcome == Outcome::kOk || (outcome == Outcome::kUnknown && random.chance(0.5)) ||
                         random.chance(mischief * 0.2);
    for (const Micro& effect : effects) {
      if (!applies) break;
      if (!lists) state[effect.key].clear();
      state[effect.key].push_back(effect.values[0]);
    }
    past.push_back(state);
    const auto start = static_cast<std::int64_t>(10 * past.size() - random.below(25) + 25);
    made.add(txn, start, start + 1 + static_cast<std::int64_t>(random.below(25)), outcome);
  }
  return made.history();
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

// What it calls wrong is wrong; what versions without an order hide, it may miss.
TEST(RwRegister, NeverAccusesASerializableHistory) {
  for (const std::uint64_t seed : test_seeds()) {
    std::cout << "seed " << seed << "\n";
    Random random(seed);
    int caught = 0;
    int wrong = 0;
    for (int round = 0; round < kTwinRounds; ++round) {
      const History history = random_transactions(random, false);
      for (const bool strict : {false, true}) {
        const Isolation level = strict ? Isolation::kStrictSerializable : Isolation::kSerializable;
        const CheckResult result = check_rw_register(history, {.level = level});
        if (result.judgement == Judgement::kInconclusive) continue;
        const bool serial = has_serial_order(history, strict);
        wrong += serial ? 0 : 1;
        if (result.judgement == Judgement::kPass) continue;
        ++caught;
        if (!serial) continue;
        for (const Operation& operation : history.operations) std::cout << history.describe(operation) << "\n";
        for (const std::string& line : result.evidence) std::cout << line << "\n";
        FAIL() << "seed " << seed << ", round " << round << ": there is an order, the checker: " << result.summary;
      }
    }
    std::cout << "caught " << caught << " of " << wrong << "\n";
    EXPECT_GT(caught, wrong / 2);
  }
}

TEST(RwRegister, AnomaliesByLevel) {
  TxnHistory lost;
  lost.add({read(1, {}), write(1, 1)}).add({read(1, {}), write(1, 2)});
  EXPECT_EQ(check_rw_register(lost.history(), {.level = Isolation::kReadCommitted}).judgement, Judgement::kPass);
  const CheckResult result = check_rw_register(lost.history(), {.level = Isolation::kRepeatableRead});
  EXPECT_EQ(result.judgement, Judgement::kFail);
  EXPECT_THAT(result.summary, HasSubstr("lost update"));
  TxnHistory skew;
  skew.add({read(1, {}), write(2, 2)}).add({read(2, {}), write(1, 1)});
  EXPECT_EQ(check_rw_register(skew.history(), {.level = Isolation::kRepeatableRead}).judgement, Judgement::kPass);
  EXPECT_EQ(check_rw_register(skew.history(), {.level = Isolation::kSerializable}).judgement, Judgement::kFail);
  TxnHistory aborted;
  aborted.add({write(1, 1)}, 0, 10, Outcome::kFail).add({read(1, {1})});
  EXPECT_EQ(check_rw_register(aborted.history(), {.level = Isolation::kReadCommitted}).judgement, Judgement::kFail);
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
