#include "reports/latency_sketch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "harness/base/random.h"

namespace chamber {
namespace {

// The definition, by sorting.
Duration exact(std::vector<Duration> values, double share) {
  std::sort(values.begin(), values.end());
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(values.size())));
  return values[std::max<std::size_t>(rank, 1) - 1];
}

TEST(LatencySketch, QuantilesAreWithinOnePercentOfSorting) {
  Random random(11);
  for (int round = 0; round < 50; ++round) {
    LatencySketch sketch;
    std::vector<Duration> values;
    const std::uint64_t count = 1 + random.below(3000);
    for (std::uint64_t i = 0; i < count; ++i) {
      values.emplace_back(random.below(std::uint64_t{1} << (1 + random.below(50))));
      sketch.add(values.back());
    }
    for (const double share : {0.0, 0.001, 0.5, 0.9, 0.99, 0.999, 1.0}) {
      const auto wanted = static_cast<double>(exact(values, share).count());
      EXPECT_NEAR(static_cast<double>(sketch.quantile(share).count()), wanted, wanted * 0.0079) << share;
    }
    EXPECT_EQ(sketch.greatest(), *std::max_element(values.begin(), values.end()));
    EXPECT_EQ(sketch.least(), *std::min_element(values.begin(), values.end()));
  }
}

TEST(LatencySketch, MergingIsTheSameAsAddingAll) {
  Random random(12);
  LatencySketch all;
  LatencySketch merged;
  for (int part = 0; part < 20; ++part) {
    LatencySketch one;
    for (int i = 0; i < 100; ++i) {
      const Duration latency(random.below(std::uint64_t{1} << (1 + random.below(40))));
      one.add(latency);
      all.add(latency);
    }
    merged.merge(one);
  }
  EXPECT_EQ(merged.count(), all.count());
  for (const double share : {0.01, 0.5, 0.99, 1.0}) EXPECT_EQ(merged.quantile(share), all.quantile(share));
}

TEST(LatencySketch, HoldsTheExtremesOfItsRange) {
  LatencySketch sketch;
  EXPECT_EQ(sketch.quantile(0.5), Duration::zero());
  sketch.add(Duration(-5));
  EXPECT_EQ(sketch.greatest(), Duration::zero());
  sketch.add(Duration::max());
  EXPECT_EQ(sketch.quantile(1), Duration::max());
  EXPECT_EQ(sketch.count(), 2U);
}

}  // namespace
}  // namespace chamber
