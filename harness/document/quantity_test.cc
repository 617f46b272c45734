#include "harness/document/quantity.h"

#include <gtest/gtest.h>

#include "harness/base/random.h"

namespace chamber::document {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;

TEST(DurationText, Reads) {
  EXPECT_EQ(parse_duration("10s"), Duration(seconds(10)));
  EXPECT_EQ(parse_duration("500ms"), Duration(milliseconds(500)));
  EXPECT_EQ(parse_duration("1m30s"), Duration(seconds(90)));
  EXPECT_EQ(parse_duration("1.5h"), Duration(minutes(90)));
  EXPECT_EQ(parse_duration("0.25s"), Duration(milliseconds(250)));
  EXPECT_EQ(parse_duration("2h3m4s5ms6us7ns"),
            Duration(hours(2) + minutes(3) + seconds(4) + milliseconds(5)) + nanoseconds(6007));
  EXPECT_EQ(parse_duration("0s"), Duration(0));
}

TEST(DurationText, SaysWhatWouldBeRight) {
  EXPECT_EQ(parse_duration("40").error(), "\"40\" has no unit; write 40s or 40ms");
  EXPECT_EQ(parse_duration("40 s").error(),
            "\"40 s\" is not a duration; write numbers with units (h, m, s, ms, us, ns), such as 500ms, 10s or 1m30s");
  for (const char* wrong : {"", "s", "-1s", "1s1m", "1s1s", "1.s", ".5s", "1.5ns", "0.0000000001s", "1d", "1e3s", "+1s",
                            "9223372036854775807s", "99999999999999999999s", "1h 1m", "10S", "1s "}) {
    EXPECT_FALSE(parse_duration(wrong).has_value()) << wrong;
  }
}

TEST(DurationText, RoundTrips) {
  Random random(7);
  for (int i = 0; i < 2000; ++i) {
    // Spread over all magnitudes.
    const Duration duration(static_cast<std::int64_t>(random.next() >> (1 + random.below(63))));
    const std::string text = to_text(duration);
    EXPECT_EQ(parse_duration(text), duration) << text;
  }
}

TEST(RateText, ReadsExactly) {
  EXPECT_EQ(parse_rate("200/s"), (Rate{200, seconds(1)}));
  EXPECT_EQ(parse_rate("12/min"), (Rate{12, minutes(1)}));
  EXPECT_DOUBLE_EQ(parse_rate("12/min")->per_second(), 0.2);
  EXPECT_EQ(parse_rate("30/h")->interval(), Duration(minutes(2)));
  EXPECT_EQ(parse_rate("200").error(),
            "\"200\" is not a rate; write a whole number per s, min or h, such as 200/s or 12/min");
  for (const char* wrong : {"", "/s", "0.5/s", "-1/s", "1/d", "1/ s", "200/sec", "99999999999999999999/s"}) {
    EXPECT_FALSE(parse_rate(wrong).has_value()) << wrong;
  }
  for (const char* right : {"200/s", "12/min", "30/h"}) EXPECT_EQ(to_text(*parse_rate(right)), right);
}

TEST(PercentageText, Reads) {
  EXPECT_DOUBLE_EQ(parse_percentage("99.9%")->fraction(), 0.999);
  EXPECT_EQ(to_text(*parse_percentage("99.9%")), "99.9%");
  EXPECT_EQ(to_text(Percentage{0.0000001}), "0.0000001%");
  EXPECT_EQ(parse_percentage("99.9").error(),
            "\"99.9\" is not a percentage; write a number from 0 to 100 with a % sign, such as 99.9%");
  for (const char* wrong : {"", "%", "101%", "-1%", "-0%", "nan%", "inf%", "5 %", "5%%", ".5%", "5.%"}) {
    EXPECT_FALSE(parse_percentage(wrong).has_value()) << wrong;
  }
}

TEST(ByteSizeText, Reads) {
  EXPECT_EQ(parse_byte_size("64KiB"), ByteSize{65536});
  EXPECT_EQ(parse_byte_size("3B"), ByteSize{3});
  EXPECT_EQ(to_text(ByteSize{3 << 20}), "3MiB");
  EXPECT_EQ(to_text(ByteSize{1025}), "1025B");
  EXPECT_EQ(to_text(ByteSize{0}), "0B");
  EXPECT_EQ(parse_byte_size("64KB").error(),
            "\"64KB\" is not a size; write a whole number with a unit (B, KiB, MiB, GiB), such as 64KiB");
  for (const char* wrong : {"", "64", "KiB", "-1B", "1.5MiB", "9223372036854775807GiB"}) {
    EXPECT_FALSE(parse_byte_size(wrong).has_value()) << wrong;
  }
}

TEST(NumberText, Reads) {
  EXPECT_EQ(parse_integer("-12"), -12);
  EXPECT_DOUBLE_EQ(*parse_number("0.5"), 0.5);
  EXPECT_DOUBLE_EQ(*parse_number("1e-07"), 1e-7);
  EXPECT_EQ(parse_unsigned("18446744073709551615"), 18446744073709551615ULL);
  for (const char* wrong : {"", "1.0", "0x10", "1_000", "+1", "1 "}) EXPECT_FALSE(parse_integer(wrong)) << wrong;
  for (const char* wrong : {"", "inf", "nan", "1.", ".", "0x1p3", "1e999"}) EXPECT_FALSE(parse_number(wrong)) << wrong;
}

}  // namespace
}  // namespace chamber::document
