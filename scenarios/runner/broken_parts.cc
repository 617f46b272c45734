#include "scenarios/runner/broken_parts.h"

#include "fixtures/broken/breakages.h"

namespace chamber {

Result<BrokenParts> broken_parts(const language::Plan& plan) {
  BrokenParts parts;
  for (const language::Component& component : plan.stack.components) {
    const auto how = CHAMBER_TRY(component.settings.maybe<std::string>("broken"));
    if (how && *how != kNotBroken) parts[component.name] = *how;
  }
  return parts;
}

bool breaks_harness(const language::Plan& plan, std::string_view how) {
  return plan.broken.value == how;
}

}  // namespace chamber
