#include "harness/check/linearizable.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <numeric>
#include <optional>
#include <thread>
#include <unordered_map>
#include <utility>

#include "harness/check/counterexample.h"
#include "harness/check/model_judges.h"

namespace chamber {
namespace {

constexpr std::array<std::string_view, 4> kModelNames = {"register", "kv", "set", "queue"};

// What a model is made of, for the parts that don't care which it is.
struct ModelParts {
  PartitionJudge judge;
  std::vector<Function> functions;  // that it has
  std::vector<Function> lookers;    // without one of these that is ok, nothing was judged
};

ModelParts parts_of(Model model, const History& history) {
  switch (model) {
    case Model::kRegister:
      return {register_judge(),
              {Function::kRead, Function::kWrite, Function::kCas, Function::kDelete},
              {Function::kRead, Function::kCas}};
    case Model::kKv:
      return {kv_judge(history), {Function::kRead, Function::kWrite, Function::kAppend}, {Function::kRead}};
    case Model::kSet:
      return {set_judge(history), {Function::kRead, Function::kAdd, Function::kRemove}, {Function::kRead}};
    case Model::kQueue:
      return {queue_judge(), {Function::kEnqueue, Function::kDequeue}, {Function::kDequeue}};
  }
  return {};
}

bool has(const std::vector<Function>& functions, Function function) {
  return std::find(functions.begin(), functions.end(), function) != functions.end();
}

// A value that is not of the model's kind would be taken for none: whoever wrote a list would have written nothing.
std::optional<std::string_view> misshapen(Model model, const Operation& operation) {
  const bool element = operation.function == Function::kAdd || operation.function == Function::kRemove ||
                       operation.function == Function::kEnqueue;
  if (element && !operation.value) return "an element has a value";
  const bool may_be_list = model == Model::kSet && operation.function == Function::kRead;
  if (operation.payload_size > 0 && !may_be_list) return "only the read of a set shows a list";
  return std::nullopt;
}

// All operations on one key, by start.
struct Partition {
  std::uint64_t key = 0;
  std::span<const Operation* const> operations;
};

struct Partitions {
  OperationList operations;  // by key, then start
  std::vector<Partition> partitions;
};

// Counts first, then puts each operation in its place: a million pointers are not sorted by comparing what they point
// to.
Partitions partition_by_key(const OperationList& operations) {
  std::unordered_map<std::uint64_t, std::uint32_t> numbers;
  std::vector<std::uint64_t> keys;
  std::vector<std::uint32_t> number_of(operations.size());
  std::vector<std::size_t> counts;
  for (std::size_t i = 0; i < operations.size(); ++i) {
    const auto [found, added] = numbers.emplace(operations[i]->key, static_cast<std::uint32_t>(keys.size()));
    if (added) {
      keys.push_back(operations[i]->key);
      counts.push_back(0);
    }
    number_of[i] = found->second;
    ++counts[found->second];
  }
  std::vector<std::uint32_t> order(keys.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return keys[a] < keys[b]; });

