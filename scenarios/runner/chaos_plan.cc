#include "scenarios/runner/chaos_plan.h"

#include <algorithm>

#include "chaos/shrink.h"
#include "scenarios/language/where.h"

namespace chamber {
namespace {

using std::chrono::seconds;

// Around the faults of a schedule that was made smaller.
constexpr Duration kGap = seconds(4);
constexpr Duration kFinalHeal = seconds(30);

Result<std::vector<ChaosComponent>> components_of(const language::Stack& stack, const SubstrateLimits& substrate,
                                                  const language::Vocabulary& vocabulary) {
  std::vector<ChaosComponent> components;
  for (const language::Component& component : stack.components) {
    if (component.name == "dcs" && language::has_own_store(substrate, stack)) continue;
    ChaosComponent one{
        .name = component.name, .nodes = *component.nodes, .tolerates = *component.tolerates, .roles = {}};
    one.can_lose_power = CHAMBER_TRY(component.settings.maybe<bool>("can_lose_power")).value_or(false);
    for (const language::TargetSpec& target : vocabulary.targets) {
      const bool there = target.component == component.name && target.least_nodes <= *component.nodes;
      if (target.is_role && there) one.roles.push_back(target.name);
    }
    components.push_back(std::move(one));
  }
  return components;
}

// As the list would stand in a scenario, a line for each: finding where a value stands takes time with the line's
// length.
std::string to_yaml(const std::vector<DrawnFault>& faults) {
  std::string text = "[";
  for (const DrawnFault& fault : faults) {
    text += fmt::format("{}{{at: {}, do: {}, target: {}", text.size() == 1 ? "" : ",\n", document::to_text(fault.at),
                        fault.kind, fault.target);
    if (fault.length > Duration::zero()) text += fmt::format(", for: {}", document::to_text(fault.length));
    for (const auto& [name, value] : fault.parameters) text += fmt::format(", {}: {}", name, value);
    text += "}";
  }
  return text + "]";
}

void say_where_from(std::vector<language::FaultEntry>& faults, std::uint64_t seed) {
  const auto source = document::Source::said(fmt::format("drawn from seed {}", seed));
  for (language::FaultEntry& fault : faults) {
    fault.at.source = fault.kind.source = source;
    if (fault.target) fault.target->source = source;
    if (fault.length) fault.length->source = source;
    for (auto& [name, value] : fault.parameters.all()) {
      if (!value.source.is_default()) value.source = source;
    }
  }
}

}  // namespace

Result<ChaosPlan> make_chaos_plan(const ChaosPlanRequest& request, const language::Vocabulary& vocabulary) {
  const std::string name = fmt::format("chaos-{}", to_string(request.profile));
  language::PlanRequest asked{.file = request.scenarios / "chaos" / (name + ".yaml"),
                              .text = fmt::format("name: {}\nabout: Faults drawn at random, within what the stack "
                                                  "tolerates, break no promise.\nextends: {}\nwithin_tolerance: true\n",
                                                  name, request.base),
                              .overrides = {},
                              .scenarios = request.scenarios};
  asked.overrides = request.overrides;
  asked.overrides.push_back(fmt::format("duration={}", document::to_text(request.length)));
  asked.overrides.push_back(fmt::format("seed={}", request.seed));
  const SubstrateLimits* const substrate = find_substrate(request.on);
  if (substrate == nullptr) return fail(ErrorKind::kInput, "there is no substrate '{}'", request.on);
  const language::Stack stack = CHAMBER_TRY(language::stack_of(asked, vocabulary));
  const ChaosRequest wanted{.length = request.length,
                            .seed = request.seed,
                            .profile = request.profile,
                            .components = CHAMBER_TRY(components_of(stack, *substrate, vocabulary))};
  const ChaosSchedule schedule = CHAMBER_TRY(draw_schedule(wanted, fault_kinds_on(*substrate)));
  asked.overrides.push_back("faults=" + to_yaml(schedule.faults));
  language::Plan plan = CHAMBER_TRY(language::make_plan(asked, vocabulary));
  say_where_from(plan.faults, request.seed);
  return ChaosPlan{std::move(plan), schedule};
}

language::Plan with_faults(const language::Plan& plan, const std::vector<std::size_t>& kept) {
  language::Plan smaller = plan;
  smaller.faults.clear();
  std::vector<Span> spans;
  for (const std::size_t i : kept) {
    smaller.faults.push_back(plan.faults[i]);
    spans.push_back({*plan.faults[i].at, plan.faults[i].end()});
  }
  const std::vector<Duration> starts = close_gaps(spans, kGap);
  Duration end{};
  for (std::size_t i = 0; i < starts.size(); ++i) {
    smaller.faults[i].at.value = starts[i];
    end = std::max(end, smaller.faults[i].end());
  }
  smaller.duration = {end + kFinalHeal, document::Source::said("so long as its faults need")};
  return smaller;
}

}  // namespace chamber
