// The names that a scenario may use: components, targets, workloads, faults, checks, budgets, each with its parameters.
// A plain value: the layers above fill it by explicit calls, so that a new fault or workload needs no change here. What
// is in it is what parses, what the JSON Schema offers, and what `chamber describe --part` prints.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/language/parameters.h"

namespace chamber::language {

// How a parameter is written and which alternative of ParameterValue it becomes.
enum class ParameterType {
  kFlag,        // bool
  kWhole,       // std::int64_t
  kNumber,      // double
  kDuration,    // Duration
  kRate,        // document::Rate
  kPercentage,  // document::Percentage
  kByteSize,    // document::ByteSize
  kText,        // std::string
  kChoice,      // std::string, one of `choices`
  kTarget,      // std::string, a target's name ("vault.standby") or a node's ("vault-0")
  kBudget,      // Budget: a duration or the name of a budget
};

struct ParameterSpec {
  std::string name;
  ParameterType type = ParameterType::kText;
  std::string doc;
  bool required = false;
  std::optional<ParameterValue> fallback = {};  // what holds when it is not written; none: it is then not there
  std::vector<document::Named> choices = {};    // of kChoice
  // Of kWhole as they are, of kDuration in nanoseconds, of kByteSize in bytes.
  std::optional<document::Bounds<std::int64_t>> bounds = {};
};

// The settings, engine and version of a component, when they are resolved: see stack.h.
struct Component;

// A component that is needed when a setting has a value.
struct ConditionalNeed {
  std::string setting;
  std::string value;
  std::string component;
};

struct ComponentSpec {
  std::string name;
  std::string doc;
  std::int64_t minimal = 1;     // nodes in the profile `minimal`
  std::int64_t production = 1;  // nodes in the profile `production`
  std::int64_t most = 9;        // nodes at all
  // Counts that can't work, with the reason and what would be right.
  std::map<std::int64_t, std::string> impossible = {};
  // How many of so many nodes may be hurt at once, and every promise is kept; not given: none.
  std::function<std::int64_t(std::int64_t nodes)> tolerates = {};
  std::vector<std::string> needs = {};  // components that are brought up with it
  std::vector<ConditionalNeed> needs_when = {};
  std::vector<document::Named> engines = {};  // the first is the default
  std::vector<ParameterSpec> settings = {};
  // What must hold between settings; an empty text when it does, otherwise what is wrong.
  std::function<std::string(const Component&)> rule = {};
};

struct TargetSpec {
  std::string name;       // "vault.leader"
  std::string component;  // "vault"
  std::string doc;
  std::int64_t least_nodes = 1;  // with fewer the target would be nobody
  bool is_role = false;          // one node has it at a time, and it can change hands
};

// The other end of a link fault: where the load comes from.
inline constexpr const char* kClients = "clients";

struct WorkloadSpec {
  std::string name;
  std::string component;
  std::string doc;
  std::vector<ParameterSpec> parameters = {};
  std::vector<std::string> models = {};  // the checks with needs_model that can judge it
};

enum class Lasting {
  kNo,   // done in a moment; `for` is a mistake
  kYes,  // `for` is required: every lasting fault has an end
};

struct FaultSpec {
  std::string name;
  std::string doc;
  Lasting lasting = Lasting::kYes;
  std::vector<ParameterSpec> parameters = {};
  std::string component = {};    // an action of this component, done to its nodes; empty: can be done to any node
  bool takes_target = true;      // false: to the component as a whole, and `target` is a mistake
  std::int64_t least_nodes = 1;  // of `component`
  // A setting of `component` and the value without which it can't be done: {"seal", "shamir"}.
  std::optional<std::pair<std::string, std::string>> only_with = {};
  bool takes_kubernetes_node = false;  // a whole one is lost for a while, so the stack must have several
};

// What the value beside a check's name is.
enum class Subject {
  kLoad,       // a load entry, by its workload or its `as`
  kRole,       // a target with is_role
  kComponent,  // a component of the stack
  kFault,      // a kind of fault or action that is among the faults
};

struct CheckSpec {
  std::string name;
  std::string doc;
  Subject subject = Subject::kLoad;
  std::vector<ParameterSpec> parameters = {};
  std::vector<std::string> at_least_one_of = {};  // of the parameters
  bool needs_model = false;                       // only for workloads that name it among their `models`
  bool needs_steps = false;                       // only for loads with up_to
  bool needs_fault = false;                       // can't pass in a scenario without faults
  std::int64_t least_nodes = 1;                   // of the component that the subject is of
};

struct BudgetSpec {
  std::string name;       // "raft.election_budget"
  std::string component;  // whose live configuration it comes from
  std::string doc;
  std::int64_t least_nodes = 1;  // of the component: with fewer the budget is of something that can't happen
};

struct Vocabulary {
  std::vector<ComponentSpec> components;
  std::vector<TargetSpec> targets;
  std::vector<WorkloadSpec> workloads;
  std::vector<FaultSpec> faults;
  std::vector<CheckSpec> checks;
  std::vector<BudgetSpec> budgets;

