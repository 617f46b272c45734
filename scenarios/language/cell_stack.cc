#include "scenarios/language/cell_stack.h"

#include <array>
#include <chrono>
#include <utility>

#include "fixtures/broken/breakages.h"

namespace chamber::language {
namespace {

using std::chrono::duration_cast;
using std::chrono::seconds;

Result<VaultSettings> vault_settings(const Parameters& written) {
  VaultSettings settings;
  settings.performance_multiplier = static_cast<int>(CHAMBER_TRY(written.get<std::int64_t>("performance_multiplier")));
  settings.shares = static_cast<int>(CHAMBER_TRY(written.get<std::int64_t>("shares")));
  settings.threshold = static_cast<int>(CHAMBER_TRY(written.get<std::int64_t>("threshold")));
  settings.seal = CHAMBER_TRY(written.get<std::string>("seal"));
  settings.attended = CHAMBER_TRY(written.get<bool>("attended"));
  settings.audited = CHAMBER_TRY(written.get<bool>("audited"));
  settings.root_revoked = CHAMBER_TRY(written.get<bool>("root_revoked"));
  settings.backups = CHAMBER_TRY(written.get<bool>("backups"));
  settings.issues_certificates = CHAMBER_TRY(written.get<std::string>("certificates")) == "pki";
  settings.certificate_lifetime = duration_cast<seconds>(CHAMBER_TRY(written.get<Duration>("certificate_lifetime")));
  return settings;
}

Result<PostgresSettings> postgres_settings(const Parameters& written) {
  PostgresSettings settings;
  const std::string replication = CHAMBER_TRY(written.get<std::string>("replication"));
  settings.synchronous = replication != "asynchronous";
  settings.synchronous_strict = replication == "strict";
  settings.synchronous_commit = CHAMBER_TRY(written.get<std::string>("synchronous_commit"));
  settings.fsync = CHAMBER_TRY(written.get<bool>("fsync"));
  settings.ttl = duration_cast<seconds>(CHAMBER_TRY(written.get<Duration>("ttl")));
  settings.loop_wait = duration_cast<seconds>(CHAMBER_TRY(written.get<Duration>("loop_wait")));
  settings.retry_timeout = duration_cast<seconds>(CHAMBER_TRY(written.get<Duration>("retry_timeout")));
  settings.primary_start_timeout = duration_cast<seconds>(CHAMBER_TRY(written.get<Duration>("primary_start_timeout")));
  settings.failsafe = CHAMBER_TRY(written.get<bool>("failsafe"));
  settings.store = CHAMBER_TRY(written.get<std::string>("store"));
  settings.backups = CHAMBER_TRY(written.get<bool>("backups"));
  return settings;
}

}  // namespace

Result<chamber::Stack> cell_stack(const Stack& stack) {
  chamber::Stack cell;
  cell.profile = *stack.profile;
  cell.kubernetes_nodes = static_cast<int>(*stack.kubernetes_nodes);
  const std::array<std::pair<const char*, int*>, 8> counts = {{{"vault", &cell.vault},
                                                               {"postgres", &cell.postgres},
                                                               {"dcs", &cell.dcs},
                                                               {"loadbalancer", &cell.loadbalancer},
                                                               {"identity", &cell.identity},
                                                               {"objectstore", &cell.objectstore},
                                                               {"transit", &cell.transit},
                                                               {"application", &cell.application}}};
  for (const auto& [name, count] : counts) *count = static_cast<int>(stack.nodes(name));
  for (const Component& component : stack.components) {
    if (component.version.source.is_default()) continue;
    // The servers are named as the engines are. Of the identity provider the real one is meant, unless the stand-in was
    // asked for.
    cell.versions[*component.engine == "auto" ? "zitadel" : *component.engine] = *component.version;
  }
  if (const Component* const vault = stack.find("vault")) {
    cell.vault_settings = CHAMBER_TRY(vault_settings(vault->settings));
  }
  if (const Component* const postgres = stack.find("postgres")) {
    cell.postgres_settings = CHAMBER_TRY(postgres_settings(postgres->settings));
  }
  if (const Component* const application = stack.find("application")) {
    cell.application_settings.render_interval =
        duration_cast<seconds>(CHAMBER_TRY(application->settings.get<Duration>("render_interval")));
  }
  if (const Component* const identity = stack.find("identity")) {
    cell.identity_settings.engine = *identity->engine;
    const std::int64_t connections = CHAMBER_TRY(identity->settings.get<std::int64_t>("connections"));
    cell.identity_settings.connections = static_cast<int>(connections);
  }
  if (const Component* const balancer = stack.find("loadbalancer")) {
    using std::chrono::milliseconds;
    const Duration every = CHAMBER_TRY(balancer->settings.get<Duration>("check_every"));
    const Duration most = CHAMBER_TRY(balancer->settings.get<Duration>("check_timeout"));
    cell.loadbalancer_settings = {duration_cast<milliseconds>(every), duration_cast<milliseconds>(most)};
  }
  for (const Component& component : stack.components) {
    const auto broken = CHAMBER_TRY(component.settings.maybe<std::string>("broken"));
    if (broken && *broken != kNotBroken) cell.broken[component.name] = *broken;
    const auto can_lose_power = CHAMBER_TRY(component.settings.maybe<bool>("can_lose_power"));
    if (can_lose_power.value_or(false)) cell.loses_power.insert(component.name);
  }
  return cell;
}

Result<chamber::Stack> cell_stack(const Plan& plan) {
  chamber::Stack cell = CHAMBER_TRY(cell_stack(plan.stack));
  cell.loses_power.merge(losing_power(plan));
  return cell;
}

std::set<std::string, std::less<>> losing_power(const Plan& plan) {
  std::set<std::string, std::less<>> components;
  for (const FaultEntry& fault : plan.faults) {
    if (*fault.kind != "lose_power" || !fault.target) continue;
    const std::string& target = **fault.target;  // "postgres.primary" or "postgres-0"
    components.insert(target.substr(0, target.find_first_of(".-")));
  }
  return components;
}

}  // namespace chamber::language
