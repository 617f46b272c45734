#include "scenarios/language/validate.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

namespace chamber::language {
namespace {

using document::Mistakes;
using document::quote;
using document::Source;

class Validation {
 public:
  Validation(const Scenario& scenario, const Stack& stack, const Vocabulary& vocabulary, Mistakes& mistakes)
      : scenario_(scenario), stack_(stack), vocabulary_(vocabulary), mistakes_(mistakes) {}

  void load() {
    std::map<std::string, Source> names;
    double sum = 0;
    for (const LoadEntry& entry : scenario_.load) {
      sum += entry.rate->per_second();
      if (entry.up_to && (*entry.up_to)->per_second() <= entry.rate->per_second()) {
        mistakes_.add(entry.up_to->source, fmt::format("the rate rises from {}, so up_to must be more than that",
                                                       document::to_text(*entry.rate)));
      }
      if (const WorkloadSpec* const spec = vocabulary_.workload(*entry.workload)) {
        need_component(spec->component, quote(spec->name), entry.workload.source);
      }
      const auto [first, is_new] = names.emplace(*entry.name(), entry.name().source);
      if (is_new) continue;
      mistakes_.add(
          entry.name().source,
          fmt::format("a second load named {}, the first is at {}; give one of them a name of its own (as: …)",
                      quote(*entry.name()), first->second.text()));
    }
    if (sum > kRateBounds.most) {
      mistakes_.add(scenario_.load.back().rate.source,
                    fmt::format("{}/s in all is too much; at most {}/s", sum, kRateBounds.most));
    }
  }

  void faults() {
    for (const FaultEntry& fault : scenario_.faults) {
      const Duration duration = *scenario_.duration;
      const Source& place = fault.length ? fault.length->source : fault.at.source;
      if (*fault.at >= duration) {
        mistakes_.add(fault.at.source, fmt::format("begins at {}, when the load is over; the duration is {}",
                                                   document::to_text(*fault.at), document::to_text(duration)));
      } else if (fault.end() > duration) {
        mistakes_.add(place, fmt::format("the fault ends at {}, after the load; write a duration of more than {}, or "
                                         "shorten the fault",
                                         document::to_text(fault.end()), document::to_text(fault.end())));
      }
      action(fault, *vocabulary_.fault(*fault.kind));
      if (fault.target) target(**fault.target, fault.target->source);
      if (fault.target && **fault.target == kClients) {
        mistakes_.add(fault.target->source,
                      "clients can't be hurt; name them as the other end of a link, `to: clients`");
      }
      parameters(fault.parameters, vocabulary_.fault(*fault.kind)->parameters);
    }
  }

  // What must fail in the broken variant has to be asked for.
  void fails_when() {
    if (!scenario_.fails_when) return;
    for (const std::string& name : *scenario_.fails_when->checks) {
      const auto is_it = [&name](const CheckEntry& check) {
        return check.kind == name || fmt::format("{} {}", check.kind, *check.subject) == name;
      };
      if (std::any_of(scenario_.checks.begin(), scenario_.checks.end(), is_it)) continue;
      mistakes_.add(
          scenario_.fails_when->checks.source,
          fmt::format("{} is not among the checks; write the kind of one, or its kind and subject", quote(name)));
    }
  }

  void checks() {
    std::map<std::string, Source> seen;
    for (const CheckEntry& check : scenario_.checks) {
      const CheckSpec& spec = *vocabulary_.check(check.kind);
      subject(check, spec);
      parameters(check.parameters, spec.parameters);
      if (spec.needs_fault && scenario_.faults.empty()) {
        mistakes_.add(
            check.subject.source,
            fmt::format("{} can't pass without a fault; add one to `faults`, or leave the check out", spec.name));
      }
      std::string identity = fmt::format("{} {}", check.kind, *check.subject);
      for (const auto& [name, value] : check.parameters.all()) identity += fmt::format(" {}={}", name, to_text(*value));
      const auto [first, is_new] = seen.emplace(identity, check.subject.source);
      if (is_new) continue;
      mistakes_.add(check.subject.source,
                    fmt::format("the same check as at {}; leave one of them out", first->second.text()));
    }
  }

 private:
  void need_component(const std::string& component, const std::string& by, const Source& where) {
    if (stack_.find(component) != nullptr) return;
    mistakes_.add(where, fmt::format("{} needs {}, which isn't in the stack; add {}: {} there", by, component,
                                     component, vocabulary_.component(component)->minimal));
  }

  void target(const std::string& name, const Source& where) {
    const std::optional<TargetPlace> place = place_of(vocabulary_, name);
    if (!place || name == kClients) return;
    need_nodes(place->component, place->least_nodes, quote(name), where);
  }

  void need_nodes(const std::string& component, std::int64_t least, const std::string& by, const Source& where) {
    const std::int64_t nodes = stack_.nodes(component);
    if (nodes == 0) {
      need_component(component, by, where);
    } else if (nodes < least) {
      mistakes_.add(where,
                    fmt::format("{} needs at least {} nodes of {}, and the stack has {}", by, least, component, nodes));
    }
  }

