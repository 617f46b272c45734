#include "scenarios/language/scenario.h"

#include <gtest/gtest.h>

#include <chrono>

namespace chamber::language {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// The text of a scenario of which one part is replaced.
struct Text {
  std::string name = "x";
  std::string stack = "{vault: 3, postgres: 3}";
  std::string load = "[{workload: vault.register, rate: 200/s}]";
  std::string faults = "[{at: 10s, do: kill, target: vault.leader, for: 15s}]";
  std::string duration = "40s";
  std::string checks = "[{linearizable: vault.register}]";
  std::string more = "";

  [[nodiscard]] std::string yaml() const {
    return "name: " + name + "\nabout: It works.\nstack: " + stack + "\nload: " + load + "\nfaults: " + faults +
           "\nduration: " + duration + "\nchecks: " + checks + "\n" + more;
  }
};

Result<ReadScenario> read(const Text& text, const std::vector<std::string>& overrides = {}) {
  return read_scenario(text.yaml(), {.shown = "x.yaml", .name = "x", .family = "f"}, overrides, standard_vocabulary());
}

// What is said of a scenario; empty when nothing is wrong with it.
std::string complaint(const Text& text, const std::vector<std::string>& overrides = {}) {
  const auto result = read(text, overrides);
  if (result) return "";
  EXPECT_EQ(result.error().kind(), ErrorKind::kInput);
  return result.error().message();
}

TEST(Scenario, ReadsWithDefaultsAndPlaces) {
  const auto result = read({});
  ASSERT_TRUE(result) << result.error().message();
  const Scenario& scenario = result->scenario;
  EXPECT_EQ(*scenario.name, "x");
  ASSERT_EQ(scenario.load.size(), 1U);
  const LoadEntry& load = scenario.load[0];
  EXPECT_EQ(*load.workload, "vault.register");
  EXPECT_EQ(load.rate->count, 200);
  EXPECT_EQ(load.rate.source.text(), "x.yaml:4:41");
  EXPECT_EQ(*load.timeout, seconds(5));
  EXPECT_TRUE(load.timeout.source.is_default());
  EXPECT_EQ(*load.parameters.get<std::int64_t>("keys"), 20);
  EXPECT_TRUE(load.parameters.find("keys")->source.is_default());
  ASSERT_EQ(scenario.faults.size(), 1U);
  EXPECT_EQ(*scenario.faults[0].kind, "kill");
  EXPECT_EQ(scenario.faults[0].end(), seconds(25));
  EXPECT_FALSE(scenario.seed.has_value());
  EXPECT_EQ(result->stack.nodes("vault"), 3);
}

TEST(Scenario, PartsHaveTypedParameters) {
  const auto result = read(
      {.faults = "[{at: 1s, do: delay, target: vault.leader, to: vault-1, add: 200ms, for: 5s}]",
       .checks = "[{outage: vault.register, at_most: raft.election_budget}, {outage: vault.register, at_most: 3s}]"});
  ASSERT_TRUE(result) << result.error().message();
  const Parameters& delay = result->scenario.faults[0].parameters;
  EXPECT_EQ(*delay.get<Duration>("add"), Duration(milliseconds(200)));
  EXPECT_EQ(*delay.get<Duration>("jitter"), Duration(0));
  EXPECT_EQ(*delay.get<std::string>("to"), "vault-1");
  EXPECT_EQ(*delay.get<std::string>("direction"), "both");
  EXPECT_EQ(result->scenario.checks[0].parameters.get<Budget>("at_most")->name, "raft.election_budget");
  EXPECT_EQ(result->scenario.checks[1].parameters.get<Budget>("at_most")->fixed, Duration(seconds(3)));
  EXPECT_EQ(delay.get<bool>("add").error().message(),
            "the parameter \"add\" is 200ms, which is of another type than asked for");
  EXPECT_EQ(delay.get<bool>("none").error().kind(), ErrorKind::kHarness);
  EXPECT_FALSE(delay.maybe<bool>("none")->has_value());
}

TEST(Scenario, TellsMistakesOfKeysAndValues) {
  EXPECT_EQ(complaint({.load = "[{workload: vault.registr, rate: 200/s}]"}),
            "x.yaml:4:19: \"vault.registr\" is no value of \"workload\"; did you mean \"vault.register\"?");
  EXPECT_EQ(complaint({.load = "[{workload: vault.register, rate: 200, kyes: 3}]"}),
            "x.yaml:4:41: \"200\" is not a rate; write a whole number per s, min or h, such as 200/s or 12/min\n"
            "x.yaml:4:46: unknown key \"kyes\" in a load of vault.register; did you mean \"keys\"?");
  EXPECT_EQ(complaint({.load = "[{workload: identity.token, rate: 200001/s}]"}),
            "x.yaml:4:41: 200001/s is too much; at most 100000/s");
  EXPECT_EQ(complaint({.load = "[]"}), "x.yaml:4:7: 0 entries; write at least 1");
  EXPECT_EQ(complaint({.load = "{workload: vault.register}"}),
            "x.yaml:4:7: expected a list of load entries, found a map");
  EXPECT_EQ(complaint({.faults = "[{at: 1s, do: kil, target: vault.leader, for: 1s}]"}),
            "x.yaml:5:23: \"kil\" is no value of \"do\"; did you mean \"kill\"?");
  EXPECT_EQ(complaint({.faults = "[{at: 1s, do: kill, target: vault.leadr}]"}),
            "x.yaml:5:10: a fault of kill needs the key \"for\": How long it lasts; then it is undone.\n"
            "x.yaml:5:37: \"vault.leadr\" is not a target; did you mean \"vault.leader\"?");
  EXPECT_EQ(complaint({.faults = "[{at: 1s, do: restart, target: vault-0, for: 1s}]"}),
            "x.yaml:5:49: unknown key \"for\" in a fault of restart; known: at, do, target");
  EXPECT_EQ(complaint({.faults = "[{at: 1s, do: delay, target: vault.leader, add: 2m, for: 1s}]"}),
            "x.yaml:5:57: 2m is too much; at most 1m");
  EXPECT_EQ(complaint({.duration = "25h"}), "x.yaml:6:11: 25h is too much; at most 24h");
  EXPECT_EQ(complaint({.duration = "40"}), "x.yaml:6:11: \"40\" has no unit; write 40s or 40ms");
  EXPECT_EQ(complaint({.checks = "[{outage: vault.register}]"}),
            "x.yaml:7:10: a check of outage needs the key \"at_most\": A duration, or the name of a budget from the "
            "live configuration.");
  EXPECT_TRUE(complaint({.checks = "[{outage: vault.register, at_most: raft.budget}]"})
                  .starts_with("x.yaml:7:44: \"raft.budget\" is not a budget; known: "));
  EXPECT_EQ(complaint({.checks = "[{latency: vault.register, when: no_falt}]"}),
            "x.yaml:7:10: a check of latency needs at least one of the keys p50, p99, p999, max\n"
            "x.yaml:7:42: \"no_falt\" is not a choice for when; did you mean \"no_fault\"?");
  EXPECT_EQ(complaint({.checks = "[{linearisable: vault.register}]"}),
            "x.yaml:7:11: \"linearisable\" is not a check; did you mean \"linearizable\"?");
  EXPECT_EQ(
      complaint({.checks = "[{roles_changed: vault.one}]"}),
      "x.yaml:7:26: \"vault.one\" is not a role; known: dcs.leader, postgres.primary, postgres.sync, vault.leader");
  EXPECT_EQ(complaint({.more = "sed: 7\nseed: -1\nname: y\n"}),
            "x.yaml:8:1: unknown key \"sed\" in a scenario; did you mean \"seed\"?\n"
            "x.yaml:9:7: \"-1\" is not a whole number; write digits, such as 20\n"
            "x.yaml:10:1: the key \"name\" is there twice, first at x.yaml:1:1; leave one of them out");
}

TEST(Scenario, TellsWhatDoesNotFitTogether) {
  EXPECT_EQ(complaint({.name = "y"}),
            "x.yaml:1:7: the name \"y\" is not the file's; write x, or rename the file to y.yaml");
  EXPECT_EQ(complaint({.stack = "{objectstore: 4}",
                       .load = "[{workload: postgres.append, rate: 1/s}]",
                       .faults = "[{at: 1s, do: kill, target: postgres.primary, for: 1s}]",
                       .checks = "[{outage: postgres.append, at_most: patroni.failover_budget}]"}),
            "x.yaml:4:19: \"postgres.append\" needs postgres, which isn't in the stack; add postgres: 1 there\n"
            "x.yaml:5:37: \"postgres.primary\" needs postgres, which isn't in the stack; add postgres: 1 there\n"
            "x.yaml:7:45: \"patroni.failover_budget\" needs postgres, which isn't in the stack; add postgres: 1 there");
  EXPECT_EQ(
      complaint({.faults = "[{at: 30s, do: kill, target: vault.leader, for: 15s}]"}),
      "x.yaml:5:57: the fault ends at 45s, after the load; write a duration of more than 45s, or shorten the fault");
  EXPECT_EQ(complaint({.faults = "[{at: 40s, do: restart, target: vault.leader}]"}),
            "x.yaml:5:15: begins at 40s, when the load is over; the duration is 40s");
  EXPECT_EQ(complaint({.faults = "[{at: 1s, do: restart, target: vault-3}]"}),
            "x.yaml:5:40: \"vault-3\" needs at least 4 nodes of vault, and the stack has 3");
  EXPECT_EQ(complaint({.stack = "{vault: 1}", .faults = "[{at: 1s, do: restart, target: vault.standby}]"}),
            "x.yaml:5:40: \"vault.standby\" needs at least 2 nodes of vault, and the stack has 1");
  EXPECT_EQ(complaint({.stack = "{vault: 1}",
                       .checks = "[{outage: vault.register, at_most: raft.election_budget}, "
                                 "{roles_changed: vault.leader}]"}),
            "x.yaml:7:44: \"raft.election_budget\" needs at least 2 nodes of vault, and the stack has 1\n"
            "x.yaml:7:83: roles_changed needs at least 2 nodes of vault, and the stack has 1");
  EXPECT_EQ(complaint({.stack = "{vault: {nodes: 1, seal: transit}}", .faults = "[{at: 1s, do: vault.rekey}]"}),
            "x.yaml:5:23: \"vault.rekey\" needs at least 2 nodes of vault, and the stack has 1\n"
            "x.yaml:5:23: \"vault.rekey\" needs vault: {seal: shamir}, and the stack has transit");
  EXPECT_EQ(complaint({.faults = "[{at: 1s, do: partition, target: vault.leader, to: identity.all, for: 1s}]"}),
            "x.yaml:5:60: \"identity.all\" needs identity, which isn't in the stack; add identity: 1 there");
  EXPECT_EQ(complaint({.checks = "[{linearizable: vault.registr}]"}),
            "x.yaml:7:25: \"vault.registr\" is not in the load; did you mean \"vault.register\"?");
  EXPECT_EQ(complaint({.checks = "[{linearizable: identity.token}]"}),
            "x.yaml:7:25: \"identity.token\" is not in the load; known: vault.register");
  EXPECT_EQ(
      complaint({.load = "[{workload: postgres.append, rate: 1/s}]", .checks = "[{linearizable: postgres.append}]"}),
      "x.yaml:7:25: linearizable can't judge \"postgres.append\", which has no model for it; it judges "
      "vault.register, objectstore.put_get");
  EXPECT_EQ(complaint({.faults = "[]", .checks = "[{roles_changed: vault.leader}]"}),
            "x.yaml:7:26: roles_changed can't pass without a fault; add one to `faults`, or leave the check out");
  EXPECT_EQ(complaint({.checks = "[{linearizable: vault.register}, {linearizable: vault.register}]"}),
            "x.yaml:7:57: the same check as at x.yaml:7:25; leave one of them out");
}

TEST(Scenario, LoadsOfOneWorkloadHaveNames) {
  const std::string entry = "{workload: vault.register, rate: 60000/s}";
  EXPECT_EQ(
      complaint({.load = "[" + entry + ", " + entry + "]"}),
      "x.yaml:4:62: a second load named \"vault.register\", the first is at x.yaml:4:19; give one of them a name of "
      "its own (as: …)\n"
      "x.yaml:4:84: 120000/s in all is too much; at most 100000/s");
  EXPECT_EQ(
      complaint({.load = "[{workload: vault.register, rate: 1/s}, {workload: vault.register, as: hot, rate: 1/s}]",
                 .checks = "[{linearizable: hot}, {linearizable: vault.register}]"}),
      "");
}

TEST(Scenario, OverridesAreReadLikeTheFile) {
  const auto result = read({}, {"load[0].rate=300/s", "stack.vault.performance_multiplier=5", "seed=7"});
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->scenario.load[0].rate->count, 300);
  EXPECT_EQ(result->scenario.load[0].rate.source.text(), "--set load[0].rate");
  EXPECT_EQ(**result->scenario.seed, 7U);
  const Component& vault = *result->stack.find("vault");
  EXPECT_EQ(*vault.settings.get<std::int64_t>("performance_multiplier"), 5);
  EXPECT_EQ(vault.nodes.source.text(), "x.yaml:3:16");
  EXPECT_EQ(complaint({}, {"load[0].rat=1/s", "duration=1", "stack=[]"}),
            "--set duration: \"1\" has no unit; write 1s or 1ms\n"
            "--set load[0].rat: unknown key \"rat\" in a load of vault.register; did you mean \"rate\"?\n"
            "--set stack: expected a stack profile or a map of components, found a list");
  EXPECT_EQ(
      complaint({}, {"duration=20s"}),
      "x.yaml:5:57: the fault ends at 25s, after the load; write a duration of more than 25s, or shorten the fault");
}

