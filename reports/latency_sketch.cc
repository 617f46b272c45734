#include "reports/latency_sketch.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace chamber {
namespace {

constexpr int kStepBits = 6;  // 64 steps per power of two

// Values below 128 ns have a step each; above, the top seven bits pick it.
std::uint32_t step_of(std::uint64_t nanoseconds) {
  const int width = std::bit_width(nanoseconds);
  const int shift = std::max(0, width - kStepBits - 1);
  return (static_cast<std::uint32_t>(shift) << kStepBits) + static_cast<std::uint32_t>(nanoseconds >> shift);
}

// The middle of a step.
std::uint64_t value_of(std::uint32_t step) {
  const std::uint32_t shift = step < (2U << kStepBits) ? 0 : (step >> kStepBits) - 1;
  const std::uint64_t low = std::uint64_t{step - (shift << kStepBits)} << shift;
  return low + ((std::uint64_t{1} << shift) >> 1);
}

}  // namespace

std::uint32_t& LatencySketch::slot(std::uint32_t index) {
  if (counts_.empty()) first_ = index;
  if (index < first_) {
    counts_.insert(counts_.begin(), first_ - index, 0);
    first_ = index;
  }
  if (index - first_ >= counts_.size()) counts_.resize(index - first_ + 1, 0);
  return counts_[index - first_];
}

void LatencySketch::add(Duration latency) {
  latency = std::max(latency, Duration::zero());
  ++slot(step_of(static_cast<std::uint64_t>(latency.count())));
  ++count_;
  least_ = std::min(least_, latency);
  greatest_ = std::max(greatest_, latency);
}

void LatencySketch::merge(const LatencySketch& other) {
  if (other.count_ == 0) return;
  slot(other.first_);
  slot(other.first_ + static_cast<std::uint32_t>(other.counts_.size()) - 1);
  for (std::size_t i = 0; i < other.counts_.size(); ++i) counts_[other.first_ - first_ + i] += other.counts_[i];
  count_ += other.count_;
  least_ = std::min(least_, other.least_);
  greatest_ = std::max(greatest_, other.greatest_);
}

Duration LatencySketch::quantile(double share) const {
  if (count_ == 0) return Duration::zero();
  const double wanted = std::ceil(std::clamp(share, 0.0, 1.0) * static_cast<double>(count_));
  const std::uint64_t rank = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(wanted), 1, count_);
  if (rank == count_) return greatest_;
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    seen += counts_[i];
    if (seen >= rank) {
      const Duration middle(static_cast<Duration::rep>(value_of(first_ + static_cast<std::uint32_t>(i))));
      return std::clamp(middle, least_, greatest_);
    }
  }
  return greatest_;
}

}  // namespace chamber
