#include "harness/check/bank.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/check/windows.h"

namespace chamber {
namespace {

// None where the balances are too large for a sum.
std::optional<std::int64_t> sum_of(std::span<const std::int64_t> balances) {
  std::int64_t sum = 0;
  for (const std::int64_t balance : balances) {
    if (__builtin_add_overflow(sum, balance, &sum)) return std::nullopt;
  }
  return sum;
}

class Bank {
 public:
  Bank(const History& history, const BankOptions& options)
      : history_(history), options_(options), total_(options.total) {}

  CheckResult judge() {
    result_.check = options_.workload.empty() ? "bank" : fmt::format("bank {}", options_.workload);
    std::uint64_t transfers = 0;
    for (const Operation* operation : operations_of(history_, options_.workload)) {
      if (operation->outcome != Outcome::kOk) continue;
      if (operation->function == Function::kTransfer) ++transfers;
      if (operation->function != Function::kRead) continue;
      if (operation->payload_size == 0) {
        result_.summary = fmt::format("a read of all balances shows none: {}", history_.describe(*operation));
        return std::move(result_);
      }
      judge_read(*operation);
    }
    if (wrong_ == 0 && (result_.operations < std::max<std::uint64_t>(1, options_.least_operations) || transfers == 0)) {
      result_.summary =
          fmt::format("{} reads and {} transfers were ok: too few to judge", result_.operations, transfers);
      return std::move(result_);
    }
    result_.judgement = wrong_ == 0 ? Judgement::kPass : Judgement::kFail;
    result_.summary = fmt::format("{} of {} reads are wrong; the total is {}, {} transfers were acknowledged", wrong_,
                                  result_.operations, total_ ? history_.value_text(*total_) : "unknown", transfers);
    if (wrong_ > result_.evidence.size()) result_.evidence.push_back(fmt::format("… {} in all", wrong_));
    return std::move(result_);
  }

 private:
  void judge_read(const Operation& read) {
    ++result_.operations;
    const auto balances = history_.payload_of(read);
    const auto sum = sum_of(balances);
    if (first_ == nullptr) {
      first_ = &read;
      if (!total_) total_ = sum;
    }
    if (balances.size() != first_->payload_size) {
      wrong(fmt::format("{} accounts where the first read shows {}", balances.size(), first_->payload_size), read);
    } else if (!sum || sum != total_) {
      wrong(sum ? fmt::format("the accounts hold {} instead of {}", *sum, total_.value_or(0))
                : std::string("the balances are too large for a sum"),
            read);
    } else if (!options_.overdraft && std::any_of(balances.begin(), balances.end(), [](auto b) { return b < 0; })) {
      wrong("an account holds less than nothing", read);
    }
  }
  void wrong(const std::string& what, const Operation& read) {
    constexpr std::size_t kMostLines = 10;
    if (wrong_++ < kMostLines) result_.evidence.push_back(fmt::format("{}: {}", what, history_.describe(read)));
  }

  const History& history_;
  const BankOptions& options_;
  std::optional<std::int64_t> total_;
  const Operation* first_ = nullptr;
  std::uint64_t wrong_ = 0;
  CheckResult result_;
};

}  // namespace

CheckResult check_bank(const History& history, const BankOptions& options) {
  return Bank(history, options).judge();
}

}  // namespace chamber
