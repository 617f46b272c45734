// Plans whose faults are drawn (chaos/draw.h) in place of written.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "chaos/draw.h"
#include "scenarios/language/plan.h"

namespace chamber {

struct ChaosPlanRequest {
  Duration length{};
  std::uint64_t seed = 0;
  ChaosProfile profile = ChaosProfile::kRough;
  std::string base = "parts/chaos";         // whose stack, load and checks: a part, or FAMILY/NAME of a scenario
  std::filesystem::path scenarios;          // the catalogue's folder
  std::string on = kLocal;                  // the substrate: what it can't do is not drawn
  std::vector<std::string> overrides = {};  // as in PlanRequest
};

struct ChaosPlan {
  language::Plan plan;
  ChaosSchedule schedule;
};

// Draws within what the plan's stack tolerates; every fault's source is the seed. The plan holds the run to the
// tolerance too, should a node take longer to come back than was allowed for.
[[nodiscard]] Result<ChaosPlan> make_chaos_plan(const ChaosPlanRequest& request,
                                                const language::Vocabulary& vocabulary);

// The plan with only some of its faults, moved together: for shrinking. `kept` in order.
[[nodiscard]] language::Plan with_faults(const language::Plan& plan, const std::vector<std::size_t>& kept);

}  // namespace chamber
