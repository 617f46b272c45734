// A history as the sequence of invocations and completions that text formats show.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "harness/base/result.h"
#include "harness/history/history.h"

namespace chamber {

struct Moment {
  std::uint32_t operation = 0;  // index into History::operations
  bool invocation = true;
  std::optional<Instant> at;  // none: a completion that never came
};

// By time; each process's own moments alternate. kInput when a process has two operations at once.
[[nodiscard]] Result<std::vector<Moment>> timeline(const History& history);

}  // namespace chamber
