#include "harness/load/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "harness/load/test_workload.h"

namespace chamber::load {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Session, LooksAtEveryKeyUntilItHasAnAnswer) {
  std::vector<std::uint64_t> asked;
  ScriptedWorkload workload([&](const Invocation& invocation, Deadline) -> Reply {
    EXPECT_EQ(invocation.function, Function::kRead);
    EXPECT_TRUE(invocation.final);
    asked.push_back(invocation.key);
    return {.outcome = asked.size() == 2 ? Outcome::kFail : Outcome::kOk};
  });
  ProcessNumbers numbers;
  Session session(nullptr, "test.scripted", numbers);
  const auto client = workload.client(0);
  ASSERT_TRUE(client);
  EXPECT_TRUE(session.look_at_last_of_keys(**client, 3, {}, Deadline::in(std::chrono::seconds(20))));
  EXPECT_THAT(asked, ElementsAre(0, 1, 1, 2));
}

TEST(Session, TellsWhichKeyHadNoAnswer) {
  ScriptedWorkload workload([](const Invocation& invocation, Deadline) -> Reply {
    if (invocation.key == 0) return {.outcome = Outcome::kOk};
    return {.outcome = Outcome::kFail, .error = "status 503", .node = "vault-1"};
  });
  ProcessNumbers numbers;
  Session session(nullptr, "test.scripted", numbers);
  const auto client = workload.client(0);
  ASSERT_TRUE(client);
  const auto looked = session.look_at_last_of_keys(**client, 2, {}, Deadline::in(std::chrono::milliseconds(50)));
  ASSERT_FALSE(looked);
  EXPECT_THAT(looked.error().message(), HasSubstr("the final read of key 1"));
  EXPECT_THAT(looked.error().message(), HasSubstr("vault-1: status 503"));
}

TEST(ReadOrChange, ReadsAsOftenAsItIsToldAndGivesNoValueTwice) {
  std::atomic<std::int64_t> next = 1;
  std::set<std::int64_t> values;
  Random random(7);
  int reads = 0;
  for (int i = 0; i < 1000; ++i) {
    const Invocation invocation = read_or_change(random, 5, 0.75, Function::kAppend, next);
    EXPECT_LT(invocation.key, 5U);
    EXPECT_EQ(invocation.function == Function::kRead, !invocation.value.has_value());
    if (invocation.function == Function::kRead) ++reads;
    if (invocation.value) {
      EXPECT_TRUE(values.insert(*invocation.value).second);
    }
  }
  EXPECT_NEAR(reads, 750, 60);
  EXPECT_EQ(reads + static_cast<int>(values.size()), 1000);
}

}  // namespace
}  // namespace chamber::load
