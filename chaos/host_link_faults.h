// Faults on the links between whole Kubernetes nodes: partition_node, loss_node.
#pragma once

#include "chaos/fault.h"

namespace chamber {

// Null for a kind that is none of them; kInput for nonsense in the request. The substrate must have pods and hosts.
Result<std::unique_ptr<Fault>> make_host_link_fault(const FaultRequest& request, Substrate& substrate);

}  // namespace chamber
