// What a scenario can ask of Kubernetes where it is what nodes run on.
#include "scenarios/language/spec_values.h"

namespace chamber::language {

std::vector<FaultSpec> pod_faults() {
  const ParameterSpec to = {.name = "to",
                            .type = ParameterType::kTarget,
                            .doc =
                                "Whose Kubernetes nodes are at the other end; every other one when left out, also "
                                "that of the API server."};
  return {{"delete_pod", "The pod is deleted; another of its name comes in its place.", Lasting::kNo, {}},
          {"evict_pod",
           "The pods are asked to go by the Eviction API, which the PodDisruptionBudget may refuse; another comes in "
           "place of each that went.",
           Lasting::kNo,
           {}},
          {"cordon",
           "No pod is put on the Kubernetes node that the target is on, until the fault's end.",
           Lasting::kYes,
           {}},
          {"drain",
           "Cordons the Kubernetes node that the target is on and evicts all its pods, as far as their "
           "PodDisruptionBudgets let them; they come back at the fault's end.",
           Lasting::kYes,
           {}},
          {.name = "pause_node",
           .doc = "Every process of the Kubernetes node that the target is on stands still, its pods' and its own, and "
                  "goes on at the fault's end.",
           .takes_kubernetes_node = true},
          {.name = "stop_node",
           .doc = "Every process of the Kubernetes node that the target is on dies at once; it is started again at the "
                  "fault's end, and its pods with it.",
           .takes_kubernetes_node = true},
          {.name = "partition_node",
           .doc = "No packet passes between the Kubernetes node that the target is on and the others, neither its "
                  "pods' nor its own; only the load reaches its pods.",
           .parameters = {to, link_direction()},
           .takes_kubernetes_node = true},
          {.name = "loss_node",
           .doc = "A share of the packets between the Kubernetes node that the target is on and the others vanishes, "
                  "but those of the load.",
           .parameters = {lost_share(), to, link_direction()},
           .takes_kubernetes_node = true}};
}

ParameterSpec patroni_store() {
  return {.name = "store",
          .type = ParameterType::kChoice,
          .doc = "Where Patroni keeps its leader lock.",
          .fallback = std::string("auto"),
          .choices = {{"auto", "In Kubernetes where nodes are pods; there the stack has no dcs. Elsewhere in etcd."},
                      {"etcd", "In etcd everywhere."}}};
}

}  // namespace chamber::language
