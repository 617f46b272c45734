// The faults that can be done to any node, by name. What only one component can do is an action of its own
// (harness/cell/action.h).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/clock.h"
#include "harness/base/result.h"
#include "harness/cell/fault.h"
#include "harness/cell/substrate.h"

namespace chamber {

struct FaultRequest {
  std::string kind;                       // a name of fault_kinds()
  std::vector<std::string> targets = {};  // nodes
  std::vector<std::string> others = {};   // link faults: the far ends; empty: every other node of the cell
  std::string direction = "both";         // link faults: both | in (to the targets) | out (from them)
  Duration time_to_live{};                // the harm ends by itself after this, whatever becomes of us
  LinkFault link = {};                    // delay: what to add; loss: the share; thin: the rate
  std::string program = {};               // crash, pause: whom it hurts; empty for pause: every process
};

struct FaultKind {
  std::string name;
  std::string about;
  bool needs_links = false;
};

[[nodiscard]] const std::vector<FaultKind>& fault_kinds();

// kInput for an unknown kind or nonsense in the request; kHarness with the reason when the substrate can't do it.
Result<std::unique_ptr<Fault>> make_fault(const FaultRequest& request, Substrate& substrate);

}  // namespace chamber
