#include "harness/check/anomalies.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace chamber {
namespace {

constexpr std::array<std::string_view, 5> kIsolationNames = {"read_uncommitted", "read_committed", "repeatable_read",
                                                             "serializable", "strict_serializable"};

struct AnomalyText {
  std::string_view name;
  Isolation forbidden_from;
};

constexpr std::array<AnomalyText, kAnomalies> kAnomalyTexts = {{
    {"a value that nobody wrote", Isolation::kReadUncommitted},
    {"a value twice in a list", Isolation::kReadUncommitted},
    {"contradicting orders", Isolation::kReadUncommitted},
    {"G0, dirty write", Isolation::kReadUncommitted},
    {"G1a, aborted read", Isolation::kReadCommitted},
    {"G1b, intermediate read", Isolation::kReadCommitted},
    {"G1c, circular information flow", Isolation::kReadCommitted},
    {"lost update", Isolation::kRepeatableRead},
    {"internal inconsistency", Isolation::kRepeatableRead},
    {"G-single, read skew", Isolation::kRepeatableRead},
    {"G2, write skew", Isolation::kSerializable},
    {"a cycle with real time", Isolation::kStrictSerializable},
}};

}  // namespace

std::string_view to_string(Isolation isolation) {
  return kIsolationNames.at(static_cast<std::size_t>(isolation));
}

std::optional<Isolation> isolation_from(std::string_view text) {
  std::string name(text);
  std::replace(name.begin(), name.end(), '-', '_');
  const auto found = std::find(kIsolationNames.begin(), kIsolationNames.end(), name);
  if (found == kIsolationNames.end()) return std::nullopt;
  return static_cast<Isolation>(found - kIsolationNames.begin());
}

std::string isolation_names() {
  return fmt::format("{}", fmt::join(kIsolationNames, ", "));
}

void Findings::add(Anomaly anomaly, std::vector<std::string> lines) {
  const auto number = static_cast<std::size_t>(anomaly);
  ++counts_[number];
  if (examples_[number].empty() || lines.size() < examples_[number].size()) examples_[number] = std::move(lines);
}

CheckResult Findings::result(std::string check, std::uint64_t operations, std::string_view gave_up) const {
  CheckResult result;
  result.check = std::move(check);
  result.operations = operations;
  std::string forbidden;
  std::string allowed;
  for (std::size_t i = 0; i < kAnomalies; ++i) {
    if (counts_[i] == 0) continue;
    const bool is_forbidden = kAnomalyTexts[i].forbidden_from <= options_.level;
    std::string& text = is_forbidden ? forbidden : allowed;
    text += fmt::format("{}{} ({}×)", text.empty() ? "" : "; ", kAnomalyTexts[i].name, counts_[i]);
    if (!is_forbidden) continue;
    result.evidence.push_back(fmt::format("{}:", kAnomalyTexts[i].name));
    result.evidence.insert(result.evidence.end(), examples_[i].begin(), examples_[i].end());
  }
  if (!forbidden.empty()) {
    result.judgement = Judgement::kFail;
    result.summary = fmt::format("{} forbids what was seen: {}", to_string(options_.level), forbidden);
  } else if (!gave_up.empty()) {
    result.summary = fmt::format("gave up at {}", gave_up);
  } else {
    result.judgement = Judgement::kPass;
    result.summary = fmt::format("{} transactions show nothing that {} forbids", operations, to_string(options_.level));
  }
  if (!allowed.empty()) result.summary += fmt::format("; allowed and seen: {}", allowed);
  return result;
}

TransactionGraph::TransactionGraph(const History& history, const TransactionOptions& options)
    : history_(history), options_(options) {
  const auto workload = history.find_name(options.workload);
  for (const Operation& operation : history.operations) {
    if (operation.function != Function::kTxn) continue;
    if (!options.workload.empty() && operation.workload != workload) continue;
    transactions_.push_back(&operation);
    ok_ += operation.outcome == Outcome::kOk ? 1 : 0;
  }
}

std::uint32_t TransactionGraph::key_number(std::uint64_t key) {
  const auto [found, added] = key_numbers_.emplace(key, keys());
  if (added) keys_.push_back(key);
  return found->second;
}

