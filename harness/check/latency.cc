#include "harness/check/latency.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace chamber {
namespace {

constexpr double kMilliseconds = 1e3;

std::string quantile_name(double quantile) {
  return quantile >= 1 ? "max" : fmt::format("p{:g}", quantile * 100);
}

}  // namespace

Duration exact_quantile(std::vector<Duration>& values, double quantile) {
  if (values.empty()) return Duration::zero();
  const auto rank = static_cast<std::ptrdiff_t>(std::ceil(quantile * static_cast<double>(values.size())));
  const std::ptrdiff_t index = std::clamp<std::ptrdiff_t>(rank - 1, 0, static_cast<std::ptrdiff_t>(values.size()) - 1);
  std::nth_element(values.begin(), values.begin() + index, values.end());
  return values[static_cast<std::size_t>(index)];
}

CheckResult check_latency(const History& history, const LatencyOptions& options) {
  CheckResult result;
  const std::string quantile = quantile_name(options.quantile);
  result.check = fmt::format("latency {} {} {}", options.workload, quantile, to_string(options.when));
  if (options.which != Which::kAll) result.check += fmt::format(" {}", to_string(options.which));
  std::vector<Duration> latencies;
  for (const Operation* operation : operations_of(history, options.workload, options.when, options.margin)) {
    if (operation->outcome == Outcome::kOk && is(*operation, options.which)) latencies.push_back(latency(*operation));
  }
  result.operations = latencies.size();
  if (latencies.size() < std::max<std::uint64_t>(1, options.least_operations)) {
    result.summary = fmt::format("{} operations were ok in those windows: too few to judge", latencies.size());
    return result;
  }
  const Duration observed = exact_quantile(latencies, options.quantile);
  result.budget = Budget{
      result.check, seconds(options.at_most) * kMilliseconds, seconds(observed) * kMilliseconds, "ms", options.source,
      true};
  result.judgement = observed <= options.at_most ? Judgement::kPass : Judgement::kFail;
  result.summary = fmt::format("{} of {} operations is {}, {} are allowed", quantile, latencies.size(), human(observed),
                               human(options.at_most));
  result.evidence.push_back(fmt::format("p50 {}, p90 {}, p99 {}, p99.9 {}, max {}",
                                        human(exact_quantile(latencies, 0.5)), human(exact_quantile(latencies, 0.9)),
                                        human(exact_quantile(latencies, 0.99)), human(exact_quantile(latencies, 0.999)),
                                        human(exact_quantile(latencies, 1))));
  return result;
}

}  // namespace chamber
