// What must fit together in a scenario whose single values are right.
#pragma once

#include "scenarios/language/scenario.h"

namespace chamber::language {

// Adds a mistake for each thing that can't work: a fault outside the duration, a target or workload whose component is
// not in the stack, a check of a load that isn't there or has no model for it, duplicate names, a name that isn't the
// file's.
void validate(const Scenario& scenario, const Stack& stack, const ScenarioFile& file, const Vocabulary& vocabulary,
              document::Mistakes& mistakes);

}  // namespace chamber::language
