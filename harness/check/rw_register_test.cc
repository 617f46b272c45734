// The rw-register checker against two twins. One finds, by going through all pairs, exactly what transactions.h
// promises to find: they must agree. The other knows no inference and tries every order of versions: what the checker
// calls wrong must be wrong under each; how much of that it finds is counted.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <iostream>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "harness/check/test_transactions.h"
#include "harness/check/transaction_twins.h"
#include "harness/check/transactions.h"
#include "harness/check/twins.h"

namespace chamber {
namespace {

using testing::Contains;
using testing::HasSubstr;

struct Step {
  bool writes;
  std::uint64_t key;
  std::optional<std::int64_t> value;
};

std::vector<Step> steps_of(const History& history, const Operation& operation) {
  std::vector<Step> steps;
  TransactionReader reader(history.payload_of(operation));
  for (auto micro = reader.next(); micro; micro = reader.next()) {
    const bool writes = micro->kind == MicroOp::Kind::kWrite;
    if (!writes && !micro->known) continue;
    steps.push_back({writes, micro->key, micro->values.empty() ? std::nullopt : std::optional(micro->values[0])});
  }
  return steps;
}

class FactFinder {
 public:
  explicit FactFinder(const History& history) : history_(history) {
    facts_.history = &history;
    for (const Operation& operation : history.operations) steps_.push_back(steps_of(history, operation));
  }

  Facts find() {
    std::set<int> happened;
    for (int i = 0; i < facts_.count(); ++i) {
      if (!facts_.is(i, Outcome::kOk)) continue;
      happened.insert(i);
      for (std::size_t step = 0; step < steps(i).size(); ++step) {
        if (!steps(i)[step].writes) look_at_read(i, step, happened);
      }
    }
    for (const int i : happened) {
      for (const Step& step : steps(i)) {
        if (step.writes) facts_.versions[step.key].insert(i);
      }
    }
    for (const Facts::Read& a : facts_.reads) {
      for (const Facts::Read& b : facts_.reads) {
        const bool same = a.key == b.key && a.version == b.version && a.transaction != b.transaction;
        if (same && a.then_wrote && b.then_wrote) facts_.seen_at_once[Isolation::kRepeatableRead] = true;
      }
    }
    return facts_;
  }

 private:
  [[nodiscard]] const std::vector<Step>& steps(int number) const { return steps_[static_cast<std::size_t>(number)]; }

  void look_at_read(int reader, std::size_t at, std::set<int>& happened) {
    const Step& read = steps(reader)[at];
    const Step* before = nullptr;
    bool then_wrote = false;
    for (std::size_t i = 0; i < steps(reader).size(); ++i) {
      const Step& other = steps(reader)[i];
      if (other.key != read.key) continue;
      if (i < at) before = &other;
      if (i > at && other.writes) then_wrote = true;
    }
    if (before != nullptr && before->value == read.value) return;
    if (before != nullptr) facts_.seen_at_once[Isolation::kRepeatableRead] = true;
    if (!read.value) {
      facts_.reads.push_back({reader, read.key, Facts::kNothing, then_wrote});
      return;
    }
    const std::optional<int> writer = writer_of(read);
    if (!writer) {
      facts_.seen_at_once[Isolation::kReadUncommitted] = true;
      return;
    }
    happened.insert(*writer);
    if (*writer == reader) {
      facts_.seen_at_once[Isolation::kRepeatableRead] = true;
      return;
    }
    const auto& of_writer = steps(*writer);
    const auto last = std::find_if(of_writer.rbegin(), of_writer.rend(),
                                   [&](const Step& step) { return step.writes && step.key == read.key; });
    if (facts_.is(*writer, Outcome::kFail) || last->value != read.value) {
      facts_.seen_at_once[Isolation::kReadCommitted] = true;
    }
    facts_.reads.push_back({reader, read.key, *writer, then_wrote});
  }

  [[nodiscard]] std::optional<int> writer_of(const Step& read) const {
    for (int i = 0; i < facts_.count(); ++i) {
      for (const Step& step : steps(i)) {
        if (step.writes && step.key == read.key && step.value == read.value) return i;
      }
    }
    return std::nullopt;
  }

