#include "harness/check/register_judge.h"

#include <map>
#include <optional>
#include <utility>

#include "harness/check/register_model.h"

namespace chamber {
namespace {

SearchEnd judge(std::span<const Operation* const> operations, Instant cut, Meter& meter, OperationList* longest) {
  RegisterModel model(operations, cut);
  // With an order to show, an impossible history is searched all the same: how far it goes is what is wanted.
  if (!model.possible() && longest == nullptr) return SearchEnd::kNotLinearizable;
  LinearSearch<RegisterModel> search(model, model.timed(), meter);
  if (longest != nullptr) search.keep_longest();
  const SearchEnd end = search.run();
  if (longest != nullptr) {
    for (const std::uint32_t operation : search.longest()) longest->push_back(&model.origin(operation));
  }
  return end;
}

// A read may always go. So may a value with all its writers and readers: before and after them, nobody notices. With
// compare-and-set between values that is no longer so: such values stay.
std::vector<OperationList> removable(std::span<const Operation* const> operations) {
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
  for (const Operation* operation : operations) {
    if (operation->function == Function::kRead) groups.push_back({operation});
  }
  return groups;
}

}  // namespace

PartitionJudge register_judge() {
  return {judge, removable};
}

}  // namespace chamber
