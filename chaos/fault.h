// The faults that can be done to any node, by name. What only one component can do is an action of its own
// (harness/cell/action.h).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/clock.h"
#include "harness/base/result.h"
#include "harness/cell/fault.h"
#include "harness/cell/substrate.h"
#include "harness/cell/substrates.h"

namespace chamber {

struct FaultRequest {
  std::string kind;                       // a name of fault_kinds()
  std::vector<std::string> targets = {};  // nodes
  std::vector<std::string> others = {};   // link faults: the far ends; empty: every other node of the cell
  std::string direction = "both";         // link faults: both | in (to the targets) | out (from them)
  Duration time_to_live{};                // the harm ends by itself after this, whatever becomes of us
  LinkRule link = {};                     // delay: what to add; loss: the share; thin: the rate
  Survival survival = {};                 // lose_power
  std::string program = {};               // crash, pause: whom it hurts; empty for pause: every process
};

// A parameter that chaos draws: a whole number with its unit, or one of some words. Written as in a scenario.
struct DrawnParameter {
  std::string name;
  std::string unit = {};  // "ms", "%"
  std::uint64_t least = 0;
  std::uint64_t most = 0;
  std::vector<std::string> choices = {};  // these instead of a number
};

// How chaos draws a fault (draw.h). A kind that has none is never drawn: its promise is not "one node is hurt, and
// within its tolerance the system survives".
struct Drawing {
  Duration shortest{};  // of the fault; both zero: it is done in a moment
  Duration longest{};
  Duration aftermath{};     // after its end the node counts as hurt: until it does its work again, with a margin
  std::uint32_t calm = 0;   // how often it is drawn beside the others; 0: not in that profile
  std::uint32_t rough = 0;  //
  std::vector<std::string> components = {};  // only on nodes of these; empty: of any
  std::vector<DrawnParameter> parameters = {};
  bool takes_power = false;  // only on nodes whose disks can lose it
};

struct FaultKind {
  std::string name;
  std::string about;
  bool needs_links = false;
  std::optional<Drawing> drawing = {};
};

[[nodiscard]] const std::vector<FaultKind>& fault_kinds();
// Those that the substrate can do, in the same order.
[[nodiscard]] std::vector<FaultKind> fault_kinds_on(const SubstrateLimits& substrate);

// kInput for an unknown kind or nonsense in the request; kHarness with the reason when the substrate can't do it.
Result<std::unique_ptr<Fault>> make_fault(const FaultRequest& request, Substrate& substrate);

}  // namespace chamber
