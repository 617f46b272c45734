#include "harness/check/recovery.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "harness/check/windows.h"

namespace chamber {
namespace {

constexpr std::size_t kMostLines = 20;

struct Slice {
  std::uint64_t all = 0;
  std::uint64_t failed = 0;
  std::uint64_t slow = 0;
  Duration longest{};
};

bool is_bad(const Slice& slice, double share) {
  const double good = static_cast<double>(slice.all - slice.failed - slice.slow);
  return slice.all > 0 && good < share * static_cast<double>(slice.all);
}

}  // namespace

CheckResult check_recovery(const History& history, const RecoveryOptions& options) {
  CheckResult result;
  result.check = fmt::format("recovery {}", options.workload);
  const auto undone = std::find_if(history.events.rbegin(), history.events.rend(),
                                   [](const Event& event) { return event.kind == EventKind::kFaultUndo; });
  if (undone == history.events.rend()) {
    result.summary = "no fault was undone";
    return result;
  }
  const Instant lifted = undone->at;
  std::vector<Slice> slices;
  for (const Operation* operation : operations_of(history, options.workload)) {
    if (operation->intended < lifted || operation->final) continue;
    ++result.operations;
    const auto index = static_cast<std::size_t>((operation->intended - lifted) / options.slice);
    if (index >= slices.size()) slices.resize(index + 1);
    Slice& slice = slices[index];
    ++slice.all;
    if (operation->end != kNever) slice.longest = std::max(slice.longest, latency(*operation));
    if (!served(history, *operation)) {
      ++slice.failed;
    } else if (latency(*operation) > options.slower_than) {
      ++slice.slow;
    }
  }
  if (result.operations < std::max<std::uint64_t>(1, options.least_operations)) {
    result.summary = fmt::format("{} operations after the fault are too few to judge", result.operations);
    return result;
  }
  Duration observed{};
  Slice sum;
  for (std::size_t i = 0; i < slices.size(); ++i) {
    const Slice& slice = slices[i];
    sum.failed += slice.failed;
    sum.slow += slice.slow;
    if (!is_bad(slice, options.share)) continue;
    observed = options.slice * static_cast<std::int64_t>(i + 1);
    if (result.evidence.size() == kMostLines) continue;
    result.evidence.push_back(fmt::format("{} after it: {} of {} failed, {} were slow, the longest took {}",
                                          human(options.slice * static_cast<std::int64_t>(i)), slice.failed, slice.all,
                                          slice.slow, human(slice.longest)));
  }
  const bool back = !is_bad(slices.back(), options.share);
  result.budget = Budget{result.check, seconds(options.at_most), seconds(observed), "s", options.source, true};
  result.summary = fmt::format(
      "well served again {} after the harm was lifted; until the end of the load {} operations failed and {} took "
      "longer than {}",
      human(observed), sum.failed, sum.slow, human(options.slower_than));
  if (!back) result.summary = "not well served when the load ended; " + result.summary;
  if (observed > options.at_most) {
    result.judgement = Judgement::kFail;
  } else {
    result.judgement = back ? Judgement::kPass : Judgement::kInconclusive;
  }
  return result;
}

}  // namespace chamber
