#include "harness/base/side_by_side.h"

#include <cstddef>
#include <thread>

namespace chamber {

Result<void> side_by_side(const std::vector<std::function<Result<void>()>>& work) {
  if (work.empty()) return {};
  std::vector<Result<void>> outcomes(work.size());
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i + 1 < work.size(); ++i) threads.emplace_back([&, i] { outcomes[i] = work[i](); });
    outcomes.back() = work.back()();
  }
  for (Result<void>& outcome : outcomes) {
    if (!outcome) return std::move(outcome);
  }
  return {};
}

}  // namespace chamber
