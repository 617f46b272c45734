// Faults of a whole Kubernetes node, with every pod that is on it: pause_node, stop_node.
#pragma once

#include "chaos/fault.h"

namespace chamber {

// Null for a kind that is none of them. The substrate must have pods and hosts.
std::unique_ptr<Fault> make_host_fault(const FaultRequest& request, Substrate& substrate);

}  // namespace chamber
