// A handful of calls at once, for work that waits on others: requests to several nodes. Each gets a thread for its
// time, so this is for control, not for load.
#pragma once

#include <functional>
#include <vector>

#include "harness/base/result.h"

namespace chamber {

// Runs every piece of work, returns when all have ended, with the first error in the order given. The last piece runs
// on the calling thread.
Result<void> side_by_side(const std::vector<std::function<Result<void>()>>& work);

}  // namespace chamber
