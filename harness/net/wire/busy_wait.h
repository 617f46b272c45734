// Whether it pays to look again for a moment instead of going to sleep.
//
// Waking a thread up on another CPU costs some 20 µs in a virtual machine, which would be most of the wire's share of a
// round trip. While frames keep coming within a few microseconds the wire's thread therefore polls before it sleeps.
// As a hypervisor does it for halted CPUs (Linux, Documentation/virt/kvm/halt-polling.rst): a poll that found nothing
// makes the next ones rarer, so that a quiet wire, or one whose nodes need the CPU, polls at one of 1024 waits.
#pragma once

#include <algorithm>
#include <cstdint>

namespace chamber::wire {

class BusyWait {
 public:
  // Asked once before each wait.
  [[nodiscard]] bool worth_trying() {
    if (waits_to_skip_ == 0) return true;
    --waits_to_skip_;
    return false;
  }

  void learn(bool found_something) {
    if (found_something) {
      misses_ = 0;
      return;
    }
    misses_ = std::min(misses_ + 1, kMissesCounted);
    waits_to_skip_ = (std::uint32_t{1} << misses_) - 1;
  }

 private:
  static constexpr std::uint32_t kMissesCounted = 10;
  std::uint32_t misses_ = 0;
  std::uint32_t waits_to_skip_ = 0;
};

}  // namespace chamber::wire
