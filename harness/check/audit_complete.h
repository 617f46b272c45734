// Whether every request that was answered is in the audit logs, exactly as often as it was answered.
//
// Of the workload's operations:
//   kAdd    value: the number of a request. ok: it was answered; unknown: perhaps; fail: it did not get that far
//   kRead   final: one log (the node's). payload: the numbers of the requests in it. Of an even key the entries that
//           were written when the request came, of an odd key those that were written with its answer
// An answered request stands in one log once as a request and once as a response; any other at most once. A number that
// was used again stands there as often as it was answered at least, and as often as it was tried at most.
#pragma once

#include <string>

#include "harness/check/verdict.h"
#include "harness/history/history.h"

namespace chamber {

struct AuditCompleteOptions {
  std::string workload;
};

// Inconclusive when a log could not be read or nothing was answered.
[[nodiscard]] CheckResult check_audit_complete(const History& history, const AuditCompleteOptions& options);

}  // namespace chamber
