// The rates of a load entry over time.
#pragma once

#include <vector>

#include "harness/load/schedule.h"
#include "scenarios/language/scenario.h"

namespace chamber {

// One step of a constant rate; with up_to so many of the same length, each higher than the one before by as much.
[[nodiscard]] std::vector<load::RateStep> load_steps(const language::LoadEntry& entry, Duration length);

}  // namespace chamber
