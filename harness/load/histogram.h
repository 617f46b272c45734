// Latencies, counted in buckets whose width grows with the value (the layout of HdrHistogram: powers of two, each cut
// into equal parts). Below 256 ns each nanosecond has its bucket; above, a bucket is at most 1/128 of its values wide,
// so a percentile is at most 0.8 % too high and never too low. From 0 to 2^42 ns (73 minutes); longer ones count as
// that.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "harness/base/clock.h"
#include "harness/base/result.h"

namespace chamber::load {

class Histogram {
 public:
  static constexpr unsigned kPartBits = 7;  // 128 parts of each power of two
  static constexpr unsigned kLargestBits = 42;
  static constexpr std::size_t kBuckets = (kLargestBits - kPartBits + 1) << kPartBits;

  void add(Duration value, std::uint64_t times = 1);
  void merge(const Histogram& other);
  // What was counted since `earlier`, which must be an earlier state of the same counts. Its longest() and shortest()
  // are those of the whole.
  [[nodiscard]] Histogram since(const Histogram& earlier) const;

  [[nodiscard]] std::uint64_t count() const { return count_; }
  // Zero when nothing was counted, as all of these.
  [[nodiscard]] Duration shortest() const { return count_ == 0 ? Duration::zero() : shortest_; }
  [[nodiscard]] Duration longest() const { return longest_; }
  [[nodiscard]] Duration mean() const;
  // The smallest value that `percent` of 100 of all are not above (nearest rank), rounded up to its bucket's end.
  [[nodiscard]] Duration percentile(double percent) const;

  // {"count", "mean_ns", "min_ns", "max_ns", "p50_ns" … "p99.99_ns", "buckets": [[index, count], …]}
  [[nodiscard]] nlohmann::json to_json() const;
  // From count, min_ns, max_ns, mean_ns and buckets; kInput when they don't fit together.
  [[nodiscard]] static Result<Histogram> from_json(const nlohmann::json& json);

  [[nodiscard]] static std::size_t bucket_of(Duration value);
  // The largest value that falls into the bucket.
  [[nodiscard]] static Duration bucket_end(std::size_t bucket);

 private:
  friend class SharedHistogram;

  std::vector<std::uint64_t> counts_ = std::vector<std::uint64_t>(kBuckets);
  std::uint64_t count_ = 0;
  Duration sum_ = {};
  Duration shortest_ = Duration::max();
  Duration longest_ = {};
};

// The same for many writers at once: without locks, and spread over shards so that they seldom share a cache line.
class SharedHistogram {
 public:
  SharedHistogram();

  // `writer` picks the shard: the writer's number, any value.
  void add(Duration value, std::uint32_t writer);
  // What was counted until now; what is being added at the same moment may be missing.
  [[nodiscard]] Histogram snapshot() const;

 private:
  static constexpr std::size_t kShards = 8;
  struct alignas(64) Shard {
    std::array<std::atomic<std::uint64_t>, Histogram::kBuckets> counts = {};
    std::atomic<Duration::rep> sum = 0;
    std::atomic<Duration::rep> shortest = Duration::max().count();
    std::atomic<Duration::rep> longest = 0;
  };
  std::unique_ptr<std::array<Shard, kShards>> shards_;
};

}  // namespace chamber::load
