#include "harness/check/handed_out.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "harness/check/windows.h"

namespace chamber {
namespace {

constexpr std::size_t kMostLines = 20;

struct Item {
  const Operation* issue = nullptr;  // that was ok
  Instant revoking = kNever;         // when the first attempt that may have been done began
  Instant revoked = kNever;          // when the first acknowledgement came
  std::vector<const Operation*> uses;
};

class HandedOut {
 public:
  HandedOut(const History& history, const HandedOutOptions& options) : history_(history), options_(options) {}

  CheckResult judge() {
    result_.check = fmt::format("{} {}", options_.check, options_.workload);
    for (const Operation* operation : operations_of(history_, options_.workload)) collect(*operation);
    for (const auto& [number, item] : items_) {
      if (item.issue != nullptr) judge_item(number, item);
    }
    conclude();
    return std::move(result_);
  }

 private:
  void collect(const Operation& operation) {
    if (!operation.value) return;
    Item& item = items_[*operation.value];
    const bool ok = operation.outcome == Outcome::kOk;
    switch (operation.function) {
      case Function::kIssue:
        if (ok && (item.issue == nullptr || operation.end < item.issue->end)) item.issue = &operation;
        break;
      case Function::kRevoke:
        if (operation.outcome != Outcome::kFail) item.revoking = std::min(item.revoking, operation.start);
        if (ok) item.revoked = std::min(item.revoked, operation.end);
        break;
      case Function::kUse:
      case Function::kRenew:
        item.uses.push_back(&operation);
        break;
      default:
        break;
    }
  }

  [[nodiscard]] bool accepted(const Operation& use) const {
    return use.function == Function::kUse && use.outcome == Outcome::kOk;
  }
  [[nodiscard]] bool refused(const Operation& use) const {
    return use.outcome == Outcome::kFail && history_.name(use.error) == kConflict;
  }

  void judge_item(std::int64_t number, const Item& item) {
    ++issued_;
    const bool revoked = item.revoked != kNever;
    revoked_ += revoked ? 1 : 0;
    bool answered = false;
    bool dead = false;
    const Operation* late = nullptr;  // the last acceptance after the acknowledged revocation
    for (const Operation* use : item.uses) {
      if (!accepted(*use) && !refused(*use)) continue;
      ++result_.operations;
      const bool after_bound = revoked && use->start > item.revoked + options_.bound;
      const bool settled = !revoked || refused(*use) || after_bound;
      answered = answered || (use->final && use->function == Function::kUse && settled);
      if (refused(*use) && use->start >= item.issue->end && use->end < item.revoking) {
        if (!std::exchange(dead, true)) {
          evidence(dead_, fmt::format("{} {} was never revoked and is refused: issued by {}; refused by {}",
                                      options_.what, number, history_.describe(*item.issue), history_.describe(*use)));
        }
      }
      if (accepted(*use) && revoked && use->start > item.revoked && (late == nullptr || use->start > late->start)) {
        late = use;
      }
    }
    // Between the two an attempt to revoke whose outcome is not known: either answer is right.
    if (!answered && (revoked || item.revoking == kNever) && !dead) unanswered_.push_back(number);
    if (late != nullptr) judge_late(number, item, *late);
  }

  void judge_late(std::int64_t number, const Item& item, const Operation& late) {
    const Duration after = late.start - item.revoked;
    longest_ = std::max(longest_, after);
    if (after <= options_.bound) return;
    evidence(undead_, fmt::format("{} {} was revoked (acknowledged at {}) and is accepted {} later: {}", options_.what,
                                  number, history_.when(item.revoked), human(after), history_.describe(late)));
  }

  void evidence(std::uint64_t& counter, std::string line) {
    ++counter;
    if (result_.evidence.size() < kMostLines) result_.evidence.push_back(std::move(line));
  }

  void conclude() {
    result_.summary = fmt::format(
        "{} {}s handed out, {} revoked, {} answers: {} refused that were never revoked, {} "
        "accepted more than {} after their revocation",
        issued_, options_.what, revoked_, result_.operations, dead_, undead_, human(options_.bound));
    if (revoked_ > 0) {
      result_.budget = Budget{fmt::format("accepted after its revocation, {}", options_.workload),
                              seconds(options_.bound),
                              seconds(longest_),
                              "s",
                              options_.source,
                              true};
    }
    if (dead_ + undead_ > 0) {
      result_.judgement = Judgement::kFail;
    } else if (issued_ == 0) {
      result_.summary = fmt::format("no {} was handed out", options_.what);
    } else if (result_.operations == 0) {
      result_.summary += "; nobody tried one";
    } else if (!unanswered_.empty()) {
      result_.summary +=
          fmt::format("; {} were not tried at the end, the first {}", unanswered_.size(), unanswered_.front());
    } else {
      result_.judgement = Judgement::kPass;
    }
  }

  const History& history_;
  const HandedOutOptions& options_;
  std::map<std::int64_t, Item> items_;
  std::vector<std::int64_t> unanswered_;
  std::uint64_t issued_ = 0;
  std::uint64_t revoked_ = 0;
  std::uint64_t dead_ = 0;
  std::uint64_t undead_ = 0;
  Duration longest_{};
  CheckResult result_;
};

}  // namespace

CheckResult check_handed_out(const History& history, const HandedOutOptions& options) {
  return HandedOut(history, options).judge();
}

}  // namespace chamber
