#include "harness/cell/stack.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace chamber {

using nlohmann::json;

std::string Stack::server(std::string_view name) const {
  const auto version = versions.find(name);
  return version == versions.end() ? std::string(name) : fmt::format("{}@{}", name, version->second);
}

Stack settled(Stack stack, bool has_store) {
  std::string& store = stack.postgres_settings.store;
  if (store == "auto") store = has_store ? "kubernetes" : "etcd";
  if (store == "kubernetes") stack.dcs = 0;
  return stack;
}

json to_json(const Stack& stack) {
  const PostgresSettings& postgres = stack.postgres_settings;
  return {{"profile", stack.profile},
          {"vault", stack.vault},
          {"postgres", stack.postgres},
          {"dcs", stack.dcs},
          {"loadbalancer", stack.loadbalancer},
          {"identity", stack.identity},
          {"objectstore", stack.objectstore},
          {"transit", stack.transit},
          {"application", stack.application},
          {"application_settings", {{"render_interval_s", stack.application_settings.render_interval.count()}}},
          {"vault_settings",
           {{"performance_multiplier", stack.vault_settings.performance_multiplier},
            {"shares", stack.vault_settings.shares},
            {"threshold", stack.vault_settings.threshold},
            {"seal", stack.vault_settings.seal},
            {"attended", stack.vault_settings.attended},
            {"audited", stack.vault_settings.audited},
            {"root_revoked", stack.vault_settings.root_revoked},
            {"issues_certificates", stack.vault_settings.issues_certificates},
            {"backups", stack.vault_settings.backups},
            {"certificate_lifetime_s", stack.vault_settings.certificate_lifetime.count()}}},
          {"postgres_settings",
           {{"synchronous", postgres.synchronous},
            {"synchronous_strict", postgres.synchronous_strict},
            {"synchronous_commit", postgres.synchronous_commit},
            {"fsync", postgres.fsync},
            {"ttl_s", postgres.ttl.count()},
            {"loop_wait_s", postgres.loop_wait.count()},
            {"retry_timeout_s", postgres.retry_timeout.count()},
            {"primary_start_timeout_s", postgres.primary_start_timeout.count()},
            {"failsafe", postgres.failsafe},
            {"store", postgres.store},
            {"backups", postgres.backups}}},
          {"identity_settings",
           {{"engine", stack.identity_settings.engine}, {"connections", stack.identity_settings.connections}}},
          {"loadbalancer_settings",
           {{"check_every_ms", stack.loadbalancer_settings.check_every.count()},
            {"check_timeout_ms", stack.loadbalancer_settings.check_timeout.count()}}},
          {"versions", json::object_t(stack.versions.begin(), stack.versions.end())},
          {"kubernetes_nodes", stack.kubernetes_nodes},
          {"loses_power", stack.loses_power},
          {"broken", json::object_t(stack.broken.begin(), stack.broken.end())}};
}

Result<Stack> stack_from_json(const json& text) {
  try {
    Stack stack;
    text.at("profile").get_to(stack.profile);
    text.at("vault").get_to(stack.vault);
    text.at("postgres").get_to(stack.postgres);
    text.at("dcs").get_to(stack.dcs);
    text.at("loadbalancer").get_to(stack.loadbalancer);
    text.at("identity").get_to(stack.identity);
    text.at("objectstore").get_to(stack.objectstore);
    text.at("transit").get_to(stack.transit);
    text.at("application").get_to(stack.application);
    stack.application_settings.render_interval =
        std::chrono::seconds(text.at("application_settings").at("render_interval_s").get<std::int64_t>());
    const json& vault = text.at("vault_settings");
    vault.at("performance_multiplier").get_to(stack.vault_settings.performance_multiplier);
    vault.at("shares").get_to(stack.vault_settings.shares);
    vault.at("threshold").get_to(stack.vault_settings.threshold);
    vault.at("seal").get_to(stack.vault_settings.seal);
    vault.at("attended").get_to(stack.vault_settings.attended);
    vault.at("audited").get_to(stack.vault_settings.audited);
    vault.at("root_revoked").get_to(stack.vault_settings.root_revoked);
    vault.at("backups").get_to(stack.vault_settings.backups);
    vault.at("issues_certificates").get_to(stack.vault_settings.issues_certificates);
    stack.vault_settings.certificate_lifetime =
        std::chrono::seconds(vault.at("certificate_lifetime_s").get<std::int64_t>());
    const json& postgres = text.at("postgres_settings");
    PostgresSettings& settings = stack.postgres_settings;
    postgres.at("synchronous").get_to(settings.synchronous);
    postgres.at("synchronous_strict").get_to(settings.synchronous_strict);
    postgres.at("synchronous_commit").get_to(settings.synchronous_commit);
    postgres.at("fsync").get_to(settings.fsync);
    settings.ttl = std::chrono::seconds(postgres.at("ttl_s").get<std::int64_t>());
    settings.loop_wait = std::chrono::seconds(postgres.at("loop_wait_s").get<std::int64_t>());
    settings.retry_timeout = std::chrono::seconds(postgres.at("retry_timeout_s").get<std::int64_t>());
    settings.primary_start_timeout = std::chrono::seconds(postgres.at("primary_start_timeout_s").get<std::int64_t>());
    postgres.at("failsafe").get_to(settings.failsafe);
    postgres.at("store").get_to(settings.store);
    postgres.at("backups").get_to(settings.backups);
    text.at("identity_settings").at("engine").get_to(stack.identity_settings.engine);
    text.at("identity_settings").at("connections").get_to(stack.identity_settings.connections);
    const json& balancer = text.at("loadbalancer_settings");
    const auto milliseconds = [&](const char* name) {
      return std::chrono::milliseconds(balancer.at(name).get<std::int64_t>());
    };
    stack.loadbalancer_settings = {milliseconds("check_every_ms"), milliseconds("check_timeout_ms")};
    for (const auto& [server, version] : text.at("versions").items())
      stack.versions[server] = version.get<std::string>();
    text.at("kubernetes_nodes").get_to(stack.kubernetes_nodes);
    text.at("loses_power").get_to(stack.loses_power);
    for (const auto& [component, how] : text.at("broken").items()) stack.broken[component] = how.get<std::string>();
    return stack;
  } catch (const json::exception& problem) {
    return fail(ErrorKind::kInput, "this is not a stack: {}", problem.what());
  }
}

}  // namespace chamber
