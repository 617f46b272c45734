#include "chaos/hurt_nodes.h"

#include <gtest/gtest.h>

namespace chamber {
namespace {

TEST(HurtNodes, KeepsWithinWhatEachComponentTolerates) {
  HurtNodes hurt(
      {{"vault", 1}, {"dcs", 2}},
      {{"vault-0", "vault"}, {"vault-1", "vault"}, {"dcs-0", "dcs"}, {"dcs-1", "dcs"}, {"single-0", "single"}});
  EXPECT_EQ(hurt.enter({"vault-0"}), "");
  EXPECT_EQ(hurt.enter({"vault-0"}), "vault-0 is hurt already");
  EXPECT_EQ(hurt.enter({"vault-1"}), "vault tolerates 1 hurt node, and vault-0 is not whole again");
  EXPECT_EQ(hurt.enter({"single-0"}), "single tolerates 0 hurt nodes, and that is none");
  // All or none: what was refused in part hurts nobody.
  EXPECT_NE(hurt.enter({"dcs-0", "vault-1"}), "");
  EXPECT_EQ(hurt.enter({"dcs-0", "dcs-1"}), "");
  hurt.leave({"vault-0"});
  EXPECT_EQ(hurt.enter({"vault-1"}), "");
}

}  // namespace
}  // namespace chamber
