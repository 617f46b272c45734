// Transactions (Function::kTxn, see transaction.h) judged by the anomalies of Adya's theory, as Elle does (Kingsbury
// and Alvaro, "Elle: inferring isolation anomalies from experimental observations", 2020): what was read tells who
// wrote before whom, and a cycle of such dependencies is a proof that no serial order explains the run.
//
// Each value may be written to a key once only. Two kinds of workload:
// - list-append: appends and reads of whole lists. The reads tell the order of all versions they show, so at
//   kSerializable and kStrictSerializable the answer is exact: pass means that a serial order exists. At the levels
//   below, too, the tests find no difference to trying every order of what was appended and never read.
// - rw-register: writes and reads of one value. Which version is earlier is inferred: that there is nothing comes
// first;
//   what a transaction read comes before what it then wrote; and at kStrictSerializable alone, where one who wrote or
//   read a version had ended before one who wrote or read another began, the first before the second. What follows from
//   that is found, all of it, and is proof; at kRepeatableRead also two writers of a key of whom neither can be the
//   first (the summary says when there were too many to compare each two). What is wrong under each order of the other
//   versions, but in another way under each, is not found: a pass says that nothing was found, not that an order
//   exists. (Of random small histories in which something is wrong whatever the order, 99 of 100 are caught:
//   rw_register_test.cc counts them.) To be sure, use list-append.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "harness/check/limits.h"
#include "harness/check/verdict.h"
#include "harness/history/history.h"

namespace chamber {

// In the order of what they forbid; each forbids what those before it do.
enum class Isolation : std::uint8_t {
  kReadUncommitted,     // G0; and what no level allows: garbage, duplicates, contradicting orders
  kReadCommitted,       // G1a, G1b, G1c
  kRepeatableRead,      // as PostgreSQL has it, snapshot isolation: G-single, lost update, internal inconsistency
  kSerializable,        // G2
  kStrictSerializable,  // any of them with real time: what had ended before another began comes before it
};
[[nodiscard]] std::string_view to_string(Isolation isolation);
// "repeatable_read" or "repeatable-read".
[[nodiscard]] std::optional<Isolation> isolation_from(std::string_view text);
[[nodiscard]] std::string isolation_names();

struct TransactionOptions {
  std::string workload = {};  // "": all transactions
  Isolation level = Isolation::kSerializable;
  Limits limits = {};
  std::uint64_t least_operations = 1;  // fewer that are ok: inconclusive
};

// fail: an anomaly that the level forbids; evidence has the cycle in words, transaction by transaction. What the level
// allows is counted in the summary. inconclusive: a value was written twice, nothing was read, a limit was reached.
[[nodiscard]] CheckResult check_list_append(const History& history, const TransactionOptions& options);
[[nodiscard]] CheckResult check_rw_register(const History& history, const TransactionOptions& options);

}  // namespace chamber
