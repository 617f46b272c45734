#include "matrix/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "harness/base/random.h"

namespace chamber::matrix {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kEnvironments = R"(
environments:
  development: {about: small, profile: minimal}
  production: {about: large, profile: production, settings: {postgres: {replication: strict}}}
  space: {about: nobody has it, profile: production, settings: {vault: {gravity: none}}}
configurations:
  minimal: {about: named ones, components: named}
  complete: {about: all, components: all}
)";

class MatrixPlan : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("chamber-matrix-" + random_hex(6));
    write("failover", "vault-killed", "{vault: 3}", "vault.register", "vault.standby");
    write("failover", "postgres-killed", "{postgres: {nodes: 3, replication: asynchronous}}", "postgres.append",
          "postgres.primary");
    write("latency", "steady", "production", "vault.register", "");
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& family, const std::string& name, const std::string& stack, const std::string& workload,
             const std::string& target, const std::string& fault = "kill") {
    std::filesystem::create_directories(folder_ / family);
    std::ofstream file(folder_ / family / (name + ".yaml"));
    file << "name: " << name << "\nabout: a test\nstack: " << stack << "\nload:\n  - {workload: " << workload
         << ", rate: 10/s}\nduration: 20s\nchecks:\n  - {availability: " << workload << ", at_least: 99%}\n";
    if (!target.empty()) file << "faults:\n  - {at: 2s, do: " << fault << ", target: " << target << ", for: 5s}\n";
  }

  Result<Plan> plan(const std::string& matrix) {
    const auto environments = read_environments(kEnvironments, "environments.yaml");
    EXPECT_TRUE(environments.ok()) << environments.error().message();
    const auto catalogue = language::Catalogue::open(folder_);
    EXPECT_TRUE(catalogue.ok());
    const language::Vocabulary vocabulary = language::standard_vocabulary();
    const auto read = read_matrix(matrix, "m.yaml");
    if (!read) return tl::unexpected(read.error());
    return make_plan(*read, {*environments, *catalogue, vocabulary});
  }
  Plan good(const std::string& matrix) {
    auto made = plan(matrix);
    EXPECT_TRUE(made.ok()) << made.error().message();
    return made ? *made : Plan{};
  }
  std::string mistake(const std::string& matrix) {
    const auto made = plan(matrix);
    EXPECT_FALSE(made.ok());
    return made ? "" : made.error().message();
  }

  std::filesystem::path folder_;
};

std::vector<std::string> ids(const Plan& plan) {
  std::vector<std::string> ids;
  for (const Cell& cell : plan.cells) ids.push_back(cell.id);
  return ids;
}

const Cell& cell(const Plan& plan, const std::string& id) {
  const auto found = std::find_if(plan.cells.begin(), plan.cells.end(), [&](const Cell& one) { return one.id == id; });
  EXPECT_NE(found, plan.cells.end()) << id;
  static const Cell none;
  return found == plan.cells.end() ? none : *found;
}

std::string because(const Plan& plan) {
  std::string text;
  for (const LeftOut& group : plan.left_out) text += fmt::format("{} × {}\n", group.count, group.because);
  return text;
}

constexpr const char* kHead = "name: m\nabout: a test\n";
constexpr const char* kAxes =
    "axes: {environment: [development, production], configuration: [minimal, complete], scenario: ['*']}\n";

TEST_F(MatrixPlan, HasEveryCombinationThatFits) {
  const Plan made = good(std::string(kHead) + kAxes);
  EXPECT_EQ(made.combinations, 12U);
  // A lone Vault node has no standby to kill.
  EXPECT_EQ(made.cells.size(), 10U);
  EXPECT_THAT(because(made), HasSubstr("2 × does not fit: "));
  EXPECT_THAT(because(made), HasSubstr("vault.standby"));
  EXPECT_EQ(made.pairs.covered, made.pairs.possible);
  EXPECT_THAT(made.axes, ElementsAre("environment", "configuration", "substrate", "phase", "scenario"));
  const std::set<std::string> unique = [&] {
    const auto all = ids(made);
    return std::set<std::string>(all.begin(), all.end());
  }();
  EXPECT_EQ(unique.size(), made.cells.size());
}

TEST_F(MatrixPlan, LeavesOutWhatASubstrateCanNotCarry) {
  write("failover", "host-cordoned", "{vault: 3}", "vault.register", "vault-0", "cordon");
  const Plan made = good(std::string(kHead) +
                         "axes: {environment: [production], configuration: [minimal], substrate: [local, kind], "
                         "scenario: [failover/host-cordoned]}\n");
  EXPECT_THAT(ids(made), ElementsAre("production.minimal.kind.complete.host-cordoned"));
  EXPECT_THAT(because(made), HasSubstr("1 × not on local: the fault cordon: "));
}

