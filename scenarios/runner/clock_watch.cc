#include "scenarios/runner/clock_watch.h"

#include <time.h>

#include "harness/base/eventually.h"
#include "harness/check/run_facts.h"

namespace chamber {
namespace {

constexpr Duration kTogether = std::chrono::milliseconds(1);

}  // namespace

std::optional<Duration> ClockWatch::behind() {
  const Instant before = now();
  timespec other{};
  clock_gettime(CLOCK_BOOTTIME, &other);
  const Instant after = now();
  if (after - before > kTogether || after < before) return std::nullopt;
  return std::chrono::seconds(other.tv_sec) + std::chrono::nanoseconds(other.tv_nsec) - before.time_since_epoch();
}

ClockWatch::ClockWatch(Recorder& recorder)
    : thread_([this, &recorder](const std::stop_token& stop) {
        std::optional<Duration> last = behind();
        while (true) {
          if (!sleep_until(now() + kEvery, stop)) return;
          const std::optional<Duration> next = behind();
          if (!next) continue;
          const Duration moved = last ? *last - *next : Duration::zero();
          if (moved > kJump || moved < -kJump) {
            recorder.event(EventKind::kNote, kClockNote,
                           fmt::format("the run's clock moved by {:.3f} s against the machine's", seconds(moved)));
          }
          last = next;
          looks_.fetch_add(1);
        }
      }) {}

}  // namespace chamber
