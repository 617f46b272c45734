#include "scenarios/runner/chaos_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "scenarios/language/cell_stack.h"

namespace chamber {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;

ChaosPlanRequest request(std::uint64_t seed = 7) {
  return {.length = minutes(10), .seed = seed, .scenarios = "scenarios"};
}

Result<ChaosPlan> make(const ChaosPlanRequest& asked) {
  return make_chaos_plan(asked, language::standard_vocabulary());
}

TEST(ChaosPlan, IsTheScheduleOnTheBasesStackLoadAndChecks) {
  const auto made = make(request());
  ASSERT_TRUE(made) << made.error().message();
  const language::Plan& plan = made->plan;
  EXPECT_EQ(*plan.name, "chaos-rough");
  EXPECT_EQ(*plan.duration, minutes(10));
  EXPECT_EQ(*plan.seed, 7U);
  EXPECT_TRUE(*plan.within_tolerance);
  EXPECT_EQ(plan.stack.nodes("vault"), 3);
  EXPECT_FALSE(plan.checks.empty());
  ASSERT_EQ(plan.faults.size(), made->schedule.faults.size());
  ASSERT_GT(plan.faults.size(), 20U);
  for (std::size_t i = 0; i < plan.faults.size(); ++i) {
    EXPECT_EQ(*plan.faults[i].at, made->schedule.faults[i].at);
    EXPECT_EQ(plan.faults[i].end(), made->schedule.faults[i].end());
    EXPECT_EQ(*plan.faults[i].kind, made->schedule.faults[i].kind);
    EXPECT_EQ(plan.faults[i].target->source.text(), "drawn from seed 7");
  }
}

TEST(ChaosPlan, IsTheSameForTheSameSeedAndAfterSaving) {
  const auto one = make(request());
  const auto other = make(request());
  ASSERT_TRUE(one && other);
  const std::string saved = language::to_json(one->plan).dump();
  EXPECT_EQ(saved, language::to_json(other->plan).dump());
  EXPECT_NE(saved, language::to_json(make(request(8))->plan).dump());
  const auto read = language::plan_from_json(saved, "plan.json");
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(language::to_json(*read).dump(), saved);
}

TEST(ChaosPlan, KeepsWithinWhatTheStackSaysThatItTolerates) {
  ChaosPlanRequest asked = request();
  asked.overrides = {"stack.postgres.tolerates=0", "stack.dcs.tolerates=0", "stack.identity.tolerates=0",
                     "stack.objectstore.tolerates=0", "stack.loadbalancer.tolerates=0"};
  const auto made = make(asked);
  ASSERT_TRUE(made) << made.error().message();
  for (const DrawnFault& fault : made->schedule.faults) EXPECT_EQ(fault.component, "vault");
  asked.overrides.push_back("stack.vault.tolerates=0");
  EXPECT_THAT(make(asked).error().message(), HasSubstr("no component of the stack tolerates a hurt node"));
}

std::set<std::string> losing_power(const ChaosPlan& made) {
  std::set<std::string> components;
  for (const DrawnFault& fault : made.schedule.faults) {
    if (fault.kind == "lose_power") components.insert(fault.component);
  }
  return components;
}

TEST(ChaosPlan, TakesThePowerOfThoseWhoseDisksTheStackSaysCanLoseIt) {
  const auto made = make(request());
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_EQ(losing_power(*made), (std::set<std::string>{"postgres", "vault"}));
  // Its cell has the disks whatever is drawn, and whatever is left of that when it is shrunk.
  const auto cell = language::cell_stack(with_faults(made->plan, {}));
  ASSERT_TRUE(cell) << cell.error().message();
  EXPECT_EQ(cell->loses_power, (std::set<std::string, std::less<>>{"postgres", "vault"}));

  ChaosPlanRequest asked = request();
  asked.overrides = {"stack.vault.can_lose_power=false"};
  EXPECT_EQ(losing_power(*make(asked)), std::set<std::string>{"postgres"});
  asked = request();
  asked.on = kKind;
  EXPECT_TRUE(losing_power(*make(asked)).empty());
}

TEST(ChaosPlan, TakesAScenarioAsItsBase) {
  ChaosPlanRequest asked = request();
  asked.base = "failover/vault-leader-killed";
  const auto made = make(asked);
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_GT(made->plan.faults.size(), 1U);
  EXPECT_EQ(made->plan.load.size(), 2U);
  asked.base = "parts/none";
  EXPECT_THAT(make(asked).error().message(), HasSubstr("there is no scenarios/parts/none.yaml"));
  asked.base = "parts/chaos";
  asked.overrides = {"load[0].rat=1/s"};
  EXPECT_EQ(make(asked).error().kind(), ErrorKind::kInput);
}

TEST(ChaosPlan, ALongOneIsAPlanToo) {
  ChaosPlanRequest asked = request();
  asked.length = std::chrono::hours(24);
  const auto made = make(asked);
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_GT(made->plan.faults.size(), 200U);
  const auto read = language::plan_from_json(language::to_json(made->plan).dump(), "plan.json");
  EXPECT_TRUE(read) << read.error().message();
}

TEST(ChaosPlan, ASmallerOneKeepsTheOrderAndEndsSoonAfterItsLastFault) {
  const auto made = make(request());
  ASSERT_TRUE(made);
  const language::Plan smaller = with_faults(made->plan, {1, 5, 6});
  ASSERT_EQ(smaller.faults.size(), 3U);
  EXPECT_EQ(**smaller.faults[2].target, **made->plan.faults[6].target);
  EXPECT_EQ(*smaller.faults[0].at, seconds(4));
  EXPECT_LE(*smaller.faults[0].at, *smaller.faults[1].at);
  EXPECT_EQ(*smaller.faults[2].at - *smaller.faults[1].at, *made->plan.faults[6].at - *made->plan.faults[5].at);
  Duration end{};
  for (const auto& fault : smaller.faults) end = std::max(end, fault.end());
  EXPECT_EQ(*smaller.duration, end + seconds(30));
}

}  // namespace
}  // namespace chamber
