// Where a scenario can be run as it is written.
#pragma once

#include <string>

#include "harness/cell/substrates.h"
#include "scenarios/language/plan.h"

namespace chamber::language {

// Whether Patroni's store is the substrate's own there: the stack then has no dcs.
[[nodiscard]] bool has_own_store(const SubstrateLimits& substrate, const Stack& stack);

// Why it can't be on this substrate: "the fault delay: …"; empty when it can.
[[nodiscard]] std::string why_not_on(const SubstrateLimits& substrate, const Plan& plan);

}  // namespace chamber::language
