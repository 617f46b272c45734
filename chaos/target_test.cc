#include "chaos/target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace chamber {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

class TargetTest : public testing::Test {
 protected:
  TargetTest() {
    for (const char* name : {"vault-0", "vault-1", "vault-2", "postgres-0"}) {
      NodeSpec node;
      node.name = name;
      node.component = std::string(name).substr(0, std::string(name).find('-'));
      nodes_.push_back(node);
    }
  }
  Result<std::vector<std::string>> resolve(std::string_view target, std::uint64_t seed = 1) {
    Random random(seed);
    return resolve_target(target, {nodes_, [this](std::string_view) { return leader_; }}, random);
  }

  std::vector<NodeSpec> nodes_;
  Result<std::vector<std::string>> leader_ = std::vector<std::string>{"vault-1"};
};

TEST_F(TargetTest, ResolvesNodesRolesAndShares) {
  EXPECT_THAT(*resolve("vault-2"), ElementsAre("vault-2"));
  EXPECT_THAT(*resolve("vault.leader"), ElementsAre("vault-1"));
  EXPECT_THAT(*resolve("vault.all"), ElementsAre("vault-0", "vault-1", "vault-2"));
  EXPECT_THAT(*resolve("vault.one"), SizeIs(1));
  EXPECT_THAT(*resolve("vault.minority"), SizeIs(1));
  EXPECT_THAT(*resolve("vault.majority"), SizeIs(2));
}

TEST_F(TargetTest, DrawsTheSameFromTheSameSeed) {
  EXPECT_EQ(*resolve("vault.one", 5), *resolve("vault.one", 5));
  std::set<std::string> drawn;
  for (std::uint64_t seed = 0; seed < 50; ++seed) drawn.insert(resolve("vault.one", seed)->front());
  EXPECT_EQ(drawn.size(), 3U);
}

TEST_F(TargetTest, DrawsOneOfThoseWhoHaveARole) {
  leader_ = std::vector<std::string>{"vault-2", "vault-0"};
  std::set<std::string> drawn;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const auto one = resolve("vault.standby.one", seed);
    ASSERT_THAT(*one, SizeIs(1));
    drawn.insert(one->front());
  }
  EXPECT_THAT(drawn, ElementsAre("vault-0", "vault-2"));
  const std::string before = resolve("vault.standby.one", 3)->front();
  leader_ = std::vector<std::string>{"vault-0", "vault-2"};
  EXPECT_EQ(resolve("vault.standby.one", 3)->front(), before);
}

TEST_F(TargetTest, TellsNobodyFromNonsense) {
  leader_ = std::vector<std::string>{};
  EXPECT_EQ(resolve("vault.leader").error().kind(), ErrorKind::kUnavailable);
  EXPECT_EQ(resolve("minio-0").error().kind(), ErrorKind::kInput);
  EXPECT_EQ(resolve("minio.one").error().kind(), ErrorKind::kInput);
  EXPECT_EQ(resolve("postgres.minority").error().kind(), ErrorKind::kInput);
}

}  // namespace
}  // namespace chamber
