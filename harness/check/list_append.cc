#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "harness/check/anomalies.h"
#include "harness/check/transactions.h"
#include "harness/check/version_table.h"
#include "harness/history/transaction.h"

namespace chamber {
namespace {

class ListAppend {
 public:
  ListAppend(const History& history, const TransactionOptions& options)
      : history_(history),
        options_(options),
        graph_(history, options),
        findings_(options),
        meter_(options.limits),
        growth_(meter_) {}

  CheckResult judge() {
    CheckResult result;
    result.check = options_.workload.empty() ? "list-append" : fmt::format("list-append {}", options_.workload);
    result.operations = graph_.ok();
    std::string problem = collect();
    // What was not collected looks like what nobody wrote.
    if (!meter_.why().empty()) return findings_.result(std::move(result.check), result.operations, meter_.why());
    if (problem.empty() && (graph_.ok() < options_.least_operations || reads_ == 0)) {
      problem = fmt::format("{} transactions were ok, {} lists were read: too few to judge", graph_.ok(), reads_);
    }
    if (!problem.empty()) {
      result.summary = std::move(problem);
      return result;
    }
    order_versions();
    for (std::uint32_t i = 0; i < graph_.transactions().size(); ++i) {
      if (graph_.is_ok(i) && in_limits()) judge_transaction(i);
    }
    add_unseen();
    if (growth_.look(table_.bytes() + graph_.bytes())) graph_.find_cycles(findings_, meter_);
    return findings_.result(std::move(result.check), result.operations, meter_.why());
  }

 private:
  struct Key {
    std::span<const std::int64_t> versions;  // the longest list that was read
    std::uint32_t read_by = 0;
    std::vector<std::uint32_t> writers;                          // of each version; kNobody for garbage
    std::vector<TransactionGraph::Source> before_unseen;         // who comes before what stands in no read
    std::vector<std::pair<std::uint32_t, std::int64_t>> unseen;  // writer and value of that
  };

  // What is wrong with the workload itself, "" for nothing.
  std::string collect();
  [[nodiscard]] bool in_limits() {
    return growth_.in_limits([&] { return table_.bytes() + graph_.bytes(); });
  }
  void order_versions();
  void judge_transaction(std::uint32_t transaction);
  void judge_internal(std::uint32_t transaction);
  // Whether a read shows, before its last `tail` elements, one that its own transaction had not appended yet.
  bool shows_own_before(std::uint32_t transaction, const MicroOp& read, std::size_t tail);
  void judge_read(std::uint32_t transaction, std::uint32_t key, std::span<const std::int64_t> list);
  void judge_element(std::uint32_t transaction, std::uint32_t key, std::int64_t value);
  void add_unseen();
  [[nodiscard]] std::string describe(std::uint32_t transaction) const {
    return history_.describe(*graph_.transactions()[transaction]);
  }

