// A fault: one harm with a start, an end, and a proof that it bit. The proof measures the effect from the outside (the
// process is gone, the packet did not arrive, the way there really takes longer); a fault that can't be proven makes
// the run inconclusive. Targets come resolved. A fault is used by one thread.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "harness/base/result.h"

namespace chamber {

// What a fault found out about a promise while it was at work: {"two shares do not unseal", true, "vault-0 stayed
// sealed"}. Goes into the history, where the check `upheld` judges it.
struct Finding {
  std::string promise;
  bool held = false;
  std::string seen;  // what was seen, either way
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
  // Nodes whose processes were started again by apply() or undo(): they get what an operator does about such nodes.
  // Asked after undo().
  [[nodiscard]] virtual std::vector<std::string> restarted() const { return {}; }
  // Asked once, after undo().
  [[nodiscard]] virtual std::vector<Finding> findings() const { return {}; }
};

}  // namespace chamber
