// What is said of the run itself (starvation, faults, roles, promises), each against what the history was drawn from.
#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "harness/check/run_facts.h"
#include "harness/check/starvation.h"
#include "harness/check/test_histories.h"

namespace chamber {
namespace {

constexpr std::int64_t kSteps = 60;  // of a history
constexpr std::int64_t kStep = 100;  // ms
constexpr std::int64_t kAftermathSteps = 5;

template <typename Round>
void for_all_seeds(const Round& round) {
  for (const std::uint64_t seed : test_seeds()) {
    SCOPED_TRACE("CHAMBER_TEST_SEED=" + std::to_string(seed));
    Random random(seed);
    for (int i = 0; i < kTwinRounds && !testing::Test::HasFailure(); ++i) round(random);
  }
}

std::int64_t step(Random& random, std::int64_t below = kSteps) {
  return static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(below)));
}

// A run whose machine starved the harness, or the cell, in some of its steps.
struct StarvedRun {
  explicit StarvedRun(Random& random) {
    builder.history().complete_until = at_ms(kSteps * kStep);
    for (const char* const who : {"harness", "cell"}) {
      std::int64_t from = step(random, 20);
      while (from < kSteps - 1 && random.chance(0.8)) {
        const std::int64_t to = std::min(kSteps, from + 1 + step(random, 8));
        const std::string subject = std::string(kStarved) + who;
        builder.event(from * kStep, EventKind::kNote, subject, std::string(kStarvedBegins));
        const bool ends = to < kSteps || random.chance(0.5);
        if (ends) builder.event(to * kStep, EventKind::kNote, subject, "measured");
        for (std::int64_t i = from; i < to; ++i) starved.at(static_cast<std::size_t>(i)) = true;
        from = to + step(random, 6);
      }
    }
    for (std::uint32_t i = 0; i < 12; ++i) {
      const std::int64_t start = step(random);
      const bool never = random.chance(0.1);
      const Outcome outcome = static_cast<Outcome>(random.below(3));
      builder.add("w", i, Function::kWrite, 0, 1, start * kStep,
                  never ? -1 : std::min(kSteps, start + step(random, 30)) * kStep, outcome);
    }
  }

  [[nodiscard]] bool is_starved(std::int64_t i) const {
    return i >= 0 && i < kSteps && starved.at(static_cast<std::size_t>(i));
  }
  // Of the steps that lie before, those in which the clock stood still are not counted.
  [[nodiscard]] Instant calm(Instant at) const {
    if (at == kNever) return at;
    std::int64_t counted = 0;
    for (std::int64_t i = 0; at_ms((i + 1) * kStep) <= at; ++i) counted += is_starved(i) ? 0 : 1;
    return at_ms(counted * kStep);
  }
  // A starved step, or one of the few after it.
  [[nodiscard]] bool is_hurt(std::int64_t i) const {
    for (std::int64_t before = 0; before <= kAftermathSteps; ++before) {
      if (is_starved(i - before)) return true;
    }
    return false;
  }
  // Of the steps from where the operation begins to where it ends, at the latest with the history, one in four is hurt.
  // One that takes no time at all lies between two.
  [[nodiscard]] bool explains(const Operation& operation) const {
    std::int64_t all = 0;
    std::int64_t hurt = 0;
    for (std::int64_t i = 0; i < kSteps; ++i) {
      if (at_ms(i * kStep) == operation.intended && operation.end == operation.intended) {
        return is_hurt(i) || is_hurt(i - 1);
      }
      if (at_ms(i * kStep) < operation.intended || at_ms(i * kStep) >= operation.end) continue;
      ++all;
      if (is_hurt(i)) ++hurt;
    }
    return hurt > 0 && 4 * hurt >= all;
  }

  HistoryBuilder builder;
  std::array<bool, kSteps> starved{};
};

TEST(StarvationTwin, AgreesOnWhatTheMachineTook) {
  for_all_seeds([](Random& random) {
    StarvedRun run(random);
    const std::vector<Window> windows = starved_windows(run.builder.history());
    for (std::size_t i = 1; i < windows.size(); ++i) EXPECT_LT(windows[i - 1].to, windows[i].from);
    for (std::int64_t i = 0; i < kSteps; ++i) {
      bool inside = false;
      for (const Window& window : windows) {
        inside = inside || (window.from <= at_ms(i * kStep) && window.to >= at_ms((i + 1) * kStep));
      }
      EXPECT_EQ(inside, run.is_starved(i)) << "step " << i;
    }
  });
}

TEST(StarvationTwin, AgreesOnTheHistoryWithoutIt) {
  for_all_seeds([](Random& random) {
    StarvedRun run(random);
    const History history = run.builder.history();
    std::vector<Operation> left;
    for (const Operation& operation : history.operations) {
      if (operation.outcome == Outcome::kOk || !run.explains(operation)) left.push_back(operation);
    }
    const History calm = without_starved_time(history, starved_windows(history));
    ASSERT_EQ(calm.operations.size(), left.size());
    for (std::size_t i = 0; i < left.size(); ++i) {
      EXPECT_EQ(calm.operations[i].process, left[i].process);
      EXPECT_EQ(calm.operations[i].intended, run.calm(left[i].intended));
      EXPECT_EQ(calm.operations[i].start, run.calm(left[i].start));
      EXPECT_EQ(calm.operations[i].end, run.calm(left[i].end));
    }
    EXPECT_EQ(calm.complete_until, run.calm(history.complete_until));
  });
}

