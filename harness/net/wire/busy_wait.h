// Whether it pays to look again for a moment instead of going to sleep.
//
// Waking a thread up on another CPU costs some 20 µs in a virtual machine, which would be most of the wire's share of a
// round trip. While frames keep coming within a few microseconds the wire's thread therefore polls before it sleeps.
// As a hypervisor does it for halted CPUs (Linux, Documentation/virt/kvm/halt-polling.rst): a poll that found something
// makes the next ones more frequent by a step, and one that found nothing makes them rarer by three. So a wire polls
// all the time when more than three of four polls pay, and at one of 1024 waits when fewer do: when it is quiet, or
// when its nodes need the CPU.
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
      if (rarity_ > 0) --rarity_;
    } else {
      rarity_ = std::min(rarity_ + kStepsBack, kRarest);
    }
    waits_to_skip_ = (std::uint32_t{1} << rarity_) - 1;
  }

 private:
  static constexpr std::uint32_t kRarest = 10;
  static constexpr std::uint32_t kStepsBack = 3;
  std::uint32_t rarity_ = 0;  // the logarithm of how many waits lie between two polls
  std::uint32_t waits_to_skip_ = 0;
};

}  // namespace chamber::wire