TEST_F(MatrixPlan, PutsAScenarioIntoItsEnvironment) {
  const Plan made = good(std::string(kHead) + kAxes);
  // The environment says how many nodes and which settings; what the scenario writes itself it keeps.
  EXPECT_THAT(cell(made, "production.minimal.local.complete.postgres-killed").arguments,
              ElementsAre("failover/postgres-killed", "--set", "stack.postgres.nodes=3"));
  EXPECT_THAT(cell(made, "development.minimal.local.complete.postgres-killed").arguments,
              ElementsAre("failover/postgres-killed", "--set", "stack.postgres.nodes=1"));
  EXPECT_THAT(cell(made, "production.minimal.local.complete.vault-killed").arguments,
              ElementsAre("failover/vault-killed", "--set", "stack.vault.nodes=3"));
  EXPECT_THAT(cell(made, "production.complete.local.complete.vault-killed").arguments,
              ElementsAre("failover/vault-killed", "--set", "stack.profile=production", "--set", "stack.vault.nodes=3",
                          "--set", "stack.postgres.replication=strict"));
  EXPECT_THAT(cell(made, "development.minimal.local.complete.steady").arguments,
              ElementsAre("latency/steady", "--set", "stack.profile=minimal"));
}

TEST_F(MatrixPlan, WhatThisChamberLacksStaysInThePlanAndSaysSo) {
  const Plan made = good(std::string(kHead) +
                         "axes:\n  environment: [space, production]\n  configuration: [minimal]\n"
                         "  scenario: [failover/vault-killed]\n");
  EXPECT_THAT(cell(made, "space.minimal.local.complete.vault-killed").cannot.value_or(""),
              HasSubstr("no setting vault.gravity"));
  EXPECT_FALSE(cell(made, "production.minimal.local.complete.vault-killed").cannot);
}

TEST_F(MatrixPlan, VersionsAreAxesOfTheComponentsThatACellHas) {
  const Plan made = good(std::string(kHead) +
                         "axes:\n  environment: [production]\n  configuration: [minimal]\n"
                         "  versions: {vault: [pinned, 9.9.9]}\n  scenario: [failover/*]\n");
  EXPECT_THAT(ids(made), testing::UnorderedElementsAre("production.minimal.local.complete.vault-killed",
                                                       "production.minimal.local.9-9-9.complete.vault-killed",
                                                       "production.minimal.local.complete.postgres-killed"));
  EXPECT_THAT(cell(made, "production.minimal.local.9-9-9.complete.vault-killed").arguments,
              Contains("stack.vault.version=9.9.9"));
  EXPECT_THAT(because(made), HasSubstr("1 × does not fit: there is no vault in it"));
}

TEST_F(MatrixPlan, ExclusionsAndConstraintsLeaveOutAndSayWhy) {
  const Plan made = good(std::string(kHead) +
                         "axes: {environment: [development, production], configuration: [minimal], "
                         "phase: [complete, bootstrap], scenario: ['*']}\n"
                         "exclude:\n  - {environment: development, because: too small}\n"
                         "constraints:\n  - {if: {phase: bootstrap}, then: {scenario: latency/*}, "
                         "because: one is enough}\n");
  EXPECT_THAT(ids(made), testing::UnorderedElementsAre("production.minimal.local.complete.vault-killed",
                                                       "production.minimal.local.complete.postgres-killed",
                                                       "production.minimal.local.complete.steady",
                                                       "production.minimal.local.bootstrap.steady"));
  EXPECT_THAT(because(made), HasSubstr("6 × excluded: too small"));
  EXPECT_THAT(because(made), HasSubstr("2 × constraint: one is enough"));
  EXPECT_THAT(cell(made, "production.minimal.local.bootstrap.steady").arguments, Contains("--until"));
}

TEST_F(MatrixPlan, EveryCombinationIsACellOrLeftOut) {
  for (const char* more : {"", "cover: pairwise\n", "sample: {cells: 3, seed: 5}\n",
                           "cover: pairwise\nsample: {cells: 2, seed: 1}\nrequired:\n  - {scenario: latency/*}\n"}) {
    const Plan made = good(std::string(kHead) + kAxes + more);
    std::uint64_t left_out = 0;
    for (const LeftOut& group : made.left_out) left_out += group.count;
    EXPECT_EQ(made.cells.size() + left_out, made.combinations) << more;
  }
}

TEST_F(MatrixPlan, PairwiseKeepsEveryPairAndWhatIsIncluded) {
  const Plan made = good(std::string(kHead) + kAxes +
                         "cover: pairwise\ninclude:\n  - {environment: production, configuration: complete, scenario: "
                         "failover/vault-killed}\n");
  EXPECT_EQ(made.pairs.covered, made.pairs.possible);
  EXPECT_LT(made.cells.size(), 10U);
  EXPECT_THAT(ids(made), Contains("production.complete.local.complete.vault-killed"));
}

