#include "chaos/fault.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "chaos/fake_substrate.h"

namespace chamber {
namespace {

using testing::HasSubstr;

TEST_F(FaultTest, AProgramCrashesUnderItsSupervisor) {
  const auto alone = make_of_program("crash", "vault")->apply();
  EXPECT_THAT(alone.error().message(), HasSubstr("nobody would start it again"));
  substrate_.supervise("vault-0");
  const std::vector<std::string> before = substrate_.processes_in("vault-0");
  const auto crash = make_of_program("crash", "vault");
  ASSERT_TRUE(crash->apply());
  const auto proof = crash->prove({});
  ASSERT_TRUE(proof) << proof.error().message();
  EXPECT_THAT(*proof, HasSubstr(before[0]));
  EXPECT_EQ(substrate_.processes_in("vault-0")[1], before[1]) << "its supervisor was hurt";
  EXPECT_THAT(make_of_program("crash", "minio")->apply().error().message(), HasSubstr("nothing on vault-0 runs minio"));
  EXPECT_THAT(make_of_program("crash", "")->apply().error().message(), HasSubstr("a program is needed"));
}

TEST_F(FaultTest, AProgramStandsStillWhileItsSupervisorRuns) {
  substrate_.supervise("vault-0");
  const auto pause = make_of_program("pause", "vault");
  ASSERT_TRUE(pause->apply());
  const auto proof = pause->prove({});
  ASSERT_TRUE(proof) << proof.error().message();
  ASSERT_TRUE(pause->undo());
  EXPECT_TRUE(substrate_.stopped_in("vault-0").empty());
}

TEST_F(FaultTest, EveryKindProvesItselfAndIsUndone) {
  for (const char* kind : {"kill", "pause", "restart"}) {
    const auto fault = make(kind);
    ASSERT_TRUE(fault->apply()) << kind;
    const auto proof = fault->prove({});
    EXPECT_TRUE(proof) << kind << ": " << proof.error().message();
    ASSERT_TRUE(fault->undo()) << kind;
    EXPECT_EQ(substrate_.processes_in("vault-0").size(), 1U) << kind;
    EXPECT_TRUE(substrate_.stopped_in("vault-0").empty()) << kind;
    substrate_.fake_links().open = true;
  }
  const LinkRule delay{.delay = std::chrono::milliseconds(50)};
  const LinkRule loss{.loss = 0.3};
  const LinkRule rate{.rate_bits_per_second = 1'000'000};
  for (const auto& [kind, link] :
       {std::pair("partition", LinkRule{}), {"delay", delay}, {"loss", loss}, {"thin", rate}}) {
    const auto fault = make(kind, link);
    ASSERT_TRUE(fault->apply()) << kind;
    const auto proof = fault->prove({});
    EXPECT_TRUE(proof) << kind << ": " << proof.error().message();
    ASSERT_TRUE(fault->undo()) << kind;
    EXPECT_EQ(substrate_.fake_links().active(), 0U) << kind;
  }
}

// chaos-mesh#1389, #3612: faults that report success and do nothing.
TEST_F(FaultTest, AFaultThatDoesNothingIsNotProven) {
  substrate_.signals_work = false;
  substrate_.fake_links().effective = false;
  const LinkRule delay{.delay = std::chrono::milliseconds(50)};
  const LinkRule loss{.loss = 0.3};
  for (const auto& [kind, link] :
       {std::pair("kill", LinkRule{}), {"pause", {}}, {"partition", {}}, {"delay", delay}, {"loss", loss}}) {
    const auto fault = make(kind, link);
    ASSERT_TRUE(fault->apply()) << kind;
    EXPECT_FALSE(fault->prove({})) << kind;
  }
}

TEST_F(FaultTest, ANodeOnWhichNothingRunsCannotBeHurt) {
  substrate_.empty("vault-0");
  EXPECT_THAT(make("kill")->apply().error().message(), HasSubstr("nothing runs on vault-0"));
}

TEST_F(FaultTest, AHostThatLosesItsPowerIsSilentAndForgetful) {
  const auto fault = make("lose_power");
  ASSERT_TRUE(fault->apply());
  const auto proof = fault->prove({});
  ASSERT_TRUE(proof) << proof.error().message();
  EXPECT_THAT(*proof,
              HasSubstr("1 vault gone, 3 writes of 4096 bytes to 2 files and 1 changes of names were not synced"));
  EXPECT_THAT(*proof, HasSubstr("nothing answers"));
  ASSERT_TRUE(fault->undo());
  EXPECT_EQ(substrate_.processes_in("vault-0").size(), 1U);
  EXPECT_EQ(substrate_.fake_links().active(), 0U);
  EXPECT_EQ(fault->restarted(), std::vector<std::string>{"vault-0"});
}

TEST_F(FaultTest, APowerLossThatIsNoneIsNotProven) {
  substrate_.fake_links().effective = false;
  const auto refusing = make("lose_power");
  ASSERT_TRUE(refusing->apply());
  EXPECT_THAT(refusing->prove({}).error().message(), HasSubstr("only to refuse"));
  ASSERT_TRUE(refusing->undo());
  substrate_.has_disk = false;
  const auto undone = make("lose_power")->apply();
  EXPECT_THAT(undone.error().message(), HasSubstr("substrate fake can't cut the power of vault-0"));
  EXPECT_EQ(substrate_.fake_links().active(), 0U) << "the links stay cut";
  EXPECT_EQ(substrate_.processes_in("vault-0").size(), 1U) << "the node stays dead";
}

TEST_F(FaultTest, APodIsReplacedByAnother) {
  const auto fault = make("delete_pod");
  ASSERT_TRUE(fault->apply());
  const auto proof = fault->prove({});
  ASSERT_TRUE(proof) << proof.error().message();
  EXPECT_THAT(*proof, HasSubstr("pod vault-0-0 replaced by vault-0-1"));
  substrate_.fake_pods().effective = false;
  const auto nothing = make("delete_pod");
  ASSERT_TRUE(nothing->apply());
  EXPECT_THAT(nothing->prove({}).error().message(), HasSubstr("still the pod"));
  substrate_.are_pods = false;
  EXPECT_EQ(make_fault({.kind = "delete_pod", .targets = {"vault-0"}}, substrate_).error().kind(), ErrorKind::kHarness);
}

TEST_F(FaultTest, EvictionGoesAsFarAsTheBudgetLetsIt) {
  const auto evict_both = [this] {
    auto fault = make_fault({.kind = "evict_pod", .targets = {"vault-0", "vault-1"}}, substrate_);
    EXPECT_TRUE(fault && (*fault)->apply());
    return std::move(*fault);
  };
  const auto kept = evict_both();
  EXPECT_THAT(*kept->prove({}), HasSubstr("vault-1: refused by its PodDisruptionBudget"));
  EXPECT_TRUE(kept->findings().front().held);
  substrate_.fake_pods().may = 1;
  substrate_.fake_pods().lax = true;
  EXPECT_FALSE(evict_both()->findings().front().held) << "two went, one might";
}

TEST_F(FaultTest, ADrainEvictsAllThatMayGoAndBringsThemBack) {
  const auto drain = make("drain");
  ASSERT_TRUE(drain->apply());
  const auto proof = drain->prove({});
  ASSERT_TRUE(proof) << proof.error().message();
  EXPECT_THAT(*proof, HasSubstr("host takes no pods; vault-0 evicted; vault-1 refused"));
  ASSERT_TRUE(drain->undo());
  EXPECT_EQ(drain->restarted(), std::vector<std::string>{"vault-0"});
  EXPECT_TRUE(drain->findings().front().held);
  substrate_.fake_pods().effective = false;
  const auto nothing = make("cordon");
  ASSERT_TRUE(nothing->apply());
  EXPECT_THAT(nothing->prove({}).error().message(), HasSubstr("host takes pods"));
}

TEST_F(FaultTest, DirectionsAreSeenFromTheTarget) {
  const auto out = make("partition", {}, "out");
  ASSERT_TRUE(out->apply());
  EXPECT_EQ(substrate_.fake_links().active(), 1U);
  EXPECT_EQ(substrate_.fake_links().sender_of_last(), std::vector<std::string>{"vault-0"});
  ASSERT_TRUE(out->undo());
  const auto in = make("partition", {}, "in");
  ASSERT_TRUE(in->apply());
  EXPECT_EQ(substrate_.fake_links().sender_of_last(), std::vector<std::string>{"vault-1"});
}

TEST_F(FaultTest, NonsenseIsRefused) {
  FaultRequest request{.kind = "set-on-fire", .targets = {"vault-0"}};
  EXPECT_EQ(make_fault(request, substrate_).error().kind(), ErrorKind::kInput);
  request.kind = "kill";
  request.targets.clear();
  EXPECT_EQ(make_fault(request, substrate_).error().kind(), ErrorKind::kInput);
  request.kind = "partition";
  request.targets = {"vault-0"};
  request.others = {"vault-0"};
  EXPECT_THAT(make_fault(request, substrate_).error().message(), HasSubstr("on both sides"));
}

}  // namespace
}  // namespace chamber