TEST(Scenario, ActionsAreDoneToTheirComponent) {
  EXPECT_EQ(complaint({.faults = "[{at: 1s, do: vault.step-down}]"}), "");
  EXPECT_EQ(complaint({.faults = "[{at: 1s, do: vault.seal, target: vault.leader, for: 5s}]"}), "");
  EXPECT_NE(complaint({.faults = "[{at: 1s, do: vault.step-down, target: vault.leader}]"}).find("target"),
            std::string::npos);
  EXPECT_EQ(complaint({.faults = "[{at: 1s, do: vault.seal, target: postgres.primary, for: 5s}]"}),
            "x.yaml:5:43: vault.seal is done to nodes of vault, and \"postgres.primary\" is of postgres");
  EXPECT_EQ(complaint({.checks = "[{upheld: vault.seal}]"}), "x.yaml:7:19: \"vault.seal\" is not among the faults");
}

TEST(Scenario, SaysHowItsPromiseIsBroken) {
  const Text text{
      .more =
          "fails_when: {about: Lies., set: [stack.vault.broken=drops_acknowledged_writes], checks: [linearizable]}\n"};
  const auto healthy = read(text);
  ASSERT_TRUE(healthy) << healthy.error().message();
  EXPECT_EQ(*healthy->stack.find("vault")->settings.get<std::string>("broken"), "no");
  const auto broken = read_scenario(text.yaml(), {.shown = "x.yaml", .name = "x", .family = "f"}, {},
                                    standard_vocabulary(), Variant::kBroken);
  ASSERT_TRUE(broken) << broken.error().message();
  EXPECT_EQ(*broken->stack.find("vault")->settings.get<std::string>("broken"), "drops_acknowledged_writes");
  EXPECT_EQ(complaint({.more = "fails_when: {about: Lies., set: [duration=30s], checks: [outage]}\n"}),
            "x.yaml:8:57: \"outage\" is not among the checks; write the kind of one, or its kind and subject");
  const auto unsaid = read_scenario(Text{}.yaml(), {.shown = "x.yaml", .name = "x", .family = "f"}, {},
                                    standard_vocabulary(), Variant::kBroken);
  EXPECT_FALSE(unsaid);
}

