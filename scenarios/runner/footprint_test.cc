#include "scenarios/runner/footprint.h"

#include <gtest/gtest.h>

namespace chamber {
namespace {

TEST(Footprint, IsThatOfThisProcess) {
  const Footprint now = footprint_now();
  EXPECT_GT(now.rss_bytes, 1U << 20);
  EXPECT_GE(now.descriptors, 3U);
  EXPECT_GE(now.threads, 1U);
}

TEST(Footprint, ComparesTheSecondQuarterWithTheLast) {
  std::vector<Footprint> samples;
  for (std::uint64_t i = 0; i < 100; ++i) samples.push_back({1000 + i, 2 * i, i == 60 ? 99U : 10U, 5});
  const FootprintCourse course = course_of(samples);
  EXPECT_EQ(course.early.rss_bytes, 1037U);
  EXPECT_EQ(course.late.rss_bytes, 1087U);
  EXPECT_EQ(course.early.disk_bytes, 74U);
  EXPECT_EQ(course.most.disk_bytes, 198U);
  EXPECT_EQ(course.most.descriptors, 99U);
  EXPECT_EQ(course.late.descriptors, 10U);
  EXPECT_EQ(course_of({{7, 7, 7, 7}}).late.rss_bytes, 7U);
  EXPECT_EQ(course_of({}).most.threads, 0U);
}

}  // namespace
}  // namespace chamber
