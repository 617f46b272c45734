#include "harness/base/clock.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace chamber {

std::string human(Duration duration) {
  const double value = seconds(duration);
  if (value < 0) return "-" + human(-duration);
  if (value < 1e-3) return fmt::format("{:.0f}µs", value * 1e6);
  if (value < 1) return value < 0.01 ? fmt::format("{:.2f}ms", value * 1e3) : fmt::format("{:.0f}ms", value * 1e3);
  if (value < 60) return fmt::format("{:.2f}s", value);
  const auto whole = static_cast<long>(value);
  return fmt::format("{}m{:02}s", whole / 60, whole % 60);
}

std::string wall_time_utc() {
  const auto wall = std::chrono::system_clock::now();
  const auto milliseconds =
      std::chrono::duration_cast<std::chrono::milliseconds>(wall.time_since_epoch()).count() % 1000;
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(wall)),
                     milliseconds);
}

Duration Deadline::remaining() const {
  return std::max(Duration::zero(), at_ - now());
}

int Deadline::remaining_ms() const {
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(remaining()).count();
  return static_cast<int>(std::min<long>(milliseconds, std::numeric_limits<int>::max()));
}

}  // namespace chamber
