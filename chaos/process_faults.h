// Faults on the processes of nodes: kill, crash, pause, lose_power, restart.
#pragma once

#include <memory>

#include "chaos/fault.h"

namespace chamber {

Result<std::unique_ptr<Fault>> make_process_fault(const FaultRequest& request, Substrate& substrate);

}  // namespace chamber
