#include "scenarios/language/where.h"

#include <fmt/format.h>

#include "scenarios/language/vocabulary.h"

namespace chamber::language {

namespace {

bool is_of_store(const std::string& target) {
  return target.starts_with("dcs.") || target.starts_with("dcs-");
}

bool has_backups(const Stack& stack) {
  const Component* const postgres = stack.find("postgres");
  if (postgres == nullptr) return false;
  const auto backups = postgres->settings.maybe<bool>("backups");
  return backups && *backups && **backups;
}

}  // namespace

bool has_own_store(const SubstrateLimits& substrate, const Stack& stack) {
  const Component* const postgres = stack.find("postgres");
  if (!substrate.has_store || postgres == nullptr) return false;
  const auto store = postgres->settings.maybe<std::string>("store");
  return store && *store && **store == "auto";
}

std::string why_not_on(const SubstrateLimits& substrate, const Plan& plan) {
  if (!substrate.no_backups.empty() && has_backups(plan.stack)) return "postgres.backups: " + substrate.no_backups;
  const bool no_store = has_own_store(substrate, plan.stack);
  for (const FaultEntry& fault : plan.faults) {
    const auto impossible = substrate.no_faults.find(*fault.kind);
    if (impossible != substrate.no_faults.end())
      return fmt::format("the fault {}: {}", *fault.kind, impossible->second);
    const auto to = fault.parameters.maybe<std::string>("to");
    const bool aims_at_store = (fault.target && is_of_store(**fault.target)) || (to && *to && is_of_store(**to));
    if (no_store && aims_at_store) {
      return fmt::format(
          "the fault {} is of dcs, and Patroni's store is {} itself there; `--set stack.postgres.store=etcd` has etcd",
          *fault.kind, substrate.name);
    }
    if (to && *to && **to == kClients && !substrate.no_client_links.empty()) {
      return fmt::format("the fault {} to {}: {}", *fault.kind, kClients, substrate.no_client_links);
    }
  }
  return "";
}

}  // namespace chamber::language
