// The components that a stack may have: counts, engines, settings.
#include "scenarios/language/spec_values.h"
#include "scenarios/language/stack.h"
#include "scenarios/language/vocabulary.h"

namespace chamber::language {
namespace {

using document::Bounds;
using document::Named;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Patroni's own rule for its timing (Patroni documentation, "Dynamic configuration settings").
std::string patroni_timing(const Component& postgres) {
  const auto ttl = postgres.settings.get<Duration>("ttl");
  const auto loop_wait = postgres.settings.get<Duration>("loop_wait");
  const auto retry_timeout = postgres.settings.get<Duration>("retry_timeout");
  for (const char* name : {"ttl", "loop_wait", "retry_timeout", "primary_start_timeout"}) {
    const auto setting = postgres.settings.get<Duration>(name);
    if (!setting || *setting % seconds(1) == Duration(0)) continue;
    return fmt::format("Patroni takes whole seconds, and {} is {}", name, document::to_text(*setting));
  }
  if (!ttl || !loop_wait || !retry_timeout || *loop_wait + 2 * *retry_timeout <= *ttl) return {};
  return fmt::format(
      "Patroni needs loop_wait + 2 × retry_timeout ≤ ttl, and {} + 2 × {} is more than {}; write a ttl of at least {}",
      document::to_text(*loop_wait), document::to_text(*retry_timeout), document::to_text(*ttl),
      document::to_text(*loop_wait + 2 * *retry_timeout));
}

ParameterSpec whole_seconds(const char* name, const char* doc, seconds fallback, seconds least) {
  return {.name = name,
          .type = ParameterType::kDuration,
          .doc = doc,
          .fallback = value(fallback),
          .bounds = between(least, std::chrono::hours(1))};
}

// What may be hurt of so many nodes: where a majority does the work (Raft, and MinIO's writes), where each one does,
// and where a commit is on the primary and one standby.
constexpr auto kMinority = [](std::int64_t nodes) { return (nodes - 1) / 2; };
constexpr auto kAllButOne = [](std::int64_t nodes) { return nodes - 1; };
constexpr auto kPrimaryOrStandby = [](std::int64_t nodes) { return std::int64_t{nodes > 1 ? 1 : 0}; };

ParameterSpec backups(const char* doc) {
  return {.name = "backups", .type = ParameterType::kFlag, .doc = doc, .fallback = false};
}

ParameterSpec can_lose_power() {
  return {.name = "can_lose_power",
          .type = ParameterType::kFlag,
          .doc =
              "Its nodes' disks forget what was not synced when their power is lost, which `chamber chaos` then draws "
              "too. A lose_power of the scenario's own needs no such word.",
          .fallback = false};
}

ComponentSpec postgres() {
  const std::vector<Named> replication = {
      {"synchronous", "Commits wait for a standby; only one that has them all is promoted."},
      {"strict", "As synchronous, and no commit at all while there is no standby."},
      {"asynchronous", "Commits wait for nobody: a failover can lose acknowledged ones."}};
  const std::vector<Named> commit = {{"on", "Until the standby has flushed it."},
                                     {"remote_apply", "Until the standby shows it."},
                                     {"remote_write", "Until the standby's kernel has it."},
                                     {"local", "Until it is flushed locally."},
                                     {"off", "Not even that."}};
  return {.name = "postgres",
          .doc = "PostgreSQL under Patroni, with automatic failover.",
          .minimal = 1,
          .production = 3,
          .tolerates = kPrimaryOrStandby,
          .needs = {"dcs", "loadbalancer"},
          .needs_when = {{"backups", "true", "vault"}, {"backups", "true", "objectstore"}},
          .engines = {{"postgresql", "PostgreSQL and Patroni."}},
          .settings = {{.name = "replication",
                        .type = ParameterType::kChoice,
                        .doc = "What a commit waits for.",
                        .fallback = value("synchronous"),
                        .choices = replication},
                       {.name = "synchronous_commit",
                        .type = ParameterType::kChoice,
                        .doc = "PostgreSQL's synchronous_commit.",
                        .fallback = value("on"),
                        .choices = commit},
                       {.name = "fsync",
                        .type = ParameterType::kFlag,
                        .doc = "PostgreSQL's fsync; without it a lost host loses acknowledged commits.",
                        .fallback = true},
                       whole_seconds("ttl", "How long Patroni's leader lock lasts.", seconds(8), seconds(3)),
                       whole_seconds("loop_wait", "How often Patroni looks.", seconds(1), seconds(1)),
                       whole_seconds("retry_timeout", "How long Patroni retries the store and PostgreSQL.", seconds(3),
                                     seconds(3)),
                       whole_seconds("primary_start_timeout",
                                     "How long a crashed primary may take to start before a standby takes over.",
                                     seconds(0), seconds(0)),
                       {.name = "failsafe",
                        .type = ParameterType::kFlag,
                        .doc = "Patroni's failsafe_mode: go on without the store while all members answer.",
                        .fallback = false},
                       patroni_store(),
                       can_lose_power(),
                       backups("A base backup and every segment of the log go to the object store (pgBackRest).")},
          .rule = patroni_timing};
}

std::string vault_shares(const Component& vault) {
  const auto shares = vault.settings.get<std::int64_t>("shares");
  const auto threshold = vault.settings.get<std::int64_t>("threshold");
  if (!shares || !threshold || *threshold <= *shares) return {};
  return fmt::format("a threshold of {} can't be reached with {} shares; write at most {}", *threshold, *shares,
                     *shares);
}

ComponentSpec vault() {
  const auto count = [](const char* name, const char* doc, std::int64_t fallback, Bounds<std::int64_t> bounds) {
    return ParameterSpec{
        .name = name, .type = ParameterType::kWhole, .doc = doc, .fallback = fallback, .bounds = bounds};
  };
  const auto flag = [](const char* name, const char* doc) {
    return ParameterSpec{.name = name, .type = ParameterType::kFlag, .doc = doc, .fallback = true};
  };
  return {.name = "vault",
          .doc = "HashiCorp Vault on Raft storage.",
          .minimal = 1,
          .production = 3,
          .impossible = {{2, "Raft needs both of two nodes for a quorum, so either one's loss stops it; write 1 or 3"}},
          .tolerates = kMinority,
          .needs_when = {{"seal", "transit", "transit"}, {"backups", "true", "objectstore"}},
          .engines = {{"vault", "The server."}},
          .settings = {count("performance_multiplier",
                             "Raft's time-outs are multiplied by it; 1 is advised for production.", 1, {1, 10}),
                       count("shares", "Into how many its key is split.", 5, {1, 10}),
                       count("threshold", "How many of the shares are needed.", 3, {1, 10}),
                       {.name = "seal",
                        .type = ParameterType::kChoice,
                        .doc = "What unseals a node.",
                        .fallback = value("shamir"),
                        .choices = {{"shamir", "Shares of its key, given by an operator."},
                                    {"transit", "The component transit; nobody has to do anything."}}},
                       flag("attended", "An operator gives a node that was restarted its shares."),
                       flag("audited", "Requests are written to an audit log; without one Vault answers all the same."),
                       flag("root_revoked", "The root token is revoked when all is set up."),
                       can_lose_power(),
                       backups("A Raft snapshot of the bring-up's end is put into the object store."),
                       {.name = "certificates",
                        .type = ParameterType::kChoice,
                        .doc = "Who issues the listeners' certificates.",
                        .fallback = value("authority"),
                        .choices = {{"authority", "The cell's authority, before anything runs."},
                                    {"pki",
                                     "Vault's PKI engine, as soon as it can; renewed at two thirds of their life."}}},
                       {.name = "certificate_lifetime",
                        .type = ParameterType::kDuration,
                        .doc = "Of those that the PKI engine issues, in whole seconds.",
                        .fallback = value(std::chrono::hours(24)),
                        .bounds = between(seconds(15), std::chrono::hours(72))}},
          .rule = vault_shares};
}

// The ways to break it of fixtures/broken, where there are any.
void add_broken(ComponentSpec& component) {
  const std::vector<Named> choices = breakage_choices(component.name);
  if (choices.size() < 2) return;
  component.settings.push_back({.name = "broken",
                                .type = ParameterType::kChoice,
                                .doc = "Breaks its promises on purpose, to prove that the checks notice.",
                                .fallback = value("no"),
                                .choices = choices});
}

}  // namespace

std::vector<ComponentSpec> standard_components() {
  std::vector<ComponentSpec> all = {
      vault(),
      postgres(),
      {.name = "dcs",
       .doc = "etcd, in which Patroni keeps the leader lock.",
       .minimal = 1,
       .production = 3,
       .impossible = {{2, "Raft needs both of two nodes for a quorum, so either one's loss stops it; write 1 or 3"}},
       .tolerates = kMinority,
       .engines = {{"etcd", "The server."}},
       .settings = {can_lose_power()}},
      {.name = "loadbalancer",
       .doc = "HAProxy before PostgreSQL and identity.",
       .minimal = 1,
       .production = 2,
       .tolerates = kAllButOne,
       .engines = {{"haproxy", "The server."}},
       .settings = {{.name = "check_every",
                     .type = ParameterType::kDuration,
                     .doc = "How often it asks each server whether it may be used.",
                     .fallback = value(milliseconds(300)),
                     .bounds = between(milliseconds(50), seconds(60))},
                    {.name = "check_timeout",
                     .type = ParameterType::kDuration,
                     .doc = "How long a server may take to answer that.",
                     .fallback = value(seconds(1)),
                     .bounds = between(milliseconds(50), std::chrono::minutes(10))}}},
      {.name = "identity",
       .doc = "ZITADEL, the OpenID provider.",
       .minimal = 1,
       .production = 2,
       .tolerates = kAllButOne,
       .needs = {"postgres", "vault", "loadbalancer"},
       .engines = {{"auto", "ZITADEL when it is there, otherwise the stand-in."},
                   {"zitadel", "The real server."},
                   {"standin", "A server that behaves as ZITADEL does."}},
       .settings = {{.name = "connections",
                     .type = ParameterType::kWhole,
                     .doc = "The most PostgreSQL connections of a node.",
                     .fallback = std::int64_t(20),
                     .bounds = Bounds<std::int64_t>{1, 100}}}},
      {.name = "objectstore",
       .doc = "MinIO, an S3 object store.",
       .minimal = 1,
       .production = 4,
       .impossible = {{2, "MinIO's erasure code needs 4 nodes with one drive each; write 1 or 4"},
                      {3, "MinIO's erasure code needs 4 nodes with one drive each; write 1 or 4"}},
       .tolerates = kMinority,
       .needs = {"vault"},
       .engines = {{"minio", "The server."}}},
      {.name = "application",
       .doc = "Programs that take a secret from a file, which a Vault Agent keeps up to date.",
       .minimal = 0,
       .production = 0,
       .needs = {"vault"},
       .engines = {{"agent", "The Vault Agent."}},
       .settings = {whole_seconds("render_interval", "How often the agent looks for a new secret.", seconds(2),
                                  seconds(1))}},
      {.name = "transit",
       .doc = "A second Vault, whose transit engine unseals the first.",
       .minimal = 0,
       .production = 0,
       .most = 1,
       .engines = {{"vault", "The server."}}}};
  for (ComponentSpec& component : all) add_broken(component);
  return all;
}

}  // namespace chamber::language
