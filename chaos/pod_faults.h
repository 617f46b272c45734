// Faults that only Kubernetes does: kPodFaults (harness/cell/substrates.h).
#pragma once

#include "chaos/fault.h"

namespace chamber {

// kHarness when the substrate's nodes are no pods.
Result<std::unique_ptr<Fault>> make_pod_fault(const FaultRequest& request, Substrate& substrate);

}  // namespace chamber
