#include "scenarios/runner/runner.h"

namespace chamber {
namespace {

Result<std::chrono::seconds> whole_seconds(const language::Component& component, const char* name) {
  return std::chrono::duration_cast<std::chrono::seconds>(CHAMBER_TRY(component.settings.get<Duration>(name)));
}

Result<PostgresSettings> postgres_settings(const language::Component& component) {
  PostgresSettings settings;
  const std::string replication = CHAMBER_TRY(component.settings.get<std::string>("replication"));
  settings.synchronous = replication != "asynchronous";
  settings.synchronous_strict = replication == "strict";
  settings.synchronous_commit = CHAMBER_TRY(component.settings.get<std::string>("synchronous_commit"));
  settings.fsync = CHAMBER_TRY(component.settings.get<bool>("fsync"));
  settings.ttl = CHAMBER_TRY(whole_seconds(component, "ttl"));
  settings.loop_wait = CHAMBER_TRY(whole_seconds(component, "loop_wait"));
  settings.retry_timeout = CHAMBER_TRY(whole_seconds(component, "retry_timeout"));
  settings.primary_start_timeout = CHAMBER_TRY(whole_seconds(component, "primary_start_timeout"));
  settings.failsafe = CHAMBER_TRY(component.settings.get<bool>("failsafe"));
  return settings;
}

}  // namespace

Result<Stack> stack_of(const language::Stack& written) {
  Stack stack;
  stack.profile = written.profile.value;
  const auto count = [&](const char* name) { return static_cast<int>(written.nodes(name)); };
  stack.vault = count("vault");
  stack.postgres = count("postgres");
  stack.dcs = count("dcs");
  stack.loadbalancer = count("loadbalancer");
  stack.identity = count("identity");
  stack.objectstore = count("objectstore");
  if (const auto* vault = written.find("vault")) {
    stack.vault_settings.performance_multiplier =
        static_cast<int>(CHAMBER_TRY(vault->settings.get<std::int64_t>("performance_multiplier")));
  }
  if (const auto* postgres = written.find("postgres")) {
    stack.postgres_settings = CHAMBER_TRY(postgres_settings(*postgres));
  }
  if (const auto* identity = written.find("identity")) stack.identity_settings.engine = identity->engine.value;
  return stack;
}

}  // namespace chamber