  const History& history_;
  std::vector<std::vector<Step>> steps_;
  Facts facts_;
};

// Who read a version and then wrote, wrote a later one.
Order order_by_updates(const Facts& facts) {
  Order order;
  for (const Facts::Read& read : facts.reads) {
    if (read.then_wrote && read.version != Facts::kNothing) order[read.key].emplace(read.version, read.transaction);
  }
  for (auto& [key, pairs] : order) close_transitively(pairs);
  return order;
}

// One who wrote or read a version had ended before one who wrote or read another began.
void add_order_by_time(const Facts& facts, Order& order) {
  for (const auto& [key, versions] : facts.versions) {
    std::vector<std::pair<int, int>> touches;  // version, transaction
    for (const int version : versions) touches.emplace_back(version, version);
    for (const Facts::Read& read : facts.reads) {
      if (read.key == key && read.version != Facts::kNothing) touches.emplace_back(read.version, read.transaction);
    }
    for (const auto& [version, first] : touches) {
      for (const auto& [later, second] : touches) {
        const bool ended = facts.is(first, Outcome::kOk) && facts.at(first).end < facts.at(second).start;
        if (version != later && ended) order[key].emplace(version, later);
      }
    }
    close_transitively(order[key]);
  }
}

// Whether two wrote to one key, and from each a way with one anti-dependency at most leads to the other.
bool has_rivals(const Facts& facts, const Order& order) {
  Matrix writes_and_reads(facts.count());
  for (const auto& [key, pairs] : order) {
    for (const auto& [from, to] : pairs) writes_and_reads.set(from, to);
  }
  for (const Facts::Read& read : facts.reads) {
    if (read.version != Facts::kNothing) writes_and_reads.set(read.version, read.transaction);
  }
  const Matrix ways = writes_and_reads.reachable();
  const auto leads = [&](int from, int to) { return from == to || ways.at(from, to); };
  const auto leads_past_one = [&](int from, int to) {
    if (leads(from, to)) return true;
    return std::any_of(facts.reads.begin(), facts.reads.end(), [&](const Facts::Read& read) {
      if (!leads(from, read.transaction)) return false;
      const auto versions = facts.versions.find(read.key);
      if (versions == facts.versions.end()) return false;
      return std::any_of(versions->second.begin(), versions->second.end(), [&](int later) {
        const auto pairs = order.find(read.key);
        const bool known =
            read.version == Facts::kNothing || (pairs != order.end() && pairs->second.contains({read.version, later}));
        return known && later != read.transaction && leads(later, to);
      });
    });
  };
  for (const auto& [key, versions] : facts.versions) {
    for (const int a : versions) {
      for (const int b : versions) {
        if (a != b && leads_past_one(a, b) && leads_past_one(b, a)) return true;
      }
    }
  }
  return false;
}

// Exactly what transactions.h promises.
bool promised(const Facts& facts, Isolation level) {
  Order order = order_by_updates(facts);
  if (level == Isolation::kRepeatableRead && has_rivals(facts, order)) return true;
  if (level == Isolation::kStrictSerializable) add_order_by_time(facts, order);
  return is_wrong(facts, order, level);
}

// Whether it is wrong under every order of all versions in which nobody wrote before what he had read.
class EveryOrder {
 public:
  EveryOrder(const Facts& facts, Isolation level) : facts_(facts), level_(level), known_(order_by_updates(facts)) {
    for (const auto& [key, versions] : facts.versions) keys_.push_back(key);
  }
  bool is_wrong_under_each() { return from_key(0); }

 private:
  bool from_key(std::size_t number) {
    if (number == keys_.size()) return is_wrong(facts_, order_, level_);
    const std::uint64_t key = keys_[number];
    const auto& versions = facts_.versions.at(key);
    std::vector<int> line(versions.begin(), versions.end());
    do {
      std::set<std::pair<int, int>> pairs;
      for (std::size_t i = 0; i < line.size(); ++i) {
        for (std::size_t j = i + 1; j < line.size(); ++j) pairs.emplace(line[i], line[j]);
      }
      const auto& known = known_[key];
      if (!std::includes(pairs.begin(), pairs.end(), known.begin(), known.end())) continue;
      order_[key] = std::move(pairs);
      if (!from_key(number + 1)) return false;
    } while (std::next_permutation(line.begin(), line.end()));
    return true;
  }

