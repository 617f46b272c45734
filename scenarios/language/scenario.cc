#include "scenarios/language/scenario.h"

#include <algorithm>
#include <utility>

#include "fixtures/broken/breakages.h"
#include "harness/document/parse.h"
#include "scenarios/language/extends.h"
#include "scenarios/language/validate.h"

namespace chamber::language {
namespace {

using document::Case;
using document::Json;
using document::Mistakes;
using document::Node;
using document::Object;
using document::Shape;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kLongestRun = hours(24);
constexpr std::int64_t kMostClients = 10'000;
constexpr std::size_t kMostEntries = 500;
constexpr std::int64_t kMostSteps = 100;
// A day of rough chaos has some eleven thousand.
constexpr std::size_t kMostFaults = 20'000;
// An override may be all of these faults, as those of a day of chaos are.
constexpr document::Limits kOverrideLimits = {.nodes = 500'000};

Shape<LoadEntry> load_shape(const Vocabulary& vocabulary) {
  std::vector<Case<LoadEntry>> cases;
  for (const WorkloadSpec& spec : vocabulary.workloads) {
    LoadEntry initial;
    initial.parameters = defaults_of(spec.parameters);
    Object<LoadEntry> object(fmt::format("a load of {}", spec.name), spec.doc, std::move(initial));
    object.required("workload", &LoadEntry::workload, document::exactly(spec.name), spec.doc)
        .optional("as", &LoadEntry::as, document::label("a load's name"),
                  "A name for checks, where one workload is there twice.")
        .required("rate", &LoadEntry::rate, document::rate(kRateBounds),
                  "How many operations begin, whether or not earlier ones have ended, such as 200/s or 12/min.")
        .optional("up_to", &LoadEntry::up_to, document::rate(kRateBounds),
                  "The rate rises to this in steps of the same length: what the check `capacity` judges.")
        .optional("steps", &LoadEntry::steps, document::whole({2, kMostSteps}), "How many, with up_to.")
        .optional("clients", &LoadEntry::clients, document::whole({1, kMostClients}), "The most operations in flight.")
        .optional("timeout", &LoadEntry::timeout, document::duration({milliseconds(1), hours(1)}),
                  "How long a client waits for one operation, which is then unknown.");
    add_parameters(object, &LoadEntry::parameters, spec.parameters, vocabulary);
    cases.push_back({spec.name, object});
  }
  return document::case_by_value<LoadEntry>("a load entry", "workload", std::move(cases),
                                            [](const LoadEntry& entry) { return *entry.workload; });
}

Shape<FaultEntry> fault_shape(const Vocabulary& vocabulary) {
  std::vector<Case<FaultEntry>> cases;
  for (const FaultSpec& spec : vocabulary.faults) {
    FaultEntry initial;
    initial.parameters = defaults_of(spec.parameters);
    Object<FaultEntry> object(fmt::format("a fault of {}", spec.name), spec.doc, std::move(initial));
    object
        .required("at", &FaultEntry::at, document::duration({Duration(0), kLongestRun}),
                  "When it begins, counted from the start of the load.")
        .required("do", &FaultEntry::kind, document::exactly(spec.name), spec.doc);
    if (spec.takes_target) {
      object.required("target", &FaultEntry::target, target_shape(vocabulary),
                      "Whom it hurts, resolved when the fault begins.");
    }
    if (spec.lasting == Lasting::kYes) {
      object.required("for", &FaultEntry::length, document::duration({milliseconds(1), kLongestRun}),
                      "How long it lasts; then it is undone.");
    }
    add_parameters(object, &FaultEntry::parameters, spec.parameters, vocabulary);
    cases.push_back({spec.name, object});
  }
  return document::case_by_value<FaultEntry>("a fault", "do", std::move(cases),
                                             [](const FaultEntry& entry) { return *entry.kind; });
}

Shape<std::string> subject_shape(const CheckSpec& spec, const Vocabulary& vocabulary) {
  std::vector<document::Named> names;
  switch (spec.subject) {
    case Subject::kRole:
      for (const TargetSpec& target : vocabulary.targets) {
        if (target.is_role) names.push_back({target.name, target.doc});
      }
      return document::one_of("a role", names);
    case Subject::kComponent:
      for (const ComponentSpec& component : vocabulary.components) names.push_back({component.name, component.doc});
      return document::one_of("a component", names);
    case Subject::kFault:
      for (const FaultSpec& fault : vocabulary.faults) names.push_back({fault.name, fault.doc});
      return document::one_of("a fault", names);
    case Subject::kLoad:
      break;
  }
  for (const WorkloadSpec& workload : vocabulary.workloads) {
    const auto& models = workload.models;
    if (spec.needs_model && std::find(models.begin(), models.end(), spec.name) == models.end()) continue;
    names.push_back({workload.name, workload.doc});
  }
  // Which load entries there are is known when the whole scenario is: validate.h tells about a name that is none.
  const Shape<std::string> any = document::text(100);
  Json schema = {{"anyOf", {document::names_schema(names), document::label("a load's name").schema()}}};
  const auto read = [any](const Node& node, Mistakes& mistakes) { return any.read(node, mistakes); };
  return {"the name of a load entry", std::move(schema), read, [](const std::string& name) { return Json(name); }};
}

Shape<CheckEntry> check_shape(const Vocabulary& vocabulary) {
  std::vector<Case<CheckEntry>> cases;
  for (const CheckSpec& spec : vocabulary.checks) {
    CheckEntry initial;
    initial.kind = spec.name;
    initial.parameters = defaults_of(spec.parameters);
    Object<CheckEntry> object(fmt::format("a check of {}", spec.name), spec.doc, std::move(initial));
    object.required(spec.name, &CheckEntry::subject, subject_shape(spec, vocabulary), spec.doc);
    add_parameters(object, &CheckEntry::parameters, spec.parameters, vocabulary);
    if (!spec.at_least_one_of.empty()) object.at_least_one_of(spec.at_least_one_of);
    cases.push_back({spec.name, object});
  }
  return document::case_by_key<CheckEntry>("a check", std::move(cases),
                                           [](const CheckEntry& entry) { return entry.kind; });
}

bool sets_into_stack(const std::string& assignment) {
  return assignment.starts_with("stack.");
}

void apply_overrides(Node& root, const std::vector<std::string>& assignments,
                     const std::optional<document::Source>& place, Mistakes& mistakes) {
  if (std::any_of(assignments.begin(), assignments.end(), sets_into_stack)) {
    if (Node* const stack = root.find("stack")) expand_short_forms(*stack);
  }
  for (const std::string& assignment : assignments) {
    if (assignment.starts_with("extends=")) {
      mistakes.add(document::Source::setting("extends"),
                   "what a scenario extends stands in its file; set single values");
    }
    document::apply_override(root, assignment, mistakes, kOverrideLimits, place);
  }
}

void break_on_purpose(Node& root, Mistakes& mistakes) {
  const Node* const written = root.find("fails_when");
  if (written == nullptr) {
    mistakes.add(root.source, "doesn't say how its promise can be broken; add `fails_when:` with `set` and `checks`");
    return;
  }
  const std::optional<FailsWhen> said = fails_when_shape().read(*written, mistakes);
  if (said) apply_overrides(root, *said->set, said->set.source, mistakes);
}

// With what it extends, and with the overrides of the variant and then these; nullopt when it is no YAML.
std::optional<Node> whole_text(std::string_view text, const ScenarioFile& file,
                               const std::vector<std::string>& overrides, Variant variant, Mistakes& mistakes) {
  std::optional<Node> root = document::parse(text, file.shown, mistakes);
  if (!root) return std::nullopt;
  apply_extends(*root, file.folders, mistakes);
  if (variant == Variant::kBroken) break_on_purpose(*root, mistakes);
  apply_overrides(*root, overrides, std::nullopt, mistakes);
  return root;
}

}  // namespace

Shape<FailsWhen> fails_when_shape() {
  const Shape<std::string> any = document::text();
  return Object<FailsWhen>("how a promise is broken")
      .required("about", &FailsWhen::about, any, "What is broken, in one sentence.")
      .required("set", &FailsWhen::set, document::list_of(any, "a list of overrides", 1, kMostEntries),
                "What to change, each as of --set: stack.postgres.replication=asynchronous.")
      .required(
          "checks", &FailsWhen::checks, document::list_of(any, "a list of checks", 1, kMostEntries),
          "The checks that must then fail: a kind (linearizable), or with its subject (linearizable vault.register).");
}

Shape<Timeouts> timeouts_shape() {
  const Shape<Duration> any = document::duration({seconds(1), hours(24)});
  return Object<Timeouts>("a map of time-outs")
      .optional("start", &Timeouts::start, any, "Until the stack answers.")
      .optional("stop", &Timeouts::stop, any, "Until everything is gone.")
      .optional("check", &Timeouts::check, any, "For one check.");
}

Shape<Scenario> scenario_shape(const Vocabulary& vocabulary) {
  return Object<Scenario>("a scenario")
      .required("name", &Scenario::name, document::label("a scenario's name"),
                "What it is called: the file's name without .yaml.")
      .required("about", &Scenario::about, document::text(), "The promise that it proves, in one sentence.")
      .optional("extends", &Scenario::extends, document::text(200),
                "FAMILY/NAME of a scenario, or parts/NAME: what holds where this file says nothing else.")
      .required("stack", &Scenario::stack, stack_shape(vocabulary),
                "A profile (minimal, production), or the components with how many nodes each has.")
      .required("load", &Scenario::load,
                document::list_of(load_shape(vocabulary), "a list of load entries", 1, kMostEntries),
                "What clients do meanwhile.")
      .optional("faults", &Scenario::faults,
                document::list_of(fault_shape(vocabulary), "a list of faults", 0, kMostFaults),
                "What is hurt, and when.")
      .optional("within_tolerance", &Scenario::within_tolerance, document::flag(),
                "A fault waits until its component has fewer hurt nodes than it tolerates; one that could not begin "
                "before its end is skipped, which the report says.")
      .required("duration", &Scenario::duration, document::duration({seconds(1), kLongestRun}),
                "How long the load lasts, such as 40s.")
      .optional("settle", &Scenario::settle, document::duration({Duration(0), hours(1)}),
                "Quiet time after the load, before the last look at the system.")
      .required("checks", &Scenario::checks,
                document::list_of(check_shape(vocabulary), "a list of checks", 1, kMostEntries), "What must hold.")
      .optional("broken", &Scenario::broken,
                document::one_of("a way to break the harness", breakage_choices(kHarnessComponent)),
                "How the harness itself misbehaves, to prove that it is noticed.")
      .optional("seed", &Scenario::seed, document::seed_number(),
                "For all that is drawn at random; a new one for each run when left out.")
      .optional("timeouts", &Scenario::timeouts, timeouts_shape(), "How long the harness waits.")
      .optional("fails_when", &Scenario::fails_when, fails_when_shape(),
                "How to break the promise on purpose (chamber run NAME --broken), and which checks must notice.");
}

Result<ReadScenario> read_scenario(std::string_view text, const ScenarioFile& file,
                                   const std::vector<std::string>& overrides, const Vocabulary& vocabulary,
                                   Variant variant) {
  Mistakes mistakes;
  const std::optional<Node> root = whole_text(text, file, overrides, variant, mistakes);
  if (!root) return tl::unexpected(mistakes.error());
  std::optional<Scenario> scenario = scenario_shape(vocabulary).read(*root, mistakes);
  CHAMBER_CHECK(mistakes.result());
  Stack stack = resolve_stack(scenario->stack, vocabulary, mistakes);
  validate(*scenario, stack, file, vocabulary, mistakes);
  CHAMBER_CHECK(mistakes.result());
  return ReadScenario{*std::move(scenario), std::move(stack)};
}

Result<Stack> read_stack(std::string_view text, const ScenarioFile& file, const std::vector<std::string>& overrides,
                         const Vocabulary& vocabulary) {
  Mistakes mistakes;
  const std::optional<Node> root = whole_text(text, file, overrides, Variant::kHealthy, mistakes);
  if (!root) return tl::unexpected(mistakes.error());
  const Node* const stack = root->find("stack");
  if (stack == nullptr) mistakes.add(root->source, "there is no stack; write one, such as stack: production");
  CHAMBER_CHECK(mistakes.result());
  const std::optional<StackEntry> entry = stack_shape(vocabulary).read(*stack, mistakes);
  CHAMBER_CHECK(mistakes.result());
  Stack resolved = resolve_stack(*entry, vocabulary, mistakes);
  CHAMBER_CHECK(mistakes.result());
  return resolved;
}

std::string scenario_schema(const Vocabulary& vocabulary) {
  Json schema = document::json_schema(scenario_shape(vocabulary), {"scenario.json", "A scenario of chamber"});
  // What a file that extends another leaves out, it may have from there.
  Json here = Json::array();
  for (const Json& key : schema["required"]) {
    if (key != "name" && key != "about") here.push_back(key);
  }
  schema["required"] = Json::array({"name", "about"});
  schema["anyOf"] =
      Json::array({Json::object({{"required", Json::array({"extends"})}}), Json::object({{"required", here}})});
  return schema.dump(2) + "\n";
}

std::string part_schema(const Vocabulary& vocabulary) {
  Json schema = document::json_schema(scenario_shape(vocabulary), {"part.json", "What scenarios of chamber share"});
  schema.erase("required");
  return schema.dump(2) + "\n";
}

}  // namespace chamber::language
