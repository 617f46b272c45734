#include "harness/load/pacer.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace chamber::load {
namespace {

TEST(Pacer, NeverWakesEarly) {
  Pacer::sharpen();
  Pacer pacer;
  for (int i = 0; i < 100; ++i) {
    const Instant at = now() + std::chrono::microseconds(i * 10);
    EXPECT_TRUE(pacer.sleep_until(at));
    EXPECT_GE(now(), at);
  }
}

TEST(Pacer, DoesNotSleepForThePast) {
  Pacer pacer;
  EXPECT_TRUE(pacer.sleep_until(now() - std::chrono::hours(1)));
}

TEST(Pacer, IsInterruptedForGood) {
  Pacer pacer;
  std::atomic<int> interrupted = 0;
  std::vector<std::thread> sleepers;
  for (int i = 0; i < 8; ++i) {
    sleepers.emplace_back([&] { interrupted += pacer.sleep_until(now() + std::chrono::hours(1)) ? 0 : 1; });
  }
  pacer.interrupt();
  for (std::thread& sleeper : sleepers) sleeper.join();
  EXPECT_EQ(interrupted, 8);
  EXPECT_FALSE(pacer.sleep_until(now() + std::chrono::hours(1)));
}

}  // namespace
}  // namespace chamber::load
