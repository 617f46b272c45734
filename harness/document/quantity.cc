#include "harness/document/quantity.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include "harness/document/mistakes.h"

namespace chamber::document {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t size;
};

constexpr std::array kTimeUnits = {Unit{"h", 3'600'000'000'000}, Unit{"m", 60'000'000'000}, Unit{"s", 1'000'000'000},
                                   Unit{"ms", 1'000'000},        Unit{"us", 1'000},         Unit{"ns", 1}};
constexpr std::array kRateUnits = {Unit{"s", 1'000'000'000}, Unit{"min", 60'000'000'000}, Unit{"h", 3'600'000'000'000}};
constexpr std::array kSizeUnits = {Unit{"B", 1}, Unit{"KiB", 1 << 10}, Unit{"MiB", 1 << 20}, Unit{"GiB", 1 << 30}};

bool digit(char c) {
  return c >= '0' && c <= '9';
}

// Splits the leading digits off.
std::string_view take_digits(std::string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), digit);
  const std::string_view digits = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(digits.size());
  return digits;
}

template <typename T>
bool whole(std::string_view digits, T& value) {
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return error == std::errc() && end == digits.data() + digits.size() && !digits.empty();
}

tl::unexpected<std::string> wrong(std::string_view text, std::string_view what, std::string_view right) {
  return tl::unexpected(fmt::format("{} is not {}; write {}", quote(text), what, right));
}

tl::unexpected<std::string> not_a_duration(std::string_view text) {
  return wrong(text, "a duration", "numbers with units (h, m, s, ms, us, ns), such as 500ms, 10s or 1m30s");
}

// One "1.5h" of a duration, added to `total`; false when it is malformed, too large or finer than a nanosecond.
bool add_part(std::string_view& rest, std::size_t& next_unit, std::int64_t& total) {
  std::int64_t number = 0;
  if (!whole(take_digits(rest), number)) return false;
  std::string_view fraction;
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    fraction = take_digits(rest);
    if (fraction.empty()) return false;
  }
  const auto letters = std::find_if(rest.begin(), rest.end(), digit) - rest.begin();
  const std::string_view name = rest.substr(0, static_cast<std::size_t>(letters));
  rest.remove_prefix(name.size());
  while (next_unit < kTimeUnits.size() && kTimeUnits[next_unit].name != name) ++next_unit;
  if (next_unit == kTimeUnits.size()) return false;
  const std::int64_t size = kTimeUnits[next_unit++].size;
  std::int64_t part = 0;
  if (__builtin_mul_overflow(number, size, &part) || __builtin_add_overflow(total, part, &total)) return false;
  std::int64_t unit = size;
  for (const char c : fraction) {
    // A unit that ten no longer divides is below a nanosecond (an hour is 3.6e12 ns: eleven digits are enough).
    if (unit % 10 != 0) return false;
    unit /= 10;
    if (__builtin_add_overflow(total, (c - '0') * unit, &total)) return false;
  }
  return true;
}

}  // namespace

Parsed<Duration> parse_duration(std::string_view text) {
  std::int64_t total = 0;
  std::string_view rest = text;
  std::size_t next_unit = 0;
  if (rest.empty()) return not_a_duration(text);
  std::uint64_t bare = 0;
  if (whole(text, bare)) {
    return tl::unexpected(fmt::format("{} has no unit; write {}s or {}ms", quote(text), text, text));
  }
  while (!rest.empty()) {
    if (!add_part(rest, next_unit, total)) return not_a_duration(text);
  }
  return Duration(total);
}

Parsed<Rate> parse_rate(std::string_view text) {
  std::string_view rest = text;
  Rate rate;
  if (whole(take_digits(rest), rate.count) && rest.starts_with('/')) {
    for (const Unit& unit : kRateUnits) {
      if (rest.substr(1) != unit.name) continue;
      rate.per = Duration(unit.size);
      return rate;
    }
  }
  return wrong(text, "a rate", "a whole number per s, min or h, such as 200/s or 12/min");
}

Parsed<Percentage> parse_percentage(std::string_view text) {
  if (text.ends_with('%') && !text.starts_with('-')) {
    const auto number = parse_number(text.substr(0, text.size() - 1));
    if (number && *number >= 0 && *number <= 100) return Percentage{*number};
  }
  return wrong(text, "a percentage", "a number from 0 to 100 with a % sign, such as 99.9%");
}

Parsed<ByteSize> parse_byte_size(std::string_view text) {
  std::string_view rest = text;
  ByteSize size;
  if (whole(take_digits(rest), size.bytes)) {
    for (const Unit& unit : kSizeUnits) {
      if (rest == unit.name && !__builtin_mul_overflow(size.bytes, unit.size, &size.bytes)) return size;
    }
  }
  return wrong(text, "a size", "a whole number with a unit (B, KiB, MiB, GiB), such as 64KiB");
}

Parsed<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t value = 0;
  if (whole(text, value)) return value;
  return wrong(text, "a whole number", "digits, such as 20");
}

Parsed<std::uint64_t> parse_unsigned(std::string_view text) {
  std::uint64_t value = 0;
  if (whole(text, value)) return value;
  return wrong(text, "a whole number", "digits, such as 20");
}

Parsed<double> parse_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  // What from_chars takes beyond this, "inf" and "nan", is no number to us.
  const bool plain = text.find_first_not_of("0123456789.-+eE") == std::string_view::npos;
  if (error == std::errc() && end == text.data() + text.size() && plain && digit(text.back()) &&
      digit(text[text.front() == '-' ? 1 : 0])) {
    return value;
  }
  return wrong(text, "a number", "digits with an optional fraction, such as 0.5");
}

std::string to_text(Duration duration) {
  std::int64_t rest = duration.count();
  if (rest == 0) return "0s";
  std::string text;
  for (const Unit& unit : kTimeUnits) {
    if (rest >= unit.size) text += fmt::format("{}{}", rest / unit.size, unit.name);
    rest %= unit.size;
  }
  return text;
}

std::string to_text(const Rate& rate) {
  for (const Unit& unit : kRateUnits) {
    if (rate.per.count() == unit.size) return fmt::format("{}/{}", rate.count, unit.name);
  }
  return fmt::format("{} per {}", rate.count, to_text(rate.per));
}

std::string to_text(const Percentage& percentage) {
  // The shortest digits that read back to the same value, and never an exponent.
  std::array<char, 400> digits{};
  const auto end = std::to_chars(digits.begin(), digits.end(), percentage.percent, std::chars_format::fixed).ptr;
  return std::string(digits.data(), end) + "%";
}

std::string to_text(const ByteSize& size) {
  for (auto unit = kSizeUnits.rbegin(); unit != kSizeUnits.rend(); ++unit) {
    if (size.bytes != 0 && size.bytes % unit->size == 0)
      return fmt::format("{}{}", size.bytes / unit->size, unit->name);
  }
  return "0B";
}

}  // namespace chamber::document
