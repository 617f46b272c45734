#include "harness/cell/substrates.h"

#include <algorithm>

namespace chamber {

bool is_pod_fault(std::string_view kind) {
  return std::find(kPodFaults.begin(), kPodFaults.end(), kind) != kPodFaults.end();
}

const std::vector<SubstrateLimits>& substrates() {
  const std::string no_pods = "nodes are no pods there; --on kind they are";
  std::map<std::string, std::string> of_pods;
  for (const char* const fault : kPodFaults) of_pods[fault] = no_pods;
  const std::string keeps_writes =
      "a pod's volume is a folder of the Kubernetes node, which keeps all that was written";
  static const std::vector<SubstrateLimits> all{
      {.name = kLocal, .no_faults = of_pods},
      {.name = kKind,
       .no_faults = {{"lose_power", keeps_writes}},
       .no_client_links = "the load shares its address with the Kubernetes node, whose own packets would be hurt too",
       .has_store = true,
       .no_backups = "the image of a PostgreSQL pod has no pgBackRest, and the pod may not talk to the object store"}};
  return all;
}

const SubstrateLimits* find_substrate(std::string_view name) {
  const auto found =
      std::find_if(substrates().begin(), substrates().end(), [&](const auto& s) { return s.name == name; });
  return found == substrates().end() ? nullptr : &*found;
}

}  // namespace chamber
