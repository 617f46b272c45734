#include "harness/check/audit_complete.h"

#include <fmt/format.h>

#include <array>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "harness/check/windows.h"

namespace chamber {
namespace {

constexpr std::size_t kMostLines = 20;
constexpr std::array<std::string_view, 2> kSides = {"as a request", "with its answer"};

class AuditComplete {
 public:
  AuditComplete(const History& history, const AuditCompleteOptions& options) : history_(history), options_(options) {}

  CheckResult judge() {
    result_.check = fmt::format("audit_complete {}", options_.workload);
    for (const Operation* operation : operations_of(history_, options_.workload)) {
      const bool request = operation->function == Function::kAdd && operation->value.has_value();
      if (request) requests_[*operation->value] = operation;
      if (operation->function == Function::kRead && operation->final) read_log(*operation);
    }
    for (const auto& [number, operation] : requests_) judge_request(number, *operation);
    for (const auto& [number, lines] : lines_) {
      if (requests_.contains(number)) continue;
      note(strange_, fmt::format("a request numbered {} is in a log, and nobody made it", number));
    }
    conclude();
    return std::move(result_);
  }

 private:
  void read_log(const Operation& read) {
    if (read.outcome != Outcome::kOk) {
      unread_.insert(read.key);
      return;
    }
    read_.insert(read.key);
    for (const std::int64_t number : history_.payload_of(read)) ++lines_[number].at(read.key % 2);
  }

  void judge_request(std::int64_t number, const Operation& operation) {
    const bool answered = operation.outcome == Outcome::kOk;
    result_.operations += answered ? 1 : 0;
    const auto found = lines_.find(number);
    const std::array<std::uint64_t, 2> lines = found == lines_.end() ? std::array<std::uint64_t, 2>{} : found->second;
    for (std::size_t side = 0; side < lines.size(); ++side) {
      if (answered && lines.at(side) == 0) {
        note(lost_, fmt::format("answered, and in no log {}: {}", kSides.at(side), history_.describe(operation)));
        return;
      }
      if (lines.at(side) > 1) {
        note(repeated_,
             fmt::format("in the logs {} times {}: {}", lines.at(side), kSides.at(side), history_.describe(operation)));
        return;
      }
    }
  }

  void note(std::uint64_t& counter, std::string line) {
    ++counter;
    if (result_.evidence.size() < kMostLines) result_.evidence.push_back(std::move(line));
  }

  void conclude() {
    std::erase_if(unread_, [this](std::uint64_t key) { return read_.contains(key); });
    result_.summary = fmt::format(
        "{} requests were answered: {} are missing in the audit logs, {} are there more than once, {} "
        "nobody made",
        result_.operations, lost_, repeated_, strange_);
    if (!unread_.empty() || read_.empty()) {
      // What is in a log that can't be read isn't lost.
      result_.summary += "; not every log could be read";
      if (repeated_ + strange_ > 0) result_.judgement = Judgement::kFail;
    } else if (lost_ + repeated_ + strange_ > 0) {
      result_.judgement = Judgement::kFail;
    } else if (result_.operations > 0) {
      result_.judgement = Judgement::kPass;
    }
  }

  const History& history_;
  const AuditCompleteOptions& options_;
  std::map<std::int64_t, const Operation*> requests_;
  std::unordered_map<std::int64_t, std::array<std::uint64_t, 2>> lines_;
  std::set<std::uint64_t> read_;
  std::set<std::uint64_t> unread_;
  std::uint64_t lost_ = 0;
  std::uint64_t repeated_ = 0;
  std::uint64_t strange_ = 0;
  CheckResult result_;
};

}  // namespace

CheckResult check_audit_complete(const History& history, const AuditCompleteOptions& options) {
  return AuditComplete(history, options).judge();
}

}  // namespace chamber