  const History& history_;
  const TransactionOptions& options_;
  TransactionGraph graph_;
  Findings findings_;
  Meter meter_;
  GrowthMeter growth_;
  VersionTable table_;
  std::vector<Key> keys_;
  std::uint64_t reads_ = 0;
};

std::string ListAppend::collect() {
  for (std::uint32_t i = 0; i < graph_.transactions().size(); ++i) {
    if (!in_limits()) return {};
    TransactionReader reader(history_.payload_of(*graph_.transactions()[i]));
    for (auto micro_op = reader.next(); micro_op; micro_op = reader.next()) {
      const std::uint32_t number = graph_.key_number(micro_op->key);
      if (number == keys_.size()) keys_.emplace_back();
      if (micro_op->kind == MicroOp::Kind::kWrite) {
        return fmt::format("a list-append history has no write: {}", describe(i));
      }
      if (micro_op->kind == MicroOp::Kind::kAppend) {
        if (!table_.add(number, micro_op->values[0], i)) {
          return fmt::format("{} was appended to {} twice, the second time by {}: each value may be once only",
                             history_.value_text(micro_op->values[0]), graph_.key_text(number), describe(i));
        }
        continue;
      }
      if (!graph_.is_ok(i) || !micro_op->known) continue;
      ++reads_;
      if (micro_op->values.size() <= keys_[number].versions.size()) continue;
      keys_[number].versions = micro_op->values;
      keys_[number].read_by = i;
    }
    if (!reader.well_formed()) return fmt::format("not a transaction: {}", describe(i));
  }
  return {};
}

void ListAppend::order_versions() {
  for (std::uint32_t number = 0; number < keys_.size(); ++number) {
    Key& key = keys_[number];
    std::uint32_t previous = VersionTable::kNobody;
    std::uint32_t previous_order = 0;
    for (const std::int64_t value : key.versions) {
      VersionTable::Version* version = table_.find(number, value);
      judge_element(key.read_by, number, value);
      if (version != nullptr && version->position != VersionTable::kUnseen) {
        findings_.add(Anomaly::kDuplicate,
                      {fmt::format("{} stands twice in {}", history_.value_text(value), graph_.key_text(number)),
                       describe(key.read_by)});
      }
      const std::uint32_t writer = version == nullptr ? VersionTable::kNobody : version->writer;
      if (version != nullptr && writer == previous && version->order < previous_order) {
        findings_.add(Anomaly::kIncompatibleOrder, {describe(writer), describe(key.read_by)});
      }
      previous_order = version == nullptr ? 0 : version->order;
      if (version != nullptr) version->position = static_cast<std::uint32_t>(key.writers.size());
      key.writers.push_back(writer);
      if (previous != VersionTable::kNobody && writer != VersionTable::kNobody) {
        graph_.edge(previous, writer, Dependency::kWriteWrite, number, value);
      }
      previous = writer;
    }
  }
}

// Garbage and aborted reads.
void ListAppend::judge_element(std::uint32_t transaction, std::uint32_t key, std::int64_t value) {
  const VersionTable::Version* version = table_.find(key, value);
  if (version == nullptr) {
    findings_.add(Anomaly::kGarbage,
                  {fmt::format("{} in {} was appended by nobody", history_.value_text(value), graph_.key_text(key)),
                   describe(transaction)});
  } else if (graph_.is_failed(version->writer)) {
    findings_.add(Anomaly::kG1a, {fmt::format("{} in {} was appended by a transaction that failed",
                                              history_.value_text(value), graph_.key_text(key)),
                                  describe(version->writer), describe(transaction)});
  }
}

void ListAppend::judge_transaction(std::uint32_t transaction) {
  judge_internal(transaction);
  TransactionReader reader(history_.payload_of(*graph_.transactions()[transaction]));
  for (auto micro_op = reader.next(); micro_op; micro_op = reader.next()) {
    const bool reads = micro_op->kind == MicroOp::Kind::kRead || micro_op->kind == MicroOp::Kind::kReadList;
    if (reads && micro_op->known) judge_read(transaction, graph_.key_number(micro_op->key), micro_op->values);
  }
}

// Within a transaction, a read shows what was read before and then appended. (At read committed others may have come
// between, so that level allows it.)
void ListAppend::judge_internal(std::uint32_t transaction) {
  struct Expected {
    std::uint64_t key;
    bool read = false;
    std::vector<std::int64_t> list;
  };
  std::vector<Expected> expected;
  TransactionReader reader(history_.payload_of(*graph_.transactions()[transaction]));
  for (auto micro_op = reader.next(); micro_op; micro_op = reader.next()) {
    auto known =
        std::find_if(expected.begin(), expected.end(), [&](const Expected& e) { return e.key == micro_op->key; });
    if (micro_op->kind == MicroOp::Kind::kAppend) {
      if (known == expected.end()) known = expected.insert(expected.end(), {micro_op->key, false, {}});
      known->list.push_back(micro_op->values[0]);
      continue;
    }
    if (!micro_op->known) continue;
    const std::span<const std::int64_t> list = micro_op->values;
    if (known != expected.end()) {
      const std::size_t tail = known->list.size();
      const bool fits =
          list.size() >= tail && (!known->read || list.size() == tail) &&
          std::equal(known->list.begin(), known->list.end(), list.end() - static_cast<std::ptrdiff_t>(tail));
      if (!fits || shows_own_before(transaction, *micro_op, tail)) {
        findings_.add(Anomaly::kInternal, {describe(transaction)});
      }
      // What was read or appended so far is the whole tail of the next read.
      known->read = true;
      known->list.assign(list.begin(), list.end());
      continue;
    }
    if (shows_own_before(transaction, *micro_op, 0)) findings_.add(Anomaly::kInternal, {describe(transaction)});
    expected.push_back({micro_op->key, true, {list.begin(), list.end()}});
  }
}

bool ListAppend::shows_own_before(std::uint32_t transaction, const MicroOp& read, std::size_t tail) {
  if (read.values.size() <= tail) return false;
  const std::int64_t element = read.values[read.values.size() - tail - 1];
  const VersionTable::Version* version = table_.find(graph_.key_number(read.key), element);
  return version != nullptr && version->writer == transaction;
}

void ListAppend::judge_read(std::uint32_t transaction, std::uint32_t key_number, std::span<const std::int64_t> list) {
  Key& key = keys_[key_number];
  if (!std::equal(list.begin(), list.end(), key.versions.begin())) {
    findings_.add(Anomaly::kIncompatibleOrder, {describe(transaction), describe(key.read_by)});
    for (const std::int64_t value : list) judge_element(transaction, key_number, value);
    return;
  }
  // What it appended itself it sees whatever others do: the version it read is the one before.
  std::size_t seen = list.size();
  while (seen > 0 && key.writers[seen - 1] == transaction) --seen;
  if (seen > 0 && key.writers[seen - 1] != VersionTable::kNobody) {
    const std::uint32_t writer = key.writers[seen - 1];
    graph_.edge(writer, transaction, Dependency::kWriteRead, key_number, list[seen - 1]);
    const VersionTable::Version* version = table_.find(key_number, list[seen - 1]);
    if (version != nullptr && !version->last_of_writer) {
      findings_.add(Anomaly::kG1b, {fmt::format("{} in {} was not the last that its transaction appended",
                                                history_.value_text(list[seen - 1]), graph_.key_text(key_number)),
                                    describe(writer), describe(transaction)});
    }
  }
  if (seen == key.versions.size()) {
    key.before_unseen.push_back({transaction, Dependency::kReadWrite});
  } else if (key.writers[seen] != VersionTable::kNobody) {
    graph_.edge(transaction, key.writers[seen], Dependency::kReadWrite, key_number, key.versions[seen]);
  }
}

// What was appended and stands in no read comes behind everything that was read.
void ListAppend::add_unseen() {
  // Of a transaction with an unknown outcome one append that was read proves the others.
  std::vector<bool> happened(graph_.transactions().size());
  for (std::uint32_t i = 0; i < happened.size(); ++i) happened[i] = graph_.is_ok(i);
  table_.for_each([&](std::uint32_t, std::int64_t, const VersionTable::Version& version) {
    if (version.position != VersionTable::kUnseen) happened[version.writer] = true;
  });
  table_.for_each([&](std::uint32_t number, std::int64_t value, const VersionTable::Version& version) {
    if (version.position == VersionTable::kUnseen && happened[version.writer]) {
      keys_[number].unseen.emplace_back(version.writer, value);
    }
  });
  for (std::uint32_t number = 0; number < keys_.size(); ++number) {
    Key& key = keys_[number];
    const std::uint32_t last = key.writers.empty() ? VersionTable::kNobody : key.writers.back();
    if (last != VersionTable::kNobody) key.before_unseen.push_back({last, Dependency::kWriteWrite});
    std::sort(key.unseen.begin(), key.unseen.end());
    std::vector<std::uint32_t> writers;
    std::vector<std::int64_t> values;
    for (const auto& [writer, value] : key.unseen) {
      if (!writers.empty() && writers.back() == writer) continue;
      writers.push_back(writer);
      values.push_back(value);
    }
    graph_.edges_to_all(key.before_unseen, writers, values, number);
    graph_.in_either_order(number, std::move(writers));
  }
}

}  // namespace

CheckResult check_list_append(const History& history, const TransactionOptions& options) {
  return ListAppend(history, options).judge();
}

}  // namespace chamber
