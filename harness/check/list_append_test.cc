// The list-append checker at every level, against a twin that tries each order of what was appended and never read.
// (That a pass at the serializable levels has a serial order, transactions_test.cc shows by trying those.)
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "harness/check/test_transactions.h"
#include "harness/check/transaction_twins.h"
#include "harness/check/transactions.h"

namespace chamber {
namespace {

using List = std::vector<std::int64_t>;

struct ListStep {
  std::uint64_t key;
  std::optional<std::int64_t> appended;  // none: a read
  List shown;
};

// What a history says of lists, and of each key the writers in the order in which reads show them.
class ListFacts {
 public:
  explicit ListFacts(const History& history) {
    facts_.history = &history;
    for (const Operation& operation : history.operations) steps_.push_back(steps_of(history, operation));
    for (int i = 0; i < facts_.count(); ++i) {
      if (!facts_.is(i, Outcome::kOk)) continue;
      happened_.insert(i);
      for (const ListStep& step : of(i)) {
        if (!step.appended && step.shown.size() > longest_[step.key].size()) longest_[step.key] = step.shown;
      }
    }
    for (const auto& [key, list] : longest_) look_at_longest(key, list);
    for (int i = 0; i < facts_.count(); ++i) {
      if (!facts_.is(i, Outcome::kOk)) continue;
      look_within(i);
      for (const ListStep& step : of(i)) {
        if (!step.appended) look_at_read(i, step);
      }
    }
    for (const int i : happened_) {
      for (const ListStep& step : of(i)) {
        if (step.appended) facts_.versions[step.key].insert(i);
      }
    }
  }

  [[nodiscard]] const Facts& facts() const { return facts_; }
  // Of all writers of a key in one line: those whose elements were read, then the others in any order.
  [[nodiscard]] std::vector<int> shown_writers(std::uint64_t key) const {
    std::vector<int> writers;
    const auto longest = longest_.find(key);
    if (longest == longest_.end()) return writers;
    for (const std::int64_t value : longest->second) writers.push_back(writer_of(key, value).value_or(Facts::kNothing));
    return writers;
  }
  [[nodiscard]] std::vector<int> unseen_writers(std::uint64_t key) const {
    std::set<int> writers;
    for (const int i : happened_) {
      for (const ListStep& step : of(i)) {
        if (step.key == key && step.appended && !is_in_longest(key, *step.appended)) writers.insert(i);
      }
    }
    return {writers.begin(), writers.end()};
  }

 private:
  static std::vector<ListStep> steps_of(const History& history, const Operation& operation) {
    std::vector<ListStep> steps;
    TransactionReader reader(history.payload_of(operation));
    for (auto micro = reader.next(); micro; micro = reader.next()) {
      const bool appends = micro->kind == MicroOp::Kind::kAppend;
      if (!appends && !micro->known) continue;
      ListStep step{micro->key, std::nullopt, {micro->values.begin(), micro->values.end()}};
      if (appends) step.appended = micro->values[0];
      steps.push_back(step);
    }
    return steps;
  }
  [[nodiscard]] const std::vector<ListStep>& of(int number) const { return steps_[static_cast<std::size_t>(number)]; }
  [[nodiscard]] std::optional<int> writer_of(std::uint64_t key, std::int64_t value) const {
    for (int i = 0; i < facts_.count(); ++i) {
      for (const ListStep& step : of(i)) {
        if (step.key == key && step.appended == value) return i;
      }
    }
    return std::nullopt;
  }
  [[nodiscard]] bool is_in_longest(std::uint64_t key, std::int64_t value) const {
    const auto longest = longest_.find(key);
    return longest != longest_.end() &&
           std::find(longest->second.begin(), longest->second.end(), value) != longest->second.end();
  }
  void wrong_from(Isolation level) { facts_.seen_at_once[level] = true; }

  void look_at_longest(std::uint64_t key, const List& list) {
    std::set<std::int64_t> values;
    for (const std::int64_t value : list) {
      const auto writer = writer_of(key, value);
      if (!values.insert(value).second || !writer) {
        wrong_from(Isolation::kReadUncommitted);
        continue;
      }
      happened_.insert(*writer);
      if (facts_.is(*writer, Outcome::kFail)) wrong_from(Isolation::kReadCommitted);
    }
  }

  void look_at_read(int reader, const ListStep& read) {
    const List& longest = longest_[read.key];
    if (!std::equal(read.shown.begin(), read.shown.end(), longest.begin())) {
      wrong_from(Isolation::kReadUncommitted);
      return;
    }
    List others = read.shown;
    while (!others.empty() && writer_of(read.key, others.back()) == reader) others.pop_back();
    const auto version =
        others.empty() ? Facts::kNothing : writer_of(read.key, others.back()).value_or(Facts::kNothing);
    if (version != Facts::kNothing) {
      std::int64_t last = 0;
      for (const ListStep& step : of(version)) {
        if (step.key == read.key && step.appended) last = *step.appended;
      }
      if (last != others.back()) wrong_from(Isolation::kReadCommitted);
    }
    facts_.reads.push_back({reader, read.key, version, false});
  }

