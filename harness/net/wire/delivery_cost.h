// What it costs to hand frames to their receivers.
//
// write(2) of a frame to a TAP device runs the receiver's own network stack, TCP and the waking of the server that
// waits for the packet included: work that a machine of its own would do when its network card interrupts it. The CPU
// time of that stands on the wire's thread all the same, so it is told apart.
#pragma once

#include <atomic>
#include <ctime>

#include "harness/base/clock.h"

namespace chamber::wire {

namespace internal {
inline std::atomic<Duration::rep> cpu_in_receivers = 0;
}

// Measures one delivery in 31 by the thread's CPU clock, whose own cost is measured beside it and left out. Of one
// thread; the sum is of all that this process has.
class DeliveryCost {
 public:
  static constexpr std::uint32_t kOneIn = 31;

  // Calls `deliver` and returns what it returns.
  template <typename Deliver>
  auto of(const Deliver& deliver) {
    if (++deliveries_ % kOneIn != 0) return deliver();
    const Duration first = thread_cpu();
    const Duration before = thread_cpu();
    const auto result = deliver();
    const Duration cost = (thread_cpu() - before) - (before - first);
    internal::cpu_in_receivers.fetch_add((cost * kOneIn).count(), std::memory_order_relaxed);
    return result;
  }

  // That the calling thread has used so far.
  static Duration thread_cpu() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
  }

 private:
  std::uint32_t deliveries_ = 0;
};

}  // namespace chamber::wire
