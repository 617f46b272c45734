#include "harness/load/schedule.h"

#include <algorithm>
#include <cmath>

namespace chamber::load {
namespace {
constexpr double kNanoseconds = 1e9;
}

Schedule::Schedule(std::vector<RateStep> steps, Arrivals arrivals, std::uint64_t seed)
    : arrivals_(arrivals), random_(Random(seed).fork("arrivals")) {
  Duration begin = {};
  std::uint64_t first = 0;
  for (const RateStep& step : steps) {
    // Half a ticket of tolerance: 100/s for 10 s is 1000 tickets, whatever the last bit of the product says.
    const double tickets = step.per_second * seconds(step.length);
    const auto count = tickets < 1e-9 ? 0 : static_cast<std::uint64_t>(std::ceil(tickets - 1e-6));
    steps_.push_back({begin, begin + step.length, step.per_second, first, count});
    begin += step.length;
    first += count;
  }
}

Duration Schedule::length() const {
  return steps_.empty() ? Duration::zero() : steps_.back().end;
}

double Schedule::rate_at(Duration since_begin) const {
  for (const Step& step : steps_) {
    if (since_begin < step.end) return step.per_second;
  }
  return 0;
}

double Schedule::highest_rate() const {
  double highest = 0;
  for (const Step& step : steps_) highest = std::max(highest, step.per_second);
  return highest;
}

std::optional<Schedule::Ticket> Schedule::take() {
  return arrivals_ == Arrivals::kConstant ? take_constant() : take_poisson();
}

std::optional<Schedule::Ticket> Schedule::take_constant() {
  const std::uint64_t number = next_.fetch_add(1, std::memory_order_relaxed);
  for (const Step& step : steps_) {
    if (number >= step.first + step.count) continue;
    // Computed from the number each time, so that no rounding adds up.
    const double offset = static_cast<double>(number - step.first) * kNanoseconds / step.per_second;
    return Ticket{number, step.begin + Duration(std::llround(offset))};
  }
  return std::nullopt;
}

std::optional<Schedule::Ticket> Schedule::take_poisson() {
  const std::lock_guard lock(mutex_);
  while (step_ < steps_.size()) {
    const Step& step = steps_[step_];
    const auto end = static_cast<double>(step.end.count());
    if (step.per_second > 0) at_ns_ += -std::log1p(-random_.unit()) * kNanoseconds / step.per_second;
    if (step.per_second > 0 && at_ns_ < end) {
      return Ticket{next_.fetch_add(1, std::memory_order_relaxed), Duration(static_cast<Duration::rep>(at_ns_))};
    }
    // Exponential gaps have no memory, so the next step begins afresh at its own beginning.
    at_ns_ = end;
    ++step_;
  }
  return std::nullopt;
}

}  // namespace chamber::load
