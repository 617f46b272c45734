#include "scenarios/language/stack.h"

#include <gtest/gtest.h>

#include <chrono>

#include "harness/document/parse.h"

namespace chamber::language {
namespace {

// The resolved stack, or what is wrong with it.
struct Outcome {
  Stack stack;
  std::string complaint;
};

Outcome resolve(std::string_view text) {
  const Vocabulary vocabulary = standard_vocabulary();
  document::Mistakes mistakes;
  const auto node = document::parse(text, "a", mistakes);
  std::optional<StackEntry> entry;
  if (node) entry = stack_shape(vocabulary).read(*node, mistakes);
  Outcome outcome;
  if (entry) outcome.stack = resolve_stack(*entry, vocabulary, mistakes);
  if (!mistakes.none()) outcome.complaint = mistakes.error().message();
  return outcome;
}

std::string counts(std::string_view text) {
  const Outcome outcome = resolve(text);
  EXPECT_EQ(outcome.complaint, "");
  std::string shown;
  for (const Component& component : outcome.stack.components) {
    shown += fmt::format("{}{} {}", shown.empty() ? "" : ", ", component.name, *component.nodes);
  }
  return shown;
}

TEST(Stack, HasProfiles) {
  EXPECT_EQ(counts("minimal"), "vault 1, postgres 1, dcs 1, loadbalancer 1, identity 1, objectstore 1");
  EXPECT_EQ(counts("production"), "vault 3, postgres 3, dcs 3, loadbalancer 2, identity 2, objectstore 4");
  EXPECT_EQ(counts("{profile: production, vault: 5}"),
            "vault 5, postgres 3, dcs 3, loadbalancer 2, identity 2, objectstore 4");
  EXPECT_EQ(*resolve("production").stack.profile, "production");
  EXPECT_EQ(*resolve("{vault: 1}").stack.profile, "custom");
}

TEST(Stack, BringsUpWhatIsNamedAndWhatThatNeeds) {
  EXPECT_EQ(counts("{vault: 3}"), "vault 3");
  EXPECT_EQ(counts("{postgres: 3}"), "postgres 3, dcs 3, loadbalancer 2");
  EXPECT_EQ(counts("{postgres: 1}"), "postgres 1, dcs 1, loadbalancer 1");
  EXPECT_EQ(counts("{objectstore: 4, vault: 1}"), "vault 1, objectstore 4");
  EXPECT_EQ(counts("{identity: 1}"), "vault 1, postgres 1, dcs 1, loadbalancer 1, identity 1");
  EXPECT_EQ(counts("{vault: 3, postgres: 3, identity: 2, objectstore: 4}"),
            "vault 3, postgres 3, dcs 3, loadbalancer 2, identity 2, objectstore 4");
  EXPECT_EQ(resolve("{postgres: 3}").stack.find("dcs")->nodes.source.text(), "needed by postgres");
}

TEST(Stack, HasSettings) {
  const Outcome outcome =
      resolve("{profile: production, postgres: {replication: asynchronous, ttl: 30s}, identity: {engine: standin}}");
  ASSERT_EQ(outcome.complaint, "");
  const Component& postgres = *outcome.stack.find("postgres");
  EXPECT_EQ(*postgres.nodes, 3);
  EXPECT_EQ(*postgres.settings.get<std::string>("replication"), "asynchronous");
  EXPECT_EQ(*postgres.settings.get<Duration>("ttl"), Duration(std::chrono::seconds(30)));
  EXPECT_EQ(postgres.settings.find("ttl")->source.text(), "a:1:66");
  EXPECT_EQ(*postgres.settings.get<Duration>("loop_wait"), Duration(std::chrono::seconds(1)));
  EXPECT_TRUE(postgres.settings.find("loop_wait")->source.is_default());
  EXPECT_EQ(*outcome.stack.find("identity")->engine, "standin");
  EXPECT_EQ(*outcome.stack.find("vault")->version, "default");
}

TEST(Stack, SaysWhyACountIsImpossible) {
  EXPECT_EQ(
      resolve("{vault: 2}").complaint,
      "a:1:9: vault can't have 2 nodes: Raft needs both of two nodes for a quorum, so either one's loss stops it; "
      "write 1 or 3");
  EXPECT_EQ(resolve("{vault: 0}").complaint, "a:1:9: vault can't have 0 nodes; leave vault out of the stack");
  EXPECT_EQ(resolve("{vault: 10}").complaint, "a:1:9: vault can't have 10 nodes; write 1 to 9");
  EXPECT_EQ(resolve("{vault: -1}").complaint, "a:1:9: vault can't have -1 nodes; write 1 to 9");
  EXPECT_EQ(resolve("{vault: three}").complaint, "a:1:9: \"three\" is not a whole number; write digits, such as 20");
  EXPECT_EQ(
      resolve("{objectstore: {nodes: 3}}").complaint,
      "a:1:23: objectstore can't have 3 nodes: MinIO's erasure code needs 4 nodes with one drive each; write 1 or 4");
}

TEST(Stack, SaysWhatPodsAreSpreadOver) {
  EXPECT_EQ(*resolve("production").stack.kubernetes_nodes, 1);
  EXPECT_EQ(*resolve("{vault: 3, kubernetes: {nodes: 3}}").stack.kubernetes_nodes, 3);
  const Outcome brief = resolve("{profile: production, kubernetes: 2}");
  EXPECT_EQ(*brief.stack.kubernetes_nodes, 2);
  EXPECT_EQ(*brief.stack.profile, "production") << "it is the same stack";
  EXPECT_EQ(counts("{profile: minimal, kubernetes: 2}"), counts("minimal"));
  EXPECT_EQ(resolve("{vault: 3, kubernetes: 0}").complaint, "a:1:24: 0 is too little; at least 1");
  EXPECT_EQ(resolve("{vault: 3, kubernetes: {nodes: 10}}").complaint, "a:1:32: 10 is too much; at most 9");
  EXPECT_TRUE(resolve("{kubernetes: 3}").complaint.starts_with("a:1:1: a map of components needs at least one of"));
}

TEST(Stack, SaysWhatIsWrong) {
  EXPECT_EQ(resolve("productoin").complaint,
            "a:1:1: \"productoin\" is not a stack profile; did you mean \"production\"?");
  EXPECT_EQ(resolve("{vualt: 3}").complaint,
            "a:1:2: unknown key \"vualt\" in a map of components; did you mean \"vault\"?");
  EXPECT_TRUE(resolve("{}").complaint.starts_with(
      "a:1:1: a map of components needs at least one of the keys profile, vault, postgres, "));
  EXPECT_EQ(resolve("{identity: {engine: keycloak}}").complaint,
            "a:1:21: \"keycloak\" is not an engine of identity; known: auto, standin, zitadel");
  EXPECT_EQ(
      resolve("{postgres: {nodes: 3, ttl: 5s}}").complaint,
      "a:1:12: Patroni needs loop_wait + 2 × retry_timeout ≤ ttl, and 1s + 2 × 3s is more than 5s; write a ttl of "
      "at least 7s");
  EXPECT_EQ(resolve("{postgres: {nodes: 3, ttl: 8500ms}}").complaint,
            "a:1:12: Patroni takes whole seconds, and ttl is 8s500ms");
}

TEST(Stack, ShortFormsExpandWithTheirPlaces) {
  document::Mistakes mistakes;
  document::Node node = *document::parse("{vault: 3, postgres: {nodes: 1}}", "a", mistakes);
  expand_short_forms(node);
  EXPECT_EQ(node.find("vault")->find("nodes")->text, "3");
  EXPECT_EQ(node.find("vault")->find("nodes")->source.text(), "a:1:9");
  EXPECT_EQ(node.find("postgres")->find("nodes")->text, "1");
  node = *document::parse("production", "a", mistakes);
  expand_short_forms(node);
  EXPECT_EQ(node.find("profile")->text, "production");
}

}  // namespace
}  // namespace chamber::language
