// A bring-up as a run of its own: each phase that was brought up is a check, whose gate has proven it or there would be
// nothing to judge.
#pragma once

#include "scenarios/runner/runner.h"

namespace chamber {

// The history has no operations. Inconclusive when no phase's gate was reached.
Result<RunOutcome> judge_bring_up(const RunRequest& request);

}  // namespace chamber