TEST_F(MatrixPlan, ASampleIsDrawnFromItsSeed) {
  const auto draw = [&](int seed) {
    return ids(good(std::string(kHead) + kAxes + fmt::format("sample: {{cells: 4, seed: {}}}\n", seed)));
  };
  EXPECT_EQ(draw(3).size(), 4U);
  EXPECT_EQ(draw(3), draw(3));
  std::set<std::vector<std::string>> different;
  for (int seed = 0; seed < 8; ++seed) different.insert(draw(seed));
  EXPECT_GT(different.size(), 1U);
}

TEST_F(MatrixPlan, PrioritiesComeFirstAndRequiredIsMarked) {
  const Plan made = good(std::string(kHead) + kAxes +
                         "priorities:\n  - {of: {environment: production, scenario: latency/*}, priority: 5}\n"
                         "required:\n  - {environment: production}\n");
  EXPECT_EQ(made.cells[0].priority, 5);
  EXPECT_EQ(made.cells[1].priority, 5);
  EXPECT_EQ(made.cells[2].priority, 0);
  for (const Cell& one : made.cells) EXPECT_EQ(one.required, one.values[0] == "production") << one.id;
}

TEST_F(MatrixPlan, ShardsHoldEachCellOnce) {
  const Plan made = good(std::string(kHead) + kAxes);
  for (int of = 1; of <= 12; ++of) {
    std::multiset<std::size_t> all;
    for (int shard = 1; shard <= of; ++shard) {
      const auto cells = shard_cells(made, shard, of);
      all.insert(cells.begin(), cells.end());
    }
    EXPECT_EQ(all.size(), made.cells.size());
    EXPECT_EQ(std::set<std::size_t>(all.begin(), all.end()).size(), made.cells.size());
  }
}

TEST_F(MatrixPlan, CanBeSavedAndLoaded) {
  const Plan made = good(std::string(kHead) + kAxes);
  const std::string text = to_json(made).dump();
  const auto loaded = plan_from_json(text, "plan.json");
  ASSERT_TRUE(loaded.ok()) << loaded.error().message();
  EXPECT_EQ(to_json(*loaded).dump(), text);
  std::string forged = text;
  forged.replace(forged.find("stack.vault.nodes=3"), 19, "stack.vault.nodes=1");
  EXPECT_FALSE(plan_from_json(forged, "plan.json").ok());
}

TEST_F(MatrixPlan, MistakesHaveTheirPlace) {
  EXPECT_THAT(
      mistake(std::string(kHead) + "axes: {environment: [developmnt], configuration: [minimal], scenario: ['*']}"),
      HasSubstr("m.yaml:3:22: \"developmnt\" is no environment; did you mean \"development\"?"));
  EXPECT_THAT(
      mistake(std::string(kHead) + "axes: {environment: [production], configuration: [minimal], scenario: [seal/*]}"),
      HasSubstr("no scenario is called \"seal/*\""));
  EXPECT_THAT(mistake(std::string(kHead) + kAxes + "exclude: [{envronment: production, because: x}]"),
              HasSubstr("m.yaml:4:12: \"envronment\" is no axis; did you mean \"environment\"?"));
  EXPECT_THAT(mistake(std::string(kHead) + kAxes + "exclude: [{environment: production}]"), HasSubstr("because"));
  EXPECT_THAT(mistake(std::string(kHead) + kAxes + "required: [{environment: staging}]"),
              HasSubstr("has no value \"staging\""));
  EXPECT_THAT(mistake(std::string(kHead) + kAxes + "required: [{version.vault: pinned}]"),
              HasSubstr("no axis version.vault"));
  EXPECT_THAT(mistake(std::string(kHead) + kAxes + "cover: triplewise"), HasSubstr("m.yaml:4:8"));
}

TEST(Patterns, StarsStandForAnyText) {
  EXPECT_TRUE(fits_pattern("*", ""));
  EXPECT_TRUE(fits_pattern("failover/*", "failover/x"));
  EXPECT_TRUE(fits_pattern("*a*b", "aab"));
  EXPECT_FALSE(fits_pattern("failover/*", "latency/x"));
  EXPECT_FALSE(fits_pattern("a*b", "abc"));
  EXPECT_FALSE(fits_pattern("", "a"));
}

TEST(CommittedMatrices, EnvironmentsCanBeRead) {
  std::ifstream file("matrix/environments.yaml");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto environments = read_environments(text, "matrix/environments.yaml");
  ASSERT_TRUE(environments.ok()) << environments.error().message();
  EXPECT_EQ(environments->environments.size(), 3U);
  EXPECT_EQ(environments->configurations.size(), 3U);
}

}  // namespace
}  // namespace chamber::matrix
