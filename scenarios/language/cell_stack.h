// The stack of a plan in the terms of the layer that brings it up.
#pragma once

#include <functional>
#include <set>
#include <string>

#include "harness/base/result.h"
#include "harness/cell/stack.h"
#include "scenarios/language/plan.h"
#include "scenarios/language/stack.h"

namespace chamber::language {

// kInput when the stack asks for what cells can't do yet (a version of its own); kHarness when it was resolved with
// another vocabulary and lacks a setting.
[[nodiscard]] Result<chamber::Stack> cell_stack(const Stack& stack);
// With what the plan's faults need of it.
[[nodiscard]] Result<chamber::Stack> cell_stack(const Plan& plan);

// The components whose nodes the plan's faults take the power from.
[[nodiscard]] std::set<std::string, std::less<>> losing_power(const Plan& plan);

}  // namespace chamber::language
