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
  const auto of_shares = std::make_pair("seal", "shamir");
  return {
      {.name = "vault.step-down",
       .doc = "The active node gives up its leadership (sys/step-down); for 10 s it does not stand again.",
       .lasting = Lasting::kNo,
       .component = "vault",
       .takes_target = false},
      {.name = "vault.seal",
       .doc = "The node forgets its keys (sys/seal) until the fault's end, then it is unsealed with its shares, or "
              "started "
              "again where another Vault unseals it.",
       .component = "vault"},
      {.name = "vault.unseal-with-wrong-shares",
       .doc = "Restarts the node and tries too few shares, one many times, foreign ones, and last the right ones.",
       .lasting = Lasting::kNo,
       .parameters = {few},
       .component = "vault",
       .only_with = of_shares},
      {.name = "vault.rekey",
       .doc = "Splits a new key into new shares (sys/rekey), and tries the old and the new ones on a standby.",
       .lasting = Lasting::kNo,
       .parameters = {shares, threshold, finish},
       .component = "vault",
       .takes_target = false,
       .least_nodes = 2,
       .only_with = of_shares},
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
       .component = "vault"},
      {.name = "vault.watch-certificates",
       .doc = "Whether every listener of the cell shows a certificate of Vault's PKI, and at the end a renewed one.",
       .component = "vault",
       .takes_target = false}};
}

std::vector<FaultSpec> platform_actions() {
  const ParameterSpec order = {
      .name = "order",
      .type = ParameterType::kChoice,
      .doc = "Of adding and removing.",
      .fallback = ParameterValue(std::string("add_first")),
      .choices = {{"add_first", "Add the new key, switch to it, remove the old one: nobody is ever without."},
                  {"remove_first", "Remove the old key, then add the new one: careless."}}};
  const ParameterSpec overlap = {.name = "overlap",
                                 .type = ParameterType::kDuration,
                                 .doc = "How long the old keys stay after the switch, for what is under way.",
                                 .fallback = ParameterValue(Duration(std::chrono::seconds(1)))};
  const ParameterSpec restart = {.name = "restart",
                                 .type = ParameterType::kFlag,
                                 .doc = "Start the nodes again, without which they keep the old keys.",
                                 .fallback = ParameterValue(true)};
  const ParameterSpec log = {.name = "log",
                             .type = ParameterType::kFlag,
                             .doc = "The log since the base backup is restored too.",
                             .fallback = ParameterValue(true)};
  return {{.name = "postgres.switchover",
           .doc = "Patroni is asked to hand over from the primary to a standby that has everything.",
           .lasting = Lasting::kNo,
           .component = "postgres",
           .takes_target = false},
          {.name = "postgres.restore",
           .doc = "The backup is restored into a fresh server beside a running one, up to a point that is named now; "
                  "whether every row is in it is looked at.",
           .lasting = Lasting::kNo,
           .parameters = {log},
           .component = "postgres",
           .takes_target = false},
          {.name = "identity.rotate-machine-keys",
           .doc = "Each machine user that logs in with a key gets another, and the old one is removed; whether that is "
                  "then refused is looked at.",
           .lasting = Lasting::kNo,
           .parameters = {order, overlap},
           .component = "identity",
           .takes_target = false},
          {.name = "objectstore.rotate-keys",
           .doc = "New root keys go to Vault, reach every node through its agent, and the nodes are started again; "
                  "whether the old ones are then refused is looked at.",
           .lasting = Lasting::kNo,
           .parameters = {restart},
           .component = "objectstore",
           .takes_target = false}};
}

}  // namespace chamber::language
