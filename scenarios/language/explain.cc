#include "scenarios/language/explain.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "scenarios/language/where.h"

namespace chamber::language {
namespace {

std::string type_text(const ParameterSpec& spec) {
  switch (spec.type) {
    case ParameterType::kFlag:
      return "true or false";
    case ParameterType::kWhole:
      return "whole number";
    case ParameterType::kNumber:
      return "number";
    case ParameterType::kDuration:
      return "duration";
    case ParameterType::kRate:
      return "rate";
    case ParameterType::kPercentage:
      return "percentage";
    case ParameterType::kByteSize:
      return "size";
    case ParameterType::kText:
      return "text";
    case ParameterType::kChoice: {
      std::vector<std::string> names;
      for (const document::Named& choice : spec.choices) names.push_back(choice.name);
      return fmt::format("{}", fmt::join(names, " | "));
    }
    case ParameterType::kTarget:
      return "target";
    case ParameterType::kBudget:
      break;
  }
  return "duration or budget";
}

std::string parameters_text(const std::vector<ParameterSpec>& specs) {
  std::string text;
  for (const ParameterSpec& spec : specs) {
    std::string fallback = spec.required ? "required" : "optional";
    if (spec.fallback) fallback = "default " + to_text(*spec.fallback);
    text += fmt::format("  {:24} {} ({}, {})\n", spec.name, spec.doc, type_text(spec), fallback);
  }
  return text;
}

std::string heading(std::string_view what, const std::string& name, const std::string& doc) {
  return fmt::format("{} {}\n  {}\n", what, name, doc);
}

std::string least_nodes_text(std::int64_t nodes, std::string_view component) {
  return nodes > 1 ? fmt::format("  needs: at least {} nodes{}{}\n", nodes, component.empty() ? "" : " of ", component)
                   : "";
}

std::string fault_text(const FaultSpec& fault) {
  std::string text = heading(fault.component.empty() ? "fault" : "action", fault.name, fault.doc);
  text += fmt::format(
      "  written: {{at: 5s, do: {}{}{}}}\n", fault.name,
      fault.takes_target ? fmt::format(", target: {}", fault.component.empty() ? "…" : fault.component + ".…") : "",
      fault.lasting == Lasting::kYes ? ", for: 10s" : "");
  text += least_nodes_text(fault.least_nodes, fault.component);
  if (fault.only_with) {
    text += fmt::format("  needs: {}: {{{}: {}}}\n", fault.component, fault.only_with->first, fault.only_with->second);
  }
  return text + parameters_text(fault.parameters);
}

std::string component_text(const ComponentSpec& component) {
  std::string text = heading("component", component.name, component.doc);
  text += fmt::format("  nodes: {} in minimal, {} in production, at most {}\n", component.minimal, component.production,
                      component.most);
  if (!component.needs.empty()) text += fmt::format("  needs: {}\n", fmt::join(component.needs, ", "));
  for (const document::Named& engine : component.engines) {
    text += fmt::format("  engine {:17} {}\n", engine.name, engine.doc);
  }
  return text + parameters_text(component.settings);
}

std::string workload_text(const WorkloadSpec& workload) {
  std::string text = heading("workload", workload.name, workload.doc);
  if (!workload.models.empty()) text += fmt::format("  judged by: {}\n", fmt::join(workload.models, ", "));
  return text + parameters_text(workload.parameters);
}

std::vector<std::string> all_names(const Vocabulary& vocabulary) {
  std::vector<std::string> names;
  const auto add = [&names](const auto& specs) {
    for (const auto& spec : specs) names.push_back(spec.name);
  };
  add(vocabulary.components);
  add(vocabulary.targets);
  add(vocabulary.workloads);
  add(vocabulary.faults);
  add(vocabulary.checks);
  add(vocabulary.budgets);
  return names;
}

// A text as a cell of a table.
std::string cell(std::string text) {
  for (std::size_t at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2)) text.insert(at, "\\");
  return text;
}

std::string faults_of(const Plan& plan) {
  std::vector<std::string> faults;
  for (const FaultEntry& fault : plan.faults) {
    std::string text = fault.name();
    if (fault.length) text += " for " + document::to_text(**fault.length);
    faults.push_back(text);
  }
  return faults.empty() ? "none" : fmt::format("{}", fmt::join(faults, ", "));
}

std::string budgets_of(const Plan& plan) {
  std::vector<std::string> budgets;
  for (const CheckEntry& check : plan.checks) {
    for (const auto& [name, value] : check.parameters.all()) {
      const auto* const budget = std::get_if<Budget>(&value.value);
      if (budget == nullptr) continue;
      budgets.push_back(budget->name.empty() ? fmt::format("{} {} (scenario)", check.kind, to_text(*value))
                                             : fmt::format("{} (live configuration)", budget->name));
    }
  }
  return budgets.empty() ? "–" : fmt::format("{}", fmt::join(budgets, ", "));
}

std::string checks_of(const Plan& plan) {
  std::vector<std::string> kinds;
  for (const CheckEntry& check : plan.checks) {
    if (std::find(kinds.begin(), kinds.end(), check.kind) == kinds.end()) kinds.push_back(check.kind);
  }
  return fmt::format("{}", fmt::join(kinds, ", "));
}

std::string substrates_of(const Plan& plan) {
  std::vector<std::string> names;
  for (const SubstrateLimits& substrate : substrates()) {
    if (why_not_on(substrate, plan).empty()) names.push_back(substrate.name);
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

Result<std::string> explain_part(const Vocabulary& vocabulary, std::string_view name) {
  std::string text;
  if (const auto* const component = vocabulary.component(name)) text += component_text(*component);
  if (const auto* const target = vocabulary.target(name)) text += heading("target", target->name, target->doc);
  if (const auto* const workload = vocabulary.workload(name)) text += workload_text(*workload);
  if (const auto* const fault = vocabulary.fault(name)) text += fault_text(*fault);
  if (const auto* const check = vocabulary.check(name)) {
    text += heading("check", check->name, check->doc) + least_nodes_text(check->least_nodes, "") +
            parameters_text(check->parameters);
  }
  if (const auto* const budget = vocabulary.budget(name)) {
    text += heading("budget", budget->name, budget->doc) + least_nodes_text(budget->least_nodes, budget->component);
  }
  if (!text.empty()) return text;
  return fail(ErrorKind::kInput, "there is no part '{}'{}", name,
              document::did_you_mean(std::string(name), all_names(vocabulary)));
}

std::string markdown_table(const std::vector<Plan>& plans) {
  std::string text =
      "| scenario | promise | fault | budget and its source | checks | substrates | load |\n"
      "|---|---|---|---|---|---|---|\n";
  for (const Plan& plan : plans) {
    text += fmt::format("| `{}/{}` | {} | {} | {} | {} | {} | {} |\n", plan.family, *plan.name, cell(*plan.about),
                        cell(faults_of(plan)), cell(budgets_of(plan)), checks_of(plan), substrates_of(plan),
                        document::to_text(*plan.duration));
  }
  return text;
}

}  // namespace chamber::language
