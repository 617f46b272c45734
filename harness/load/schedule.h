// When operations should start, independent of when earlier ones end (open loop).
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include "harness/base/clock.h"
#include "harness/base/random.h"

namespace chamber::load {

struct RateStep {
  double per_second = 0;  // 0: a pause
  Duration length = {};
};

enum class Arrivals {
  kConstant,  // one every 1/rate
  kPoisson,   // independent of each other, as of many users: gaps are exponential, from the seed
};

// The same steps, arrivals and seed always give the same times.
class Schedule {
 public:
  struct Ticket {
    std::uint64_t number = 0;  // from 0, without gaps, in the order of `at`
    Duration at = {};          // from the beginning
  };

  Schedule(std::vector<RateStep> steps, Arrivals arrivals, std::uint64_t seed);

  // The next one, nothing when the last is out. Any thread.
  [[nodiscard]] std::optional<Ticket> take();
  [[nodiscard]] Duration length() const;
  // The rate that is asked for at that time from the beginning; 0 after the end.
  [[nodiscard]] double rate_at(Duration since_begin) const;
  [[nodiscard]] double highest_rate() const;

 private:
  struct Step {
    Duration begin;
    Duration end;
    double per_second;
    std::uint64_t first;  // the number of its first ticket, with constant arrivals
    std::uint64_t count;  // of its tickets, with constant arrivals
  };
  std::optional<Ticket> take_constant();
  std::optional<Ticket> take_poisson();

  std::vector<Step> steps_;
  Arrivals arrivals_;
  std::atomic<std::uint64_t> next_ = 0;

  std::mutex mutex_;  // of what follows: Poisson arrivals are drawn one after the other
  Random random_;
  std::size_t step_ = 0;
  double at_ns_ = 0;
};

}  // namespace chamber::load
