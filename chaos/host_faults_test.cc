#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "chaos/fake_substrate.h"

namespace chamber {
namespace {

using testing::HasSubstr;

using HostFaultTest = FaultTest;

TEST_F(HostFaultTest, AKubernetesNodeStandsStillAndGoesOn) {
  const auto fault = make("pause_node");
  ASSERT_TRUE(fault->apply());
  const auto proof = fault->prove({});
  ASSERT_TRUE(proof) << proof.error().message();
  EXPECT_THAT(*proof, HasSubstr("host with vault-0, vault-1: 40 processes before, 40 now, given a processor 0 times"));
  ASSERT_TRUE(fault->undo());
  EXPECT_TRUE(substrate_.fake_pods().host.answers);
  EXPECT_TRUE(fault->restarted().empty()) << "they are the same processes";
}

TEST_F(HostFaultTest, AKubernetesNodeThatIsStoppedComesBackWithItsPods) {
  const auto fault = make("stop_node");
  ASSERT_TRUE(fault->apply());
  const auto proof = fault->prove({});
  ASSERT_TRUE(proof) << proof.error().message();
  EXPECT_THAT(*proof, HasSubstr("40 processes before, 0 now"));
  ASSERT_TRUE(fault->undo());
  const std::vector<std::string> both{"vault-0", "vault-1"};
  EXPECT_EQ(substrate_.fake_pods().came_back, both) << "not only the target";
  EXPECT_EQ(fault->restarted(), both);
}

TEST_F(HostFaultTest, AKubernetesNodeThatGoesOnProvesNothing) {
  std::stop_source stopped;  // as at the end of the run: it looks once
  stopped.request_stop();
  substrate_.fake_pods().effective = false;
  for (const char* kind : {"pause_node", "stop_node"}) {
    const auto fault = make(kind);
    ASSERT_TRUE(fault->apply());
    EXPECT_FALSE(fault->prove(stopped.get_token())) << kind;
    ASSERT_TRUE(fault->undo());
  }
  substrate_.fake_pods().effective = true;
  substrate_.fake_pods().host.answers = false;
  const auto fault = make("stop_node");
  ASSERT_TRUE(fault->apply());
  EXPECT_THAT(fault->prove({}).error().message(), HasSubstr("did not answer before either"));
}

class HostLinkTest : public FaultTest {
 protected:
  HostLinkTest() { substrate_.fake_pods().spread = true; }
  FakeLinks& links_ = substrate_.fake_pods().host_links;
};

TEST_F(HostLinkTest, AKubernetesNodeIsCutFromAllOthersAndItsPodsFromTheirs) {
  const auto fault = make("partition_node");
  EXPECT_EQ(fault->describe(), "partition_node vault-0");
  ASSERT_TRUE(fault->apply());
  EXPECT_EQ(links_.active(), 2U) << "each direction";
  const auto proof = fault->prove({});
  ASSERT_TRUE(proof) << proof.error().message();
  EXPECT_THAT(*proof, HasSubstr("host > control, control > host, host > host-2, host-2 > host"));
  EXPECT_THAT(*proof, HasSubstr("vault-0 to vault-1:8200 got through in 1.00ms before, and not within 250ms now"));
  ASSERT_TRUE(fault->undo());
  EXPECT_EQ(links_.active(), 0U);
  EXPECT_EQ(substrate_.fake_links().active(), 0U) << "the pods' own were left alone";
}

TEST_F(HostLinkTest, TheOtherSideAndTheDirectionCanBeNamed) {
  const auto cut = [this](const std::string& direction) {
    auto fault = make_fault(
        {.kind = "partition_node", .targets = {"vault-0"}, .others = {"vault-1"}, .direction = direction}, substrate_);
    EXPECT_TRUE(fault && (*fault)->apply() && (*fault)->prove({}) && (*fault)->undo());
    return links_.ends_of_last();
  };
  EXPECT_EQ(cut("in"), FakeLinks::Ends({"host-2"}, {"host"}));
  EXPECT_EQ(cut("out"), FakeLinks::Ends({"host"}, {"host-2"}));
  substrate_.fake_pods().spread = false;
  const auto same = make_fault({.kind = "partition_node", .targets = {"vault-0"}, .others = {"vault-1"}}, substrate_);
  EXPECT_THAT((*same)->apply().error().message(), HasSubstr("no other Kubernetes node on the other side"));
  const auto nonsense = make_fault({.kind = "loss_node", .targets = {"vault-0"}, .direction = "up"}, substrate_);
  EXPECT_EQ(nonsense.error().kind(), ErrorKind::kInput);
}

TEST_F(HostLinkTest, PacketsBetweenKubernetesNodesAreLost) {
  const auto fault = make("loss_node", {.loss = 0.3}, "in");
  ASSERT_TRUE(fault->apply());
  const auto proof = fault->prove({});
  ASSERT_TRUE(proof) << proof.error().message();
  EXPECT_THAT(*proof, HasSubstr("control > host, host-2 > host"));
  ASSERT_TRUE(fault->undo());
}

TEST_F(HostLinkTest, ACutThatIsNoneIsNotProven) {
  links_.effective = false;
  for (const auto& [kind, link] : {std::pair("partition_node", LinkRule{}), {"loss_node", {.loss = 0.3}}}) {
    const auto fault = make(kind, link);
    EXPECT_FALSE(fault->prove({})) << kind << " was not done";
    ASSERT_TRUE(fault->apply());
    EXPECT_FALSE(fault->prove({})) << kind;
    ASSERT_TRUE(fault->undo());
  }
  links_.open = false;
  EXPECT_THAT(make("partition_node")->apply().error().message(), HasSubstr("did not reach control before either"));
}

TEST_F(HostLinkTest, HalfACutIsNone) {
  links_.refused = 2;
  EXPECT_FALSE(make("partition_node")->apply());
  EXPECT_EQ(links_.active(), 0U);
}

}  // namespace
}  // namespace chamber
