// The processes that this one sees: those of its own process-id namespace and of all inside it.
#pragma once

#include <sys/types.h>

#include <vector>

namespace chamber {

// By their ids here, in no order. Some may have ended when they are looked at. Any thread.
[[nodiscard]] std::vector<pid_t> seen_processes();

}  // namespace chamber
