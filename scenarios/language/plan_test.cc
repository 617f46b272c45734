#include "scenarios/language/plan.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace chamber::language {
namespace {

constexpr const char* kExample = "scenarios/failover/vault-leader-killed.yaml";

Plan example(const std::vector<std::string>& overrides = {}) {
  Result<Plan> plan = make_plan({.file = kExample, .overrides = overrides, .drawn_seed = 18446744073709551615ULL},
                                standard_vocabulary());
  EXPECT_TRUE(plan.ok()) << plan.error().message();
  return plan.ok() ? *std::move(plan) : Plan{};
}

std::string shown(const std::vector<Setting>& settings, const std::string& path) {
  const auto found =
      std::find_if(settings.begin(), settings.end(), [&path](const Setting& one) { return one.path == path; });
  return found == settings.end() ? "not there" : found->value + " from " + found->source.text();
}

TEST(Plan, SaysWhereEachValueComesFrom) {
  const Plan plan = example({"load[0].rate=300/s"});
  EXPECT_EQ(plan.family, "failover");
  EXPECT_EQ(plan.file, kExample);
  const auto settings = settings_of(plan);
  EXPECT_EQ(shown(settings, "name"), std::string("vault-leader-killed from ") + kExample + ":2:7");
  EXPECT_EQ(shown(settings, "stack.vault.nodes"), std::string("3 from ") + kExample + ":4:16");
  EXPECT_EQ(shown(settings, "stack.dcs.nodes"), "3 from needed by postgres");
  EXPECT_EQ(shown(settings, "stack.postgres.replication"), "synchronous from default");
  EXPECT_EQ(shown(settings, "load[0].rate"), "300/s from --set load[0].rate");
  EXPECT_EQ(shown(settings, "load[0].reads"), "50% from default");
  EXPECT_EQ(shown(settings, "faults[0].target"), std::string("vault.leader from ") + kExample + ":9:33");
  EXPECT_EQ(shown(settings, "checks[1].at_most"), std::string("raft.election_budget from ") + kExample + ":13:39");
  EXPECT_EQ(shown(settings, "seed"), "18446744073709551615 from drawn for this run");
}

TEST(Plan, IsSavedAndReadBackTheSame) {
  for (const char* file : {kExample, "scenarios/latency/steady-state.yaml"}) {
    const Result<Plan> plan = make_plan({.file = file, .overrides = {"seed=7"}}, standard_vocabulary());
    ASSERT_TRUE(plan.ok()) << plan.error().message();
    const std::string saved = to_json(*plan).dump(2);
    const Result<Plan> again = plan_from_json(saved, "plan.json");
    ASSERT_TRUE(again.ok()) << again.error().message();
    EXPECT_EQ(to_json(*again).dump(2), saved);
    EXPECT_EQ(*again->checks[0].subject, *plan->checks[0].subject);
    EXPECT_EQ(again->stack.nodes("vault"), 3);
  }
}

TEST(Plan, KeepsEveryTypeOfParameter) {
  Plan plan = example();
  plan.load[0].parameters.all() = {{"flag", {true, {}}},
                                   {"whole", {std::int64_t(-3), {}}},
                                   {"number", {1e-7, {}}},
                                   {"duration", {Duration(90'000'000'001), {}}},
                                   {"rate", {document::Rate{12, std::chrono::minutes(1)}, {}}},
                                   {"percentage", {document::Percentage{99.95}, {}}},
                                   {"size", {document::ByteSize{65537}, {}}},
                                   {"text", {std::string("a: \"b\" é\n"), {}}},
                                   {"named", {Budget{{}, "raft.election_budget"}, {}}},
                                   {"fixed", {Budget{Duration(5), ""}, {}}}};
  const Result<Plan> again = plan_from_json(to_json(plan).dump(), "plan.json");
  ASSERT_TRUE(again.ok()) << again.error().message();
  for (const auto& [name, value] : plan.load[0].parameters.all()) {
    const auto* const read = again->load[0].parameters.find(name);
    ASSERT_NE(read, nullptr) << name;
    EXPECT_EQ(read->value, value.value) << name;
  }
}

TEST(Plan, SaysWhatIsWrongWithASavedOne) {
  document::Json json = to_json(example());
  json["format"] = "chamber.plan/9";
  json["plan"]["load"][0]["parameters"]["keys"] = {{"hole", 3}};
  const auto plan = plan_from_json(json.dump(), "plan.json");
  ASSERT_FALSE(plan.ok());
  EXPECT_NE(plan.error().message().find("expected \"chamber.plan/1\", found \"chamber.plan/9\""), std::string::npos);
  EXPECT_NE(plan.error().message().find("\"hole\" is not a typed value; did you mean \"whole\"?"), std::string::npos);
  EXPECT_FALSE(plan_from_json("{}", "plan.json").ok());
  EXPECT_FALSE(plan_from_json("", "plan.json").ok());
}

TEST(Plan, NeedsAFile) {
  const auto plan = make_plan({.file = "scenarios/none.yaml"}, standard_vocabulary());
  EXPECT_EQ(plan.error().message(), "scenarios/none.yaml: No such file or directory");
  EXPECT_EQ(plan.error().kind(), ErrorKind::kInput);
}

}  // namespace
}  // namespace chamber::language
