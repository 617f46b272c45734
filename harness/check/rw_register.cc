#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

#include "harness/check/anomalies.h"
#include "harness/check/transactions.h"
#include "harness/check/version_table.h"
#include "harness/check/version_times.h"
#include "harness/history/transaction.h"

namespace chamber {
namespace {

class RwRegister {
 public:
  RwRegister(const History& history, const TransactionOptions& options)
      : history_(history),
        options_(options),
        graph_(history, options),
        findings_(options),
        meter_(options.limits),
        growth_(meter_) {}

  CheckResult judge() {
    CheckResult result;
    result.check = options_.workload.empty() ? "rw-register" : fmt::format("rw-register {}", options_.workload);
    result.operations = graph_.ok();
    std::string problem = collect();
    // What was not collected looks like what nobody wrote.
    if (!meter_.why().empty()) return findings_.result(std::move(result.check), result.operations, meter_.why());
    for (std::uint32_t i = 0; problem.empty() && i < graph_.transactions().size(); ++i) {
      if (graph_.is_ok(i) && in_limits()) judge_transaction(i);
    }
    if (problem.empty() && (graph_.ok() < options_.least_operations || accesses_.empty())) {
      problem =
          fmt::format("{} transactions were ok, {} values were read: too few to judge", graph_.ok(), accesses_.size());
    }
    if (!problem.empty()) {
      result.summary = std::move(problem);
      return result;
    }
    order_versions();
    if (growth_.look(table_.bytes() + graph_.bytes())) graph_.find_cycles(findings_, meter_);
    return findings_.result(std::move(result.check), result.operations, meter_.why());
  }

 private:
  // What a transaction saw of a key, other than its own.
  struct Access {
    std::uint32_t key;
    std::optional<std::int64_t> value;  // none: there was nothing
    std::uint32_t transaction;
    std::optional<std::int64_t> wrote;  // first, afterwards
  };
  // A version of one who happened.
  struct Written {
    std::uint32_t key;
    std::uint32_t writer;
    std::int64_t value;
  };
  // What a transaction has read or written last.
  struct Known {
    std::uint64_t key;
    std::optional<std::int64_t> value;
  };

