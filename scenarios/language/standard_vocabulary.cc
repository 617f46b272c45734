#include "scenarios/language/spec_values.h"
#include "scenarios/language/stack.h"
#include "scenarios/language/vocabulary.h"

namespace chamber::language {
namespace {

using document::Bounds;
using std::chrono::milliseconds;
using std::chrono::seconds;

std::vector<TargetSpec> targets() {
  std::vector<TargetSpec> all = {
      {"vault.leader", "vault", "The active node.", 1, true},
      {"vault.standby", "vault", "Every node that is on standby.", 2},
      {"vault.standby.one", "vault", "One node that is on standby, drawn from the run's seed.", 2},
      {kClients, "", "The load's own end of the links, for `to` alone."},
      {"postgres.primary", "postgres", "The node that takes writes.", 1, true},
      {"postgres.replica", "postgres", "Every node that is a running replica.", 2},
      {"postgres.replica.one", "postgres", "One node that is a running replica, drawn from the run's seed.", 2},
      {"postgres.sync", "postgres", "The replica that commits wait for.", 2, true},
      {"dcs.leader", "dcs", "The store's leader.", 1, true},
      {"dcs.follower", "dcs", "Every node but the leader.", 2},
      {"dcs.follower.one", "dcs", "One node that is not the leader, drawn from the run's seed.", 2},
  };
  for (const ComponentSpec& component : standard_components()) {
    const std::string& name = component.name;
    all.push_back({name + ".one", name, "One node, drawn from the run's seed."});
    all.push_back({name + ".all", name, "Every node."});
    if (component.production < 3) continue;
    all.push_back({name + ".minority", name, "The most nodes that are fewer than half, drawn from the seed.", 3});
    all.push_back({name + ".majority", name, "The fewest nodes that are more than half, drawn from the seed.", 3});
  }
  return all;
}

std::vector<WorkloadSpec> workloads() {
  const ParameterSpec remembers = {.name = "remembers",
                                   .type = ParameterType::kFlag,
                                   .doc = "Asks for the password once and goes on with it, as no application should.",
                                   .fallback = false};
  const ParameterSpec keys = {.name = "keys",
                              .type = ParameterType::kWhole,
                              .doc = "Over how many keys the operations are spread.",
                              .fallback = std::int64_t(20),
                              .bounds = Bounds<std::int64_t>{1, 1'000'000}};
  const ParameterSpec reads = {.name = "reads",
                               .type = ParameterType::kPercentage,
                               .doc = "The share of reads; the others write.",
                               .fallback = document::Percentage{50}};
  const ParameterSpec size = {.name = "size",
                              .type = ParameterType::kByteSize,
                              .doc = "Of one object.",
                              .fallback = document::ByteSize{4096},
                              .bounds = Bounds<std::int64_t>{1, 64 << 20}};
  ParameterSpec few = keys;
  few.fallback = std::int64_t(8);
  const ParameterSpec grant = {.name = "grant",
                               .type = ParameterType::kChoice,
                               .doc = "How machine users log in.",
                               .fallback = value("client_credentials"),
                               .choices = {{"client_credentials", "With a secret."},
                                           {"private_key_jwt", "With an assertion that their key signs."}}};
  const ParameterSpec retry_every = {
      .name = "retry_every",
      .type = ParameterType::kDuration,
      .doc =
          "How long after a failure it asks again, elsewhere, within its time-out; without this every answer counts.",
      .bounds = document::Bounds<std::int64_t>{Duration(std::chrono::milliseconds(1)).count(),
                                               Duration(std::chrono::minutes(1)).count()}};
  std::vector<WorkloadSpec> all = {
      {"vault.register",
       "vault",
       "Reads and check-and-set writes of KV v2 secrets.",
       {keys, reads},
       {"linearizable", "no_lost_acks"}},
      {"application.secret",
       "application",
       "Replaces a secret in Vault while applications read it from their agent's file.",
       {reads},
       {"staleness"}},
      {"vault.each_node", "vault", "Asks each node in turn, whatever its state, over a new TLS connection.", {}, {}},
      {"vault.static_login",
       "vault",
       "Logs in to the database with a static role, whose password Vault replaces. Needs postgres.",
       {remembers},
       {}},
      {"postgres.append",
       "postgres",
       "Appends rows through the load balancer and reads them back.",
       {keys, reads},
       {"no_lost_acks", "set_full", "monotonic_reads", "staleness"}}};
  const std::vector<WorkloadSpec> transactions = transaction_workloads(keys, reads);
  all.insert(all.end(), transactions.begin(), transactions.end());
  const std::vector<WorkloadSpec> across = across_systems_workloads();
  all.insert(all.end(), across.begin(), across.end());
  all.insert(all.end(), {{"identity.token",
                          "identity",
                          "Gets tokens, each key for a machine user of its own.",
                          {few, grant, retry_every},
                          {}},
                         {"identity.users",
                          "identity",
                          "Makes machine users through the management API and looks them up at the end.",
                          {few},
                          {"no_lost_acks"}},
                         {"objectstore.put_get",
                          "objectstore",
                          "Puts objects and gets them back.",
                          {keys, reads, size},
                          {"linearizable", "no_lost_acks"}}});
  return all;
}

std::vector<FaultSpec> faults() {
  std::vector<FaultSpec> all = node_faults();
  for (const auto& actions : {pod_faults(), vault_actions(), platform_actions()})
    all.insert(all.end(), actions.begin(), actions.end());
  return all;
}

std::vector<CheckSpec> checks() {
  const ParameterSpec when = {.name = "when",
                              .type = ParameterType::kChoice,
                              .doc = "Which operations count, by their intended start.",
                              .fallback = value("always"),
                              .choices = {{"always", "All of them."},
                                          {"no_fault", "Those outside every fault and its recovery."},
                                          {"fault", "Those within a fault or its recovery."}}};
  const ParameterSpec at_most = {.name = "at_most",
                                 .type = ParameterType::kBudget,
                                 .doc = "A duration, or the name of a budget from the live configuration.",
                                 .required = true};
  const ParameterSpec what = {
      .name = "what",
      .type = ParameterType::kChoice,
      .doc = "Which kind of operations.",
      .fallback = value("all"),
      .choices = {{"all", "All of them."}, {"writes", "Those that change something."}, {"reads", "Those that don't."}}};
  const ParameterSpec after = {.name = "after",
                               .type = ParameterType::kBudget,
                               .doc = "How long the system may take to notice.",
                               .fallback = Budget{}};
  const ParameterSpec at_least = {.name = "at_least",
                                  .type = ParameterType::kPercentage,
                                  .doc = "The share of operations that must succeed.",
                                  .required = true};
  const auto latency = [](const char* name, const char* doc) {
    return ParameterSpec{.name = name,
                         .type = ParameterType::kDuration,
                         .doc = doc,
                         .bounds = between(std::chrono::microseconds(1), std::chrono::hours(1))};
  };
  const ParameterSpec level = {
      .name = "level",
      .type = ParameterType::kChoice,
      .doc = "What is promised; each level forbids what those before it do.",
      .fallback = value("serializable"),
      .choices = {{"read_uncommitted", "No dirty writes (G0), no value that nobody wrote."},
                  {"read_committed", "No aborted, intermediate or circular reads (G1a, G1b, G1c)."},
                  {"repeatable_read", "PostgreSQL's, a snapshot: no read skew (G-single), no lost update."},
                  {"serializable", "No write skew either (G2): some order of one after the other explains it."},
                  {"strict_serializable", "That order respects real time."}}};
  const ParameterSpec visible_within = latency("visible_within", "The most until an element is in every read.");
  const ParameterSpec oldest = {.name = "at_most",
                                .type = ParameterType::kBudget,
                                .doc = "The most for every read: a duration, or a budget from the live configuration."};
  const std::vector<ParameterSpec> latencies = {latency("p50", "The most for half of the operations."),
                                                latency("p99", "The most for 99 % of them."),
                                                latency("p999", "The most for 99.9 % of them."),
                                                latency("max", "The most for every one."),
                                                when,
                                                what};
  std::vector<CheckSpec> all = {
      {.name = "linearizable",
       .doc = "Every read and write of a key fits one order that respects real time.",
       .needs_model = true},
      {.name = "no_lost_acks", .doc = "Whatever was acknowledged is there at the end.", .needs_model = true},
      {.name = "isolation",
       .doc = "The transactions show no anomaly that the level forbids; a cycle of dependencies is the proof.",
       .parameters = {level},
       .needs_model = true},
      {.name = "bank", .doc = "What all accounts hold together never changes.", .needs_model = true},
      {.name = "set_full",
       .doc = "Every element that was acknowledged is shown by every later read, or at least in the end.",
       .parameters = {visible_within},
       .needs_model = true},
      {.name = "monotonic_reads", .doc = "What a client has seen, it never sees undone.", .needs_model = true},
      {.name = "staleness",
       .doc = "How old what was read is: since when a write that a read does not show was acknowledged.",
       .parameters = {oldest},
       .needs_model = true},
      {.name = "outage",
       .doc = "From the first failed operation to the start of the first of a sustained run of successes.",
       .parameters = {at_most}},
      {.name = "latency",
       .doc = "Counted from the intended start, so that a stalled server can't hide its own queue.",
       .parameters = latencies,
       .at_least_one_of = {"p50", "p99", "p999", "max"}},
      {.name = "availability", .doc = "The share of operations that succeed.", .parameters = {at_least, when, what}},
      {.name = "roles_changed",
       .doc = "The role was with another node at the end of a fault than at its start.",
       .subject = Subject::kRole,
       .needs_fault = true,
       .least_nodes = 2},
      {.name = "roles_kept",
       .doc = "The role stays with the node that has it before the first fault.",
       .subject = Subject::kRole,
       .needs_fault = true},
      {.name = "refused",
       .doc = "From a fault's proof until its undoing begins, nothing is served.",
       .parameters = {what, after},
       .needs_fault = true},
      {.name = "upheld",
       .doc = "Each promise that the action itself looked at was held.",
       .subject = Subject::kFault,
       .needs_fault = true}};
  for (CheckSpec& check : across_systems_checks()) all.push_back(std::move(check));
  for (CheckSpec& check : degradation_checks(when, what, at_most)) all.push_back(std::move(check));
  return all;
}

}  // namespace

Vocabulary standard_vocabulary() {
  return {
      .components = standard_components(),
      .targets = targets(),
      .workloads = workloads(),
      .faults = faults(),
      .checks = checks(),
      .budgets = {{"agent.render_budget", "application",
                   "How late a Vault Agent may write a new secret, from its live configuration."},
                  {"raft.election_budget", "vault",
                   "The longest that Vault's Raft may take to elect a leader, from its live configuration.", 2},
                  {"vault.host_loss_budget", "vault",
                   "The longest until Vault serves again when its leader's host is gone without a word, for clients "
                   "that wait no longer than the platform's own.",
                   2},
                  {"patroni.restart_budget", "postgres",
                   "The longest until a crashed primary is replaced, from Patroni's live configuration."},
                  {"patroni.switchover_budget", "postgres",
                   "The longest that a planned change of the primary may take, from Patroni's live configuration.", 2},
                  {"patroni.demotion_budget", "postgres",
                   "When a primary without the store must have stepped down, from Patroni's live configuration."},
                  {"patroni.failover_budget", "postgres",
                   "The longest that Patroni may take to promote a standby, from its live configuration.", 2}}};
}

}  // namespace chamber::language