// Two chains of helpers along `to`: from each helper of the first one comes to all targets before it, from each of the
// second to all behind it. A source that is a target itself enters both beside its own place.
void TransactionGraph::edges_to_all(std::span<const Source> from, std::span<const std::uint32_t> to,
                                    std::span<const std::int64_t> values, std::uint32_t key) {
  if (from.empty() || to.empty()) return;
  const auto count = static_cast<std::uint32_t>(to.size());
  const std::uint32_t before = helpers(2 * count);
  const std::uint32_t behind = before + count;
  for (std::uint32_t i = 0; i < count; ++i) {
    edge(before + i, to[i], Dependency::kWriteWrite, key, values[i]);
    edge(behind + i, to[i], Dependency::kWriteWrite, key, values[i]);
    if (i > 0) edge(before + i, before + i - 1, Dependency::kWriteWrite, key, 0);
    if (i + 1 < count) edge(behind + i, behind + i + 1, Dependency::kWriteWrite, key, 0);
  }
  for (const Source& source : from) {
    const auto own = std::lower_bound(to.begin(), to.end(), source.transaction);
    const auto place = static_cast<std::uint32_t>(own - to.begin());
    if (own == to.end() || *own != source.transaction) {
      edge(source.transaction, behind, source.kind, key, 0);
      continue;
    }
    if (place > 0) edge(source.transaction, before + place - 1, source.kind, key, 0);
    if (place + 1 < count) edge(source.transaction, behind + place + 1, source.kind, key, 0);
  }
}

// A chain of helpers along time, one for each end: transaction -> its end's helper -> … -> the last end before a start
// -> transaction. Two edges each instead of one for each pair.
void TransactionGraph::add_real_time() {
  std::vector<std::uint32_t> by_end;
  for (std::uint32_t i = 0; i < transactions_.size(); ++i) {
    if (is_ok(i)) by_end.push_back(i);
  }
  std::sort(by_end.begin(), by_end.end(),
            [&](std::uint32_t a, std::uint32_t b) { return transactions_[a]->end < transactions_[b]->end; });
  std::vector<std::uint32_t> end_helpers;
  for (const std::uint32_t transaction : by_end) {
    const std::uint32_t node = helpers(1);
    edge(transaction, node, Dependency::kRealTime, 0, 0);
    if (!end_helpers.empty()) edge(end_helpers.back(), node, Dependency::kRealTime, 0, 0);
    end_helpers.push_back(node);
  }
  std::size_t ended = 0;
  for (std::uint32_t i = 0; i < transactions_.size(); ++i) {
    if (is_failed(i)) continue;
    while (ended < by_end.size() && transactions_[by_end[ended]]->end < transactions_[i]->start) ++ended;
    if (ended > 0) edge(end_helpers[ended - 1], i, Dependency::kRealTime, 0, 0);
  }
}

void TransactionGraph::find_cycles(Findings& findings, Meter& meter) {
  const bool strict = options_.level == Isolation::kStrictSerializable;
  if (strict) add_real_time();
  const auto first_helper = static_cast<std::uint32_t>(transactions_.size());
  DependencyGraph graph(first_helper + helpers_, first_helper, std::move(edges_));

  for (const auto& component : graph.components(kWritesOnly)) {
    findings.add(Anomaly::kG0, words(graph.cycle(component, kWritesOnly)));
  }
  for (const auto& component : graph.components(kWritesAndReads)) {
    const std::vector<Edge> cycle = graph.cycle(component, kWritesAndReads);
    const bool reads =
        std::any_of(cycle.begin(), cycle.end(), [](const Edge& edge) { return edge.kind == Dependency::kWriteRead; });
    if (reads) findings.add(Anomaly::kG1c, words(cycle));
  }
  std::vector<DependencyGraph::Component> without_single;
  for (auto& component : graph.components(kAllButTime)) {
    const auto single = graph.cycle_with_one_anti_dependency(component, kWritesAndReads, meter);
    // Without an answer only a level that forbids every cycle can be judged.
    if (!single && options_.level < Isolation::kSerializable) return;
    if (single && !single->empty()) {
      const bool lost = single->size() == 2 && single->front().key == single->back().key &&
                        single->back().kind == Dependency::kWriteWrite;
      findings.add(lost ? Anomaly::kLostUpdate : Anomaly::kGSingle, words(*single));
      continue;
    }
    const std::vector<Edge> cycle = graph.cycle(component, kAllButTime);
    const auto anti =
        std::count_if(cycle.begin(), cycle.end(), [](const Edge& edge) { return edge.kind == Dependency::kReadWrite; });
    if (anti > 1) findings.add(Anomaly::kG2, words(cycle));
    without_single.push_back(std::move(component));
  }
  find_rivals(graph, without_single, findings, meter);
  if (!strict) return;
  for (const auto& component : graph.components(kAllAndTime)) {
    findings.add(Anomaly::kRealTime, words(graph.cycle(component, kAllAndTime)));
  }
}

