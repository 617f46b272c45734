// Random histories that use every field, and their comparison, for the tests of readers and writers.
#pragma once

#include <gtest/gtest.h>

#include "harness/base/random.h"
#include "harness/history/history.h"
#include "harness/history/transaction.h"

namespace chamber {

inline std::int64_t random_number(Random& random) {
  return static_cast<std::int64_t>(random.next() >> random.below(64)) * (random.chance(0.3) ? -1 : 1);
}

// Numbers below the range of texts, or texts.
inline std::int64_t random_value(Random& random, const History& history) {
  if (!history.texts.empty() && random.chance(0.2)) {
    return kTextValue + static_cast<std::int64_t>(random.below(history.texts.size()));
  }
  return random_number(random) >> 2;
}

inline void random_transaction(Random& random, History& history, Operation& operation) {
  std::vector<std::int64_t> words;
  for (std::uint64_t i = random.below(4); i > 0; --i) {
    const auto kind = static_cast<MicroOp::Kind>(random.below(4));
    std::vector<std::int64_t> values(1);
    if (kind == MicroOp::Kind::kRead) values.resize(random.below(2));
    if (kind == MicroOp::Kind::kReadList) values.resize(random.below(5));
    for (auto& value : values) value = random_value(random, history);
    const bool reads = kind == MicroOp::Kind::kRead || kind == MicroOp::Kind::kReadList;
    const bool known = !reads || operation.outcome == Outcome::kOk;
    append_micro_op(words, kind, random.below(5),
                    known ? std::optional(std::span<const std::int64_t>(values)) : std::nullopt);
  }
  history.set_payload(operation, words);
}

// Every client has one operation at a time, as clients of a real run have.
inline History random_history(Random& random) {
  History history;
  history.origin = Instant(Duration(static_cast<std::int64_t>(random.below(1ULL << 40))));
  history.origin_wall = "2026-11-21T12:00:00.000Z";
  for (std::uint64_t i = random.below(6); i > 0; --i) history.intern("name " + std::to_string(i) + " \"ö\\\"\n");
  for (std::uint64_t i = random.below(3); i > 0; --i) history.texts.push_back("text " + std::to_string(i) + "\t\x01");
  for (std::uint32_t process = 0; process < 3; ++process) {
    Instant at = history.origin;
    for (std::uint64_t i = random.below(20); i > 0; --i) {
      Operation operation;
      operation.process = process;
      operation.start = at + Duration(1 + static_cast<std::int64_t>(random.next() >> (34 + random.below(30))));
      operation.end = operation.start + Duration(static_cast<std::int64_t>(random.next() >> (34 + random.below(30))));
      at = operation.end;
      operation.intended =
          operation.start - Duration(random.chance(0.5) ? 0 : static_cast<std::int64_t>(random.below(1000)));
      operation.outcome = static_cast<Outcome>(random.below(3));
      operation.function = static_cast<Function>(random.below(kFunctions));
      operation.key = !history.texts.empty() && random.chance(0.2) ? kTextKey + random.below(history.texts.size())
                                                                   : random.next() >> (1 + random.below(63));
      if (random.chance(0.7)) operation.value = random_value(random, history);
      if (operation.function == Function::kCas && random.chance(0.7))
        operation.expected = random_value(random, history);
      const auto some_name = [&] { return static_cast<std::uint16_t>(random.below(history.names.size())); };
      operation.workload = some_name();
      operation.node = some_name();
      operation.error = some_name();
      operation.final = random.chance(0.1);
      if (operation.function == Function::kTxn) random_transaction(random, history, operation);
      const bool many = operation.function == Function::kRead || operation.function == Function::kTransfer;
      if (many && operation.outcome == Outcome::kOk && random.chance(0.3)) {
        std::vector<std::int64_t> words(1 + random.below(5));
        for (auto& word : words) word = random_value(random, history);
        history.set_payload(operation, words);
        operation.value.reset();
      }
      if (operation.outcome == Outcome::kUnknown && random.chance(0.3)) operation.end = kNever;
      history.operations.push_back(operation);
      if (operation.end == kNever) break;
    }
    history.complete_until = std::max(history.complete_until, at + Duration(1));
  }
  for (std::uint64_t i = random.below(4); i > 0; --i) {
    history.events.push_back({history.origin + Duration(static_cast<std::int64_t>(random.below(1'000'000))),
                              static_cast<EventKind>(random.below(kEventKinds)), "subject \"" + std::to_string(i),
                              "detail"});
  }
  history.sort();
  return history;
}

inline void expect_same(const History& a, const History& b) {
  EXPECT_EQ(a.names, b.names);
  EXPECT_EQ(a.texts, b.texts);
  EXPECT_EQ(a.origin, b.origin);
  EXPECT_EQ(a.origin_wall, b.origin_wall);
  EXPECT_EQ(a.complete, b.complete);
  EXPECT_EQ(a.incomplete_reason, b.incomplete_reason);
  EXPECT_EQ(a.complete_until, b.complete_until);
  ASSERT_EQ(a.events.size(), b.events.size());
  for (std::size_t i = 0; i < a.events.size(); ++i) {
    EXPECT_EQ(a.events[i].at, b.events[i].at);
    EXPECT_EQ(a.events[i].kind, b.events[i].kind);
    EXPECT_EQ(a.events[i].subject, b.events[i].subject);
    EXPECT_EQ(a.events[i].detail, b.events[i].detail);
  }
  ASSERT_EQ(a.operations.size(), b.operations.size());
  for (std::size_t i = 0; i < a.operations.size(); ++i) {
    const Operation& x = a.operations[i];
    const Operation& y = b.operations[i];
    EXPECT_EQ(x.intended, y.intended);
    EXPECT_EQ(x.start, y.start);
    EXPECT_EQ(x.end, y.end);
    EXPECT_EQ(x.key, y.key);
    EXPECT_EQ(x.value, y.value);
    EXPECT_EQ(x.expected, y.expected);
    EXPECT_EQ(x.process, y.process);
    EXPECT_EQ(a.name(x.workload), b.name(y.workload));
    EXPECT_EQ(a.name(x.error), b.name(y.error));
    EXPECT_EQ(a.name(x.node), b.name(y.node));
    EXPECT_EQ(x.function, y.function);
    EXPECT_EQ(x.outcome, y.outcome);
    EXPECT_EQ(x.final, y.final);
    const auto words_x = a.payload_of(x);
    const auto words_y = b.payload_of(y);
    EXPECT_TRUE(std::equal(words_x.begin(), words_x.end(), words_y.begin(), words_y.end()));
  }
}

}  // namespace chamber
