#include "harness/load/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <thread>
#include <vector>

#include "harness/base/random.h"

namespace chamber::load {
namespace {

TEST(Histogram, CutsTheWholeRangeIntoBucketsWithoutGaps) {
  Duration previous(-1);
  for (std::size_t bucket = 0; bucket < Histogram::kBuckets; ++bucket) {
    const Duration end = Histogram::bucket_end(bucket);
    ASSERT_GT(end, previous) << bucket;
    ASSERT_EQ(Histogram::bucket_of(end), bucket);
    ASSERT_EQ(Histogram::bucket_of(previous + Duration(1)), bucket);
    const auto width = static_cast<double>((end - previous).count());
    if (end >= Duration(256)) {
      ASSERT_LE(width / static_cast<double>(previous.count() + 1), 1.0 / 128) << bucket;
    }
    previous = end;
  }
  EXPECT_EQ(previous, Duration((1LL << Histogram::kLargestBits) - 1));
}

// Against sorting: the reported percentile is never below the true one, and at most 0.8 % above.
TEST(Histogram, KeepsItsErrorBound) {
  Random random(3);
  for (const double spread : {3.0, 8.0, 20.0}) {
    Histogram histogram;
    std::vector<Duration::rep> values;
    for (int i = 0; i < 20'000; ++i) {
      values.push_back(static_cast<Duration::rep>(std::exp(random.unit() * spread)));
      histogram.add(Duration(values.back()));
    }
    std::sort(values.begin(), values.end());
    for (const double percent : {0.001, 1.0, 10.0, 50.0, 90.0, 99.0, 99.9, 99.99, 100.0}) {
      const auto rank = static_cast<std::size_t>(std::ceil(percent / 100 * static_cast<double>(values.size())));
      const auto exact = static_cast<double>(values[std::max<std::size_t>(rank, 1) - 1]);
      const auto reported = static_cast<double>(histogram.percentile(percent).count());
      EXPECT_GE(reported, exact) << percent;
      EXPECT_LE(reported, exact * 1.008) << percent;
    }
    EXPECT_EQ(histogram.longest().count(), values.back());
    EXPECT_EQ(histogram.shortest().count(), values.front());
  }
}

TEST(Histogram, IsZeroWhenEmpty) {
  const Histogram histogram;
  EXPECT_EQ(histogram.percentile(99), Duration::zero());
  EXPECT_EQ(histogram.mean(), Duration::zero());
  EXPECT_EQ(histogram.shortest(), Duration::zero());
}

TEST(Histogram, CountsWhatIsTooLongOrNegativeAtItsEnds) {
  Histogram histogram;
  histogram.add(std::chrono::hours(5));
  histogram.add(Duration(-7));
  EXPECT_EQ(histogram.count(), 2U);
  EXPECT_EQ(histogram.longest(), std::chrono::hours(5));
  EXPECT_EQ(histogram.percentile(1), Duration::zero());
}

TEST(Histogram, MergesAndTakesDifferences) {
  Histogram first;
  Histogram second;
  first.add(Duration(10), 3);
  second.add(Duration(1000));
  Histogram both = first;
  both.merge(second);
  EXPECT_EQ(both.count(), 4U);
  EXPECT_EQ(both.percentile(75), Duration(10));
  EXPECT_EQ(both.longest(), Duration(1000));
  EXPECT_EQ(both.mean(), Duration(1030 / 4));
  const Histogram later = both.since(first);
  EXPECT_EQ(later.count(), 1U);
  EXPECT_EQ(later.percentile(50), Duration(1000));
}

TEST(Histogram, SurvivesJson) {
  Histogram histogram;
  Random random(5);
  for (int i = 0; i < 1000; ++i) histogram.add(Duration(static_cast<Duration::rep>(random.below(1'000'000'000))));
  const auto again = Histogram::from_json(nlohmann::json::parse(histogram.to_json().dump())).value();
  EXPECT_EQ(again.count(), histogram.count());
  EXPECT_EQ(again.percentile(99), histogram.percentile(99));
  EXPECT_EQ(again.longest(), histogram.longest());
  EXPECT_EQ(again.mean(), histogram.mean());
}

TEST(Histogram, RefusesJsonThatIsNone) {
  using nlohmann::json;
  for (const char* text : {"{}", "[]", R"({"buckets":[[999999,1]],"count":1})", R"({"buckets":[[1,1]],"count":2})",
                           R"({"buckets":[["a",1]],"count":1})", R"({"buckets":[[1,1]],"count":1})"}) {
    EXPECT_EQ(Histogram::from_json(json::parse(text)).error().kind(), ErrorKind::kInput) << text;
  }
}

TEST(SharedHistogram, LosesNothingUnderManyWriters) {
  SharedHistogram shared;
  std::vector<std::thread> writers;
  for (std::uint32_t writer = 0; writer < 12; ++writer) {
    writers.emplace_back([&shared, writer] {
      for (int i = 1; i <= 5000; ++i) shared.add(Duration(i), writer);
    });
  }
  for (int i = 0; i < 10; ++i) EXPECT_LE(shared.snapshot().count(), 60'000U);
  for (std::thread& writer : writers) writer.join();
  const Histogram all = shared.snapshot();
  EXPECT_EQ(all.count(), 60'000U);
  EXPECT_EQ(all.longest(), Duration(5000));
  EXPECT_EQ(all.shortest(), Duration(1));
  EXPECT_EQ(all.mean(), Duration(5001 / 2));
}

}  // namespace
}  // namespace chamber::load
