#include "harness/check/outage.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "harness/check/windows.h"

namespace chamber {
namespace {

class OutageFinder {
 public:
  OutageFinder(const History& history, const OutageOptions& options) : history_(history), options_(options) {}

  std::vector<Outage> find(std::vector<const Operation*> operations) {
    // Looks at what is left come long after the load.
    std::erase_if(operations, [](const Operation* operation) { return operation->final; });
    std::stable_sort(operations.begin(), operations.end(),
                     [](const Operation* a, const Operation* b) { return a->intended < b->intended; });
    for (const Operation* operation : operations) {
      last_answer_ = std::max(last_answer_, operation->end == kNever ? operation->start : operation->end);
      if (failed(history_, *operation, options_)) {
        failure(*operation);
      } else if (open_) {
        success(*operation);
      }
    }
    if (open_) {
      open_->over = false;
      open_->to = std::max(last_answer_, open_->from);
      outages_.push_back(*open_);
    }
    return std::move(outages_);
  }

 private:
  void failure(const Operation& operation) {
    if (!open_) open_ = Outage{operation.intended, operation.intended, true, 0};
    ++open_->failed;
    successes_ = 0;
  }

  void success(const Operation& operation) {
    if (successes_++ == 0) first_success_ = &operation;
    const bool enough = successes_ >= options_.sustained_operations;
    if (!enough || operation.intended - first_success_->intended < options_.sustained_for) return;
    open_->to = std::max(open_->from, first_success_->start);
    outages_.push_back(*open_);
    open_.reset();
  }

  const History& history_;
  const OutageOptions& options_;
  std::vector<Outage> outages_;
  std::optional<Outage> open_;
  const Operation* first_success_ = nullptr;
  std::uint64_t successes_ = 0;
  Instant last_answer_;
};

void add_evidence(const History& history, const std::vector<Outage>& outages, CheckResult& result) {
  constexpr std::size_t kMostLines = 20;
  for (const Outage& outage : outages) {
    if (result.evidence.size() == kMostLines) {
      result.evidence.push_back(fmt::format("… {} outages in all", outages.size()));
      break;
    }
    result.evidence.push_back(fmt::format("{} from {} to {}: {} operations failed{}", human(outage.length()),
                                          history.when(outage.from), history.when(outage.to), outage.failed,
                                          outage.over ? "" : "; service was not back"));
  }
  for (const Window& fault : fault_windows(history)) {
    const auto hit = std::find_if(outages.begin(), outages.end(),
                                  [&](const Outage& outage) { return fault.overlaps(outage.from, outage.to); });
    if (hit == outages.end()) {
      result.evidence.push_back(fmt::format("{} at {}: no outage", fault.what, history.when(fault.from)));
      continue;
    }
    const auto last = std::find_if(outages.rbegin(), outages.rend(),
                                   [&](const Outage& outage) { return fault.overlaps(outage.from, outage.to); });
    result.evidence.push_back(fmt::format("{} at {}: first failure {} after it, service back {} after it", fault.what,
                                          history.when(fault.from), human(hit->from - fault.from),
                                          human(last->to - fault.from)));
  }
}

}  // namespace

bool failed(const History& history, const Operation& operation, const OutageOptions& options) {
  if (!served(history, operation)) return true;
  return options.slower_than && latency(operation) > *options.slower_than;
}

std::vector<Outage> find_outages(const History& history, const OutageOptions& options) {
  return find_outages(history, options, operations_of(history, options.workload));
}

std::vector<Outage> find_outages(const History& history, const OutageOptions& options,
                                 std::vector<const Operation*> operations) {
  return OutageFinder(history, options).find(std::move(operations));
}

CheckResult check_outage(const History& history, const OutageOptions& options) {
  CheckResult result;
  result.check = fmt::format("outage {}", options.workload);
  result.operations = operations_of(history, options.workload).size();
  if (result.operations < options.least_operations) {
    result.summary = fmt::format("{} operations are too few to judge", result.operations);
    return result;
  }
  const std::vector<Outage> outages = find_outages(history, options);
  add_evidence(history, outages, result);
  const auto longest = std::max_element(outages.begin(), outages.end(),
                                        [](const Outage& a, const Outage& b) { return a.length() < b.length(); });
  const Duration observed = longest == outages.end() ? Duration::zero() : longest->length();
  const bool back = outages.empty() || outages.back().over;
  result.summary = outages.empty() ? "no outage"
                                   : fmt::format("{} outage{}, the longest {}", outages.size(),
                                                 outages.size() == 1 ? "" : "s", human(observed));
  if (!back) result.summary += "; service was not back when the load ended";
  if (!options.at_most) {
    result.judgement = Judgement::kPass;
    return result;
  }
  result.budget = Budget{result.check, seconds(*options.at_most), seconds(observed), "s", options.source, true};
  // What had not ended may have lasted longer than was seen: within the budget so far is no pass.
  if (observed > *options.at_most) {
    result.judgement = Judgement::kFail;
  } else {
    result.judgement = back ? Judgement::kPass : Judgement::kInconclusive;
  }
  return result;
}

}  // namespace chamber
