// The other models of check_linearizable(), each against its twin.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <deque>
#include <iostream>
#include <set>

#include "harness/check/brute_force.h"
#include "harness/check/linearizable.h"
#include "harness/check/seen_set.h"
#include "harness/check/sequence_hash.h"
#include "harness/check/test_histories.h"

namespace chamber {
namespace {

CheckResult check(const History& history, Model model) {
  return check_linearizable(history, {.model = model, .limits = {.threads = 1}});
}

// Operations that overlap at random; `make` fills in what they do, in the order in which they took effect.
template <typename Make>
History overlapping(Random& random, std::uint64_t most, Make make) {
  HistoryBuilder builder;
  const std::uint64_t count = 1 + random.below(most);
  std::vector<std::int64_t> moments;
  for (std::uint64_t i = 0; i < count; ++i) moments.push_back(static_cast<std::int64_t>(random.below(20)));
  std::sort(moments.begin(), moments.end());
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::int64_t start = moments[i] - static_cast<std::int64_t>(random.below(5));
    const std::int64_t end = moments[i] + static_cast<std::int64_t>(random.below(5));
    const Outcome outcome = random.chance(0.8) ? Outcome::kOk : Outcome::kUnknown;
    Operation& operation = builder.add("w", static_cast<std::uint32_t>(i), Function::kRead, 0, std::nullopt, start + 10,
                                       end + 10, outcome);
    if (outcome == Outcome::kUnknown && random.chance(0.5)) operation.end = kNever;
    make(operation);
  }
  return builder.history();
}

struct Counts {
  int orders = 0;
  int none = 0;
};

void expect_agreement(const History& history, Model model, bool has_order, std::uint64_t seed, Counts& counts) {
  ++(has_order ? counts.orders : counts.none);
  const CheckResult result = check(history, model);
  if (result.judgement == Judgement::kInconclusive && result.summary.find("too few") != std::string::npos) return;
  if (result.judgement == (has_order ? Judgement::kPass : Judgement::kFail)) return;
  for (const Operation& operation : history.operations) std::cout << history.describe(operation) << "\n";
  FAIL() << "seed " << seed << ": brute force says " << (has_order ? "an" : "no")
         << " order, the checker: " << result.summary;
}

TEST(SequenceHash, EqualSequencesHaveEqualHashesHoweverTheyCameAbout) {
  for (const std::uint64_t seed : test_seeds()) {
    Random random(seed);
    std::deque<std::uint64_t> content;
    SequenceHash hash;
    for (int round = 0; round < 5000; ++round) {
      if (content.empty() || random.chance(0.52)) {
        content.push_back(random.below(3));
        hash.push_back(content.back());
      } else {
        hash.pop_front(content.front());
        content.pop_front();
      }
      SequenceHash anew;
      SequenceHash tail;
      const std::uint64_t split = random.below(content.size() + 1);
      for (std::size_t i = 0; i < content.size(); ++i) (i < split ? anew : tail).push_back(content[i]);
      anew.append(tail);
      ASSERT_EQ(anew, hash);
      anew.push_back(7);
      ASSERT_FALSE(anew == hash);
    }
  }
}

std::optional<std::string> kv_step(const std::string& state, const Operation& operation) {
  const std::string text = operation.value ? std::to_string(*operation.value) : "";
  if (operation.function == Function::kWrite) return text;
  if (operation.function == Function::kAppend) return state + text;
  if (operation.outcome == Outcome::kOk && text != state) return std::nullopt;
  return state;
}

TEST(KvModel, AgreesWithBruteForce) {
  for (const std::uint64_t seed : test_seeds()) {
    std::cout << "seed " << seed << "\n";
    Random random(seed);
    Counts counts;
    for (int round = 0; round < kTwinRounds; ++round) {
      std::string state;
      const bool honest = random.chance(0.6);
      const History history = overlapping(random, 7, [&](Operation& operation) {
        const double kind = random.unit();
        operation.function = kind < 0.5 ? Function::kRead : kind < 0.85 ? Function::kAppend : Function::kWrite;
        operation.value = 1 + static_cast<std::int64_t>(random.below(3));
        if (operation.function != Function::kRead) {
          if (operation.outcome == Outcome::kOk || random.chance(0.5)) state = *kv_step(state, operation);
          return;
        }
        operation.value.reset();
        const std::string shown =
            honest || random.chance(0.3) ? state : state.substr(0, random.below(state.size() + 1));
        if (!shown.empty()) operation.value = std::stoll(shown);
      });
      const bool has_order = BruteForce(history, std::string(), kv_step).has_order();
      ASSERT_NO_FATAL_FAILURE(expect_agreement(history, Model::kKv, has_order, seed, counts));
    }
    EXPECT_GT(counts.orders, kTwinRounds / 7);
    EXPECT_GT(counts.none, kTwinRounds / 40);
  }
}

using Elements = std::set<std::int64_t>;

TEST(SetModel, AgreesWithBruteForce) {
  for (const std::uint64_t seed : test_seeds()) {
    std::cout << "seed " << seed << "\n";
    Random random(seed);
    Counts counts;
    for (int round = 0; round < kTwinRounds; ++round) {
      Elements state;
      const double removes = random.chance(0.5) ? 0 : 0.2;
      const bool honest = random.chance(0.6);
      std::vector<std::vector<std::int64_t>> reads;
      History history = overlapping(random, 7, [&](Operation& operation) {
        const double kind = random.unit();
        operation.function = kind < 0.5 ? Function::kRead : kind < 1 - removes ? Function::kAdd : Function::kRemove;
        if (operation.function == Function::kRead) {
          reads.emplace_back(state.begin(), state.end());
          if (!honest && random.chance(0.3) && !reads.back().empty()) reads.back().pop_back();
          if (!honest && random.chance(0.05)) reads.back().push_back(1 + static_cast<std::int64_t>(random.below(5)));
          operation.key = reads.size();
          return;
        }
        operation.value = 1 + static_cast<std::int64_t>(random.below(5));
        if (operation.outcome != Outcome::kOk && random.chance(0.5)) return;
        operation.function == Function::kAdd ? (void)state.insert(*operation.value)
                                             : (void)state.erase(*operation.value);
      });
      for (Operation& operation : history.operations) {
        if (operation.function != Function::kRead) continue;
        history.set_payload(operation, reads[operation.key - 1]);
        operation.key = 0;
      }
      const auto step = [&](const Elements& before, const Operation& operation) -> std::optional<Elements> {
        Elements after = before;
        if (operation.function == Function::kAdd) after.insert(*operation.value);
        if (operation.function == Function::kRemove) after.erase(*operation.value);
        if (operation.function != Function::kRead || operation.outcome != Outcome::kOk) return after;
        std::vector<std::int64_t> shown(history.payload_of(operation).begin(), history.payload_of(operation).end());
        std::sort(shown.begin(), shown.end());
        if (shown != std::vector<std::int64_t>(before.begin(), before.end())) return std::nullopt;
        return after;
      };
      const bool has_order = BruteForce(history, Elements(), step).has_order();
      ASSERT_NO_FATAL_FAILURE(expect_agreement(history, Model::kSet, has_order, seed, counts));
    }
    EXPECT_GT(counts.orders, kTwinRounds / 7);
    EXPECT_GT(counts.none, kTwinRounds / 40);
  }
}

// Elements chosen so that what a fixed mixing function makes of them cancels out: the read that shows none of them
// must fail like any other that misses something.
TEST(SetModel, ElementsThatCancelOutAreMissed) {
  constexpr std::int64_t kElements = 200;
  struct Row {
    Fingerprint sum;
    std::set<std::int64_t> of;
  };
  std::vector<Row> rows;  // each with a leading bit that no later one has
  std::set<std::int64_t> cancelling;
  const auto leading = [](const Fingerprint& f) {
    return f.high != 0 ? 64 + std::bit_width(f.high) : std::bit_width(f.low);
  };
  for (std::int64_t element = 0; element < kElements && cancelling.empty(); ++element) {
    const std::uint64_t low = mix64(static_cast<std::uint64_t>(element));
    Row next{{low, mix64(low ^ 0x3C6EF372FE94F82BULL)}, {element}};
    for (const Row& row : rows) {
      const Fingerprint reduced = next.sum ^ row.sum;
      if (leading(reduced) >= leading(next.sum)) continue;
      next.sum = reduced;
      for (const std::int64_t other : row.of) {
        if (!next.of.insert(other).second) next.of.erase(other);
      }
    }
    if (next.sum == Fingerprint{}) cancelling = next.of;
    rows.push_back(next);
    std::sort(rows.begin(), rows.end(), [&](const Row& a, const Row& b) { return leading(a.sum) > leading(b.sum); });
  }
  ASSERT_FALSE(cancelling.empty());
  HistoryBuilder builder;
  std::vector<std::int64_t> others;
  for (std::int64_t element = 0; element < kElements; ++element) {
    builder.add("w", 1, Function::kAdd, 0, element, 10 * element, 10 * element + 5);
    if (!cancelling.contains(element)) others.push_back(element);
  }
  builder.add("w", 1, Function::kRead, 0, std::nullopt, 10 * kElements, 10 * kElements + 5);
  builder.history().set_payload(builder.history().operations.back(), others);
  EXPECT_EQ(check(builder.history(), Model::kSet).judgement, Judgement::kFail);
}

using Queue = std::deque<std::int64_t>;

std::optional<Queue> queue_step(const Queue& state, const Operation& operation) {
  Queue after = state;
  if (operation.function == Function::kEnqueue) {
    after.push_back(*operation.value);
    return after;
  }
  const bool known = operation.outcome == Outcome::kOk;
  if (known && (operation.value ? state.empty() || state.front() != *operation.value : !state.empty()))
    return std::nullopt;
  if (!after.empty()) after.pop_front();
  return after;
}

TEST(QueueModel, AgreesWithBruteForce) {
  for (const std::uint64_t seed : test_seeds()) {
    std::cout << "seed " << seed << "\n";
    Random random(seed);
    Counts counts;
    for (int round = 0; round < kTwinRounds; ++round) {
      Queue state = {};
      std::int64_t next = 1;
      const bool unique = random.chance(0.6);
      const bool honest = random.chance(0.6);
      const History history = overlapping(random, 7, [&](Operation& operation) {
        operation.function = random.chance(0.6) ? Function::kEnqueue : Function::kDequeue;
        const bool happens = operation.outcome == Outcome::kOk || random.chance(0.5);
        if (operation.function == Function::kEnqueue) {
          operation.value = unique ? next++ : 1 + static_cast<std::int64_t>(random.below(3));
          if (happens) state.push_back(*operation.value);
          return;
        }
        if (!happens || state.empty()) return;
        const auto taken = honest || random.chance(0.3) ? state.begin() : state.end() - 1;
        if (operation.outcome == Outcome::kOk) operation.value = *taken;
        state.erase(taken);
      });
      const bool has_order = BruteForce(history, Queue(), queue_step).has_order();
      ASSERT_NO_FATAL_FAILURE(expect_agreement(history, Model::kQueue, has_order, seed, counts));
    }
    EXPECT_GT(counts.orders, kTwinRounds / 7);
    EXPECT_GT(counts.none, kTwinRounds / 100);
  }
}

TEST(Models, NamesComeBack) {
  for (const Model model : {Model::kRegister, Model::kKv, Model::kSet, Model::kQueue}) {
    EXPECT_EQ(model_from(to_string(model)), model);
  }
  EXPECT_FALSE(model_from("stack"));
}

TEST(Models, AnElementWithoutAValueIsInconclusive) {
  HistoryBuilder queue;
  queue.add("w", 1, Function::kEnqueue, 0, std::nullopt, 0, 10);
  queue.add("w", 1, Function::kDequeue, 0, 0, 20, 30);
  EXPECT_EQ(check(queue.history(), Model::kQueue).judgement, Judgement::kInconclusive);
  HistoryBuilder set;
  set.add("w", 1, Function::kAdd, 0, std::nullopt, 0, 10);
  set.add("w", 1, Function::kRead, 0, 0, 20, 30);
  EXPECT_EQ(check(set.history(), Model::kSet).judgement, Judgement::kInconclusive);
}

TEST(QueueModel, ALongQueueIsJudgedInTime) {
  Random random(8);
  HistoryBuilder builder;
  for (std::int64_t i = 0; i < 5000; ++i) {
    builder.add("w", static_cast<std::uint32_t>(i % 10), Function::kEnqueue, 0, i, i * 10, i * 10 + 35);
  }
  for (std::int64_t i = 0; i < 5000; ++i) {
    builder.add("w", static_cast<std::uint32_t>(i % 10), Function::kDequeue, 0, i, 100'000 + i * 10,
                100'000 + i * 10 + 35);
  }
  EXPECT_EQ(check(builder.history(), Model::kQueue).judgement, Judgement::kPass);
  std::swap(builder.history().operations[7000].value, builder.history().operations[7100].value);
  const CheckResult failed = check(builder.history(), Model::kQueue);
  EXPECT_EQ(failed.judgement, Judgement::kFail);
  EXPECT_EQ(failed.drawing.size(), 3) << "what entered first and had not left, what entered second, and its leaving";
}

}  // namespace
}  // namespace chamber
