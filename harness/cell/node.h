// What a node is: programs, files, ports and volumes. A component says it; a substrate knows how to run it. Nothing
// here names a process id, a namespace or a pod.
//
// Paths. Every node sees its own folder as /node, on every substrate: /node/config, /node/secrets, /node/data,
// /node/run. Paths in this header are relative to it.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace chamber {

struct NodeFile {
  std::string path;     // "config/vault.hcl"; its folders are made
  std::string content;  //
  bool secret = false;  // mode 0600 instead of 0644; on kind a Secret instead of a ConfigMap
};

// How a port shows the node's certificate.
enum class PortTls {
  kNone,      // not at all: what is behind it shows one, or nobody
  kAtOnce,    //
  kPostgres,  // when PostgreSQL's SSLRequest asked for it
};

struct PortSpec {
  std::string name;        // "api"
  std::uint16_t number;    //
  std::string publish_as;  // when not empty: reachable from outside the cell on 127.0.0.1, under this name
  PortTls tls = PortTls::kNone;
};

struct VolumeSpec {
  std::string path;              // "data"
  bool needs_direct_io = false;  // opened with O_DIRECT: on a disk where the memory file system can't do that
};

// One program of a node. The first of a node is the server; the others are side-cars with the same address and files.
struct ProcessSpec {
  std::string name;                                // "vault", "agent"
  std::vector<std::string> arguments;              // [0] is the program's absolute path
  std::map<std::string, std::string> environment;  // all of it; nothing is inherited
  // Files of the node, written by a side-car, without which it ends as soon as it is started: "secrets/minio.env".
  std::vector<std::string> needs = {};
  // How much of the processors it does with beside the others, where they are shared by what was asked for
  // (Kubernetes).
  int processor_weight = 10;
};

// What a node does with Kubernetes' API where it is a pod (Substrate::pod_api()); nothing where it isn't.
enum class ApiUse {
  kProvesItself,   // its Vault Agent logs in with the token of its ServiceAccount, which is named as its component
  kReviewsTokens,  // asks whose token it was shown
  kKeepsState,     // Patroni keeps its lock and its configuration there
};

struct NodeSpec {
  std::string name;       // "vault-0"; resolves to the node's address from every node
  std::string component;  // "vault"
  // Further names that resolve to it. Several nodes may share one; it then resolves to all of them.
  std::vector<std::string> aliases = {};
  std::vector<ProcessSpec> processes = {};
  std::vector<NodeFile> files = {};
  std::vector<VolumeSpec> volumes = {};
  std::vector<PortSpec> ports = {};
  bool can_lose_power = false;         // its volumes lie on disks that forget what was not synced (harness/disk)
  std::vector<std::string> logs = {};  // files that its programs log into by themselves: "audit/audit.log"
  std::set<ApiUse> api_uses = {};
};

}  // namespace chamber
