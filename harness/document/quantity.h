// Quantities as people write them, with a text form that reads back to exactly the same value.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "harness/base/clock.h"

namespace chamber::document {

// A value, or what is wrong with the text and what would be right.
template <typename T>
using Parsed = tl::expected<T, std::string>;

// "200/s", "12/min", "30/h": whole numbers, so that a rate is exact.
struct Rate {
  std::int64_t count = 0;
  Duration per = std::chrono::seconds(1);

  [[nodiscard]] double per_second() const { return static_cast<double>(count) / seconds(per); }
  // Between the intended starts of two operations; `count` > 0.
  [[nodiscard]] Duration interval() const { return per / count; }
  [[nodiscard]] bool operator==(const Rate&) const = default;
};

// "99.9%": from 0 to 100.
struct Percentage {
  double percent = 0;

  [[nodiscard]] double fraction() const { return percent / 100; }
  [[nodiscard]] bool operator==(const Percentage&) const = default;
};

// "64KiB": powers of 1024.
struct ByteSize {
  std::int64_t bytes = 0;

  [[nodiscard]] auto operator<=>(const ByteSize&) const = default;
};

// One or more numbers with units, from the largest to the smallest: "10s", "500ms", "1m30s", "1.5h". Units: h, m, s,
// ms, us, ns. Exact to the nanosecond; never negative.
[[nodiscard]] Parsed<Duration> parse_duration(std::string_view text);
[[nodiscard]] Parsed<Rate> parse_rate(std::string_view text);
[[nodiscard]] Parsed<Percentage> parse_percentage(std::string_view text);
[[nodiscard]] Parsed<ByteSize> parse_byte_size(std::string_view text);
// Decimal digits with an optional minus sign.
[[nodiscard]] Parsed<std::int64_t> parse_integer(std::string_view text);
[[nodiscard]] Parsed<std::uint64_t> parse_unsigned(std::string_view text);
// Decimal, with an optional fraction and exponent; no infinities.
[[nodiscard]] Parsed<double> parse_number(std::string_view text);

[[nodiscard]] std::string to_text(Duration duration);
[[nodiscard]] std::string to_text(const Rate& rate);
[[nodiscard]] std::string to_text(const Percentage& percentage);
[[nodiscard]] std::string to_text(const ByteSize& size);

// Regular expressions (ECMA-262, as JSON Schema has them) that accept what the functions above accept.
inline constexpr char kDurationPattern[] =
    R"(^(?=[0-9])([0-9]+(\.[0-9]+)?h)?([0-9]+(\.[0-9]+)?m)?([0-9]+(\.[0-9]+)?s)?([0-9]+(\.[0-9]+)?ms)?([0-9]+(\.[0-9]+)?us)?([0-9]+ns)?$)";
inline constexpr char kRatePattern[] = R"(^[0-9]+/(s|min|h)$)";
inline constexpr char kPercentagePattern[] = R"(^(100(\.0+)?|[0-9]{1,2}(\.[0-9]+)?)%$)";
inline constexpr char kByteSizePattern[] = R"(^[0-9]+(B|KiB|MiB|GiB)$)";

}  // namespace chamber::document
