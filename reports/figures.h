// Numbers as people read them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "harness/check/verdict.h"

namespace chamber {

[[nodiscard]] std::string count_text(std::uint64_t count);  // "8,812"
[[nodiscard]] std::string bytes_text(std::uint64_t bytes);  // "1.9 GiB"
// Three significant digits and the unit: "2.31 s"; shares keep three decimals, "99.983 %".
[[nodiscard]] std::string quantity_text(double value, std::string_view unit);
[[nodiscard]] std::string seconds_text(double seconds);            // "850 ms", "2.31 s", "4m05s"
[[nodiscard]] std::string clock_text(double seconds);              // on the run's clock: "12.345s", as in evidence
[[nodiscard]] std::string milliseconds_text(double milliseconds);  // "210 µs", "3.1 ms", "2.31 s"
[[nodiscard]] std::string plural(std::uint64_t count, std::string_view one);  // "1 check", "2 checks"

// What was seen and what was allowed, with as many digits as it takes to tell a broken budget from its limit.
struct BudgetText {
  std::string observed;  // "2.31 s"
  std::string limit;     // "at most 15 s"
};
[[nodiscard]] BudgetText budget_text(const Budget& budget);

}  // namespace chamber
