// Faults that only Kubernetes does: delete_pod, evict_pod, cordon, drain.
#pragma once

#include "chaos/fault.h"

namespace chamber {

// kHarness when the substrate's nodes are no pods.
Result<std::unique_ptr<Fault>> make_pod_fault(const FaultRequest& request, Substrate& substrate);

}  // namespace chamber
