#include "chaos/fault.h"

#include <algorithm>

#include "chaos/link_faults.h"
#include "chaos/process_faults.h"

namespace chamber {

const std::vector<FaultKind>& fault_kinds() {
  static const std::vector<FaultKind> kinds{
      {"kill",
       "Every process of the node dies at once (SIGKILL), as when a host loses power; started again at the end."},
      {"crash", "One program of the node dies at once (SIGKILL); what supervises it lives and starts it again."},
      {"pause", "Every process of the node, or one program, stands still (SIGSTOP) and goes on at the end (SIGCONT)."},
      {"restart", "Every process of the node is asked to end (SIGTERM), waited for, and started again."},
      {"partition", "Packets between the targets and the other nodes vanish; direction both, in or out.", true},
      {"delay", "Packets between the targets and the other nodes take longer, with jitter if asked for.", true},
      {"loss", "A share of the packets between the targets and the other nodes vanishes.", true},
      {"thin", "Between the targets and the other nodes pass so many bytes a second and no more.", true},
  };
  return kinds;
}

Result<std::unique_ptr<Fault>> make_fault(const FaultRequest& request, Substrate& substrate) {
  const auto& kinds = fault_kinds();
  const auto kind = std::find_if(kinds.begin(), kinds.end(), [&](const auto& k) { return k.name == request.kind; });
  if (kind == kinds.end()) return fail(ErrorKind::kInput, "there is no fault '{}'", request.kind);
  if (request.targets.empty()) return fail(ErrorKind::kInput, "the fault '{}' has no target", request.kind);
  if (kind->needs_links && substrate.links() == nullptr) {
    return fail(ErrorKind::kHarness, "substrate {} can't do '{}': {}", substrate.name(), request.kind,
                substrate.why_no_links());
  }
  if (kind->needs_links) return make_link_fault(request, substrate);
  return make_process_fault(request, substrate);
}

}  // namespace chamber
