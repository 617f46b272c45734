// One clock for everything that a run records: CLOCK_MONOTONIC, in nanoseconds, which all processes and all
// namespaces of a machine share. Wall time appears only in what people read.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

namespace chamber {

using Duration = std::chrono::nanoseconds;
using Clock = std::chrono::steady_clock;
using Instant = std::chrono::time_point<Clock, Duration>;

namespace internal {
inline std::atomic<Duration::rep> clock_jump = 0;
}

[[nodiscard]] inline Instant now() {
  return std::chrono::time_point_cast<Duration>(Clock::now()) +
         Duration(internal::clock_jump.load(std::memory_order_relaxed));
}

// Breaks this process's clock: from here on it is that much later. To show that a run notices.
inline void jump_clock(Duration by) {
  internal::clock_jump.fetch_add(by.count(), std::memory_order_relaxed);
}

[[nodiscard]] inline double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

// "850ms", "2.31s", "4m05s": short enough for a table.
[[nodiscard]] std::string human(Duration duration);

// UTC wall time as RFC 3339 with milliseconds: "2026-11-21T12:00:00.000Z".
[[nodiscard]] std::string wall_time_utc();

class Deadline {
 public:
  explicit Deadline(Instant at) : at_(at) {}
  [[nodiscard]] static Deadline in(Duration from_now) { return Deadline(now() + from_now); }

  [[nodiscard]] Instant at() const { return at_; }
  [[nodiscard]] bool expired() const { return now() >= at_; }
  // Zero when expired, never negative.
  [[nodiscard]] Duration remaining() const;
  // For poll(2) and its like: rounded up, so that waiting it out does expire the deadline.
  [[nodiscard]] int remaining_ms() const;

 private:
  Instant at_;
};

}  // namespace chamber
