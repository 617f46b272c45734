#include "harness/check/model_judges.h"

#include <map>
#include <optional>
#include <utility>

#include "harness/check/kv_model.h"
#include "harness/check/queue_model.h"
#include "harness/check/register_model.h"
#include "harness/check/set_model.h"

namespace chamber {
namespace {

template <typename Model>
SearchEnd judge(Model& model, Meter& meter, OperationList* longest) {
  // With an order to show, an impossible history is searched all the same: how far it goes is what is wanted.
  if (!model.possible() && longest == nullptr) return SearchEnd::kNotLinearizable;
  LinearSearch<Model> search(model, model.timed(), meter);
  if (longest != nullptr) search.keep_longest();
  const SearchEnd end = search.run();
  if (longest != nullptr) {
    for (const std::uint32_t operation : search.longest()) longest->push_back(&model.origin(operation));
  }
  return end;
}

// Who only looks may always go.
std::vector<OperationList> looks_alone(std::span<const Operation* const> operations) {
  std::vector<OperationList> groups;
  for (const Operation* operation : operations) {
    const bool found_nothing = operation->function == Function::kDequeue && !operation->value;
    if (operation->function == Function::kRead || found_nothing) groups.push_back({operation});
  }
  return groups;
}

// An element may go with all who put it in or took it out: the others stay in their order.
std::vector<OperationList> queue_removable(std::span<const Operation* const> operations) {
  std::map<std::int64_t, OperationList> elements;
  std::vector<OperationList> groups;
  for (const Operation* operation : operations) {
    if (operation->value) elements[*operation->value].push_back(operation);
  }
  for (auto& [value, element] : elements) groups.push_back(std::move(element));
  std::vector<OperationList> looks = looks_alone(operations);
  groups.insert(groups.end(), looks.begin(), looks.end());
  return groups;
}

// A read may always go. So may a value with all its writers and readers: before and after them, nobody notices. With
// compare-and-set between values that is no longer so: such values stay.
std::vector<OperationList> register_removable(std::span<const Operation* const> operations) {
  struct Value {
    OperationList operations;
    bool linked = false;
  };
  using Key = std::optional<std::int64_t>;
  std::map<Key, Value> values;
  for (const Operation* operation : operations) {
    if (operation->function == Function::kCas) {
      values[operation->expected].linked = true;
      values[operation->value].linked = true;
    } else {
      const bool deletes = operation->function == Function::kDelete;
      values[deletes ? Key() : operation->value].operations.push_back(operation);
    }
  }
  values[Key()].linked = true;  // what was there at first has no writer that could go with it
  std::vector<OperationList> groups;
  for (auto& [key, value] : values) {
    if (!value.linked) groups.push_back(std::move(value.operations));
  }
  std::vector<OperationList> looks = looks_alone(operations);
  groups.insert(groups.end(), looks.begin(), looks.end());
  return groups;
}

}  // namespace

PartitionJudge register_judge() {
  return {[](std::span<const Operation* const> operations, Instant cut, Meter& meter, OperationList* longest) {
            // The longest order is one that a person would find, step by step: it may lead nowhere.
            using Foresight = RegisterModel::Foresight;
            RegisterModel model(operations, cut, longest == nullptr ? Foresight::kYes : Foresight::kNo);
            return judge(model, meter, longest);
          },
          register_removable};
}

PartitionJudge kv_judge(const History& history) {
  return {[&history](std::span<const Operation* const> operations, Instant cut, Meter& meter, OperationList* longest) {
            KvModel model(history, operations, cut);
            return judge(model, meter, longest);
          },
          looks_alone};
}

PartitionJudge set_judge(const History& history) {
  return {[&history](std::span<const Operation* const> operations, Instant cut, Meter& meter, OperationList* longest) {
            SetModel model(history, operations, cut);
            return judge(model, meter, longest);
          },
          looks_alone};
}

PartitionJudge queue_judge() {
  return {[](std::span<const Operation* const> operations, Instant cut, Meter& meter, OperationList* longest) {
            QueueModel model(operations, cut);
            return judge(model, meter, longest);
          },
          queue_removable};
}

}  // namespace chamber
