#include "chaos/shrink.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "harness/base/random.h"

namespace chamber {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;

using Part = std::vector<std::size_t>;

bool go_on() {
  return true;
}

TEST(Shrink, FindsTheSmallestPartForAThousandCauses) {
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    Random random(seed);
    const std::size_t count = 1 + random.below(60);
    std::set<std::size_t> cause;
    for (std::uint64_t i = 1 + random.below(3); i > 0; --i) cause.insert(random.below(count));
    std::size_t trials = 0;
    const auto found = shrink(
        count,
        [&](const Part& kept) -> Result<bool> {
          ++trials;
          return std::includes(kept.begin(), kept.end(), cause.begin(), cause.end());
        },
        go_on);
    ASSERT_TRUE(found);
    ASSERT_EQ(*found, Part(cause.begin(), cause.end())) << seed;
    ASSERT_LT(trials, 150U) << seed;
  }
}

TEST(Shrink, FindsThatNoFaultIsNeeded) {
  int trials = 0;
  const auto found = shrink(
      7, [&](const Part&) -> Result<bool> { return ++trials > 0; }, go_on);
  EXPECT_TRUE(found->empty());
  EXPECT_EQ(trials, 1);
}

TEST(Shrink, KeepsAllWhenNoPartFails) {
  std::set<Part> tried;
  const auto found = shrink(
      5, [&](const Part& kept) -> Result<bool> { return !tried.insert(kept).second; }, go_on);
  EXPECT_THAT(*found, ElementsAre(0, 1, 2, 3, 4));
}

TEST(Shrink, StopsWhenToldAndKeepsWhatWasSeen) {
  int left = 4;
  const auto found = shrink(
      32, [](const Part& kept) -> Result<bool> { return !kept.empty() && kept.front() == 0; },
      [&] { return left-- > 0; });
  EXPECT_THAT(*found, ElementsAre(0, 1, 2, 3));
}

TEST(Shrink, AnErrorEndsIt) {
  const auto found = shrink(
      4, [](const Part&) -> Result<bool> { return fail(ErrorKind::kHarness, "no cell"); }, go_on);
  EXPECT_EQ(found.error().message(), "no cell");
}

TEST(CloseGaps, KeepsOverlapsAndShortensWaits) {
  const auto starts = close_gaps({{seconds(20), seconds(30)},
                                  {seconds(25), seconds(40)},
                                  {seconds(41), seconds(42)},
                                  {seconds(100), seconds(105)}},
                                 seconds(3));
  EXPECT_THAT(starts, ElementsAre(seconds(3), seconds(8), seconds(24), seconds(28)));
  EXPECT_TRUE(close_gaps({}, seconds(3)).empty());
}

}  // namespace
}  // namespace chamber
