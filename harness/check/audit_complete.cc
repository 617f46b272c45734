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
      if (operation->function == Function::kAdd && operation->value) count_request(*operation);
      if (operation->function == Function::kRead && operation->final) read_log(*operation);
    }
    for (const auto& [key, log] : logs_) {
      for (const std::int64_t number : history_.payload_of(*log)) ++lines_[number].at(key % 2);
    }
    for (const auto& [number, request] : requests_) judge_request(number, request);
    for (const auto& [number, lines] : lines_) {
      if (requests_.contains(number)) continue;
      note(strange_, fmt::format("a request numbered {} is in a log, and nobody made it", number));
    }
    conclude();
    return std::move(result_);
  }

 private:
  struct Request {
    const Operation* last = nullptr;
    std::uint64_t answered = 0;
    std::uint64_t tried = 0;
  };

  void count_request(const Operation& operation) {
    Request& request = requests_[*operation.value];
    request.last = &operation;
    ++request.tried;
    if (operation.outcome != Outcome::kOk) return;
    ++request.answered;
    ++result_.operations;
  }

  // Of one that was read again the later counts: it holds the earlier.
  void read_log(const Operation& read) {
    if (read.outcome == Outcome::kOk) {
      logs_[read.key] = &read;
    } else {
      unread_.insert(read.key);
    }
  }

  void judge_request(std::int64_t number, const Request& request) {
    const auto found = lines_.find(number);
    const std::array<std::uint64_t, 2> lines = found == lines_.end() ? std::array<std::uint64_t, 2>{} : found->second;
    bool lost = false;
    bool repeated = false;
    for (std::size_t side = 0; side < lines.size(); ++side) {
      if (lines.at(side) < request.answered && !std::exchange(lost, true)) {
        const std::string_view where = lines.at(side) == 0 ? "in no log" : "not as often in the logs";
        note(lost_, fmt::format("answered, and {} {}: {}", where, kSides.at(side), history_.describe(*request.last)));
      }
      if (lines.at(side) > request.tried && !std::exchange(repeated, true)) {
        note(repeated_, fmt::format("in the logs {} times {}: {}", lines.at(side), kSides.at(side),
                                    history_.describe(*request.last)));
      }
    }
  }

  void note(std::uint64_t& counter, std::string line) {
    ++counter;
    if (result_.evidence.size() < kMostLines) result_.evidence.push_back(std::move(line));
  }

  void conclude() {
    std::erase_if(unread_, [this](std::uint64_t key) { return logs_.contains(key); });
    result_.summary = fmt::format(
        "{} requests were answered: {} are missing in the audit logs, {} are there more than once, {} "
        "nobody made",
        result_.operations, lost_, repeated_, strange_);
    if (!unread_.empty() || logs_.empty()) {
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
  std::map<std::int64_t, Request> requests_;
  std::unordered_map<std::int64_t, std::array<std::uint64_t, 2>> lines_;
  std::map<std::uint64_t, const Operation*> logs_;
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
