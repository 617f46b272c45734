// Sleeping until an exact moment of the run's clock.
#pragma once

#include <atomic>
#include <cstdint>

#include "harness/base/clock.h"

namespace chamber::load {

// Wakes on the kernel's high-resolution timer, never early; a thread that called sharpen() is not held back by timer
// slack (50 µs by default). Any number of threads may sleep, and one call wakes them all.
class Pacer {
 public:
  // Sets the calling thread's timer slack to 1 ns.
  static void sharpen();

  // True when the moment has come, at once when it is past; false when interrupted before.
  [[nodiscard]] bool sleep_until(Instant at);
  // Ends every sleep, now and later. Any thread.
  void interrupt();
  [[nodiscard]] bool interrupted() const { return word_.load(std::memory_order_acquire) != 0; }

 private:
  std::atomic<std::uint32_t> word_ = 0;  // what the kernel watches
};

}  // namespace chamber::load