  // What is wrong with the workload itself, "" for nothing.
  std::string collect();
  [[nodiscard]] bool in_limits() {
    return growth_.in_limits([&] { return table_.bytes() + graph_.bytes(); });
  }
  void judge_transaction(std::uint32_t transaction);
  void judge_version(const Access& access);
  void wrote_after(std::size_t first_access, std::uint64_t key, std::int64_t value);
  [[nodiscard]] std::vector<Written> all_written();
  void order_versions();
  void order_version(std::span<const Access> readers);
  void all_behind_nothing(std::span<const Access> readers, std::span<const Written> written);
  void order_by_time(std::span<const Access> accesses, std::span<const Written> written);
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
  std::vector<Access> accesses_;
};

std::string RwRegister::collect() {
  for (std::uint32_t i = 0; i < graph_.transactions().size(); ++i) {
    if (!in_limits()) return {};
    TransactionReader reader(history_.payload_of(*graph_.transactions()[i]));
    for (auto micro_op = reader.next(); micro_op; micro_op = reader.next()) {
      const std::uint32_t number = graph_.key_number(micro_op->key);
      const bool list = micro_op->kind == MicroOp::Kind::kReadList && micro_op->known;
      if (micro_op->kind == MicroOp::Kind::kAppend || list) {
        return fmt::format("a rw-register history has no lists: {}", describe(i));
      }
      if (micro_op->kind == MicroOp::Kind::kWrite && !table_.add(number, micro_op->values[0], i)) {
        return fmt::format("{} was written to {} twice, the second time by {}: each value may be once only",
                           history_.value_text(micro_op->values[0]), graph_.key_text(number), describe(i));
      }
    }
    if (!reader.well_formed()) return fmt::format("not a transaction: {}", describe(i));
  }
  return {};
}

void RwRegister::judge_transaction(std::uint32_t transaction) {
  std::vector<Known> known;
  const std::size_t first_access = accesses_.size();
  TransactionReader reader(history_.payload_of(*graph_.transactions()[transaction]));
  for (auto micro_op = reader.next(); micro_op; micro_op = reader.next()) {
    auto here = std::find_if(known.begin(), known.end(), [&](const Known& k) { return k.key == micro_op->key; });
    if (micro_op->kind == MicroOp::Kind::kWrite) {
      if (here == known.end()) here = known.insert(known.end(), {micro_op->key, {}});
      here->value = micro_op->values[0];
      wrote_after(first_access, micro_op->key, micro_op->values[0]);
      continue;
    }
    if (!micro_op->known) continue;
    std::optional<std::int64_t> value;
    if (!micro_op->values.empty()) value = micro_op->values[0];
    if (here != known.end()) {
      if (value == here->value) continue;
      findings_.add(Anomaly::kInternal, {describe(transaction)});
      here->value = value;
    } else {
      known.push_back({micro_op->key, value});
    }
    accesses_.push_back({graph_.key_number(micro_op->key), value, transaction, {}});
    judge_version(accesses_.back());
  }
}

void RwRegister::wrote_after(std::size_t first_access, std::uint64_t key, std::int64_t value) {
  const std::uint32_t number = graph_.key_number(key);
  for (Access& access : std::span(accesses_).subspan(first_access)) {
    if (access.key == number && !access.wrote) access.wrote = value;
  }
}

void RwRegister::judge_version(const Access& access) {
  if (!access.value) return;
  const auto text = [&] {
    return fmt::format("{} on {}", history_.value_text(*access.value), graph_.key_text(access.key));
  };
  VersionTable::Version* version = table_.find(access.key, *access.value);
  if (version == nullptr) {
    findings_.add(Anomaly::kGarbage, {fmt::format("{} was written by nobody", text()), describe(access.transaction)});
    return;
  }
  version->position = 0;
  if (version->writer == access.transaction) {
    // Its own write is met above; this is one that it had not made yet.
    findings_.add(Anomaly::kInternal, {describe(access.transaction)});
    return;
  }
  if (graph_.is_failed(version->writer)) {
    findings_.add(Anomaly::kG1a, {fmt::format("{} was written by a transaction that failed", text()),
                                  describe(version->writer), describe(access.transaction)});
  }
  if (!version->last_of_writer) {
    findings_.add(Anomaly::kG1b, {fmt::format("{} was not the last that its transaction wrote", text()),
                                  describe(version->writer), describe(access.transaction)});
  }
  graph_.edge(version->writer, access.transaction, Dependency::kWriteRead, access.key, *access.value);
}

// Those who perhaps happened are part of the order once somebody saw what they wrote.
std::vector<RwRegister::Written> RwRegister::all_written() {
  std::vector<bool> happened(graph_.transactions().size());
  for (std::uint32_t i = 0; i < happened.size(); ++i) happened[i] = graph_.is_ok(i);
  table_.for_each([&](std::uint32_t, std::int64_t, const VersionTable::Version& version) {
    if (version.position != VersionTable::kUnseen) happened[version.writer] = true;
  });
  std::vector<Written> written;
  table_.for_each([&](std::uint32_t key, std::int64_t value, const VersionTable::Version& version) {
    if (happened[version.writer]) written.push_back({key, version.writer, value});
  });
  std::sort(written.begin(), written.end(), [](const Written& a, const Written& b) {
    return std::tie(a.key, a.writer, a.value) < std::tie(b.key, b.writer, b.value);
  });
  return written;
}

void RwRegister::order_versions() {
  const std::vector<Written> written = all_written();
  std::sort(accesses_.begin(), accesses_.end(), [](const Access& a, const Access& b) {
    return std::tie(a.key, a.value, a.transaction) < std::tie(b.key, b.value, b.transaction);
  });
  std::size_t next_access = 0;
  std::size_t next_written = 0;
  for (std::uint32_t key = 0; key < graph_.keys() && in_limits(); ++key) {
    const std::size_t first_access = next_access;
    const std::size_t first_written = next_written;
    while (next_access < accesses_.size() && accesses_[next_access].key == key) ++next_access;
    while (next_written < written.size() && written[next_written].key == key) ++next_written;
    const auto of_key = std::span<const Access>(accesses_).subspan(first_access, next_access - first_access);
    const auto writes = std::span<const Written>(written).subspan(first_written, next_written - first_written);
    for (auto left = of_key; !left.empty();) {
      const auto end = std::find_if(left.begin(), left.end(),
                                    [&](const Access& access) { return access.value != left.front().value; });
      const auto readers = left.first(static_cast<std::size_t>(end - left.begin()));
      left = left.subspan(readers.size());
      order_version(readers);
      if (!readers.front().value) all_behind_nothing(readers, writes);
    }
    if (options_.level == Isolation::kStrictSerializable) order_by_time(of_key, writes);
    std::vector<std::uint32_t> writers;
    for (const Written& each : writes) writers.push_back(each.writer);
    graph_.in_either_order(key, std::move(writers));
  }
}

// Who saw nothing comes before everybody who wrote.
void RwRegister::all_behind_nothing(std::span<const Access> readers, std::span<const Written> written) {
  std::vector<TransactionGraph::Source> sources;
  for (const Access& reader : readers) sources.push_back({reader.transaction, Dependency::kReadWrite});
  std::vector<std::uint32_t> writers;
  std::vector<std::int64_t> values;
  for (const Written& each : written) {
    if (!writers.empty() && writers.back() == each.writer) continue;
    writers.push_back(each.writer);
    values.push_back(each.value);
  }
  graph_.edges_to_all(sources, writers, values, readers.front().key);
}

// That there was nothing needs no time to be known as the first.
void RwRegister::order_by_time(std::span<const Access> accesses, std::span<const Written> written) {
  std::vector<VersionTouch> touches;
  for (const Written& each : written) touches.push_back({each.writer, each.writer, each.value});
  for (const Access& access : accesses) {
    const VersionTable::Version* version = access.value ? table_.find(access.key, *access.value) : nullptr;
    if (version != nullptr) touches.push_back({version->writer, access.transaction, *access.value});
  }
  if (!touches.empty()) order_versions_by_time(graph_, written.front().key, std::move(touches));
}

// Who read a version and then wrote, wrote a later one: it comes behind the version's writer and everybody who read it.
void RwRegister::order_version(std::span<const Access> readers) {
  std::vector<const Access*> updates;
  for (const Access& reader : readers) {
    if (reader.wrote) updates.push_back(&reader);
  }
  if (updates.empty()) return;
  const Access& first = *updates.front();
  for (const Access* other : updates) {
    if (other->transaction == first.transaction) continue;
    const std::string version = first.value ? history_.value_text(*first.value) : "nothing";
    findings_.add(Anomaly::kLostUpdate,
                  {fmt::format("both read {} on {} and wrote", version, graph_.key_text(first.key)),
                   describe(first.transaction), describe(other->transaction)});
    break;
  }
  if (first.value) {
    const VersionTable::Version* version = table_.find(first.key, *first.value);
    for (const Access* update : updates) {
      if (version == nullptr) break;
      graph_.edge(version->writer, update->transaction, Dependency::kWriteWrite, first.key, *update->wrote);
    }
  }
  // In good health there is one update; of many, a few prove as much as all.
  constexpr std::size_t kMostUpdates = 4;
  updates.resize(std::min(updates.size(), kMostUpdates));
  for (const Access& reader : readers) {
    for (const Access* update : updates) {
      graph_.edge(reader.transaction, update->transaction, Dependency::kReadWrite, first.key, *update->wrote);
    }
  }
}

}  // namespace

CheckResult check_rw_register(const History& history, const TransactionOptions& options) {
  return RwRegister(history, options).judge();
}

}  // namespace chamber
