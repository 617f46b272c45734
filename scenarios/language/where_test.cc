#include "scenarios/language/where.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/language/vocabulary.h"

namespace chamber::language {
namespace {

using testing::HasSubstr;

std::string why_not(const char* substrate, const std::string& text) {
  const auto plan = make_plan({.file = "scenarios/latency/tried.yaml", .text = text}, standard_vocabulary());
  EXPECT_TRUE(plan) << plan.error().message();
  return plan ? why_not_on(*find_substrate(substrate), *plan) : "no plan";
}

std::string why_not_on_kind(const std::string& fault) {
  const std::string text = fmt::format(
      "name: tried\nabout: tried\nstack: {{vault: 3}}\nload:\n  - {{workload: vault.register, rate: 5/s}}\nfaults:\n"
      "  - {}\nduration: 20s\nchecks:\n  - {{linearizable: vault.register}}\n",
      fault);
  EXPECT_EQ(why_not(kLocal, text), "") << "local can do everything";
  return why_not(kKind, text);
}

TEST(Where, OnKindProcessesAndLinksAreHurtAsOnLocal) {
  EXPECT_EQ(why_not_on_kind("{at: 1s, do: kill, target: vault.leader, for: 5s}"), "");
  EXPECT_EQ(why_not_on_kind("{at: 1s, do: partition, target: vault.leader, for: 5s}"), "");
  EXPECT_EQ(why_not_on_kind("{at: 1s, do: loss, target: vault.leader, share: 5%, for: 5s}"), "");
  EXPECT_EQ(why_not_on_kind("{at: 1s, do: delay, target: vault.leader, add: 10ms, for: 5s}"), "");
  EXPECT_EQ(why_not_on_kind("{at: 1s, do: thin, target: vault.leader, per_second: 1MiB, for: 5s}"), "");
  EXPECT_THAT(why_not_on_kind("{at: 1s, do: lose_power, target: vault.leader, for: 5s}"),
              HasSubstr("the fault lose_power: "));
}

TEST(Where, OnKindPatroniNeedsNoEtcdUnlessTheStackSaysSo) {
  const auto why = [](const std::string& stack) {
    const std::string text = fmt::format(
        "name: tried\nabout: tried\nstack: {{postgres: {}}}\nload:\n  - {{workload: postgres.append, rate: 5/s}}\n"
        "faults:\n  - {{at: 1s, do: kill, target: dcs.majority, for: 5s}}\nduration: 20s\nchecks:\n"
        "  - {{no_lost_acks: postgres.append}}\n",
        stack);
    return why_not(kKind, text);
  };
  EXPECT_THAT(why("{nodes: 3}"), HasSubstr("stack.postgres.store=etcd"));
  EXPECT_EQ(why("{nodes: 3, store: etcd}"), "");
}

TEST(Where, PodsAreDeletedWhereThereArePods) {
  const std::string text =
      "name: tried\nabout: tried\nstack: {vault: 3}\nload:\n  - {workload: vault.register, rate: 5/s}\nfaults:\n"
      "  - {at: 1s, do: evict_pod, target: vault.leader}\nduration: 20s\nchecks:\n  - {linearizable: vault.register}\n";
  EXPECT_THAT(why_not(kLocal, text), HasSubstr("the fault evict_pod: nodes are no pods"));
  EXPECT_EQ(why_not(kKind, text), "");
}

TEST(Where, AWholeKubernetesNodeIsLostWhereThereAreSeveral) {
  const auto text = [](const char* stack) {
    return fmt::format(
        "name: tried\nabout: tried\nstack: {}\nload:\n  - {{workload: vault.register, rate: 5/s}}\nfaults:\n"
        "  - {{at: 1s, do: stop_node, target: vault.leader, for: 5s}}\nduration: 20s\n"
        "checks:\n  - {{linearizable: vault.register}}\n",
        stack);
  };
  EXPECT_THAT(why_not(kLocal, text("{vault: 3, kubernetes: 3}")), HasSubstr("the fault stop_node: nodes are no pods"));
  EXPECT_EQ(why_not(kKind, text("{vault: 3, kubernetes: 3}")), "");
  const auto plan =
      make_plan({.file = "scenarios/failover/tried.yaml", .text = text("{vault: 3}")}, standard_vocabulary());
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().kind(), ErrorKind::kInput);
  EXPECT_THAT(plan.error().message(), HasSubstr("tried.yaml:7:18: stop_node is never done to the control-plane node"));
}

TEST(Where, OnKindPostgresIsNotBackedUp) {
  const std::string text =
      "name: tried\nabout: tried\nstack: {postgres: {nodes: 3, backups: true}, objectstore: 4}\nload:\n"
      "  - {workload: postgres.append, rate: 5/s}\nduration: 20s\nchecks:\n  - {no_lost_acks: postgres.append}\n";
  EXPECT_THAT(why_not(kKind, text), HasSubstr("pgBackRest"));
  EXPECT_EQ(why_not(kLocal, text), "");
}

TEST(Where, OnKindTheLoadsOwnLinksAreLeftAlone) {
  EXPECT_THAT(why_not_on_kind("{at: 1s, do: loss, target: vault.leader, to: clients, share: 5%, for: 5s}"),
              HasSubstr("the fault loss to clients: "));
}

}  // namespace
}  // namespace chamber::language
