// A fault: one harm with a start, an end, and a proof that it bit. The proof measures the effect from the outside (the
// process is gone, the packet did not arrive, the way there really takes longer); a fault that can't be proven makes
// the run inconclusive. Targets come resolved. A fault is used by one thread.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "harness/base/clock.h"
#include "harness/base/result.h"
#include "harness/cell/substrate.h"

namespace chamber {

struct FaultRequest {
  std::string kind;                       // a name of fault_kinds()
  std::vector<std::string> targets = {};  // nodes
  std::vector<std::string> others = {};   // link faults: the far ends; empty: every other node of the cell
  std::string direction = "both";         // link faults: both | in (to the targets) | out (from them)
  Duration time_to_live{};                // the harm ends by itself after this, whatever becomes of us
  LinkFault link = {};                    // delay: what to add; loss: the share
};

class Fault {
 public:
  virtual ~Fault() = default;
  // "kill vault-0"
  [[nodiscard]] virtual std::string describe() const = 0;
  virtual Result<void> apply() = 0;
  // What was measured, in words. An error says what was measured instead.
  virtual Result<std::string> prove(const std::stop_token& stop) = 0;
  // Called once after apply() succeeded, also when the run was interrupted. Undoing what has ended by itself is no
  // error.
  virtual Result<void> undo() = 0;
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
