// What a checker may use. A search that reaches a limit ends inconclusive: a judge must not take the machine down with
// it (etcd-io/etcd#21928: 40 GB for one check).
#pragma once

#include <atomic>
#include <cstddef>
#include <stop_token>
#include <string_view>

#include "harness/base/clock.h"

namespace chamber {

struct Limits {
  Duration time = std::chrono::minutes(2);
  std::size_t memory_bytes = std::size_t{2} << 30;
  std::stop_token stop = {};
  unsigned threads = 0;  // 0: one for each core
};

// One check's use of its limits, shared by its threads.
class Meter {
 public:
  explicit Meter(const Limits& limits)
      : deadline_(Deadline::in(limits.time)), memory_limit_(limits.memory_bytes), stop_(limits.stop) {}

  // Takes memory from the allowance; false (for everybody, from now on) when there is not so much left.
  [[nodiscard]] bool charge(std::size_t bytes) {
    if (memory_used_.fetch_add(bytes, std::memory_order_relaxed) + bytes <= memory_limit_) return true;
    exhaust("the memory limit");
    return false;
  }
  void release(std::size_t bytes) { memory_used_.fetch_sub(bytes, std::memory_order_relaxed); }

  // Costs a look at the clock: call it every few thousand steps.
  [[nodiscard]] bool in_time() {
    if (stop_.stop_requested()) exhaust("the request to stop");
    if (deadline_.expired()) exhaust("the time limit");
    return why_.load(std::memory_order_acquire) == nullptr;
  }

  // Which limit was reached first, "" for none.
  [[nodiscard]] std::string_view why() const {
    const char* why = why_.load(std::memory_order_acquire);
    return why == nullptr ? std::string_view() : std::string_view(why);
  }

 private:
  void exhaust(const char* why) {
    const char* none = nullptr;
    why_.compare_exchange_strong(none, why, std::memory_order_acq_rel);
  }

  Deadline deadline_;
  std::size_t memory_limit_;
  std::stop_token stop_;
  std::atomic<std::size_t> memory_used_{0};
  std::atomic<const char*> why_{nullptr};
};

}  // namespace chamber
