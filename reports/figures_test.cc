#include "reports/figures.h"

#include <gtest/gtest.h>

#include <limits>

namespace chamber {
namespace {

TEST(Figures, ReadWell) {
  EXPECT_EQ(count_text(0), "0");
  EXPECT_EQ(count_text(999), "999");
  EXPECT_EQ(count_text(1000), "1,000");
  EXPECT_EQ(count_text(10'000'000), "10,000,000");
  EXPECT_EQ(bytes_text(512), "512 B");
  EXPECT_EQ(bytes_text(8'245'194'752), "7.68 GiB");
  EXPECT_EQ(quantity_text(2.0345, "s"), "2.03 s");
  EXPECT_EQ(quantity_text(0.00012, ""), "0.00012");
  EXPECT_EQ(quantity_text(123456, "/s"), "123456 /s");
  EXPECT_EQ(quantity_text(99.9834, "%"), "99.983 %");
  EXPECT_EQ(milliseconds_text(0.21), "210 µs");
  EXPECT_EQ(milliseconds_text(3.14159), "3.14 ms");
  EXPECT_EQ(milliseconds_text(2310), "2.31 s");
  EXPECT_EQ(seconds_text(0.85), "850 ms");
  EXPECT_EQ(seconds_text(51.3), "51.3 s");
  EXPECT_EQ(clock_text(12.3456), "12.346s");
  EXPECT_EQ(plural(1, "check"), "1 check");
  EXPECT_EQ(plural(2, "check"), "2 checks");
}

TEST(Figures, ABrokenBudgetNeverLooksKept) {
  const BudgetText close = budget_text({"outage", 15, 15.0004, "s", "", true});
  EXPECT_EQ(close.observed, "15.0004 s");
  EXPECT_EQ(close.limit, "at most 15 s");
  const BudgetText share = budget_text({"availability", 99, 98.99996, "%", "", false});
  EXPECT_EQ(share.observed, "98.99996 %");
  EXPECT_EQ(share.limit, "at least 99 %");
  const BudgetText never = budget_text({"outage", 15, std::numeric_limits<double>::infinity(), "s", "", true});
  EXPECT_EQ(never.observed, "inf s");
}

}  // namespace
}  // namespace chamber
