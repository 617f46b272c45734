#include "matrix/fitting.h"

#include "harness/document/parse.h"
#include "scenarios/language/cell_stack.h"
#include "scenarios/language/where.h"

namespace chamber::matrix {
namespace {

// Estimates before anything was measured: what the servers took on two cores (see TESTING-FRAMEWORK.md, "The matrix").
constexpr double kBringUpSeconds = 3;
constexpr double kBringUpSecondsPerNode = 0.5;
constexpr double kJudgeSeconds = 3;
constexpr double kMemoryMib = 200;
constexpr double kMemoryMibPerNode = 130;

// "x.yaml:6:12: what" without the place: the reasons of many cells are to be one. Only the first of them.
std::string without_place(const std::string& mistake) {
  const std::string line = mistake.substr(0, mistake.find('\n'));
  for (std::size_t at = line.find(": "); at != std::string::npos; at = line.find(": ", at + 2)) {
    if (at == 0) break;
    const bool place = line[at - 1] >= '0' && line[at - 1] <= '9';
    const bool setting = line.starts_with("--set ");
    if (place || setting) return line.substr(at + 2);
  }
  return line;
}

}  // namespace

Result<language::Scenario> Fitter::scenario(const std::string& name) {
  const auto known = scenarios_.find(name);
  if (known != scenarios_.end()) return known->second;
  const auto file = CHAMBER_TRY(sources_.catalogue.find(name));
  const std::string text = CHAMBER_TRY(document::read_text(file));
  const language::ScenarioFile shown{
      .shown = file.string(), .name = file.stem().string(), .family = file.parent_path().filename().string()};
  language::ReadScenario read = CHAMBER_TRY(language::read_scenario(text, shown, {}, sources_.vocabulary));
  return scenarios_.emplace(name, std::move(read.scenario)).first->second;
}

Fitted Fitter::in_numbers(const language::Plan& plan, Fitted fitted) const {
  double nodes = 0;
  for (const language::Component& component : plan.stack.components) {
    nodes += static_cast<double>(*component.nodes);
    fitted.components.insert(component.name);
  }
  fitted.bring_up_s = kBringUpSeconds + kBringUpSecondsPerNode * nodes;
  fitted.estimate.seconds = fitted.bring_up_s + seconds(*plan.duration) + seconds(*plan.settle) + kJudgeSeconds;
  fitted.estimate.memory_mib = kMemoryMib + kMemoryMibPerNode * nodes;
  // Twice the load: a machine at its limit drains what it queued behind it.
  fitted.limit_s = seconds(*plan.timeouts.start) + 2 * seconds(*plan.duration) + seconds(*plan.settle) +
                   seconds(*plan.timeouts.stop) + seconds(*plan.timeouts.check);
  return fitted;
}

Result<Fitted> Fitter::fitted(const std::string& environment, const std::string& configuration,
                              const std::string& scenario_name) {
  const language::Scenario written = CHAMBER_TRY(scenario(scenario_name));
  const Environments& all = sources_.environments;
  const Fitting fitting =
      fit(written.stack, all.environments.at(environment), all.configurations.at(configuration), sources_.vocabulary);
  Fitted fitted;
  fitted.overrides = fitting.overrides;
  if (!fitting.cannot.empty()) fitted.cannot = fitting.cannot;
  const auto file = CHAMBER_TRY(sources_.catalogue.find(scenario_name));
  const auto plan = language::make_plan({.file = file, .overrides = fitting.overrides}, sources_.vocabulary);
  if (!plan) {
    fitted.misfit = without_place(plan.error().message());
    return fitted;
  }
  if (const auto stack = language::cell_stack(*plan); !stack) {
    fitted.cannot = without_place(stack.error().message());
  }
  for (const SubstrateLimits& substrate : substrates()) {
    std::string why = language::why_not_on(substrate, *plan);
    if (!why.empty()) fitted.not_on[substrate.name] = std::move(why);
  }
  return in_numbers(*plan, std::move(fitted));
}

}  // namespace chamber::matrix