TEST(Scenario, TheRateRisesOnlyAsFarAsItCan) {
  Text text;
  text.load = "[{workload: vault.register, rate: 50/s, up_to: 200/s, steps: 4}]";
  text.checks = "[{capacity: vault.register, p99: 100ms, at_least: 80/s}]";
  EXPECT_EQ(complaint(text), "");
  text.load = "[{workload: vault.register, rate: 50/s, up_to: 50/s}]";
  EXPECT_NE(complaint(text).find("the rate rises from 50/s, so up_to must be more"), std::string::npos);
  text.load = "[{workload: vault.register, rate: 50/s}]";
  EXPECT_NE(complaint(text).find("give it up_to"), std::string::npos) << complaint(text);
}

TEST(Scenario, ClientsAreTheOtherEndOfALinkAndNoTarget) {
  Text text;
  text.faults = "[{at: 1s, do: delay, target: vault.leader, to: clients, add: 10ms, for: 5s}]";
  EXPECT_EQ(complaint(text), "");
  text.faults = "[{at: 1s, do: kill, target: clients, for: 5s}]";
  EXPECT_NE(complaint(text).find("clients can't be hurt"), std::string::npos) << complaint(text);
}

TEST(Scenario, ASettingBringsTheComponentThatItNeeds) {
  const auto without = read({});
  ASSERT_TRUE(without) << without.error().message();
  EXPECT_EQ(without->stack.nodes("transit"), 0);
  const auto with = read({.stack = "{vault: {nodes: 3, seal: transit}}"});
  ASSERT_TRUE(with) << with.error().message();
  EXPECT_EQ(with->stack.nodes("transit"), 1);
  EXPECT_NE(complaint({.stack = "{vault: {shares: 2, threshold: 3}}"}).find("can't be reached with 2 shares"),
            std::string::npos);
}

}  // namespace
}  // namespace chamber::language
