#include "harness/base/eventually.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>

namespace chamber {

namespace {
// No wait is longer; it keeps the sum below from overflowing.
constexpr Duration kLongest = std::chrono::hours(24 * 365);
}  // namespace

bool sleep_until(Instant until, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  // By the machine's clock: the run's may have been made to jump (jump_clock()).
  wake.wait_until(lock, stop, Clock::now() + std::min(until - now(), kLongest), [] { return false; });
  return !stop.stop_requested();
}

Result<void> eventually(const Wait& wait, const std::function<Result<void>()>& attempt) {
  const Instant began = now();
  Duration pause = wait.pause_first;
  while (true) {
    Result<void> outcome = attempt();
    if (outcome) return {};
    const ErrorKind kind = outcome.error().kind();
    if (kind != ErrorKind::kUnavailable && kind != ErrorKind::kTimeout && kind != ErrorKind::kSystem) {
      return tl::unexpected(outcome.error().context("waiting for " + wait.what));
    }
    if (wait.deadline.expired()) {
      return fail(ErrorKind::kTimeout, "waited {} for {}; last seen: {}", human(now() - began), wait.what,
                  outcome.error().message());
    }
    if (!sleep_until(std::min(now() + pause, wait.deadline.at()), wait.stop)) {
      return fail(ErrorKind::kInterrupted, "interrupted while waiting for {}; last seen: {}", wait.what,
                  outcome.error().message());
    }
    pause = std::min(pause * 3 / 2, wait.pause_longest);
  }
}

}  // namespace chamber
