#include "harness/cli/selftest_catalogue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/language/plan.h"

namespace chamber {
namespace {

using testing::Ge;
using testing::SizeIs;

// What only a run would show otherwise: every system is a scenario that parses, whole and broken, and asks for the
// check that must catch it.
TEST(SelftestCatalogue, EverySystemCanBeRun) {
  const auto systems = read_broken_systems(broken_folder() / "selftest.yaml");
  ASSERT_TRUE(systems) << systems.error().message();
  EXPECT_THAT(*systems, SizeIs(Ge(20U)));
  const language::Vocabulary vocabulary = language::standard_vocabulary();
  for (const BrokenSystem& system : *systems) {
    SCOPED_TRACE(system.name);
    for (const auto& overrides : {std::vector<std::string>{}, system.broken}) {
      const auto plan = language::make_plan({.file = scenario_file(system), .overrides = overrides}, vocabulary);
      EXPECT_TRUE(plan) << plan.error().message();
    }
  }
}

TEST(SelftestCatalogue, KnowsWhatCanShareACell) {
  BrokenSystem system{.broken = {"stack.vault.broken=stale_reads"}};
  EXPECT_TRUE(system.shares_cell());
  system.broken = {"broken=check_throws"};
  EXPECT_TRUE(system.shares_cell());
  system.broken = {"stack.vault.broken=never_revokes"};
  EXPECT_FALSE(system.shares_cell()) << "it is how the server is configured";
  system.broken = {"stack.identity.broken=foreign_masterkey"};
  EXPECT_FALSE(system.shares_cell()) << "it stays broken";
  system.broken = {"stack.postgres.replication=asynchronous"};
  EXPECT_FALSE(system.shares_cell());
  system.broken = {"faults[0].target=vault-2"};
  EXPECT_TRUE(system.shares_cell());
  system.own_cell = true;
  EXPECT_FALSE(system.shares_cell());
}

}  // namespace
}  // namespace chamber
