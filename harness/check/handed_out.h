// Whether what was handed out is taken for as long as it should be, and no longer: credentials that Vault issued and
// PostgreSQL lets in, tokens that one identity node issued and every other accepts.
//
// Of the workload's operations, by their value, the number of what was handed out:
//   kIssue   ok: it was handed out
//   kRevoke  ok: it was revoked; unknown: it may have been
//   kUse     ok: accepted; fail with the class kConflict: refused; anything else: the question was not answered
//   kRenew   fail with the class kConflict: who issued it does not know it any more. As a use that was refused
//
// A refusal is wrong when it came after the issue and before any attempt to revoke began. An acceptance is wrong when
// the use began later than `bound` after a revocation was acknowledged.
#pragma once

#include <string>

#include "harness/check/verdict.h"
#include "harness/history/history.h"

namespace chamber {

struct HandedOutOptions {
  std::string check;  // "credentials_live"
  std::string workload;
  std::string what;  // "credential"
  Duration bound{};  // how long after its revocation one may still be taken
  std::string source = "scenario";
};

// Inconclusive when nothing was handed out, nothing was tried, or when no last use (Operation::final) of some one was
// answered; for one that was revoked that is a refusal, or an acceptance beyond the bound. One whose revocation has an
// unknown outcome needs no answer: either is right.
[[nodiscard]] CheckResult check_handed_out(const History& history, const HandedOutOptions& options);

}  // namespace chamber
