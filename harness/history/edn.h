// Export as EDN, as Jepsen's own checkers read it: one map an invocation or completion, {:type :invoke, :f :read,
// :value nil, :process 0, :time 1000, :index 0}. Unknown outcomes are :info. Transactions are Elle's,
// [[:append 1 2] [:r 1 [2]]]. Where a history has several keys, :value is [key value], as jepsen.independent has it.
#pragma once

#include <iosfwd>
#include <string_view>

#include "harness/base/result.h"
#include "harness/history/history.h"

namespace chamber {

// The operations of one workload, "" for all. kInput when a process has two operations at once.
[[nodiscard]] Result<void> export_edn(const History& history, std::string_view workload, std::ostream& out);

}  // namespace chamber
