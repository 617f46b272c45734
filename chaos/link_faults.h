// Faults on the links between nodes: partition, delay, loss, thin.
#pragma once

#include <memory>

#include "chaos/fault.h"

namespace chamber {

Result<std::unique_ptr<Fault>> make_link_fault(const FaultRequest& request, Substrate& substrate);

}  // namespace chamber
