// What scenarios can ask of each component: names, parameters, documentation.
#include "scenarios/language/vocabulary.h"

namespace chamber::language {
namespace {

ParameterSpec count(const char* name, const char* doc, std::int64_t fallback) {
  return {.name = name,
          .type = ParameterType::kWhole,
          .doc = doc,
          .fallback = fallback,
          .bounds = document::Bounds<std::int64_t>{1, 10}};
}

}  // namespace

std::vector<FaultSpec> vault_actions() {
  const ParameterSpec few = count("few", "How many shares are tried that are too few.", 2);
  const ParameterSpec shares = count("shares", "Into how many shares the new key is split.", 5);
  const ParameterSpec threshold = count("threshold", "How many of them are needed.", 3);
  const ParameterSpec finish = {.name = "finish",
                                .type = ParameterType::kFlag,
                                .doc = "False: it is given up before its end, and taken for done.",
                                .fallback = true};
  const ParameterSpec lifetime = {.name = "lifetime",
                                  .type = ParameterType::kDuration,
                                  .doc = "Of each certificate, in whole seconds.",
                                  .required = true,
                                  .bounds = document::Bounds<std::int64_t>{Duration(std::chrono::seconds(2)).count(),
                                                                           Duration(std::chrono::hours(24)).count()}};
  const ParameterSpec renew = {.name = "renew",
                               .type = ParameterType::kFlag,
                               .doc = "False: nobody renews them, and they expire.",
                               .fallback = true};
  return {{.name = "vault.step-down",
           .doc = "The active node gives up its leadership (sys/step-down); for 10 s it does not stand again.",
           .lasting = Lasting::kNo,
           .component = "vault",
           .takes_target = false},
          {.name = "vault.seal",
           .doc = "The node forgets its keys (sys/seal) until the fault's end, then it is unsealed with its shares.",
           .component = "vault"},
          {.name = "vault.unseal-with-wrong-shares",
           .doc = "Restarts the node and tries too few shares, one many times, foreign ones, and last the right ones.",
           .lasting = Lasting::kNo,
           .parameters = {few},
           .component = "vault"},
          {.name = "vault.rekey",
           .doc = "Splits a new key into new shares (sys/rekey), and tries the old and the new ones on a standby.",
           .lasting = Lasting::kNo,
           .parameters = {shares, threshold, finish},
           .component = "vault",
           .takes_target = false},
          {.name = "vault.rotate-barrier",
           .doc = "Takes a new key for all that is written from now on (sys/rotate).",
           .lasting = Lasting::kNo,
           .component = "vault",
           .takes_target = false},
          {.name = "vault.generate-root",
           .doc = "Makes a root token with a quorum of shares (sys/generate-root), uses it and revokes it.",
           .lasting = Lasting::kNo,
           .component = "vault",
           .takes_target = false},
          {.name = "vault.block-audit",
           .doc = "The node's audit log can't be written until the fault's end.",
           .component = "vault"},
          {.name = "vault.rotate-static-role",
           .doc = "Gives the database engine's static role a new password.",
           .lasting = Lasting::kNo,
           .component = "vault",
           .takes_target = false},
          {.name = "vault.rotate-database-root",
           .doc = "Gives Vault's own account in the database a password that nobody else knows.",
           .lasting = Lasting::kNo,
           .parameters = {finish},
           .component = "vault",
           .takes_target = false},
          {.name = "vault.short-certificates",
           .doc = "The node shows short-lived certificates from Vault's PKI, renewed at two thirds of their life.",
           .parameters = {lifetime, renew},
           .component = "vault"}};
}

}  // namespace chamber::language
