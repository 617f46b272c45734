#include "scenarios/language/plan.h"

#include <fmt/ranges.h>

#include <map>
#include <utility>

#include "harness/document/parse.h"

namespace chamber::language {
namespace {

using document::Json;
using document::Mistakes;
using document::Node;
using document::Object;
using document::Shape;
using document::Source;

constexpr const char* kFormat = "chamber.plan/1";
// A plan holds the defaults too, and a source for each value: larger than any scenario may be.
constexpr document::Limits kPlanLimits = {.bytes = 64 << 20, .nodes = 2'000'000};
constexpr std::size_t kMostText = 4000;

// In a plan nothing is bounded beyond its type: what was allowed when it was made is to be read later.
Shape<Duration> any_duration() {
  return document::duration({Duration(0), Duration::max()});
}
Shape<std::int64_t> any_count() {
  return document::whole({0, INT64_MAX});
}
Shape<document::Rate> any_rate() {
  return document::rate({0, 1e18});
}
Shape<std::string> any_text() {
  return document::text(kMostText);
}

Shape<Parameters> parameters_shape() {
  using Values = std::map<std::string, Located<ParameterValue>>;
  const auto values = document::map_of(document::text(), document::located(typed_value_shape()), "a map of parameters");
  return document::mapped<Parameters, Values>(
      values,
      [](Values read) {
        Parameters parameters;
        parameters.all() = std::move(read);
        return parameters;
      },
      [](const Parameters& parameters) { return parameters.all(); });
}

Shape<Component> component_shape() {
  return Object<Component>("a component")
      .required("component", &Component::name, any_text(), "")
      .required("nodes", &Component::nodes, any_count(), "")
      .optional("tolerates", &Component::tolerates, any_count(), "")
      .required("engine", &Component::engine, any_text(), "")
      .required("version", &Component::version, any_text(), "")
      .required("settings", &Component::settings, parameters_shape(), "");
}

Shape<Stack> stack_shape() {
  return Object<Stack>("a stack")
      .required("profile", &Stack::profile, any_text(), "")
      .required("components", &Stack::components, document::list_of(component_shape(), "a list of components"), "")
      .optional("kubernetes_nodes", &Stack::kubernetes_nodes, any_count(), "");
}

Shape<LoadEntry> load_shape() {
  return Object<LoadEntry>("a load entry")
      .required("workload", &LoadEntry::workload, any_text(), "")
      .optional("as", &LoadEntry::as, any_text(), "")
      .required("rate", &LoadEntry::rate, any_rate(), "")
      .optional("up_to", &LoadEntry::up_to, any_rate(), "")
      .optional("steps", &LoadEntry::steps, any_count(), "")
      .required("clients", &LoadEntry::clients, any_count(), "")
      .required("timeout", &LoadEntry::timeout, any_duration(), "")
      .required("parameters", &LoadEntry::parameters, parameters_shape(), "");
}

Shape<FaultEntry> fault_shape() {
  return Object<FaultEntry>("a fault")
      .required("at", &FaultEntry::at, any_duration(), "")
      .required("do", &FaultEntry::kind, any_text(), "")
      .optional("target", &FaultEntry::target, any_text(), "")
      .optional("for", &FaultEntry::length, any_duration(), "")
      .required("parameters", &FaultEntry::parameters, parameters_shape(), "");
}

Shape<CheckEntry> check_shape() {
  return Object<CheckEntry>("a check")
      .required("check", &CheckEntry::kind, any_text(), "")
      .required("of", &CheckEntry::subject, any_text(), "")
      .required("parameters", &CheckEntry::parameters, parameters_shape(), "");
}

Shape<Timeouts> timeouts_shape() {
  return Object<Timeouts>("a map of time-outs")
      .required("start", &Timeouts::start, any_duration(), "")
      .required("stop", &Timeouts::stop, any_duration(), "")
      .required("check", &Timeouts::check, any_duration(), "");
}

Shape<FailsWhen> saved_fails_when_shape() {
  const Shape<std::vector<std::string>> texts = document::list_of(any_text(), "a list of texts");
  return Object<FailsWhen>("how a promise is broken")
      .required("about", &FailsWhen::about, any_text(), "")
      .required("set", &FailsWhen::set, texts, "")
      .required("checks", &FailsWhen::checks, texts, "");
}

// What stands in the file.
struct Saved {
  std::string format = kFormat;
  Plan plan;
  std::map<std::string, std::string> sources;
};

Shape<Plan> plan_shape() {
  return Object<Plan>("a plan")
      .required("name", &Plan::name, any_text(), "")
      .required("about", &Plan::about, any_text(), "")
      .required("family", &Plan::family, any_text(), "")
      .required("file", &Plan::file, any_text(), "")
      .required("stack", &Plan::stack, stack_shape(), "")
      .required("load", &Plan::load, document::list_of(load_shape(), "a list of load entries"), "")
      .required("faults", &Plan::faults, document::list_of(fault_shape(), "a list of faults", 0, SIZE_MAX), "")
      .optional("within_tolerance", &Plan::within_tolerance, document::flag(), "")
      .required("duration", &Plan::duration, any_duration(), "")
      .required("settle", &Plan::settle, any_duration(), "")
      .required("checks", &Plan::checks, document::list_of(check_shape(), "a list of checks"), "")
      .optional("broken", &Plan::broken, any_text(), "")
      .required("seed", &Plan::seed, document::seed_number(), "")
      .required("timeouts", &Plan::timeouts, timeouts_shape(), "")
      .optional("fails_when", &Plan::fails_when, saved_fails_when_shape(), "")
      .optional("is_broken", &Plan::is_broken, document::flag(), "");
}

Shape<Saved> saved_shape() {
  return Object<Saved>("a saved plan")
      .required("format", &Saved::format, document::exactly(kFormat), "")
      .required("plan", &Saved::plan, plan_shape(), "")
      .required("sources", &Saved::sources, document::map_of(document::text(), any_text(), "a map of sources"), "");
}

struct Writer {
  std::string operator()(const std::string& value) const { return value; }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(std::int64_t value) const { return std::to_string(value); }
  std::string operator()(std::uint64_t value) const { return std::to_string(value); }
  std::string operator()(const ParameterValue& value) const { return to_text(value); }
  std::string operator()(Duration value) const { return document::to_text(value); }
  std::string operator()(const document::Rate& value) const { return document::to_text(value); }
  std::string operator()(const std::vector<std::string>& value) const {
    return fmt::format("{}", fmt::join(value, ", "));
  }
};

template <typename P, typename Visit>
void visit_parameters(P& parameters, const std::string& path, const Visit& visit) {
  for (auto& [name, value] : parameters.all()) visit(path + "." + name, value);
}

// Calls visit(path, located) for every value of a plan that has a place of its own, in the order of reading. The one
// list of them: what is described, saved and restored. `P` is Plan or const Plan.
template <typename P, typename Visit>
void visit_settings(P& plan, const Visit& visit) {
  visit("name", plan.name);
  visit("about", plan.about);
  visit("stack.profile", plan.stack.profile);
  visit("stack.kubernetes.nodes", plan.stack.kubernetes_nodes);
  for (auto& component : plan.stack.components) {
    const std::string path = "stack." + component.name;
    visit(path + ".nodes", component.nodes);
    visit(path + ".tolerates", component.tolerates);
    visit(path + ".engine", component.engine);
    visit(path + ".version", component.version);
    visit_parameters(component.settings, path, visit);
  }
  for (std::size_t i = 0; i < plan.load.size(); ++i) {
    auto& entry = plan.load[i];
    const std::string path = fmt::format("load[{}]", i);
    visit(path + ".workload", entry.workload);
    if (entry.as) visit(path + ".as", *entry.as);
    visit(path + ".rate", entry.rate);
    if (entry.up_to) {
      visit(path + ".up_to", *entry.up_to);
      visit(path + ".steps", entry.steps);
    }
    visit(path + ".clients", entry.clients);
    visit(path + ".timeout", entry.timeout);
    visit_parameters(entry.parameters, path, visit);
  }
  for (std::size_t i = 0; i < plan.faults.size(); ++i) {
    auto& fault = plan.faults[i];
    const std::string path = fmt::format("faults[{}]", i);
    visit(path + ".at", fault.at);
    visit(path + ".do", fault.kind);
    if (fault.target) visit(path + ".target", *fault.target);
    if (fault.length) visit(path + ".for", *fault.length);
    visit_parameters(fault.parameters, path, visit);
  }
  visit("within_tolerance", plan.within_tolerance);
  visit("duration", plan.duration);
  visit("settle", plan.settle);
  for (std::size_t i = 0; i < plan.checks.size(); ++i) {
    auto& check = plan.checks[i];
    const std::string path = fmt::format("checks[{}]", i);
    visit(path + "." + check.kind, check.subject);
    visit_parameters(check.parameters, path, visit);
  }
  visit("broken", plan.broken);
  visit("seed", plan.seed);
  visit("timeouts.start", plan.timeouts.start);
  visit("timeouts.stop", plan.timeouts.stop);
  visit("timeouts.check", plan.timeouts.check);
  if (plan.fails_when) {
    visit("fails_when.about", plan.fails_when->about);
    visit("fails_when.set", plan.fails_when->set);
    visit("fails_when.checks", plan.fails_when->checks);
  }
}

Result<std::string> text_of(const PlanRequest& request) {
  if (request.text) return *request.text;
  return document::read_text(request.file);
}

ScenarioFile file_of(const PlanRequest& request) {
  const std::filesystem::path folder = std::filesystem::absolute(request.file).parent_path();
  ScenarioFile file = {.shown = request.file.string(),
                       .name = request.text ? "" : request.file.stem().string(),
                       .family = folder.filename().string()};
  // As it was given, so that positions read alike; for a file by itself the catalogue's folder comes second.
  const std::filesystem::path given = request.file.parent_path().parent_path();
  file.folders = {given.empty() ? folder.parent_path() : given};
  if (!request.scenarios.empty()) file.folders.push_back(request.scenarios);
  return file;
}

}  // namespace

Result<Stack> stack_of(const PlanRequest& request, const Vocabulary& vocabulary) {
  return read_stack(CHAMBER_TRY(text_of(request)), file_of(request), request.overrides, vocabulary);
}

Result<Plan> make_plan(const PlanRequest& request, const Vocabulary& vocabulary) {
  const std::string text = CHAMBER_TRY(text_of(request));
  const ScenarioFile file = file_of(request);
  ReadScenario read = CHAMBER_TRY(read_scenario(text, file, request.overrides, vocabulary, request.variant));
  Scenario& scenario = read.scenario;
  const Located<std::uint64_t> drawn = {request.drawn_seed, Source::said("drawn for this run")};
  return Plan{.name = std::move(scenario.name),
              .about = std::move(scenario.about),
              .family = file.family,
              .file = file.shown,
              .stack = std::move(read.stack),
              .load = std::move(scenario.load),
              .faults = std::move(scenario.faults),
              .within_tolerance = scenario.within_tolerance,
              .duration = scenario.duration,
              .settle = scenario.settle,
              .checks = std::move(scenario.checks),
              .broken = std::move(scenario.broken),
              .seed = scenario.seed.value_or(drawn),
              .timeouts = scenario.timeouts,
              .fails_when = std::move(scenario.fails_when),
              .is_broken = request.variant == Variant::kBroken};
}

std::vector<Setting> settings_of(const Plan& plan) {
  std::vector<Setting> settings;
  visit_settings(plan, [&settings](const std::string& path, const auto& located) {
    settings.push_back({path, Writer{}(located.value), located.source});
  });
  return settings;
}

Json to_json(const Plan& plan) {
  // Sources in the order of the plan, not of their names.
  Json json = saved_shape().write({kFormat, plan, {}});
  for (const Setting& setting : settings_of(plan)) json["sources"][setting.path] = setting.source.text();
  return json;
}

Result<Plan> plan_from_json(std::string_view text, std::string_view name) {
  Mistakes mistakes;
  const std::optional<Node> root = document::parse(text, name, mistakes, kPlanLimits);
  if (!root) return tl::unexpected(mistakes.error());
  std::optional<Saved> saved = saved_shape().read(*root, mistakes);
  CHAMBER_CHECK(mistakes.result());
  visit_settings(saved->plan, [&saved](const std::string& path, auto& located) {
    const auto source = saved->sources.find(path);
    located.source = source == saved->sources.end() ? Source{} : Source::said(source->second);
  });
  return std::move(saved->plan);
}

}  // namespace chamber::language
