// Transfers between accounts: whoever reads all accounts in one transaction sees the same total, whatever is moved
// meanwhile. (The bank test of Jepsen; read skew and lost updates break it.)
//
// A transfer (Function::kTransfer) has the payload from, to, amount; a read (Function::kRead) the balance of every
// account, in the accounts' order.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "harness/check/verdict.h"
#include "harness/history/history.h"

namespace chamber {

struct BankOptions {
  std::string workload = {};
  std::optional<std::int64_t> total = {};  // what all accounts hold together; none: what the first read shows
  bool overdraft = false;                  // whether an account may hold less than nothing
  std::uint64_t least_operations = 1;      // fewer reads that are ok: inconclusive
};

// fail: a read shows another total, other accounts, or an overdrawn one. inconclusive: too few reads, one
// that shows no balance, or no transfer that is ok: nothing was moved that could have got lost.
[[nodiscard]] CheckResult check_bank(const History& history, const BankOptions& options);

}  // namespace chamber
