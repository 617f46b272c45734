// Histories of transactions for the tests of their checkers: by hand, or drawn from a seed.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "harness/base/random.h"
#include "harness/check/test_histories.h"
#include "harness/check/twins.h"
#include "harness/history/history.h"
#include "harness/history/transaction.h"

namespace chamber {

struct Micro {
  MicroOp::Kind kind;
  std::uint64_t key;
  std::vector<std::int64_t> values;
};
using Txn = std::vector<Micro>;

inline Micro append(std::uint64_t key, std::int64_t value) {
  return {MicroOp::Kind::kAppend, key, {value}};
}
inline Micro list(std::uint64_t key, std::vector<std::int64_t> values) {
  return {MicroOp::Kind::kReadList, key, std::move(values)};
}
inline Micro write(std::uint64_t key, std::int64_t value) {
  return {MicroOp::Kind::kWrite, key, {value}};
}
inline Micro read(std::uint64_t key, std::vector<std::int64_t> value) {
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

// Transactions that run one by one, some on an old state or on one whose effects are lost, some unknown or failed.
inline History random_transactions(Random& random, bool lists) {
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

}  // namespace chamber
