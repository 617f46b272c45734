#include "harness/check/counterexample.h"

#include <algorithm>
#include <unordered_set>

namespace chamber {
namespace {

class Shrinker {
 public:
  Shrinker(const PartitionJudge& partition, const Limits& limits)
      : partition_(partition), deadline_(Deadline::in(limits.time)), each_(limits) {
    // One hard question must not eat the time of all others: there are easy ones beside it.
    each_.time = limits.time / 20;
  }

  // Ends are tried by halves: more of a history that has no order has none either.
  Instant shortest_prefix(std::span<const Operation* const> operations) {
    std::vector<Instant> ends;
    for (const Operation* operation : operations) {
      if (operation->outcome == Outcome::kOk) ends.push_back(operation->end);
    }
    std::sort(ends.begin(), ends.end());
    const auto first =
        std::partition_point(ends.begin(), ends.end(), [&](Instant end) { return !has_no_order(operations, end); });
    return first == ends.end() ? kNever : *first;
  }

  // Leaves groups out, many at a time while that works, then fewer.
  OperationList smallest(OperationList operations, Instant cut) {
    std::vector<OperationList> groups = partition_.removable(operations);
    for (std::size_t chunk = groups.size(); chunk > 0; chunk /= 2) {
      for (std::size_t first = 0; first < groups.size() && !deadline_.expired();) {
        const std::size_t last = std::min(groups.size(), first + chunk);
        OperationList rest = without(operations, std::span(groups).subspan(first, last - first));
        if (rest.size() < operations.size() && has_no_order(rest, cut)) {
          operations = std::move(rest);
          groups.erase(groups.begin() + static_cast<std::ptrdiff_t>(first),
                       groups.begin() + static_cast<std::ptrdiff_t>(last));
        } else {
          first = last;
        }
      }
    }
    return operations;
  }

  OperationList longest_order(std::span<const Operation* const> operations, Instant cut) {
    OperationList longest;
    Meter meter(each_);
    (void)partition_.judge(operations, cut, meter, &longest);
    return longest;
  }

 private:
  bool has_no_order(std::span<const Operation* const> operations, Instant cut) {
    if (deadline_.expired()) return false;
    Meter meter(each_);
    return partition_.judge(operations, cut, meter, nullptr) == SearchEnd::kNotLinearizable;
  }

  static OperationList without(const OperationList& operations, std::span<const OperationList> groups) {
    std::unordered_set<const Operation*> left_out;
    for (const OperationList& group : groups) left_out.insert(group.begin(), group.end());
    OperationList rest;
    std::copy_if(operations.begin(), operations.end(), std::back_inserter(rest),
                 [&](const Operation* operation) { return !left_out.contains(operation); });
    return rest;
  }

  const PartitionJudge& partition_;
  Deadline deadline_;
  Limits each_;
};

}  // namespace

Counterexample find_counterexample(const PartitionJudge& partition, std::span<const Operation* const> operations,
                                   const Limits& limits) {
  Shrinker shrinker(partition, limits);
  Counterexample example;
  example.until = shrinker.shortest_prefix(operations);
  for (const Operation* operation : operations) {
    if (operation->outcome != Outcome::kFail && operation->start <= example.until) {
      example.operations.push_back(operation);
    }
  }
  example.operations = shrinker.smallest(std::move(example.operations), example.until);
  example.longest = shrinker.longest_order(example.operations, example.until);
  return example;
}

}  // namespace chamber
