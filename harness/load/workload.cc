#include "harness/load/workload.h"

namespace chamber::load {

Invocation read_or_change(Random& random, std::uint64_t keys, double reads, Function change,
                          std::atomic<std::int64_t>& next_value) {
  Invocation invocation{.function = Function::kRead, .key = random.below(keys)};
  if (random.chance(reads)) return invocation;
  invocation.function = change;
  invocation.value = next_value.fetch_add(1, std::memory_order_relaxed);
  return invocation;
}

Result<void> Workload::prepare(std::stop_token, Deadline) {
  return {};
}

Result<void> Workload::finish(Session&, std::stop_token, Deadline) {
  return {};
}

}  // namespace chamber::load