// Faults one after the other, and a role that moves now and then. No two things happen in the same step.
struct HurtRun {
  explicit HurtRun(Random& random) {
    builder.history().complete_until = at_ms(kSteps * kStep);
    std::string now;
    for (std::int64_t i = 0; i < kSteps; i += 1 + step(random, 6)) {
      if (random.chance(0.5)) {
        now = std::array{"", "a", "b", "c"}.at(random.below(random.chance(0.2) ? 4 : 2));
        builder.event(i * kStep, EventKind::kRoleChange, "role", now);
      } else if (random.chance(0.3)) {
        hurt(random, i, "fault " + std::to_string(i));
      }
      // Until the next thing happens.
      for (std::int64_t j = i; j < kSteps; ++j) holder.at(static_cast<std::size_t>(j)) = now;
    }
  }

  void hurt(Random& random, std::int64_t at, const std::string& name) {
    starts.push_back(at);
    builder.event(at * kStep, EventKind::kFaultStart, name);
    const auto measured = random.below(8);
    if (measured == 0) {
      builder.event(at * kStep + 20, EventKind::kFaultNotProved, name);
    } else if (measured != 1) {
      builder.event(at * kStep + 20, EventKind::kFaultProved, name);
      ++proved;
    }
    const bool recovers = random.chance(0.9);
    builder.event(at * kStep + 40, EventKind::kFaultEnd, name, recovers ? "undone" : "not recovered: a");
    all_recovered = all_recovered && recovers;
  }

  HistoryBuilder builder;
  std::array<std::string, kSteps> holder{};
  std::vector<std::int64_t> starts;
  std::size_t proved = 0;
  bool all_recovered = true;
};

TEST(RunFactsTwin, AgreesOnFaults) {
  for_all_seeds([](Random& random) {
    HurtRun run(random);
    const bool all = !run.starts.empty() && run.proved == run.starts.size();
    EXPECT_EQ(check_faults_proved(run.builder.history()).judgement, all ? Judgement::kPass : Judgement::kInconclusive);
    EXPECT_EQ(check_nodes_recovered(run.builder.history()).judgement,
              run.all_recovered ? Judgement::kPass : Judgement::kFail);
  });
}

TEST(RunFactsTwin, AgreesOnRoles) {
  for_all_seeds([](Random& random) {
    HurtRun run(random);
    // Whether after the fault somebody else has the role than at it; nothing when nobody had it then.
    const auto moved_after = [&](std::int64_t fault) -> std::optional<bool> {
      const std::string& before = run.holder.at(static_cast<std::size_t>(fault));
      if (before.empty()) return std::nullopt;
      bool moved = false;
      for (std::int64_t i = fault + 1; i < kSteps; ++i) {
        const std::string& after = run.holder.at(static_cast<std::size_t>(i));
        moved = moved || (!after.empty() && after != before);
      }
      return moved;
    };
    // Where nobody had it at the fault: whether two have it one after the other.
    const auto moved_between = [&](std::int64_t fault) {
      std::set<std::string> seen(run.holder.begin() + fault + 1, run.holder.end());
      seen.erase("");
      return seen.size() > 1;
    };
    bool changed = false;
    for (const std::int64_t fault : run.starts) {
      const std::optional<bool> moved = moved_after(fault);
      changed = changed || (moved ? *moved : moved_between(fault));
    }
    EXPECT_EQ(check_roles_changed(run.builder.history(), "role").judgement,
              changed ? Judgement::kPass : Judgement::kInconclusive);
    Judgement kept = Judgement::kInconclusive;
    const std::optional<bool> first = run.starts.empty() ? std::nullopt : moved_after(run.starts.front());
    if (first) kept = *first ? Judgement::kFail : Judgement::kPass;
    EXPECT_EQ(check_roles_kept(run.builder.history(), "role").judgement, kept);
  });
}

TEST(RunFactsTwin, AgreesOnPromisesAndOperations) {
  for_all_seeds([](Random& random) {
    HistoryBuilder builder;
    std::array<int, 2> seen{};
    for (std::int64_t i = random.chance(0.1) ? 0 : step(random, 6); i > 0; --i) {
      const std::size_t broken = random.chance(0.1) ? 1 : 0;
      const bool mine = random.chance(0.8);
      builder.event(step(random), broken == 1 ? EventKind::kBroken : EventKind::kHeld, mine ? "mine" : "other");
      if (mine) ++seen.at(broken);
    }
    const Judgement held = seen[0] + seen[1] == 0 ? Judgement::kInconclusive
                           : seen[1] == 0         ? Judgement::kPass
                                                  : Judgement::kFail;
    EXPECT_EQ(check_upheld(builder.history(), "mine").judgement, held);
    std::uint64_t ok = 0;
    for (std::uint32_t i = 0; i < 6; ++i) {
      const auto outcome = static_cast<Outcome>(random.below(3));
      const bool mine = random.chance(0.8);
      builder.add(mine ? "w" : "other", i, Function::kWrite, 0, 1, step(random), kSteps, outcome);
      if (mine && outcome == Outcome::kOk) ++ok;
    }
    const std::uint64_t least = random.below(5);
    const bool enough = ok > 0 && ok >= least;
    EXPECT_EQ(check_enough_operations(builder.history(), "w", least).judgement,
              enough ? Judgement::kPass : Judgement::kInconclusive);
  });
}

}  // namespace
}  // namespace chamber