  // Null when there is no such name.
  [[nodiscard]] const ComponentSpec* component(std::string_view name) const;
  [[nodiscard]] const TargetSpec* target(std::string_view name) const;
  [[nodiscard]] const WorkloadSpec* workload(std::string_view name) const;
  [[nodiscard]] const FaultSpec* fault(std::string_view name) const;
  [[nodiscard]] const CheckSpec* check(std::string_view name) const;
  [[nodiscard]] const BudgetSpec* budget(std::string_view name) const;
};

// The faults that can be done to any node; their implementations are in chaos/.
[[nodiscard]] std::vector<FaultSpec> node_faults();

// The actions of each component, as faults of a vocabulary; their implementations are in
// fixtures/<component>/actions.h.
[[nodiscard]] std::vector<FaultSpec> vault_actions();
// Of PostgreSQL, identity and the object store.
[[nodiscard]] std::vector<FaultSpec> platform_actions();

// What only Kubernetes does to nodes: part of the standard vocabulary.
[[nodiscard]] std::vector<FaultSpec> pod_faults();
// Where Patroni keeps its lock, a setting of postgres.
[[nodiscard]] ParameterSpec patroni_store();

// errors, recovery, capacity; with the parameters that they share with others.
[[nodiscard]] std::vector<CheckSpec> degradation_checks(const ParameterSpec& when, const ParameterSpec& what,
                                                        const ParameterSpec& at_most);

// The components of the platform with their targets and budgets, and the workloads, faults and checks that every
// scenario can use. The layers above add theirs to a copy.
[[nodiscard]] Vocabulary standard_vocabulary();

// PostgreSQL's workloads that are transactions, and reads of its standbys: part of the standard vocabulary. `keys` and
// `reads` are the parameters that other workloads have, too.
[[nodiscard]] std::vector<WorkloadSpec> transaction_workloads(const ParameterSpec& keys, const ParameterSpec& reads);
// The values of a setting `broken` of this component, or of the harness: "no" and the names of
// fixtures/broken/breakages.h.
[[nodiscard]] std::vector<document::Named> breakage_choices(std::string_view component);
// What is judged across systems (harness/check/handed_out.h, audit_complete.h): part of the standard vocabulary.
[[nodiscard]] std::vector<WorkloadSpec> across_systems_workloads();
[[nodiscard]] std::vector<CheckSpec> across_systems_checks();

// Of any load, in operations per second.
inline constexpr document::Bounds<double> kRateBounds = {1.0 / 3600, 100'000};

// Symbolic ("vault.leader") or a node's name ("vault-0").
[[nodiscard]] document::Shape<std::string> target_shape(const Vocabulary& vocabulary);

// Whose target it is, and how many nodes that component must have for there to be one.
struct TargetPlace {
  std::string component;
  std::int64_t least_nodes;
};
// nullopt when it is no target.
[[nodiscard]] std::optional<TargetPlace> place_of(const Vocabulary& vocabulary, const std::string& target);

// The shape of one parameter.
[[nodiscard]] document::Shape<ParameterValue> parameter_shape(const ParameterSpec& spec, const Vocabulary& vocabulary);

// Those that have a default, for the value that reading begins with.
[[nodiscard]] Parameters defaults_of(const std::vector<ParameterSpec>& specs);

// Makes every parameter a key of `object`, kept in `member`.
template <typename T>
void add_parameters(document::Object<T>& object, Parameters T::*member, const std::vector<ParameterSpec>& specs,
                    const Vocabulary& vocabulary) {
  for (const ParameterSpec& spec : specs) {
    const document::Shape<ParameterValue> shape = parameter_shape(spec, vocabulary);
    document::Json schema = shape.schema();
    if (spec.fallback) schema["default"] = shape.write(*spec.fallback);
    const auto set = [member, shape, name = spec.name](T& owner, const document::Node& node,
                                                       document::Mistakes& mistakes) {
      std::optional<ParameterValue> value = shape.read(node, mistakes);
      if (!value) return false;
      (owner.*member).set(name, {*std::move(value), node.source});
      return true;
    };
    const auto get = [member, shape, name = spec.name](const T& owner) -> std::optional<document::Json> {
      const document::Located<ParameterValue>* const value = (owner.*member).find(name);
      if (value == nullptr) return std::nullopt;
      return shape.write(value->value);
    };
    object.field(spec.name, spec.doc, spec.required, std::move(schema), set, get);
  }
}

}  // namespace chamber::language