  // A transaction sees what it read and what it appended since, and of its own nothing but that.
  void look_within(int transaction) {
    struct Seen {
      std::optional<List> read;
      List appended;
    };
    std::map<std::uint64_t, Seen> seen;
    for (const ListStep& step : of(transaction)) {
      Seen& here = seen[step.key];
      if (step.appended) {
        here.appended.push_back(*step.appended);
        continue;
      }
      List before = step.shown;
      const std::size_t tail = here.appended.size();
      bool fits = before.size() >= tail &&
                  std::equal(here.appended.begin(), here.appended.end(),
                             before.end() - static_cast<std::ptrdiff_t>(std::min(tail, before.size())));
      if (fits) before.resize(before.size() - tail);
      if (fits && here.read) fits = before == *here.read;
      if (fits && !here.read) {
        fits = std::none_of(before.begin(), before.end(),
                            [&](std::int64_t value) { return writer_of(step.key, value) == transaction; });
      }
      if (!fits) wrong_from(Isolation::kRepeatableRead);
      here = {step.shown, {}};
    }
  }

  Facts facts_;
  std::vector<std::vector<ListStep>> steps_;
  std::map<std::uint64_t, List> longest_;
  std::set<int> happened_;
};

class EveryOrder {
 public:
  EveryOrder(const ListFacts& lists, Isolation level) : lists_(lists), level_(level) {
    for (const auto& [key, versions] : lists.facts().versions) keys_.push_back(key);
  }
  bool is_wrong_under_each() { return from_key(0); }

 private:
  bool from_key(std::size_t number) {
    if (number == keys_.size()) return is_wrong(lists_.facts(), order_, level_);
    const std::uint64_t key = keys_[number];
    std::vector<int> unseen = lists_.unseen_writers(key);
    do {
      std::vector<int> line = lists_.shown_writers(key);
      line.insert(line.end(), unseen.begin(), unseen.end());
      auto& pairs = order_[key];
      pairs.clear();
      for (std::size_t i = 0; i < line.size(); ++i) {
        for (std::size_t j = i + 1; j < line.size(); ++j) {
          const bool both = line[i] != Facts::kNothing && line[j] != Facts::kNothing;
          if (both && line[i] != line[j]) pairs.emplace(line[i], line[j]);
        }
      }
      if (!from_key(number + 1)) return false;
    } while (std::next_permutation(unseen.begin(), unseen.end()));
    return true;
  }

  const ListFacts& lists_;
  Isolation level_;
  Order order_;
  std::vector<std::uint64_t> keys_;
};

TEST(ListAppend, AgreesAtEveryLevelWithAllOrders) {
  for (const std::uint64_t seed : test_seeds()) {
    std::cout << "seed " << seed << "\n";
    Random random(seed);
    std::map<Isolation, int> wrong;
    for (int round = 0; round < kTwinRounds; ++round) {
      const History history = random_transactions(random, true);
      const ListFacts lists(history);
      for (const Isolation level : kLevels) {
        const CheckResult result = check_list_append(history, {.level = level});
        if (result.judgement == Judgement::kInconclusive) continue;
        const bool expected = EveryOrder(lists, level).is_wrong_under_each();
        const bool fails = result.judgement == Judgement::kFail;
        wrong[level] += expected ? 1 : 0;
        if (fails == expected) continue;
        FAIL() << shown(history, result) << "seed " << seed << ", round " << round << ", " << to_string(level)
               << ": under every order " << (expected ? "wrong" : "not wrong");
      }
    }
    for (std::size_t i = 1; i < kLevels.size(); ++i) EXPECT_GT(wrong[kLevels[i]], kTwinRounds / 100) << i;
  }
}

// Two that wrote to one list what nobody read, each before the other as far as it saw: no order of the two is right.
TEST(ListAppend, RivalsWhoseAppendsNobodyReadAreFound) {
  TxnHistory lost;
  lost.add({list(1, {}), append(1, 1)}).add({list(1, {}), append(1, 2)});
  EXPECT_EQ(check_list_append(lost.history(), {.level = Isolation::kReadCommitted}).judgement, Judgement::kPass);
  const CheckResult result = check_list_append(lost.history(), {.level = Isolation::kRepeatableRead});
  EXPECT_EQ(result.judgement, Judgement::kFail);
  EXPECT_NE(result.summary.find("lost update"), std::string::npos) << result.summary;
  TxnHistory crossed;
  crossed.add({append(1, 1), list(2, {})}).add({list(1, {}), append(1, 2), append(2, 3)});
  EXPECT_EQ(check_list_append(crossed.history(), {.level = Isolation::kRepeatableRead}).judgement, Judgement::kFail);
  TxnHistory skew;
  skew.add({list(1, {}), append(2, 1)}).add({list(2, {}), append(1, 2)});
  EXPECT_EQ(check_list_append(skew.history(), {.level = Isolation::kRepeatableRead}).judgement, Judgement::kPass);
}

}  // namespace
}  // namespace chamber
