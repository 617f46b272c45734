#include "harness/net/wire/held.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "harness/base/random.h"

namespace chamber::wire {
namespace {

using std::chrono::milliseconds;

constexpr Instant kStart{std::chrono::seconds(1000)};

TEST(DelayQueueTest, NothingLeavesBeforeItIsDue) {
  DelayQueue queue;
  EXPECT_FALSE(queue.next_due().has_value());
  queue.push(kStart + milliseconds(2), {1, 2}, FrameBuffer(1));
  EXPECT_EQ(queue.next_due(), kStart + milliseconds(2));
  EXPECT_FALSE(queue.pop(kStart + milliseconds(2) - Duration(1)).has_value());
  const auto held = queue.pop(kStart + milliseconds(2));
  ASSERT_TRUE(held.has_value());
  EXPECT_EQ(held->link.from, 1U);
  EXPECT_EQ(held->link.to, 2U);
  EXPECT_EQ(queue.size(), 0U);
}

TEST(DelayQueueTest, LeavesInOrderOfTimeThenOfArrival) {
  DelayQueue queue;
  Random random(3);
  constexpr std::uint32_t kFrames = 5000;
  for (std::uint32_t i = 0; i < kFrames; ++i) {
    queue.push(kStart + milliseconds(random.below(50)), {i, 0}, FrameBuffer());
  }
  Instant last_due;
  std::uint32_t last_arrival = 0;
  std::uint32_t count = 0;
  while (const auto held = queue.pop(kStart + milliseconds(50))) {
    ASSERT_TRUE(held->due > last_due || (held->due == last_due && held->link.from > last_arrival));
    last_due = held->due;
    last_arrival = held->link.from;
    ++count;
  }
  EXPECT_EQ(count, kFrames);
}

TEST(FramePoolTest, ReusesAndLimits) {
  FramePool pool(3 * FramePool::kSmallBytes);
  auto one = pool.take(100);
  auto two = pool.take(FramePool::kSmallBytes);
  auto three = pool.take(1);
  ASSERT_TRUE(one && two && three);
  EXPECT_FALSE(pool.take(1).has_value());
  const std::uint8_t* memory = two->room().data();
  pool.give_back(std::move(*two));
  EXPECT_EQ(pool.bytes_out(), 2 * FramePool::kSmallBytes);
  auto again = pool.take(7);
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->room().data(), memory);
}

TEST(FramePoolTest, LargeFramesHaveRoomForTheLargest) {
  FramePool pool(std::size_t{1} << 20);
  const auto large = pool.take(FramePool::kSmallBytes + 1);
  ASSERT_TRUE(large.has_value());
  EXPECT_EQ(large->capacity(), kFrameBytesMax);
  EXPECT_FALSE(pool.take(kFrameBytesMax + 1).has_value());
}

TEST(FramePoolTest, CopyIsIndependent) {
  FramePool pool(std::size_t{1} << 20);
  std::vector<std::uint8_t> bytes{1, 2, 3};
  auto copy = pool.copy(bytes);
  ASSERT_TRUE(copy.has_value());
  bytes[0] = 9;
  EXPECT_TRUE(std::ranges::equal(copy->frame(), std::vector<std::uint8_t>{1, 2, 3}));
}

}  // namespace
}  // namespace chamber::wire
