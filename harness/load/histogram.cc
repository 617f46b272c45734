#include "harness/load/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace chamber::load {
namespace {

constexpr std::uint64_t kLargest = (std::uint64_t{1} << Histogram::kLargestBits) - 1;
constexpr std::array<const char*, 6> kNames = {"p50_ns", "p90_ns", "p95_ns", "p99_ns", "p99.9_ns", "p99.99_ns"};
constexpr std::array<double, 6> kPercents = {50, 90, 95, 99, 99.9, 99.99};

void lower_to(std::atomic<Duration::rep>& least, Duration::rep value) {
  Duration::rep seen = least.load(std::memory_order_relaxed);
  while (value < seen && !least.compare_exchange_weak(seen, value, std::memory_order_relaxed)) continue;
}

void raise_to(std::atomic<Duration::rep>& most, Duration::rep value) {
  Duration::rep seen = most.load(std::memory_order_relaxed);
  while (value > seen && !most.compare_exchange_weak(seen, value, std::memory_order_relaxed)) continue;
}

}  // namespace

// Values up to 2 * 128 stand for themselves. Above, a value with its highest bit at position b lies in the row
// b - 7, whose 128 buckets are 2^(b - 7) wide.
std::size_t Histogram::bucket_of(Duration value) {
  const std::uint64_t v = std::min(kLargest, static_cast<std::uint64_t>(std::max<Duration::rep>(0, value.count())));
  const unsigned width = static_cast<unsigned>(std::bit_width(v));
  const unsigned row = width > kPartBits ? width - kPartBits - 1 : 0;
  return (std::size_t{row} << kPartBits) + static_cast<std::size_t>(v >> row);
}

Duration Histogram::bucket_end(std::size_t bucket) {
  const std::size_t row = bucket >> kPartBits;
  const std::size_t shift = row > 0 ? row - 1 : 0;
  const std::uint64_t part = bucket - (shift << kPartBits);
  return Duration(static_cast<Duration::rep>(((part + 1) << shift) - 1));
}

void Histogram::add(Duration value, std::uint64_t times) {
  if (times == 0) return;
  value = std::max(value, Duration::zero());
  counts_[bucket_of(value)] += times;
  count_ += times;
  sum_ += value * static_cast<Duration::rep>(times);
  shortest_ = std::min(shortest_, value);
  longest_ = std::max(longest_, value);
}

void Histogram::merge(const Histogram& other) {
  for (std::size_t i = 0; i < kBuckets; ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  sum_ += other.sum_;
  shortest_ = std::min(shortest_, other.shortest_);
  longest_ = std::max(longest_, other.longest_);
}

Histogram Histogram::since(const Histogram& earlier) const {
  Histogram difference = *this;
  for (std::size_t i = 0; i < kBuckets; ++i) difference.counts_[i] -= earlier.counts_[i];
  difference.count_ -= earlier.count_;
  difference.sum_ -= earlier.sum_;
  return difference;
}

Duration Histogram::mean() const {
  return count_ == 0 ? Duration::zero() : sum_ / static_cast<Duration::rep>(count_);
}

Duration Histogram::percentile(double percent) const {
  if (count_ == 0) return Duration::zero();
  const double exact = std::clamp(percent, 0.0, 100.0) / 100 * static_cast<double>(count_);
  const auto rank = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(exact)));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    seen += counts_[i];
    if (seen >= rank) return std::min(bucket_end(i), longest_);
  }
  return longest_;
}

nlohmann::json Histogram::to_json() const {
  nlohmann::json json = {{"count", count_},
                         {"mean_ns", mean().count()},
                         {"min_ns", shortest().count()},
                         {"max_ns", longest_.count()},
                         {"buckets", nlohmann::json::array()}};
  for (std::size_t i = 0; i < kNames.size(); ++i) json[kNames[i]] = percentile(kPercents[i]).count();
  for (std::size_t i = 0; i < kBuckets; ++i) {
    if (counts_[i] != 0) json["buckets"].push_back({i, counts_[i]});
  }
  return json;
}

Result<Histogram> Histogram::from_json(const nlohmann::json& json) {
  Histogram histogram;
  try {
    for (const auto& bucket : json.at("buckets")) {
      const auto index = bucket.at(0).get<std::size_t>();
      if (index >= kBuckets) return fail(ErrorKind::kInput, "a histogram has no bucket {}", index);
      histogram.counts_[index] += bucket.at(1).get<std::uint64_t>();
      histogram.count_ += bucket.at(1).get<std::uint64_t>();
    }
    if (histogram.count_ != json.at("count").get<std::uint64_t>()) {
      return fail(ErrorKind::kInput, "a histogram's buckets do not add up to its count");
    }
    if (histogram.count_ == 0) return histogram;
    histogram.shortest_ = Duration(json.at("min_ns").get<Duration::rep>());
    histogram.longest_ = Duration(json.at("max_ns").get<Duration::rep>());
    histogram.sum_ = Duration(json.at("mean_ns").get<Duration::rep>()) * static_cast<Duration::rep>(histogram.count_);
  } catch (const nlohmann::json::exception& problem) {
    return fail(ErrorKind::kInput, "not a histogram: {}", problem.what());
  }
  return histogram;
}

SharedHistogram::SharedHistogram() : shards_(std::make_unique<std::array<Shard, kShards>>()) {}

void SharedHistogram::add(Duration value, std::uint32_t writer) {
  Shard& shard = (*shards_)[writer % kShards];
  value = std::max(value, Duration::zero());
  shard.sum.fetch_add(value.count(), std::memory_order_relaxed);
  lower_to(shard.shortest, value.count());
  raise_to(shard.longest, value.count());
  shard.counts[Histogram::bucket_of(value)].fetch_add(1, std::memory_order_relaxed);
}

Histogram SharedHistogram::snapshot() const {
  Histogram all;
  for (const Shard& shard : *shards_) {
    for (std::size_t i = 0; i < Histogram::kBuckets; ++i) {
      const std::uint64_t count = shard.counts[i].load(std::memory_order_relaxed);
      all.counts_[i] += count;
      all.count_ += count;
    }
    all.sum_ += Duration(shard.sum.load(std::memory_order_relaxed));
    all.shortest_ = std::min(all.shortest_, Duration(shard.shortest.load(std::memory_order_relaxed)));
    all.longest_ = std::max(all.longest_, Duration(shard.longest.load(std::memory_order_relaxed)));
  }
  return all;
}

}  // namespace chamber::load
