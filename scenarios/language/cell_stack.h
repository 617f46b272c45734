// The stack of a plan in the terms of the layer that brings it up.
#pragma once

#include "harness/base/result.h"
#include "harness/cell/stack.h"
#include "scenarios/language/stack.h"

namespace chamber::language {

// kInput when the stack asks for what cells can't do yet (a version of its own); kHarness when it was resolved with
// another vocabulary and lacks a setting.
[[nodiscard]] Result<chamber::Stack> cell_stack(const Stack& stack);

}  // namespace chamber::language