void TransactionGraph::in_either_order(std::uint32_t key, std::vector<std::uint32_t> writers) {
  // Whatever forbids more forbids every cycle, in whatever order.
  if (options_.level != Isolation::kRepeatableRead) return;
  writers.erase(std::unique(writers.begin(), writers.end()), writers.end());
  if (writers.size() > 1) rivals_.push_back({key, std::move(writers)});
}

// Two that wrote to one key, and a way from each to the other with one anti-dependency at most: whichever wrote first,
// one of the ways closes a cycle that has no other. (First committer wins, as snapshot isolation promises.)
void TransactionGraph::find_rivals(DependencyGraph& graph, std::span<const DependencyGraph::Component> components,
                                   Findings& findings, Meter& meter) const {
  if (components.empty()) return;
  std::unordered_map<std::uint32_t, std::size_t> component_of;
  for (std::size_t i = 0; i < components.size(); ++i) {
    for (const std::uint32_t node : components[i]) component_of[node] = i;
  }
  for (const Rivals& rivals : rivals_) {
    std::vector<std::pair<std::size_t, std::uint32_t>> writers;
    for (const std::uint32_t writer : rivals.writers) {
      const auto found = component_of.find(writer);
      if (found != component_of.end()) writers.emplace_back(found->second, writer);
    }
    std::sort(writers.begin(), writers.end());
    for (std::size_t i = 0; i < writers.size(); ++i) {
      for (std::size_t j = i + 1; j < writers.size() && writers[j].first == writers[i].first; ++j) {
        const auto [number, one] = writers[i];
        const auto there = graph.way_with_one_anti_dependency(components[number], one, writers[j].second, meter);
        const auto back = graph.way_with_one_anti_dependency(components[number], writers[j].second, one, meter);
        if (!meter.why().empty()) return;
        if (there.empty() || back.empty()) continue;
        std::vector<Edge> cycle = there;
        cycle.insert(cycle.end(), back.begin(), back.end());
        std::vector<std::string> lines = words(cycle);
        lines.back() =
            fmt::format("T1 and T{} both wrote to {}: whichever was first, the way back to it closes a cycle",
                        there.size() + 1, key_text(rivals.key));
        const bool lost = cycle.size() == 2 && there[0].key == rivals.key && back[0].key == rivals.key;
        findings.add(lost ? Anomaly::kLostUpdate : Anomaly::kGSingle, std::move(lines));
      }
    }
  }
}

std::string TransactionGraph::reason(const Edge& edge, std::size_t from, std::size_t to) const {
  const std::string version = history_.value_text(edge.value);
  switch (edge.kind) {
    case Dependency::kWriteWrite:
      return fmt::format("T{} < T{}: T{} wrote {} to {} behind what T{} wrote", from, to, to, version,
                         key_text(edge.key), from);
    case Dependency::kWriteRead:
      return fmt::format("T{} < T{}: T{} read {} from {}, which T{} wrote", from, to, to, version, key_text(edge.key),
                         from);
    case Dependency::kReadWrite:
      return fmt::format("T{} < T{}: T{} did not yet see {} on {}, which T{} wrote", from, to, from, version,
                         key_text(edge.key), to);
    case Dependency::kRealTime:
      return fmt::format("T{} < T{}: T{} had ended before T{} began", from, to, from, to);
    case Dependency::kTimedVersion:
      return fmt::format(
          "T{} < T{}: by real time {} on {}, which T{} wrote, is later than what T{} read or wrote there", from, to,
          version, key_text(edge.key), to, from);
  }
  return {};
}

std::vector<std::string> TransactionGraph::words(const std::vector<Edge>& cycle) const {
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < cycle.size(); ++i) {
    lines.push_back(fmt::format("T{} = {}", i + 1, history_.describe(*transactions_[cycle[i].from])));
  }
  for (std::size_t i = 0; i < cycle.size(); ++i) {
    lines.push_back(reason(cycle[i], i + 1, (i + 1) % cycle.size() + 1));
  }
  lines.emplace_back("no order has each of these before the next");
  return lines;
}

}  // namespace chamber
