#include "scenarios/language/extends.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "scenarios/language/plan.h"

namespace chamber::language {
namespace {

namespace fs = std::filesystem;

class ExtendsTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "chamber-extends-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
    write("parts/base.yaml",
          "stack: production\n"
          "load: [{workload: vault.register, rate: 50/s}]\n"
          "duration: 20s\n"
          "timeouts: {start: 1m, check: 2m}\n");
    write("failover/other.yaml",
          "name: other\nabout: Another.\nextends: parts/base\n"
          "faults: [{at: 2s, do: kill, target: vault.leader, for: 5s}]\n"
          "checks: [{linearizable: vault.register}]\n");
  }
  void TearDown() override { fs::remove_all(root_); }

  void write(const std::string& file, const std::string& text) {
    fs::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file) << text;
  }
  Result<Plan> plan(const std::string& body, const std::vector<std::string>& overrides = {}) {
    write("failover/x.yaml", "name: x\nabout: It works.\n" + body);
    return make_plan({.file = root_ / "failover/x.yaml", .overrides = overrides}, standard_vocabulary());
  }
  std::string complaint(const std::string& body) {
    const auto made = plan(body);
    return made ? "" : made.error().message();
  }
  std::string source(const Plan& plan, const std::string& path) {
    for (const Setting& setting : settings_of(plan)) {
      if (setting.path == path) return setting.value + " from " + setting.source.text();
    }
    return "not there";
  }

  fs::path root_;
};

TEST_F(ExtendsTest, TakesOverWhatItDoesNotSayItself) {
  const auto made = plan("extends: failover/other\nduration: 30s\nstack: {postgres: {replication: asynchronous}}\n");
  ASSERT_TRUE(made) << made.error().message();
  const std::string base = (root_ / "parts/base.yaml").string();
  const std::string own = (root_ / "failover/x.yaml").string();
  EXPECT_EQ(source(*made, "name"), "x from " + own + ":1:7");
  EXPECT_EQ(source(*made, "duration"), "30s from " + own + ":4:11");
  EXPECT_EQ(source(*made, "load[0].rate"), "50/s from " + base + ":2:41");
  EXPECT_EQ(source(*made, "faults[0].target"),
            "vault.leader from " + (root_ / "failover/other.yaml").string() + ":4:37");
  EXPECT_EQ(source(*made, "stack.vault.nodes"), "3 from " + base + ":1:8");
  EXPECT_EQ(source(*made, "stack.postgres.replication"), "asynchronous from " + own + ":5:33");
  EXPECT_EQ(source(*made, "timeouts.check"), "2m from " + base + ":4:30");
}

TEST_F(ExtendsTest, ListsAndSingleValuesReplaceTheOthers) {
  const auto made = plan(
      "extends: failover/other\nload: [{workload: vault.register, rate: 1/s, as: slow}]\n"
      "stack: {vault: 3}\nchecks: [{availability: slow, at_least: 99%}]\ntimeouts: {check: 9m}\n");
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_EQ(made->load.size(), 1U);
  EXPECT_EQ(*made->load[0].name(), "slow");
  EXPECT_EQ(made->checks.size(), 1U);
  EXPECT_EQ(*made->timeouts.start, std::chrono::minutes(1));
  EXPECT_EQ(*made->timeouts.check, std::chrono::minutes(9));
}

TEST_F(ExtendsTest, AnOverrideComesLast) {
  const auto made = plan("extends: failover/other\n", {"load[0].rate=7/s", "stack.vault.performance_multiplier=5"});
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_EQ(source(*made, "load[0].rate"), "7/s from --set load[0].rate");
  EXPECT_EQ(source(*made, "stack.vault.performance_multiplier"), "5 from --set stack.vault.performance_multiplier");
  EXPECT_NE(plan("extends: failover/other\n", {"extends=parts/base"}).error().message().find("stands in its file"),
            std::string::npos);
}

TEST_F(ExtendsTest, SaysWhatIsWrong) {
  EXPECT_NE(complaint("extends: parts/bse\n").find(":1:1: a scenario needs the key \"stack\""), std::string::npos);
  EXPECT_NE(complaint("extends: parts/bse\n").find(":3:10: there is no " + (root_ / "parts/bse.yaml").string()),
            std::string::npos);
  EXPECT_NE(complaint("extends: [parts/base]\n").find(":3:10: expected"), std::string::npos);
  // A mistake in what is extended is told where it stands.
  write("parts/base.yaml", "stack: production\nlod: []\n");
  EXPECT_NE(complaint("extends: parts/base\n").find("parts/base.yaml:2:1: unknown key \"lod\""), std::string::npos);
  write("parts/base.yaml", "extends: failover/x\n");
  EXPECT_NE(complaint("extends: parts/base\n").find("extends itself"), std::string::npos);
  write("parts/base.yaml", "- 1\n");
  EXPECT_NE(complaint("extends: parts/base\n").find("base.yaml:1:1: expected keys of a scenario"), std::string::npos);
}

}  // namespace
}  // namespace chamber::language
