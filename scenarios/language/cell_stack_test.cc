#include "scenarios/language/cell_stack.h"

#include <gtest/gtest.h>

#include "harness/document/parse.h"

namespace chamber::language {
namespace {

Result<chamber::Stack> cell(std::string_view text) {
  const Vocabulary vocabulary = standard_vocabulary();
  document::Mistakes mistakes;
  const auto node = document::parse(text, "a", mistakes);
  const auto entry = stack_shape(vocabulary).read(*node, mistakes);
  EXPECT_TRUE(entry.has_value()) << mistakes.error().message();
  return cell_stack(resolve_stack(*entry, vocabulary, mistakes));
}

// The profiles of the two layers are the same.
TEST(CellStack, ProfilesAgree) {
  for (const auto& [text, expected] :
       {std::pair("production", chamber::Stack::production()), std::pair("minimal", chamber::Stack::minimal())}) {
    const auto stack = cell(text);
    ASSERT_TRUE(stack.ok()) << stack.error().message();
    EXPECT_EQ(stack->profile, expected.profile);
    EXPECT_EQ(stack->vault, expected.vault);
    EXPECT_EQ(stack->postgres, expected.postgres);
    EXPECT_EQ(stack->dcs, expected.dcs);
    EXPECT_EQ(stack->loadbalancer, expected.loadbalancer);
    EXPECT_EQ(stack->identity, expected.identity);
    EXPECT_EQ(stack->objectstore, expected.objectstore);
    EXPECT_EQ(stack->vault_settings.performance_multiplier, expected.vault_settings.performance_multiplier);
    EXPECT_TRUE(stack->broken.empty());
    const PostgresSettings& postgres = stack->postgres_settings;
    const PostgresSettings& other = expected.postgres_settings;
    EXPECT_EQ(postgres.synchronous, other.synchronous);
    EXPECT_EQ(postgres.synchronous_strict, other.synchronous_strict);
    EXPECT_EQ(postgres.synchronous_commit, other.synchronous_commit);
    EXPECT_EQ(postgres.fsync, other.fsync);
    EXPECT_EQ(postgres.ttl, other.ttl);
    EXPECT_EQ(postgres.loop_wait, other.loop_wait);
    EXPECT_EQ(postgres.retry_timeout, other.retry_timeout);
    EXPECT_EQ(postgres.primary_start_timeout, other.primary_start_timeout);
    EXPECT_EQ(postgres.failsafe, other.failsafe);
    EXPECT_EQ(stack->identity_settings.engine, expected.identity_settings.engine);
  }
}

TEST(CellStack, CarriesSettings) {
  const auto stack = cell(
      "{vault: {nodes: 3, performance_multiplier: 5, broken: drops_acknowledged_writes}, identity: {nodes: 1, engine: "
      "standin},"
      " postgres: {nodes: 3, replication: strict, ttl: 30s, fsync: false}}");
  ASSERT_TRUE(stack.ok()) << stack.error().message();
  EXPECT_EQ(stack->vault_settings.performance_multiplier, 5);
  EXPECT_TRUE(stack->is_broken("vault", "drops_acknowledged_writes"));
  EXPECT_EQ(stack->identity_settings.engine, "standin");
  EXPECT_TRUE(stack->postgres_settings.synchronous);
  EXPECT_TRUE(stack->postgres_settings.synchronous_strict);
  EXPECT_FALSE(stack->postgres_settings.fsync);
  EXPECT_EQ(stack->postgres_settings.ttl, std::chrono::seconds(30));
  EXPECT_EQ(stack->objectstore, 0);
  EXPECT_FALSE(cell("{postgres: {nodes: 1, replication: asynchronous}}")->postgres_settings.synchronous);
}

TEST(CellStack, NamesTheServersThatMustHaveAVersion) {
  const auto stack = cell("{vault: {nodes: 1, version: 1.21.1}, postgres: {nodes: 1, version: 15}, identity: 1}");
  ASSERT_TRUE(stack.ok()) << stack.error().message();
  EXPECT_EQ(stack->server("vault"), "vault@1.21.1");
  EXPECT_EQ(stack->server("postgresql"), "postgresql@15");
  EXPECT_EQ(stack->server("patroni"), "patroni");
  EXPECT_EQ(stack->server("zitadel"), "zitadel");
}

TEST(CellStack, AVersionOfIdentityIsTheRealServersUnlessTheStandInIsAskedFor) {
  EXPECT_EQ(cell("{identity: {nodes: 1, version: 4}}")->server("zitadel"), "zitadel@4");
  EXPECT_EQ(cell("{identity: {nodes: 1, engine: standin, version: 0.1}}")->server("standin"), "standin@0.1");
}

}  // namespace
}  // namespace chamber::language
