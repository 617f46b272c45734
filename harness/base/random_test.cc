#include "harness/base/random.h"

#include <gtest/gtest.h>

#include <map>

namespace chamber {
namespace {

TEST(Random, IsTheSameOnEveryMachine) {
  // xoshiro256** with its state from splitmix64(0): the first numbers, from an independent implementation.
  Random random(0);
  EXPECT_EQ(random.next(), 0x99ec5f36cb75f2b4ULL);
  EXPECT_EQ(random.next(), 0xbf6e1f784956452aULL);
  EXPECT_EQ(random.next(), 0x1a5f849d4933e6e0ULL);
}

TEST(Random, ForksDoNotDependOnWhatWasDrawn) {
  const Random root(7);
  EXPECT_EQ(root.fork("faults").next(), Random(7).fork("faults").next());
  EXPECT_NE(root.fork("faults").next(), root.fork("load").next());
}

TEST(Random, BelowIsUniform) {
  Random random(1);
  std::map<std::uint64_t, int> counts;
  for (int i = 0; i < 60'000; ++i) ++counts[random.below(6)];
  ASSERT_EQ(counts.size(), 6U);
  for (const auto& [value, count] : counts) EXPECT_NEAR(count, 10'000, 500) << value;  // five standard deviations
}

}  // namespace
}  // namespace chamber
