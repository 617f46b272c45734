// Faults on the links between nodes: partition, delay, loss, thin.
#pragma once

#include <memory>

#include "chaos/fault.h"

namespace chamber {

Result<std::unique_ptr<Fault>> make_link_fault(const FaultRequest& request, Substrate& substrate);

// kInput for what isn't both, in or out.
Result<void> check_direction(const std::string& direction);
// " (in)"; nothing for both.
[[nodiscard]] std::string in_direction(const std::string& direction);
// So many small exchanges that losing no packet of them, with such a share lost, is a surprise beyond belief:
// (1 - share)^packets < 10^-9.
[[nodiscard]] int tries_to_lose_one(double share);

}  // namespace chamber
