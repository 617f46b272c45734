#include "scenarios/runner/load_steps.h"

namespace chamber {

std::vector<load::RateStep> load_steps(const language::LoadEntry& entry, Duration length) {
  const double first = entry.rate->per_second();
  if (!entry.up_to || *entry.steps < 2) return {{first, length}};
  const double last = (*entry.up_to)->per_second();
  std::vector<load::RateStep> steps;
  for (std::int64_t i = 0; i < *entry.steps; ++i) {
    const double share = static_cast<double>(i) / static_cast<double>(*entry.steps - 1);
    steps.push_back({first + (last - first) * share, length / *entry.steps});
  }
  return steps;
}

}  // namespace chamber