  Partitions result;
  result.operations.resize(operations.size());
  std::vector<std::size_t> next(keys.size());
  std::size_t first = 0;
  for (const std::uint32_t number : order) {
    next[number] = first;
    result.partitions.push_back({keys[number], std::span(result.operations).subspan(first, counts[number])});
    first += counts[number];
  }
  for (std::size_t i = 0; i < operations.size(); ++i) result.operations[next[number_of[i]]++] = operations[i];
  return result;
}

struct SearchResult {
  std::optional<std::size_t> failed;  // the lowest partition that has no order
  std::optional<std::size_t> gave_up;
};

// Each thread takes the next partition; those behind one that failed need not be looked at, those before it must, so
// that the answer is the same with any number of threads.
SearchResult search_all(const PartitionJudge& judge, std::span<const Partition> partitions, unsigned threads,
                        Meter& meter) {
  std::atomic<std::size_t> next{0};
  std::atomic<std::size_t> failed{partitions.size()};
  std::atomic<std::size_t> gave_up{partitions.size()};
  const auto lower = [](std::atomic<std::size_t>& least, std::size_t value) {
    std::size_t seen = least.load();
    while (value < seen && !least.compare_exchange_weak(seen, value)) {
    }
  };
  const auto work = [&] {
    for (std::size_t i = next++; i < partitions.size() && i < failed.load(); i = next++) {
      const SearchEnd end = judge.judge(partitions[i].operations, kNever, meter, nullptr);
      if (end == SearchEnd::kNotLinearizable) lower(failed, i);
      if (end == SearchEnd::kGaveUp) lower(gave_up, i);
    }
  };
  if (threads == 0) threads = std::max(1U, std::thread::hardware_concurrency());
  threads = static_cast<unsigned>(std::min<std::size_t>(threads, partitions.size()));
  {
    std::vector<std::jthread> helpers;
    for (unsigned i = 1; i < threads; ++i) helpers.emplace_back(work);
    work();
  }
  SearchResult result;
  if (failed.load() < partitions.size()) result.failed = failed.load();
  if (gave_up.load() < partitions.size()) result.gave_up = gave_up.load();
  return result;
}

// Of more operations than can be looked at (shrinking came to its limit), the last: the conflict is at the end.
std::vector<Bar> draw(const History& history, const Counterexample& example) {
  constexpr std::size_t kMostBars = 100;
  std::vector<Bar> bars;
  const std::size_t left_out = example.operations.size() - std::min(kMostBars, example.operations.size());
  for (const Operation* operation : std::span(example.operations).subspan(left_out)) {
    Bar bar;
    bar.process = operation->process;
    bar.label = history.call(*operation);
    bar.start = operation->start - history.origin;
    if (operation->end != kNever) bar.end = operation->end - history.origin;
    bar.outcome = to_string(operation->outcome);
    const auto place = std::find(example.longest.begin(), example.longest.end(), operation);
    if (place != example.longest.end()) bar.rank = static_cast<std::uint32_t>(place - example.longest.begin());
    bars.push_back(std::move(bar));
  }
  return bars;
}

void explain(const History& history, const ModelParts& parts, const Partition& partition, const Limits& limits,
             CheckResult& result) {
  constexpr std::size_t kMostLines = 40;
  // Shrinking is a help for the reader; the verdict stands without it.
  Limits for_shrinking = limits;
  for_shrinking.time = std::min<Duration>(limits.time, std::chrono::seconds(10));
  const Counterexample example = find_counterexample(parts.judge, partition.operations, for_shrinking);
  result.summary = fmt::format("no order of the operations on key {} explains what its clients saw up to {}",
                               history.key_text(partition.key), history.when(example.until));
  result.evidence.push_back(fmt::format("{} operations conflict, of the {} on key {}:", example.operations.size(),
                                        partition.operations.size(), history.key_text(partition.key)));
  for (const Operation* operation : example.operations) {
    if (result.evidence.size() > kMostLines) {
      result.evidence.emplace_back("…");
      break;
    }
    result.evidence.push_back(history.describe(*operation));
  }
  std::string order;
  for (std::size_t i = 0; i < std::min(kMostLines, example.longest.size()); ++i) {
    if (!order.empty()) order += ", ";
    order += history.call(*example.longest[i]);
  }
  if (example.longest.size() > kMostLines) order += fmt::format(", … {} in all", example.longest.size());
  result.evidence.push_back(fmt::format("the longest order that was found: {}", order.empty() ? "none" : order));
  result.drawing = draw(history, example);
}

}  // namespace

std::string_view to_string(Model model) {
  return kModelNames.at(static_cast<std::size_t>(model));
}

std::optional<Model> model_from(std::string_view text) {
  const auto found = std::find(kModelNames.begin(), kModelNames.end(), text);
  if (found == kModelNames.end()) return std::nullopt;
  return static_cast<Model>(found - kModelNames.begin());
}

CheckResult check_linearizable(const History& history, const LinearizableOptions& options) {
  const Instant started = now();
  CheckResult result;
  result.check = options.workload.empty() ? "linearizable" : fmt::format("linearizable {}", options.workload);
  const ModelParts parts = parts_of(options.model, history);

  const auto workload = options.workload.empty() ? std::nullopt : history.find_name(options.workload);
  OperationList operations;
  std::uint64_t looked = 0;
  for (const Operation& operation : history.operations) {
    if (!options.workload.empty() && operation.workload != workload) continue;
    if (!has(parts.functions, operation.function)) {
      result.summary = fmt::format("a {} has no {}: {}", to_string(options.model), to_string(operation.function),
                                   history.describe(operation));
      return result;
    }
    if (const auto wrong = misshapen(options.model, operation)) {
      result.summary = fmt::format("{}: {}", *wrong, history.describe(operation));
      return result;
    }
    operations.push_back(&operation);
    if (operation.outcome != Outcome::kOk) continue;
    ++result.operations;
    if (has(parts.lookers, operation.function)) ++looked;
  }
  if (result.operations < options.least_operations || looked == 0) {
    result.summary = fmt::format("{} operations were ok, {} of them looked at what is there: too few to judge",
                                 result.operations, looked);
    return result;
  }

  const Partitions partitions = partition_by_key(operations);
  Meter meter(options.limits);
  const SearchResult found = search_all(parts.judge, partitions.partitions, options.limits.threads, meter);
  if (found.failed) {
    result.judgement = Judgement::kFail;
    explain(history, parts, partitions.partitions[*found.failed], options.limits, result);
  } else if (found.gave_up) {
    result.summary = fmt::format("gave up on key {} at {}", history.key_text(partitions.partitions[*found.gave_up].key),
                                 meter.why());
  } else {
    result.judgement = Judgement::kPass;
    result.summary =
        fmt::format("{} operations on {} keys have an order", result.operations, partitions.partitions.size());
  }
  result.took = now() - started;
  return result;
}

}  // namespace chamber
