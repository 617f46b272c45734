// What is judged across systems: what one hands out and another takes, what one answers and its log must show.
#include "scenarios/language/vocabulary.h"

namespace chamber::language {

std::vector<WorkloadSpec> across_systems_workloads() {
  return {{"identity.token_lifecycle",
           "identity",
           "Has tokens issued by one node, uses them at others, has id tokens checked, revokes.",
           {},
           {"tokens_valid"}},
          {"vault.database_credentials",
           "vault",
           "Has Vault issue database credentials, logs in with them, renews and revokes. Needs postgres.",
           {},
           {"credentials_live"}},
          {"vault.audited",
           "vault",
           "Numbered requests of several kinds, to be found in the audit logs at the end.",
           {},
           {"audit_complete"}}};
}

std::vector<CheckSpec> across_systems_checks() {
  constexpr Duration kLongest = std::chrono::minutes(10);
  const ParameterSpec within = {.name = "within",
                                .type = ParameterType::kDuration,
                                .doc = "How long after its acknowledged revocation one may still be taken.",
                                .fallback = Duration(std::chrono::seconds(5)),
                                .bounds = document::Bounds<std::int64_t>{0, kLongest.count()}};
  return {{.name = "credentials_live",
           .doc = "Every credential that was issued and not revoked logs in, and no revoked one does.",
           .parameters = {within},
           .needs_model = true},
          {.name = "tokens_valid",
           .doc = "Every node accepts a token that another issued, and none a revoked one.",
           .parameters = {within},
           .needs_model = true},
          {.name = "audit_complete",
           .doc = "Every request that was answered is in an audit log, exactly as often.",
           .needs_model = true}};
}

}  // namespace chamber::language
