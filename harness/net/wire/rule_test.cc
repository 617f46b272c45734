#include "harness/net/wire/rule.h"

#include <gtest/gtest.h>

#include <limits>

namespace chamber {
namespace {

using std::chrono::milliseconds;

TEST(RuleTest, DefaultChangesNothing) {
  EXPECT_TRUE(changes_nothing(LinkRule{}));
  EXPECT_TRUE(changes_nothing(compose(LinkRule{}, LinkRule{})));
  EXPECT_EQ(compose(LinkRule{}, LinkRule{}), LinkRule{});
}

TEST(RuleTest, DropWins) {
  EXPECT_TRUE(compose({.drop = true}, {.delay = milliseconds(1)}).drop);
  EXPECT_TRUE(compose({.delay = milliseconds(1)}, {.drop = true}).drop);
}

TEST(RuleTest, DelaysAndJittersAdd) {
  const LinkRule both = compose({.delay = milliseconds(30), .jitter = milliseconds(2)},
                                {.delay = milliseconds(20), .jitter = milliseconds(3)});
  EXPECT_EQ(both.delay, milliseconds(50));
  EXPECT_EQ(both.jitter, milliseconds(5));
}

TEST(RuleTest, ProbabilitiesCombineAsIndependentEvents) {
  const LinkRule both = compose({.loss = 0.5, .duplicate = 0.1, .reorder = 1, .corrupt = 0},
                                {.loss = 0.5, .duplicate = 0.2, .reorder = 0.3, .corrupt = 0.4});
  EXPECT_DOUBLE_EQ(both.loss, 0.75);
  EXPECT_DOUBLE_EQ(both.duplicate, 0.28);
  EXPECT_DOUBLE_EQ(both.reorder, 1);
  EXPECT_DOUBLE_EQ(both.corrupt, 0.4);
}

TEST(RuleTest, LowerRateRulesWithItsQueue) {
  const LinkRule fast{.rate_bits_per_second = 2'000'000, .queue_limit = milliseconds(1)};
  const LinkRule slow{.rate_bits_per_second = 1'000'000, .queue_limit = milliseconds(9)};
  const LinkRule unlimited{.queue_limit = milliseconds(5)};
  for (const LinkRule& both : {compose(fast, slow), compose(slow, fast), compose(compose(unlimited, slow), fast)}) {
    EXPECT_EQ(both.rate_bits_per_second, 1'000'000U);
    EXPECT_EQ(both.queue_limit, milliseconds(9));
  }
}

TEST(RuleTest, HoldIsOfTheRuleThatReorders) {
  const LinkRule plain;
  const LinkRule reorders{.reorder = 0.1, .reorder_hold = milliseconds(1)};
  EXPECT_EQ(compose(plain, reorders).reorder_hold, milliseconds(1));
  EXPECT_EQ(compose(reorders, plain).reorder_hold, milliseconds(1));
  EXPECT_EQ(compose(reorders, {.reorder = 0.1, .reorder_hold = milliseconds(7)}).reorder_hold, milliseconds(7));
}

TEST(RuleTest, OnlyWhatDecidesByPacketNeedsPackets) {
  EXPECT_FALSE(judges_packets({.drop = true}));
  EXPECT_FALSE(judges_packets({.delay = milliseconds(1), .jitter = milliseconds(1)}));
  EXPECT_TRUE(judges_packets({.loss = 0.01}));
  EXPECT_TRUE(judges_packets({.duplicate = 0.01}));
  EXPECT_TRUE(judges_packets({.reorder = 0.01}));
  EXPECT_TRUE(judges_packets({.corrupt = 0.01}));
  EXPECT_TRUE(judges_packets({.rate_bits_per_second = 1000}));
}

TEST(RuleTest, ValidationNamesTheFieldAndItsLimits) {
  const auto refused = [](const LinkRule& rule, std::string_view field) {
    const Result<void> result = validate(rule);
    ASSERT_FALSE(result.ok()) << field;
    EXPECT_EQ(result.error().kind(), ErrorKind::kInput);
    EXPECT_NE(result.error().message().find(field), std::string::npos) << result.error().message();
  };
  refused({.delay = milliseconds(-1)}, "delay");
  refused({.jitter = std::chrono::hours(2)}, "jitter");
  refused({.loss = 1.01}, "loss");
  refused({.duplicate = -0.1}, "duplicate");
  refused({.reorder = std::numeric_limits<double>::quiet_NaN()}, "reorder");
  refused({.corrupt = 2}, "corrupt");
  refused({.rate_bits_per_second = 999}, "rate");
  refused({.queue_limit = Duration(-1)}, "queue_limit");
  EXPECT_TRUE(validate({.drop = true, .delay = milliseconds(50), .loss = 1, .rate_bits_per_second = 1000}).ok());
}

TEST(RuleTest, SelectorMatchesDirectedLinks) {
  const LinkSelector one_way{.from = {"a", "b"}, .to = {"c"}};
  EXPECT_TRUE(one_way.matches("a", "c"));
  EXPECT_TRUE(one_way.matches("b", "c"));
  EXPECT_FALSE(one_way.matches("c", "a"));
  EXPECT_FALSE(one_way.matches("a", "b"));

  const LinkSelector both_ways{.from = {"a"}, .to = {"c"}, .both_ways = true};
  EXPECT_TRUE(both_ways.matches("c", "a"));
  EXPECT_FALSE(both_ways.matches("c", "b"));

  EXPECT_TRUE(LinkSelector{}.matches("x", "y"));
  EXPECT_TRUE((LinkSelector{.from = {"a"}}.matches("a", "y")));
  EXPECT_FALSE((LinkSelector{.from = {"a"}}.matches("y", "a")));
}

}  // namespace
}  // namespace chamber
