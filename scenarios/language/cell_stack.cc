#include "scenarios/language/cell_stack.h"

#include <array>
#include <chrono>
#include <utility>

namespace chamber::language {
namespace {

using std::chrono::duration_cast;
using std::chrono::seconds;

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
  return settings;
}

}  // namespace

Result<chamber::Stack> cell_stack(const Stack& stack) {
  chamber::Stack cell;
  cell.profile = *stack.profile;
  const std::array<std::pair<const char*, int*>, 6> counts = {{{"vault", &cell.vault},
                                                               {"postgres", &cell.postgres},
                                                               {"dcs", &cell.dcs},
                                                               {"loadbalancer", &cell.loadbalancer},
                                                               {"identity", &cell.identity},
                                                               {"objectstore", &cell.objectstore}}};
  for (const auto& [name, count] : counts) *count = static_cast<int>(stack.nodes(name));
  for (const Component& component : stack.components) {
    if (component.version.source.is_default()) continue;
    // The servers are named as the engines are. Of the identity provider the real one is meant, unless the stand-in was
    // asked for.
    cell.versions[*component.engine == "auto" ? "zitadel" : *component.engine] = *component.version;
  }
  if (const Component* const vault = stack.find("vault")) {
    const std::int64_t multiplier = CHAMBER_TRY(vault->settings.get<std::int64_t>("performance_multiplier"));
    cell.vault_settings.performance_multiplier = static_cast<int>(multiplier);
    cell.vault_settings.broken = CHAMBER_TRY(vault->settings.get<std::string>("broken"));
  }
  if (const Component* const postgres = stack.find("postgres")) {
    cell.postgres_settings = CHAMBER_TRY(postgres_settings(postgres->settings));
  }
  if (const Component* const identity = stack.find("identity")) cell.identity_settings.engine = *identity->engine;
  return cell;
}

}  // namespace chamber::language
