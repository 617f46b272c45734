#include "scenarios/language/where.h"

#include <fmt/format.h>

#include "scenarios/language/vocabulary.h"

namespace chamber::language {

std::string why_not_on(const SubstrateLimits& substrate, const Plan& plan) {
  for (const FaultEntry& fault : plan.faults) {
    const auto impossible = substrate.no_faults.find(*fault.kind);
    if (impossible != substrate.no_faults.end())
      return fmt::format("the fault {}: {}", *fault.kind, impossible->second);
    const auto to = fault.parameters.maybe<std::string>("to");
    if (to && *to && **to == kClients && !substrate.no_client_links.empty()) {
      return fmt::format("the fault {} to {}: {}", *fault.kind, kClients, substrate.no_client_links);
    }
  }
  return "";
}

}  // namespace chamber::language
