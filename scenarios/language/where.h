// Where a scenario can be run as it is written.
#pragma once

#include <string>

#include "harness/cell/substrates.h"
#include "scenarios/language/plan.h"

namespace chamber::language {

// Why it can't be on this substrate: "the fault delay: …"; empty when it can.
[[nodiscard]] std::string why_not_on(const SubstrateLimits& substrate, const Plan& plan);

}  // namespace chamber::language
