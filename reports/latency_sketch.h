// Quantiles of latencies in little memory: a histogram of 64 equal steps per power of two, so that a quantile is at
// most 0.8 % off; least and greatest are exact. Memory grows only with the range between the two.
#pragma once

#include <cstdint>
#include <vector>

#include "harness/base/clock.h"

namespace chamber {

class LatencySketch {
 public:
  // Below zero counts as zero.
  void add(Duration latency);
  void merge(const LatencySketch& other);

  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] Duration least() const { return least_; }
  [[nodiscard]] Duration greatest() const { return greatest_; }
  // The smallest latency that at least `share` (0 to 1) of all do not exceed; zero when there are none.
  [[nodiscard]] Duration quantile(double share) const;

 private:
  std::uint32_t& slot(std::uint32_t index);

  std::uint32_t first_ = 0;  // what counts_[0] counts
  std::vector<std::uint32_t> counts_;
  std::uint64_t count_ = 0;
  Duration least_ = Duration::max();
  Duration greatest_ = Duration::zero();
};

}  // namespace chamber
