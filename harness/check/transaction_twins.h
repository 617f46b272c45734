// What the reference twins of both transactional checkers share: what a history says, an order of its versions, and
// what a level forbids given both. Slow, by going through all pairs.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "harness/check/transactions.h"
#include "harness/history/history.h"

namespace chamber {

inline constexpr std::array kLevels = {Isolation::kReadUncommitted, Isolation::kReadCommitted,
                                       Isolation::kRepeatableRead, Isolation::kSerializable,
                                       Isolation::kStrictSerializable};

// Transactions by number, versions by the number of who wrote them.
struct Facts {
  static constexpr int kNothing = -1;
  struct Read {
    int transaction;
    std::uint64_t key;
    int version;      // its writer
    bool then_wrote;  // to the same key
  };
  const History* history = nullptr;
  std::vector<Read> reads;                          // by ok transactions, of what others wrote
  std::map<std::uint64_t, std::set<int>> versions;  // of those who happened
  std::map<Isolation, bool> seen_at_once;           // what needs no order to be wrong, by what forbids it
  [[nodiscard]] const Operation& at(int number) const { return history->operations[static_cast<std::size_t>(number)]; }
  [[nodiscard]] int count() const { return static_cast<int>(history->operations.size()); }
  [[nodiscard]] bool is(int number, Outcome outcome) const { return at(number).outcome == outcome; }
};

// Of each key the pairs of versions of which the first is earlier.
using Order = std::map<std::uint64_t, std::set<std::pair<int, int>>>;

inline void close_transitively(std::set<std::pair<int, int>>& pairs) {
  for (std::size_t before = 0; before != pairs.size();) {
    before = pairs.size();
    const auto known = pairs;
    for (const auto& [a, b] : known) {
      for (const auto& [c, d] : known) {
        if (b == c) pairs.emplace(a, d);
      }
    }
  }
}

class Matrix {
 public:
  explicit Matrix(int count)
      : count_(count), cells_(static_cast<std::size_t>(count) * static_cast<std::size_t>(count)) {}
  void set(int from, int to) {
    if (from != to) cells_[place(from, to)] = true;
  }
  [[nodiscard]] bool at(int from, int to) const { return cells_[place(from, to)]; }
  // Whether one comes from a number back to itself.
  [[nodiscard]] bool has_cycle() const {
    const Matrix all = reachable();
    for (int i = 0; i < count_; ++i) {
      if (all.at(i, i)) return true;
    }
    return false;
  }
  [[nodiscard]] Matrix reachable() const {
    Matrix all = *this;
    for (int via = 0; via < count_; ++via) {
      for (int from = 0; from < count_; ++from) {
        for (int to = 0; to < count_; ++to) {
          if (all.at(from, via) && all.at(via, to)) all.cells_[place(from, to)] = true;
        }
      }
    }
    return all;
  }

 private:
  [[nodiscard]] std::size_t place(int from, int to) const {
    return static_cast<std::size_t>(from) * static_cast<std::size_t>(count_) + static_cast<std::size_t>(to);
  }
  int count_;
  std::vector<bool> cells_;
};

// What the level forbids, given so much of the order of versions.
inline bool is_wrong(const Facts& facts, const Order& order, Isolation level) {
  for (const auto& [forbidden_from, seen] : facts.seen_at_once) {
    if (seen && forbidden_from <= level) return true;
  }
  const int count = facts.count();
  Matrix graph(count);
  for (const auto& [key, pairs] : order) {
    for (const auto& [from, to] : pairs) {
      if (from == to) return true;
      graph.set(from, to);
    }
  }
  if (graph.has_cycle()) return true;
  if (level == Isolation::kReadUncommitted) return false;
  for (const Facts::Read& read : facts.reads) {
    if (read.version != Facts::kNothing) graph.set(read.version, read.transaction);
  }
  if (graph.has_cycle()) return true;
  if (level == Isolation::kReadCommitted) return false;
  const Matrix writes_and_reads = graph.reachable();
  for (const Facts::Read& read : facts.reads) {
    const auto versions = facts.versions.find(read.key);
    if (versions == facts.versions.end()) continue;
    for (const int later : versions->second) {
      const auto pairs = order.find(read.key);
      const bool known =
          read.version == Facts::kNothing || (pairs != order.end() && pairs->second.contains({read.version, later}));
      if (!known || later == read.transaction) continue;
      if (writes_and_reads.at(later, read.transaction)) return true;
      graph.set(read.transaction, later);
    }
  }
  if (level == Isolation::kRepeatableRead) return false;
  if (level == Isolation::kStrictSerializable) {
    for (int a = 0; a < count; ++a) {
      for (int b = 0; b < count; ++b) {
        const bool ended = facts.is(a, Outcome::kOk) && facts.at(a).end < facts.at(b).start;
        if (ended && !facts.is(b, Outcome::kFail)) graph.set(a, b);
      }
    }
  }
  return graph.has_cycle();
}

// For the message of a test that fails.
inline std::string shown(const History& history, const CheckResult& result) {
  std::string text;
  for (const Operation& operation : history.operations) text += history.describe(operation) + "\n";
  text += result.summary + "\n";
  for (const std::string& line : result.evidence) text += line + "\n";
  return text;
}

}  // namespace chamber
