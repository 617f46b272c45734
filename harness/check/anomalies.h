// What the two transactional checkers share: anomalies, their names, which level forbids them, and the search for
// cycles once the dependencies are known.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "harness/check/dependency_graph.h"
#include "harness/check/transactions.h"
#include "harness/check/verdict.h"
#include "harness/history/history.h"

namespace chamber {

enum class Anomaly : std::uint8_t {
  kGarbage,            // a value was read that nobody wrote
  kDuplicate,          // a value stands twice in a list
  kIncompatibleOrder,  // two reads show the same list in different orders
  kG0,                 // dirty write: a cycle of writes
  kG1a,                // aborted read: what a failed transaction wrote was read
  kG1b,                // intermediate read: what its writer itself replaced was read
  kG1c,                // circular information flow: a cycle of writes and reads
  kLostUpdate,         // two read the same version and both wrote the next
  kInternal,           // a transaction does not see what it read or wrote before
  kGSingle,            // read skew: a cycle with one anti-dependency
  kG2,                 // write skew: a cycle with several
  kRealTime,           // a cycle only together with what had ended before
};
inline constexpr std::size_t kAnomalies = 12;

// Collects anomalies and makes the result of them.
class Findings {
 public:
  explicit Findings(const TransactionOptions& options) : options_(options) {}

  void add(Anomaly anomaly, std::vector<std::string> lines);
  [[nodiscard]] CheckResult result(std::string check, std::uint64_t operations, std::string_view gave_up) const;

 private:
  const TransactionOptions& options_;
  std::array<std::uint64_t, kAnomalies> counts_{};
  std::array<std::vector<std::string>, kAnomalies> examples_;
};

// Holds what grows with a history against the limits, every few thousand transactions.
class GrowthMeter {
 public:
  explicit GrowthMeter(Meter& meter) : meter_(meter) {}
  // `bytes()` is asked for how much there is now. False: a limit is reached, and Meter::why() says which.
  template <typename Bytes>
  [[nodiscard]] bool in_limits(Bytes bytes) {
    constexpr std::uint32_t kStepsBetweenLooks = 1U << 12;
    if (++steps_ % kStepsBetweenLooks == 0) look(bytes());
    return good_;
  }
  // The same now. Once false, false for good.
  bool look(std::size_t bytes) {
    const std::size_t grown = bytes > charged_ ? bytes - charged_ : 0;
    charged_ += grown;
    good_ = good_ && meter_.charge(grown) && meter_.in_time();
    return good_;
  }

 private:
  Meter& meter_;
  std::size_t charged_ = 0;
  std::uint32_t steps_ = 0;
  bool good_ = true;
};

// Transactions as nodes: every ok one, and every unknown one whose writes somebody saw.
class TransactionGraph {
 public:
  TransactionGraph(const History& history, const TransactionOptions& options);

  // By start. Failed ones, too: they are what an aborted read reads.
  [[nodiscard]] const std::vector<const Operation*>& transactions() const { return transactions_; }
  [[nodiscard]] bool is_ok(std::uint32_t transaction) const {
    return transactions_[transaction]->outcome == Outcome::kOk;
  }
  [[nodiscard]] bool is_failed(std::uint32_t transaction) const {
    return transactions_[transaction]->outcome == Outcome::kFail;
  }
  [[nodiscard]] std::uint64_t ok() const { return ok_; }

  // Keys by number, in the order in which they come.
  std::uint32_t key_number(std::uint64_t key);
  [[nodiscard]] std::uint32_t keys() const { return static_cast<std::uint32_t>(keys_.size()); }
  [[nodiscard]] std::string key_text(std::uint32_t key) const { return history_.key_text(keys_[key]); }

  struct Source {
    std::uint32_t transaction;
    Dependency kind;
  };
  void edge(std::uint32_t from, std::uint32_t to, Dependency kind, std::uint32_t key, std::int64_t value) {
    if (from != to) edges_.push_back({from, to, key, value, kind});
  }
  // The first of so many new nodes that stand for many edges, see DependencyGraph.
  std::uint32_t helpers(std::uint32_t count) {
    const auto first = static_cast<std::uint32_t>(transactions_.size()) + helpers_;
    helpers_ += count;
    return first;
  }
  // An edge from each of `from` to each of `to`, but for those from a transaction to itself, in linear space. `to` must
  // be sorted, each transaction once; `values` has the version of each.
  void edges_to_all(std::span<const Source> from, std::span<const std::uint32_t> to,
                    std::span<const std::int64_t> values, std::uint32_t key);

  // All of these wrote to the key, each before or behind each other: in which order is not known, of some perhaps.
  // Sorted; one may stand there several times.
  void in_either_order(std::uint32_t key, std::vector<std::uint32_t> writers);

  // What finding the cycles will take: the edges, sorted, and what is kept of each node.
  [[nodiscard]] std::size_t bytes() const {
    constexpr std::size_t kBytesOfANode = 40;
    return 2 * edges_.size() * sizeof(Edge) + (transactions_.size() + helpers_) * kBytesOfANode;
  }

  // Finds the cycles and adds what they prove, until a limit is reached.
  void find_cycles(Findings& findings, Meter& meter);

 private:
  struct Rivals {
    std::uint32_t key;
    std::vector<std::uint32_t> writers;
  };
  void add_real_time();
  void find_rivals(DependencyGraph& graph, std::span<const DependencyGraph::Component> components, Findings& findings,
                   Meter& meter) const;
  [[nodiscard]] std::vector<std::string> words(const std::vector<Edge>& cycle) const;
  [[nodiscard]] std::string reason(const Edge& edge, std::size_t from, std::size_t to) const;

  const History& history_;
  const TransactionOptions& options_;
  std::vector<const Operation*> transactions_;
  std::uint64_t ok_ = 0;
  std::unordered_map<std::uint64_t, std::uint32_t> key_numbers_;
  std::vector<std::uint64_t> keys_;
  std::vector<Edge> edges_;
  std::uint32_t helpers_ = 0;
  std::vector<Rivals> rivals_;
};

}  // namespace chamber
