#include "harness/net/wire/busy_wait.h"

#include <gtest/gtest.h>

namespace chamber::wire {
namespace {

int tries_in(BusyWait& wait, int waits, bool found_something) {
  int tries = 0;
  for (int i = 0; i < waits; ++i) {
    if (!wait.worth_trying()) continue;
    wait.learn(found_something);
    ++tries;
  }
  return tries;
}

TEST(BusyWaitTest, PollsAtEachWaitWhileThatFindsSomething) {
  BusyWait wait;
  EXPECT_EQ(tries_in(wait, 100, true), 100);
}

TEST(BusyWaitTest, PollsRarelyWhereItFindsNothing) {
  BusyWait wait;
  // 1, 8, 64, 512 waits apart, then always 1024.
  EXPECT_EQ(tries_in(wait, 1 + 8 + 64 + 512, false), 4);
  EXPECT_EQ(tries_in(wait, 10 * 1024, false), 10);
}

TEST(BusyWaitTest, ComesBackFindByFind) {
  BusyWait wait;
  tries_in(wait, 100'000, false);
  // At most 1024, 512 … 2 waits until the next poll, and then one at each.
  tries_in(wait, 2046, true);
  EXPECT_EQ(tries_in(wait, 100, true), 100);
}

TEST(BusyWaitTest, GivesUpWhenFewerThanThreeOfFourPollsPay) {
  BusyWait wait;
  int polls = 0;
  for (int i = 0; i < 100'000; ++i) {
    if (!wait.worth_trying()) continue;
    wait.learn(polls++ % 3 != 0);
  }
  EXPECT_LT(polls, 200);
}

}  // namespace
}  // namespace chamber::wire
