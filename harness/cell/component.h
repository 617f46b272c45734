// One system under test in a cell: its nodes, how it is brought up, its roles now. Components are made by
// fixtures/stack.cc in the order of their needs and know those they need by reference.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"
#include "harness/base/task_graph.h"
#include "harness/cell/action.h"
#include "harness/cell/fault.h"
#include "harness/cell/node.h"

namespace chamber {

// The four steps that bring a stack up, in order. Each ends with a gate, a task named "gate: <phase>", that every
// component's own proof of that phase (a real write, not a port) is part of.
inline constexpr std::string_view kPhaseBootstrap = "bootstrap";
inline constexpr std::string_view kPhaseVaultInit = "vault-init";
inline constexpr std::string_view kPhaseSecrets = "secrets";
inline constexpr std::string_view kPhaseApplications = "applications";

struct EngineInfo {
  std::string component;  // "identity"
  std::string engine;     // "standin"
  std::string version;    // as the program says
  std::string source;     // "go module", "debian package", "path /x", …
  std::vector<std::string> nodes;
};

class Component {
 public:
  virtual ~Component() = default;
  [[nodiscard]] virtual std::string name() const = 0;
  [[nodiscard]] virtual EngineInfo engine() const = 0;

  // All nodes, with every file that is known before anything runs.
  [[nodiscard]] virtual Result<std::vector<NodeSpec>> nodes() = 0;

  // Adds the tasks that bring it up, each with its phase. A task may be run again in a cell where it succeeded before:
  // it must then find its work done. Names start with the component's: "vault: init".
  virtual void plan(TaskGraph& graph) = 0;

  // The names of the roles it can tell ("vault.leader") and the nodes that have one now, asked from the live system.
  // kUnavailable when the system can't tell. An empty list is an answer: nobody has it.
  [[nodiscard]] virtual std::vector<std::string> roles() const = 0;
  [[nodiscard]] virtual Result<std::vector<std::string>> resolve(std::string_view role) = 0;

  // What an operator does after a node was started again: a Vault node is sealed until it is given its shares. Returns
  // when the node does its work again.
  virtual Result<void> recover(const std::string& node, const TaskContext& task) {
    static_cast<void>(node);
    static_cast<void>(task);
    return {};
  }

  // Has the node's server show the certificate that now stands in its files (fixtures/node_tls.h) and do nothing else
  // differently. kInput where there is no way but to start it again.
  virtual Result<void> reload_certificate(const std::string& node) {
    return fail(ErrorKind::kInput, "{} takes up a certificate only when it starts", node);
  }

  // What a scenario can ask of it besides the faults of any node (harness/cell/action.h). kInput for an unknown name.
  virtual Result<std::unique_ptr<Fault>> action(const ActionRequest& request) {
    return fail(ErrorKind::kInput, "{} has no action '{}'", name(), request.name);
  }

  // Budgets from the live configuration: {"raft.election_budget", {seconds, how it came about}}.
  struct NamedBudget {
    double value;
    std::string unit;
    std::string source;
  };
  [[nodiscard]] virtual Result<std::map<std::string, NamedBudget>> budgets() {
    return std::map<std::string, NamedBudget>{};
  }

  // What the usual clients outside the cell need: VAULT_ADDR, PGHOST, …
  [[nodiscard]] virtual Result<std::map<std::string, std::string>> environment() = 0;
};

}  // namespace chamber
