// A stack, resolved: which components, how many nodes, with what settings. Written by scenarios/language from what the
// user wrote; read by fixtures/.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <string_view>

#include "harness/base/result.h"

namespace chamber {

struct VaultSettings {
  int performance_multiplier = 1;  // 1 to 10; Raft's time-outs are multiplied by it
  int shares = 5;                  // that the key is split into (with seal transit: the recovery key) …
  int threshold = 3;               // … and how many of them are needed
  std::string seal = "shamir";     // shamir | transit: what unseals a node
  bool attended = true;            // an operator gives a restarted node its shares
  bool audited = true;             // a file audit device from the start
  bool root_revoked = true;        // the root token of the bring-up is revoked at its end
  // Every listener's certificate is issued by its PKI engine, in place of the cell's authority, as soon as it can.
  bool issues_certificates = false;
  std::chrono::seconds certificate_lifetime = std::chrono::hours(24);
  bool backups = false;  // a snapshot is put into the object store
};

struct PostgresSettings {
  bool synchronous = true;          // Patroni's synchronous_mode
  bool synchronous_strict = false;  //
  std::string synchronous_commit = "on";
  bool fsync = true;
  std::chrono::seconds ttl{8};
  std::chrono::seconds loop_wait{1};
  std::chrono::seconds retry_timeout{3};
  std::chrono::seconds primary_start_timeout{0};
  bool failsafe = false;
  std::string store = "auto";  // auto | etcd | kubernetes: where Patroni keeps its lock; auto becomes one of the others
  bool backups = false;        // base backups and the log go to the object store
};

struct IdentitySettings {
  std::string engine = "auto";  // auto | zitadel | standin
  int connections = 20;         // the most PostgreSQL connections of a node
};

struct LoadBalancerSettings {
  std::chrono::milliseconds check_every{300};
  std::chrono::milliseconds check_timeout{1000};
};

struct ApplicationSettings {
  std::chrono::seconds render_interval{2};  // how often its Vault Agent looks for a new secret
};

// A count of zero leaves the component out.
struct Stack {
  std::string profile;  // "production", "minimal", or "custom"
  int vault = 0;
  int postgres = 0;
  int dcs = 0;
  int loadbalancer = 0;
  int identity = 0;
  int objectstore = 0;
  VaultSettings vault_settings;
  PostgresSettings postgres_settings;
  IdentitySettings identity_settings;
  LoadBalancerSettings loadbalancer_settings;
  // The servers that must have a version or be of a series ("15"): {"vault", "1.21.1"}. The others: any that will do.
  std::map<std::string, std::string, std::less<>> versions;
  int transit = 0;  // the Vault that unseals the others
  int application = 0;
  ApplicationSettings application_settings = {};

  // How the catalogue of servers knows it: "vault", or "vault@1.21.1" where the version is asked for.
  [[nodiscard]] std::string server(std::string_view name) const;

  // Where nodes are pods: how many Kubernetes nodes these are spread over. With one it is the control-plane node; with
  // more there is one of those beside them, without pods.
  int kubernetes_nodes = 1;

  // Components whose nodes get disks that can lose their power.
  std::set<std::string, std::less<>> loses_power = {};

  // Components that break their promises on purpose, and how: names of fixtures/broken/breakages.h.
  std::map<std::string, std::string, std::less<>> broken = {};

  [[nodiscard]] bool is_broken(std::string_view component, std::string_view how) const {
    const auto found = broken.find(component);
    return found != broken.end() && found->second == how;
  }

  [[nodiscard]] static Stack production() { return {"production", 3, 3, 3, 2, 2, 4, {}, {}, {}, {}, {}}; }
  [[nodiscard]] static Stack minimal() { return {"minimal", 1, 1, 1, 1, 1, 1, {}, {}, {}, {}, {}}; }
};

// As it is on a substrate that may have a store for Patroni itself: the component dcs is left out where that is used.
[[nodiscard]] Stack settled(Stack stack, bool has_store);

// Both ways, without loss: how a stack gets into its cell.
[[nodiscard]] nlohmann::json to_json(const Stack& stack);
[[nodiscard]] Result<Stack> stack_from_json(const nlohmann::json& text);

}  // namespace chamber
