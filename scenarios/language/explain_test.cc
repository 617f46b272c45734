#include "scenarios/language/explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace chamber::language {
namespace {

using testing::HasSubstr;

TEST(Explain, ToldOfEveryKindOfPart) {
  const Vocabulary vocabulary = standard_vocabulary();
  EXPECT_THAT(*explain_part(vocabulary, "vault.rekey"), HasSubstr("action vault.rekey"));
  EXPECT_THAT(*explain_part(vocabulary, "vault.rekey"), HasSubstr("threshold"));
  EXPECT_THAT(*explain_part(vocabulary, "vault.rekey"),
              HasSubstr("needs: at least 2 nodes of vault\n  needs: vault: {seal: shamir}"));
  EXPECT_THAT(*explain_part(vocabulary, "vault.seal"), HasSubstr("target: vault.…, for: 10s"));
  EXPECT_THAT(*explain_part(vocabulary, "partition"), HasSubstr("fault partition"));
  EXPECT_THAT(*explain_part(vocabulary, "postgres"), HasSubstr("needs: dcs, loadbalancer"));
  EXPECT_THAT(*explain_part(vocabulary, "vault.standby.one"), HasSubstr("target"));
  EXPECT_THAT(*explain_part(vocabulary, "vault.register"), HasSubstr("judged by: linearizable"));
  EXPECT_THAT(*explain_part(vocabulary, "outage"), HasSubstr("at_most"));
  EXPECT_THAT(*explain_part(vocabulary, "raft.election_budget"), HasSubstr("needs: at least 2 nodes of vault"));
}

TEST(Explain, NearNamesAreToldOfOneThatIsNone) {
  const auto unknown = explain_part(standard_vocabulary(), "vault.rekei");
  EXPECT_EQ(unknown.error().kind(), ErrorKind::kInput);
  EXPECT_THAT(unknown.error().message(), HasSubstr("vault.rekey"));
}

}  // namespace
}  // namespace chamber::language