  // What is done to one component can't be done to another's nodes.
  void action(const FaultEntry& fault, const FaultSpec& spec) {
    if (spec.takes_kubernetes_node && *stack_.kubernetes_nodes == 1) {
      mistakes_.add(fault.kind.source,
                    fmt::format("{} is never done to the control-plane node, and pods are on no other; write stack: "
                                "{{kubernetes: {{nodes: 3}}}}, or another number of at least 2",
                                spec.name));
    }
    if (spec.component.empty()) return;
    need_nodes(spec.component, spec.least_nodes, quote(spec.name), fault.kind.source);
    need_setting(fault, spec);
    if (!fault.target) return;
    const std::optional<TargetPlace> place = place_of(vocabulary_, **fault.target);
    if (!place || place->component == spec.component) return;
    mistakes_.add(fault.target->source, fmt::format("{} is done to nodes of {}, and {} is of {}", spec.name,
                                                    spec.component, quote(**fault.target), place->component));
  }

  void need_setting(const FaultEntry& fault, const FaultSpec& spec) {
    const Component* const component = stack_.find(spec.component);
    if (!spec.only_with || component == nullptr) return;
    const auto& [setting, wanted] = *spec.only_with;
    const auto is = component->settings.get<std::string>(setting);
    if (is && *is == wanted) return;
    mistakes_.add(fault.kind.source, fmt::format("{} needs {}: {{{}: {}}}, and the stack has {}", quote(spec.name),
                                                 spec.component, setting, wanted, is ? *is : is.error().message()));
  }

  // Targets and budgets among the parameters must be there too.
  void parameters(const Parameters& values, const std::vector<ParameterSpec>& specs) {
    for (const ParameterSpec& spec : specs) {
      const Located<ParameterValue>* const value = values.find(spec.name);
      if (value == nullptr) continue;
      if (spec.type == ParameterType::kTarget) target(std::get<std::string>(value->value), value->source);
      if (spec.type != ParameterType::kBudget) continue;
      const std::string& name = std::get<Budget>(value->value).name;
      const BudgetSpec* const budget = vocabulary_.budget(name);
      if (budget != nullptr) need_nodes(budget->component, budget->least_nodes, quote(name), value->source);
    }
  }

  void subject(const CheckEntry& check, const CheckSpec& spec) {
    const std::string& name = *check.subject;
    switch (spec.subject) {
      case Subject::kRole: {
        target(name, check.subject.source);
        const std::optional<TargetPlace> place = place_of(vocabulary_, name);
        if (!place || stack_.nodes(place->component) < place->least_nodes) return;  // said of the target
        need_nodes(place->component, spec.least_nodes, spec.name, check.subject.source);
        return;
      }
      case Subject::kComponent:
        need_component(name, spec.name, check.subject.source);
        return;
      case Subject::kFault:
        if (std::none_of(scenario_.faults.begin(), scenario_.faults.end(),
                         [&name](const FaultEntry& fault) { return *fault.kind == name; })) {
          mistakes_.add(check.subject.source, fmt::format("{} is not among the faults", quote(name)));
        }
        return;
      case Subject::kLoad:
        break;
    }
    const auto& load = scenario_.load;
    const auto entry =
        std::find_if(load.begin(), load.end(), [&name](const LoadEntry& one) { return *one.name() == name; });
    if (entry == load.end()) {
      std::vector<std::string> names;
      for (const LoadEntry& one : load) names.push_back(*one.name());
      mistakes_.add(check.subject.source,
                    fmt::format("{} is not in the load{}", quote(name), document::did_you_mean(name, names)));
      return;
    }
    if (spec.needs_steps && !entry->up_to) {
      mistakes_.add(check.subject.source, fmt::format("{} judges a load whose rate rises, and that of {} doesn't; give "
                                                      "it up_to",
                                                      spec.name, quote(name)));
    }
    const std::vector<std::string>& models = vocabulary_.workload(*entry->workload)->models;
    if (!spec.needs_model || std::find(models.begin(), models.end(), spec.name) != models.end()) return;
    std::vector<std::string> able;
    for (const WorkloadSpec& workload : vocabulary_.workloads) {
      const auto& its = workload.models;
      if (std::find(its.begin(), its.end(), spec.name) != its.end()) able.push_back(workload.name);
    }
    mistakes_.add(check.subject.source, fmt::format("{} can't judge {}, which has no model for it; it judges {}",
                                                    spec.name, quote(*entry->workload), fmt::join(able, ", ")));
  }

  const Scenario& scenario_;
  const Stack& stack_;
  const Vocabulary& vocabulary_;
  Mistakes& mistakes_;
};

}  // namespace

void validate(const Scenario& scenario, const Stack& stack, const ScenarioFile& file, const Vocabulary& vocabulary,
              Mistakes& mistakes) {
  if (!file.name.empty() && *scenario.name != file.name) {
    mistakes.add(scenario.name.source,
                 fmt::format("the name {} is not the file's; write {}, or rename the file to {}.yaml",
                             quote(*scenario.name), file.name, *scenario.name));
  }
  Validation validation(scenario, stack, vocabulary, mistakes);
  validation.load();
  validation.faults();
  validation.checks();
  validation.fails_when();
}

}  // namespace chamber::language
