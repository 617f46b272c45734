#include "chaos/draw.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "harness/base/random.h"

namespace chamber {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;

ChaosRequest production(std::uint64_t seed, ChaosProfile profile = ChaosProfile::kRough,
                        Duration length = minutes(10)) {
  return {.length = length,
          .seed = seed,
          .profile = profile,
          .components = {{"vault", 3, 1, {"vault.leader"}},
                         {"postgres", 3, 1, {"postgres.primary", "postgres.sync"}, true},
                         {"dcs", 5, 2, {"dcs.leader"}},
                         {"identity", 2, 1, {}},
                         {"single", 1, 0, {}}}};
}

// The most nodes of a component that are hurt at one moment.
std::int64_t most_hurt(const ChaosSchedule& schedule, const std::string& component) {
  std::int64_t most = 0;
  for (const DrawnFault& at : schedule.faults) {
    const auto hurt = std::count_if(schedule.faults.begin(), schedule.faults.end(), [&](const DrawnFault& other) {
      return other.component == component && other.at <= at.at && at.at < other.whole_again();
    });
    most = std::max<std::int64_t>(most, hurt);
  }
  return most;
}

std::vector<FaultKind> local_kinds() {
  return fault_kinds_on(*find_substrate(kLocal));
}

TEST(Draw, NeverExceedsTheToleranceForTenThousandSeeds) {
  std::size_t faults = 0;
  std::size_t overlaps = 0;
  for (std::uint64_t seed = 0; seed < 10'000; ++seed) {
    const ChaosProfile profile = seed % 2 == 0 ? ChaosProfile::kRough : ChaosProfile::kCalm;
    const ChaosRequest request = production(seed, profile, seconds(60 + seed % 600));
    const auto schedule = draw_schedule(request, local_kinds());
    ASSERT_TRUE(schedule) << schedule.error().message();
    for (const ChaosComponent& component : request.components) {
      ASSERT_LE(most_hurt(*schedule, component.name), component.tolerates) << component.name << ", seed " << seed;
    }
    ASSERT_FALSE(schedule->faults.empty()) << seed;
    ASSERT_EQ(schedule->quiet.back().to, request.length) << seed;
    for (const QuietPeriod& quiet : schedule->quiet) {
      ASSERT_GE(quiet.to - quiet.from, seconds(25)) << seed;
      for (const DrawnFault& fault : schedule->faults) {
        ASSERT_TRUE(fault.end() <= quiet.from || fault.at >= quiet.to) << fault.kind << ", seed " << seed;
      }
    }
    faults += schedule->faults.size();
    for (std::size_t i = 1; i < schedule->faults.size(); ++i) {
      const bool overlap = schedule->faults[i].at < schedule->faults[i - 1].end();
      overlaps += overlap ? 1 : 0;
      ASSERT_TRUE(!overlap || profile == ChaosProfile::kRough) << seed;
    }
  }
  EXPECT_GT(faults, 50'000U);
  EXPECT_GT(overlaps, 10'000U);
}

// The text of seed 7, as every machine must draw it. It changes when a fault becomes drawable or a rule changes, never
// with the compiler or the machine.
TEST(Draw, TheSameSeedGivesTheSameScheduleEverywhere) {
  const FaultKind kill{"kill", "", false, Drawing{seconds(3), seconds(10), seconds(20), 1, 2, {}, {}}};
  const FaultKind delay{"delay", "", true,
                        Drawing{seconds(5), seconds(9), seconds(5), 1, 1, {}, {{"add", "ms", 5, 90, {}}}}};
  const auto schedule = draw_schedule(production(7, ChaosProfile::kRough, minutes(1)), {kill, delay});
  ASSERT_TRUE(schedule);
  EXPECT_EQ(describe(*schedule),
            "      5.0s  kill vault-1 for 5.3s\n"
            "     12.3s  kill postgres-1 for 3.0s\n"
            "     17.6s  kill dcs-2 for 4.0s\n"
            "     22.4s  delay identity-1 for 6.8s add 43ms\n"
            "     29.2s  quiet until 60.0s\n");
  EXPECT_EQ(describe(*schedule),
            describe(*draw_schedule(production(7, ChaosProfile::kRough, minutes(1)), {kill, delay})));
  EXPECT_NE(describe(*schedule),
            describe(*draw_schedule(production(8, ChaosProfile::kRough, minutes(1)), {kill, delay})));
}

TEST(Draw, DrawsEveryKindThatSaysHow) {
  std::set<std::string> drawn;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const auto schedule = draw_schedule(production(seed), local_kinds());
    ASSERT_TRUE(schedule);
    for (const DrawnFault& fault : schedule->faults) drawn.insert(fault.kind);
  }
  for (const FaultKind& kind : local_kinds()) {
    EXPECT_EQ(drawn.contains(kind.name), kind.drawing.has_value()) << kind.name;
  }
}

TEST(Draw, KeepsAKindToItsComponents) {
  const FaultKind kind{"seal", "", false, Drawing{seconds(3), seconds(5), seconds(5), 1, 1, {"vault"}, {}}};
  const auto schedule = draw_schedule(production(1), {kind});
  ASSERT_TRUE(schedule);
  EXPECT_FALSE(schedule->faults.empty());
  for (const DrawnFault& fault : schedule->faults) EXPECT_EQ(fault.component, "vault");
}

TEST(Draw, TakesPowerOnlyFromWhatCanLoseIt) {
  std::size_t losses = 0;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const auto schedule = draw_schedule(production(seed), local_kinds());
    ASSERT_TRUE(schedule);
    for (const DrawnFault& fault : schedule->faults) {
      if (fault.kind != "lose_power") continue;
      EXPECT_EQ(fault.component, "postgres") << seed;
      ++losses;
    }
    const auto calm = draw_schedule(production(seed, ChaosProfile::kCalm), local_kinds());
    ASSERT_TRUE(calm);
    for (const DrawnFault& fault : calm->faults) EXPECT_NE(fault.kind, "lose_power") << seed;
  }
  EXPECT_GT(losses, 20U);
}

TEST(Draw, AStackWithoutSuchDisksKeepsItsSchedules) {
  std::vector<FaultKind> as_before = local_kinds();
  std::erase_if(as_before, [](const FaultKind& kind) { return kind.name == "lose_power"; });
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    ChaosRequest request = production(seed);
    for (ChaosComponent& component : request.components) component.can_lose_power = false;
    const auto now_drawn = draw_schedule(request, local_kinds());
    const auto before = draw_schedule(request, as_before);
    ASSERT_TRUE(now_drawn && before);
    ASSERT_EQ(describe(*now_drawn), describe(*before)) << seed;
  }
}

TEST(Draw, DrawsWhatTheSubstrateCanDo) {
  std::set<std::string> on_kind;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const auto schedule = draw_schedule(production(seed), fault_kinds_on(*find_substrate(kKind)));
    ASSERT_TRUE(schedule);
    for (const DrawnFault& fault : schedule->faults) on_kind.insert(fault.kind);
  }
  EXPECT_TRUE(on_kind.contains("delete_pod"));
  EXPECT_TRUE(on_kind.contains("delay"));
  EXPECT_FALSE(on_kind.contains("lose_power"));
}

TEST(Draw, RefusesWhatItCannotDo) {
  EXPECT_THAT(draw_schedule(production(1, ChaosProfile::kCalm, seconds(30)), fault_kinds()).error().message(),
              HasSubstr("too short"));
  ChaosRequest minimal = production(1);
  for (ChaosComponent& component : minimal.components) component.tolerates = 0;
  EXPECT_EQ(draw_schedule(minimal, fault_kinds()).error().kind(), ErrorKind::kInput);
  EXPECT_EQ(chaos_profile_from("wild").error().kind(), ErrorKind::kInput);
}

}  // namespace
}  // namespace chamber
