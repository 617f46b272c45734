// What a plan says is broken on purpose.
#pragma once

#include <string_view>
#include <vector>

#include "fixtures/platform/proxies.h"
#include "scenarios/language/plan.h"

namespace chamber {

// The components with a setting `broken` that isn't "no".
[[nodiscard]] Result<BrokenParts> broken_parts(const language::Plan& plan);

// True when the plan breaks the harness in this way (Plan::broken).
[[nodiscard]] bool breaks_harness(const language::Plan& plan, std::string_view how);

}  // namespace chamber
