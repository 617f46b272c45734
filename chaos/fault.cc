#include "chaos/fault.h"

#include <algorithm>

#include "chaos/link_faults.h"
#include "chaos/pod_faults.h"
#include "chaos/process_faults.h"

namespace chamber {

const std::vector<FaultKind>& fault_kinds() {
  using std::chrono::seconds;
  const DrawnParameter direction{.name = "direction", .choices = {"both", "in", "out"}};
  static const std::vector<FaultKind> kinds{
      {.name = "kill",
       .about = "Every process of the node dies at once (SIGKILL); started again at the end.",
       .drawing = Drawing{seconds(3), seconds(12), seconds(20), 2, 3}},
      {.name = "crash",
       .about = "One program of the node dies at once (SIGKILL); what supervises it lives and starts it again."},
      {.name = "pause",
       .about = "Every process of the node, or one program, stands still (SIGSTOP) and goes on at the end (SIGCONT).",
       .drawing = Drawing{seconds(3), seconds(12), seconds(15), 0, 2}},
      {.name = "restart",
       .about = "Every process of the node is asked to end (SIGTERM), waited for, and started again.",
       .drawing = Drawing{seconds(0), seconds(0), seconds(30), 2, 1}},
      {.name = "lose_power",
       .about = "The node's host loses its power: every process and packet of it is gone, and what was not synced.",
       .drawing = Drawing{.shortest = seconds(3),
                          .longest = seconds(12),
                          .aftermath = seconds(30),
                          .rough = 2,
                          .parameters = {{"keeps", "%", 0, 60}},
                          .takes_power = true}},
      {.name = "partition",
       .about = "Packets between the targets and the other nodes vanish; direction both, in or out.",
       .needs_links = true,
       .drawing = Drawing{seconds(4), seconds(12), seconds(15), 0, 3, {}, {direction}}},
      {.name = "delay",
       .about = "Packets between the targets and the other nodes take longer, with jitter if asked for.",
       .needs_links = true,
       .drawing =
           Drawing{seconds(5), seconds(15), seconds(5), 2, 1, {}, {{"add", "ms", 10, 80}, {"jitter", "ms", 0, 9}}}},
      {.name = "loss",
       .about = "A share of the packets between the targets and the other nodes vanishes.",
       .needs_links = true,
       .drawing = Drawing{seconds(5), seconds(15), seconds(5), 1, 1, {}, {{"share", "%", 5, 25}, direction}}},
      {.name = "thin",
       .about = "Between the targets and the other nodes pass so many bytes a second and no more.",
       .needs_links = true},
      {.name = "delete_pod",
       .about = "The pod is deleted and has its grace period; Kubernetes makes another in its place.",
       .drawing = Drawing{seconds(0), seconds(0), seconds(45), 1, 2}},
      {.name = "evict_pod",
       .about =
           "The pods are asked to go by the Eviction API, in turn, as far as their PodDisruptionBudget lets them."},
      {.name = "cordon",
       .about = "No pod is put on the Kubernetes node that the target is on; allowed again at the end."},
      {.name = "drain",
       .about = "The Kubernetes node that the target is on is cordoned and all its pods of the cell are evicted; those "
                "that went come back at the end."},
      {.name = "pause_node",
       .about = "Every process of the Kubernetes node that the target is on stands still, and goes on at the end."},
      {.name = "stop_node",
       .about = "Every process of the Kubernetes node that the target is on dies at once; started again at the end."},
      {.name = "partition_node",
       .about = "Packets between the Kubernetes node that the target is on and the others vanish, its pods' and its "
                "own; direction both, in or out."},
      {.name = "loss_node",
       .about = "A share of the packets between the Kubernetes node that the target is on and the others vanishes, its "
                "pods' and its own."},
  };
  return kinds;
}

std::vector<FaultKind> fault_kinds_on(const SubstrateLimits& substrate) {
  std::vector<FaultKind> possible = fault_kinds();
  std::erase_if(possible, [&](const FaultKind& kind) { return substrate.no_faults.contains(kind.name); });
  return possible;
}

Result<std::unique_ptr<Fault>> make_fault(const FaultRequest& request, Substrate& substrate) {
  const auto& kinds = fault_kinds();
  const auto kind = std::find_if(kinds.begin(), kinds.end(), [&](const auto& k) { return k.name == request.kind; });
  if (kind == kinds.end()) return fail(ErrorKind::kInput, "there is no fault '{}'", request.kind);
  if (request.targets.empty()) return fail(ErrorKind::kInput, "the fault '{}' has no target", request.kind);
  if (kind->needs_links && substrate.links() == nullptr) {
    return fail(ErrorKind::kHarness, "substrate {} can't do '{}': {}", substrate.name(), request.kind,
                substrate.why_no_links());
  }
  if (kind->needs_links) return make_link_fault(request, substrate);
  if (is_pod_fault(request.kind)) return make_pod_fault(request, substrate);
  return make_process_fault(request, substrate);
}

}  // namespace chamber
