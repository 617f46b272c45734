#include "harness/net/wire/delivery_cost.h"

#include <gtest/gtest.h>

#include "harness/net/wire/switch.h"

namespace chamber::wire {
namespace {

void burn(Duration cpu) {
  const Duration until = DeliveryCost::thread_cpu() + cpu;
  while (DeliveryCost::thread_cpu() < until) {
  }
}

TEST(DeliveryCostTest, IsTheTimeOfTheDeliveriesWithoutThatBetweenThem) {
  DeliveryCost cost;
  const Duration before = cpu_in_receivers();
  Duration delivering{};
  for (std::uint32_t i = 0; i < DeliveryCost::kOneIn * 20; ++i) {
    const Duration begin = DeliveryCost::thread_cpu();
    EXPECT_EQ(cost.of([i] {
      burn(std::chrono::microseconds(20));
      return i;
    }),
              i);
    delivering += DeliveryCost::thread_cpu() - begin;
    burn(std::chrono::microseconds(40));
  }
  const double estimate = seconds(cpu_in_receivers() - before);
  EXPECT_GT(estimate, seconds(delivering) * 0.5);
  EXPECT_LT(estimate, seconds(delivering) * 1.5);
}

}  // namespace
}  // namespace chamber::wire
