#include "harness/net/wire/link.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace chamber::wire {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr Instant kStart{std::chrono::seconds(1000)};

Link link_with(const LinkRule& rule, std::uint64_t seed = 7) {
  Link link{Random(seed)};
  link.set_rule(rule);
  return link;
}

TEST(LinkTest, OpenWithoutARule) {
  Link link = link_with({});
  EXPECT_TRUE(link.open());
  const Fate fate = link.judge(100, kStart);
  EXPECT_EQ(fate.end, Fate::End::kDelivered);
  EXPECT_EQ(fate.due, kStart);
}

TEST(LinkTest, DropIsCertain) {
  Link link = link_with({.drop = true});
  EXPECT_TRUE(link.cut());
  for (int i = 0; i < 100; ++i) EXPECT_EQ(link.judge(100, kStart).end, Fate::End::kDropped);
}

TEST(LinkTest, DelayIsExact) {
  Link link = link_with({.delay = milliseconds(50)});
  EXPECT_EQ(link.judge(100, kStart).due, kStart + milliseconds(50));
  EXPECT_EQ(link.judge(100, kStart + Duration(1)).due, kStart + milliseconds(50) + Duration(1));
}

TEST(LinkTest, JitterIsUniformAroundTheDelay) {
  Link link = link_with({.delay = milliseconds(10), .jitter = milliseconds(4)});
  std::vector<Duration> delays;
  for (int i = 0; i < 20'000; ++i) delays.push_back(link.judge(100, kStart).due - kStart);
  std::ranges::sort(delays);
  EXPECT_GE(delays.front(), milliseconds(6));
  EXPECT_LE(delays.back(), milliseconds(14));
  // Quartiles of 20,000 uniform draws over 8 ms: a standard error of 0.025 ms.
  EXPECT_NEAR(seconds(delays[5'000]), 0.008, 0.0002);
  EXPECT_NEAR(seconds(delays[10'000]), 0.010, 0.0002);
  EXPECT_NEAR(seconds(delays[15'000]), 0.012, 0.0002);
}

TEST(LinkTest, JitterAboveTheDelayNeverGoesBackInTime) {
  Link link = link_with({.delay = milliseconds(1), .jitter = milliseconds(5)});
  for (int i = 0; i < 1000; ++i) EXPECT_GE(link.judge(100, kStart).due, kStart);
}

TEST(LinkTest, ProbabilitiesHold) {
  Link link = link_with({.loss = 0.1, .duplicate = 0.2, .reorder = 0.3, .corrupt = 0.4});
  constexpr int kPackets = 100'000;
  int lost = 0;
  int duplicated = 0;
  int reordered = 0;
  int corrupted = 0;
  for (int i = 0; i < kPackets; ++i) {
    const Fate fate = link.judge(100, kStart);
    lost += fate.end == Fate::End::kLost ? 1 : 0;
    duplicated += fate.duplicated ? 1 : 0;
    reordered += fate.reordered ? 1 : 0;
    corrupted += fate.corrupted ? 1 : 0;
    EXPECT_EQ(fate.due, fate.reordered ? kStart + LinkRule{}.reorder_hold : kStart);
  }
  EXPECT_NEAR(lost, 0.1 * kPackets, 500);
  EXPECT_NEAR(duplicated, 0.2 * 0.9 * kPackets, 600);
  EXPECT_NEAR(reordered, 0.3 * 0.9 * kPackets, 700);
  EXPECT_NEAR(corrupted, 0.4 * 0.9 * kPackets, 800);
}

TEST(LinkTest, SameSeedSameFates) {
  Link one = link_with({.jitter = milliseconds(3), .loss = 0.3}, 42);
  Link other = link_with({.jitter = milliseconds(3), .loss = 0.3}, 42);
  Link stranger = link_with({.jitter = milliseconds(3), .loss = 0.3}, 43);
  int differs = 0;
  for (int i = 0; i < 1000; ++i) {
    const Fate fate = one.judge(100, kStart);
    const Fate same = other.judge(100, kStart);
    EXPECT_EQ(fate.end, same.end);
    EXPECT_EQ(fate.due, same.due);
    differs += stranger.judge(100, kStart).due != fate.due ? 1 : 0;
  }
  EXPECT_GT(differs, 500);
}

TEST(LinkTest, RateIsTheTimeThatSendingTakes) {
  // 1000 bytes at 8 Mbit/s take 1 ms.
  Link link = link_with({.rate_bits_per_second = 8'000'000, .queue_limit = milliseconds(10)});
  for (int i = 1; i <= 5; ++i) EXPECT_EQ(link.judge(1000, kStart).due, kStart + milliseconds(i));
  // The sender is free again after 5 ms: no credit is saved up while it is idle.
  EXPECT_EQ(link.judge(1000, kStart + milliseconds(100)).due, kStart + milliseconds(101));
  EXPECT_EQ(link.judge(500, kStart + milliseconds(100)).due, kStart + milliseconds(101) + microseconds(500));
}

TEST(LinkTest, RateQueueDropsItsTail) {
  Link link = link_with({.rate_bits_per_second = 8'000'000, .queue_limit = milliseconds(3)});
  int delivered = 0;
  for (int i = 0; i < 10; ++i) delivered += link.judge(1000, kStart).end == Fate::End::kDelivered ? 1 : 0;
  EXPECT_EQ(delivered, 4);  // one that is being sent and three that wait for 1, 2 and 3 ms
  EXPECT_EQ(link.judge(1000, kStart).end, Fate::End::kQueueFull);
  EXPECT_EQ(link.judge(1000, kStart + milliseconds(1)).due, kStart + milliseconds(5));
}

TEST(LinkTest, RateAndDelayAdd) {
  Link link = link_with({.delay = milliseconds(20), .rate_bits_per_second = 8'000'000});
  EXPECT_EQ(link.judge(1000, kStart).due, kStart + milliseconds(21));
  EXPECT_EQ(link.judge(1000, kStart).due, kStart + milliseconds(22));
}

}  // namespace
}  // namespace chamber::wire
