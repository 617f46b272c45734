// Watches the run's clock against another of the machine's.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <thread>

#include "harness/history/recorder.h"

namespace chamber {

// Looks until it is destroyed and notes each jump (kClockNote). CLOCK_BOOTTIME goes on while the machine sleeps, which
// the run's clock, CLOCK_MONOTONIC, does not: a laptop that was closed amid a run shows.
class ClockWatch {
 public:
  explicit ClockWatch(Recorder& recorder);

  // How often it has looked.
  [[nodiscard]] std::uint64_t looks() const { return looks_.load(); }
  // How far the run's clock is behind the other; none when this thread was interrupted between the two looks.
  [[nodiscard]] static std::optional<Duration> behind();

 private:
  static constexpr Duration kEvery = std::chrono::milliseconds(100);
  static constexpr Duration kJump = std::chrono::milliseconds(20);

  std::atomic<std::uint64_t> looks_ = 0;
  std::jthread thread_;
};

}  // namespace chamber