  const Facts& facts_;
  Isolation level_;
  Order known_;
  Order order_;
  std::vector<std::uint64_t> keys_;
};

// Half of them of a store that lags and forgets now and then; in the other half a read shows whatever was written, by
// one who failed, has not begun, or is not known to have done it.
History some_history(Random& random) {
  if (random.chance(0.5)) return random_transactions(random, false);
  std::vector<Txn> made(1 + random.below(5));
  std::map<std::uint64_t, std::vector<std::vector<std::int64_t>>> written;
  for (Txn& txn : made) {
    for (std::uint64_t i = 1 + random.below(3); i > 0; --i) {
      const std::uint64_t key = random.below(2);
      const bool writes = random.chance(0.5);
      if (written[key].empty()) written[key].push_back({});  // nothing
      const auto value = static_cast<std::int64_t>(written[key].size());
      txn.push_back(writes ? write(key, value) : read(key, {}));
      if (writes) written[key].push_back({value});
    }
  }
  TxnHistory history;
  for (Txn& txn : made) {
    for (Micro& micro : txn) {
      const auto& values = written[micro.key];
      if (micro.kind == MicroOp::Kind::kRead) micro.values = values[random.below(values.size())];
    }
    const double fate = random.unit();
    const auto start = static_cast<std::int64_t>(random.below(60));
    history.add(txn, start, start + 1 + static_cast<std::int64_t>(random.below(25)),
                fate < 0.85   ? Outcome::kOk
                : fate < 0.95 ? Outcome::kUnknown
                              : Outcome::kFail);
  }
  return history.history();
}

TEST(RwRegister, FindsExactlyWhatItPromises) {
  for (const std::uint64_t seed : test_seeds()) {
    std::cout << "seed " << seed << "\n";
    Random random(seed);
    std::map<Isolation, int> wrong;
    for (int round = 0; round < kTwinRounds; ++round) {
      const History history = some_history(random);
      const Facts facts = FactFinder(history).find();
      for (const Isolation level : kLevels) {
        const CheckResult result = check_rw_register(history, {.level = level});
        if (result.judgement == Judgement::kInconclusive) continue;
        const bool expected = promised(facts, level);
        wrong[level] += expected ? 1 : 0;
        if (expected == (result.judgement == Judgement::kFail)) continue;
        FAIL() << shown(history, result) << "seed " << seed << ", round " << round << ", " << to_string(level)
               << ": the twin finds " << (expected ? "something" : "nothing");
      }
    }
    // Dirty writes that updates tell are rare: one in a thousand.
    for (std::size_t i = 1; i < kLevels.size(); ++i) EXPECT_GT(wrong[kLevels[i]], kTwinRounds / 50) << i;
  }
}

// And how much of what is wrong whatever the order it finds: the rest needs to be told by trying orders.
TEST(RwRegister, WhatItCallsWrongIsWrongUnderEveryOrderOfVersions) {
  struct Count {
    int found = 0;
    int wrong = 0;
  };
  for (const std::uint64_t seed : test_seeds()) {
    std::cout << "seed " << seed << "\n";
    Random random(seed);
    std::map<Isolation, Count> counts;
    for (int round = 0; round < kTwinRounds; ++round) {
      const History history = some_history(random);
      const Facts facts = FactFinder(history).find();
      for (const Isolation level : kLevels) {
        const CheckResult result = check_rw_register(history, {.level = level});
        if (result.judgement == Judgement::kInconclusive) continue;
        const bool expected = EveryOrder(facts, level).is_wrong_under_each();
        const bool found = result.judgement == Judgement::kFail;
        counts[level].wrong += expected ? 1 : 0;
        counts[level].found += found ? 1 : 0;
        const bool strict = level == Isolation::kStrictSerializable;
        const bool decides = strict || level == Isolation::kSerializable;
        const bool twins_agree = !decides || expected != has_serial_order(history, strict);
        if (twins_agree && (expected || !found)) continue;
        FAIL() << shown(history, result) << "seed " << seed << ", round " << round << ", " << to_string(level)
               << ": under every order " << (expected ? "wrong" : "not wrong");
      }
    }
    for (const auto& [level, count] : counts) {
      std::cout << to_string(level) << ": found " << count.found << " of " << count.wrong << "\n";
      EXPECT_GE(count.found, count.wrong * 9 / 10) << to_string(level);
    }
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

// A read that is stale in real time, of keys that were written blindly: at strict serializability only time orders
// them.
TEST(RwRegister, AStaleReadIsFoundWhereTimeCounts) {
  TxnHistory stale;
  stale.add({write(1, 1)}, 0, 10).add({write(1, 2)}, 20, 30).add({read(1, {1})}, 40, 50);
  EXPECT_EQ(check_rw_register(stale.history(), {.level = Isolation::kSerializable}).judgement, Judgement::kPass);
  const CheckResult result = check_rw_register(stale.history(), {.level = Isolation::kStrictSerializable});
  EXPECT_EQ(result.judgement, Judgement::kFail);
  EXPECT_THAT(result.evidence, Contains(HasSubstr("by real time 2 on 1, which T")));
}

// Each reads what the one before wrote, and many are under way together: time alone orders most, and nobody is accused.
TEST(RwRegister, AChainOfUpdatesInTimePasses) {
  TxnHistory made;
  made.add({write(1, 0)}, 0, 5);
  for (std::int64_t i = 1; i < 3000; ++i) made.add({read(1, {i - 1}), write(1, i)}, 10 * i - 40, 10 * i + 5);
  const CheckResult result = check_rw_register(made.history(), {.level = Isolation::kStrictSerializable});
  EXPECT_EQ(result.judgement, Judgement::kPass) << result.summary;
}

}  // namespace
}  // namespace chamber
