#include "harness/check/errors.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

namespace chamber {
namespace {

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

bool is_allowed(const ErrorsOptions& options, std::string_view error) {
  return (options.only.empty() || contains(options.only, error)) && !contains(options.never, error);
}

CheckResult check_errors(const History& history, const ErrorsOptions& options) {
  CheckResult result;
  result.check = fmt::format("errors {} {}", options.workload, to_string(options.when));
  struct Class {
    std::uint64_t count = 0;
    const Operation* first = nullptr;
  };
  std::map<std::string_view, Class> classes;
  for (const Operation* operation : operations_of(history, options.workload, options.when, options.margin)) {
    if (!is(*operation, options.which)) continue;
    ++result.operations;
    if (served(history, *operation)) continue;
    Class& found = classes[history.name(operation->error)];
    if (found.count++ == 0) found.first = operation;
  }
  if (result.operations == 0) {
    result.summary = "there were no operations in those windows";
    return result;
  }
  result.judgement = Judgement::kPass;
  std::uint64_t wrong = 0;
  for (const auto& [name, found] : classes) {
    const bool allowed = is_allowed(options, name);
    if (!allowed) wrong += found.count;
    result.evidence.push_back(fmt::format("{} {}: {}, the first: {}", found.count, allowed ? "allowed" : "NOT allowed",
                                          name.empty() ? "no class of error" : name, history.describe(*found.first)));
  }
  if (wrong > 0) result.judgement = Judgement::kFail;
  result.summary = fmt::format("{} of {} {} failed in a way that is not allowed", wrong, result.operations,
                               to_string(options.which));
  if (!options.only.empty()) result.summary += fmt::format("; allowed: {}", fmt::join(options.only, ", "));
  if (!options.never.empty()) result.summary += fmt::format("; never: {}", fmt::join(options.never, ", "));
  return result;
}

}  // namespace chamber
