#include "harness/load/pacer.h"

#include <linux/futex.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <limits>

namespace chamber::load {

static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t), "the kernel must see the word itself");

namespace {
// No wait is longer; it keeps a sum from overflowing.
constexpr Duration kLongest = std::chrono::hours(24 * 365);
}  // namespace

void Pacer::sharpen() {
  prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
}

bool Pacer::sleep_until(Instant at) {
  constexpr Duration::rep kSecond = 1'000'000'000;
  while (true) {
    if (interrupted()) return false;
    const Instant before = now();
    if (before >= at) return true;
    // By the machine's clock: the run's may have been made to jump (jump_clock()).
    const Clock::time_point machine = Clock::now() + std::min(at - before, kLongest);
    const Duration::rep since_boot = machine.time_since_epoch().count();
    const timespec until = {since_boot / kSecond, since_boot % kSecond};
    // A futex in place of clock_nanosleep(), so that it can be ended from outside. FUTEX_WAIT_BITSET takes its time-out
    // as a moment of CLOCK_MONOTONIC. Every way that it returns is told apart above.
    syscall(SYS_futex, &word_, FUTEX_WAIT_BITSET_PRIVATE, 0, &until, nullptr, FUTEX_BITSET_MATCH_ANY);
  }
}

void Pacer::interrupt() {
  word_.store(1, std::memory_order_release);
  syscall(SYS_futex, &word_, FUTEX_WAKE_PRIVATE, std::numeric_limits<int>::max(), nullptr, nullptr, 0);
}

}  // namespace chamber::load
