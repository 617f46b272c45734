#include "reports/figures.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "harness/base/clock.h"

namespace chamber {
namespace {

std::string without_trailing_zeros(std::string text) {
  if (text.find('.') == std::string::npos) return text;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

std::string significant(double value, int digits) {
  if (!std::isfinite(value)) return fmt::format("{}", value);
  if (value == 0) return "0";
  const int whole = static_cast<int>(std::floor(std::log10(std::fabs(value)))) + 1;
  return without_trailing_zeros(fmt::format("{:.{}f}", value, std::min(15, std::max(0, digits - whole))));
}

std::string quantity(double value, std::string_view unit, int digits) {
  const std::string number =
      unit == "%" ? without_trailing_zeros(fmt::format("{:.{}f}", value, digits)) : significant(value, digits);
  return unit.empty() ? number : fmt::format("{} {}", number, unit);
}

}  // namespace

std::string count_text(std::uint64_t count) {
  std::string text = std::to_string(count);
  for (std::size_t i = text.size(); i > 3; i -= 3) text.insert(i - 3, ",");
  return text;
}

std::string bytes_text(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 5> kUnits = {"B", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  return quantity(value, kUnits[unit], 3);
}

std::string quantity_text(double value, std::string_view unit) {
  return quantity(value, unit, 3);
}

std::string seconds_text(double seconds) {
  if (seconds >= 120) return human(std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds)));
  return seconds < 1 ? milliseconds_text(seconds * 1000) : quantity(seconds, "s", 3);
}

std::string clock_text(double seconds) {
  return fmt::format("{:.3f}s", seconds);
}

std::string milliseconds_text(double milliseconds) {
  if (milliseconds == 0) return "0 ms";
  if (milliseconds < 1) return quantity(milliseconds * 1000, "µs", 3);
  return milliseconds < 1000 ? quantity(milliseconds, "ms", 3) : quantity(milliseconds / 1000, "s", 3);
}

std::string plural(std::uint64_t count, std::string_view one) {
  return fmt::format("{} {}{}", count_text(count), one, count == 1 ? "" : "s");
}

BudgetText budget_text(const Budget& budget) {
  int digits = 3;
  std::string observed;
  std::string limit;
  do {
    observed = quantity(budget.observed, budget.unit, digits);
    limit = quantity(budget.limit, budget.unit, digits);
    digits += 2;
  } while (!budget.kept() && observed == limit && digits <= 15);
  return {observed, fmt::format("{} {}", budget.upper ? "at most" : "at least", limit)};
}

}  // namespace chamber
