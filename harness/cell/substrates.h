// The substrates that there are, and what each can't do to a cell: asked before anything is made, so that a scenario
// which can't be run as it is written is not run at all.
#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace chamber {

inline constexpr const char* kLocal = "local";
inline constexpr const char* kKind = "kind";

// The faults that are Kubernetes' own: only where nodes are pods.
inline constexpr std::array kPodFaults{"delete_pod", "evict_pod", "cordon",         "drain",
                                       "pause_node", "stop_node", "partition_node", "loss_node"};

[[nodiscard]] bool is_pod_fault(std::string_view kind);

struct SubstrateLimits {
  std::string name;
  std::map<std::string, std::string> no_faults = {};  // kinds of faults (chaos/fault.h) that it can't do, and why not
  std::string no_client_links = {};  // why links between nodes and the load can't be hurt; empty: they can
  bool has_store = false;            // Patroni can keep its lock in the substrate itself
  std::string no_backups = {};       // why PostgreSQL can't be backed up; empty: it can
};

[[nodiscard]] const std::vector<SubstrateLimits>& substrates();
// Null when there is none of this name.
[[nodiscard]] const SubstrateLimits* find_substrate(std::string_view name);

}  // namespace chamber
