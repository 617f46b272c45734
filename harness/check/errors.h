// How a system says no: whatever is not served fails in a way that is allowed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/check/verdict.h"
#include "harness/check/windows.h"
#include "harness/history/history.h"

namespace chamber {

// The class of error of an operation to which no answer came in its time.
inline constexpr std::string_view kTimedOut = "timeout";

struct ErrorsOptions {
  std::string workload = {};
  When when = When::kAlways;
  Which which = Which::kAll;
  Duration margin = {};                 // see operations_of()
  std::vector<std::string> only = {};   // the classes of error that are allowed; empty: all but `never`
  std::vector<std::string> never = {};  // those that are not
};

// Whether what is not served may fail with this class of error.
[[nodiscard]] bool is_allowed(const ErrorsOptions& options, std::string_view error);

// Whatever was not served failed in a way that is allowed. A run in which nothing failed passes.
[[nodiscard]] CheckResult check_errors(const History& history, const ErrorsOptions& options);

}  // namespace chamber
