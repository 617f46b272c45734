#include "harness/cell/stack.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace chamber {
namespace {

TEST(Stack, GoesThroughJsonWithoutLoss) {
  Stack stack = Stack::production();
  stack.postgres_settings.synchronous = false;
  stack.postgres_settings.ttl = std::chrono::seconds(20);
  stack.identity_settings.engine = "standin";
  stack.broken["vault"] = "never_revokes";
  stack.loses_power = {"postgres"};
  stack.kubernetes_nodes = 3;
  const auto back = stack_from_json(to_json(stack));
  ASSERT_TRUE(back) << back.error().message();
  EXPECT_EQ(to_json(*back), to_json(stack));
  EXPECT_TRUE(back->is_broken("vault", "never_revokes"));
  EXPECT_EQ(back->postgres_settings.ttl, std::chrono::seconds(20));
}

TEST(Stack, RefusesWhatIsNone) {
  EXPECT_EQ(stack_from_json({{"profile", "production"}}).error().kind(), ErrorKind::kInput);
}

}  // namespace
}  // namespace chamber
