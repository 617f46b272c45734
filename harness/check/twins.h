// What the reference twins of tests and fuzzers run step by step, for BruteForce: models as a textbook has them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "harness/check/brute_force.h"
#include "harness/history/history.h"
#include "harness/history/transaction.h"

namespace chamber {

using Register = std::optional<std::int64_t>;

inline std::optional<Register> register_step(const Register& state, const Operation& operation) {
  switch (operation.function) {
    case Function::kRead:
      if (operation.outcome == Outcome::kOk && operation.value != state) return std::nullopt;
      return state;
    case Function::kDelete:
      return Register();
    case Function::kCas:
      if (operation.expected != state) return std::nullopt;
      return operation.value;
    default:
      return operation.value;
  }
}

// Of each key the list under it, of a register the one value.
using Lists = std::map<std::uint64_t, std::vector<std::int64_t>>;

// Runs a transaction on a state; none when a read would have shown something else.
inline std::optional<Lists> run_serially(const History& history, Lists state, const Operation& operation) {
  TransactionReader reader(history.payload_of(operation));
  for (auto micro = reader.next(); micro; micro = reader.next()) {
    auto& here = state[micro->key];
    const bool known = micro->known && operation.outcome == Outcome::kOk;
    if (micro->kind == MicroOp::Kind::kAppend) {
      here.push_back(micro->values[0]);
    } else if (micro->kind == MicroOp::Kind::kWrite) {
      here = {micro->values[0]};
    } else if (known && !std::equal(here.begin(), here.end(), micro->values.begin(), micro->values.end())) {
      return std::nullopt;
    }
  }
  return state;
}

// Whether the transactions have an order one by one; real time decides only where `strict`.
inline bool has_serial_order(History history, bool strict) {
  if (!strict) {
    for (Operation& operation : history.operations) {
      operation.start = Instant();
      operation.end = kNever;
    }
  }
  const auto step = [&](const Lists& state, const Operation& operation) {
    return run_serially(history, state, operation);
  };
  return BruteForce(history, Lists(), step).has_order();
}

}  // namespace chamber
