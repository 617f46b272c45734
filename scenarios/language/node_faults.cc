#include "scenarios/language/spec_values.h"

namespace chamber::language {

using document::Bounds;
using std::chrono::milliseconds;
using std::chrono::seconds;

ParameterSpec link_direction() {
  return {.name = "direction",
          .type = ParameterType::kChoice,
          .doc = "Which packets.",
          .fallback = std::string("both"),
          .choices = {{"both", "To and from the target."},
                      {"out", "What the target sends."},
                      {"in", "What is sent to the target."}}};
}

ParameterSpec lost_share() {
  return {.name = "share",
          .type = ParameterType::kPercentage,
          .doc = "Of the packets that vanish: drawn from the run's seed on local, by the kernel's own chance on kind.",
          .required = true};
}

std::vector<FaultSpec> node_faults() {
  const ParameterSpec to = {.name = "to",
                            .type = ParameterType::kTarget,
                            .doc = "The other end of the links; every other node of the cell when left out."};
  const ParameterSpec direction = link_direction();
  const ParameterSpec add = {.name = "add",
                             .type = ParameterType::kDuration,
                             .doc = "How much later each packet arrives.",
                             .required = true,
                             .bounds = between(milliseconds(1), seconds(60))};
  const ParameterSpec jitter = {.name = "jitter",
                                .type = ParameterType::kDuration,
                                .doc = "Up to how much earlier or later than that, drawn from the run's seed.",
                                .fallback = Duration(0),
                                .bounds = between(Duration(0), seconds(60))};
  const ParameterSpec share = lost_share();
  const ParameterSpec program = {
      .name = "program", .doc = "Of the node, by the name that the kernel shows, such as postgres; all when left out."};
  const ParameterSpec one_program = {
      .name = "program", .doc = "Of the node, by the name that the kernel shows, such as postgres.", .required = true};
  const ParameterSpec per_second = {.name = "per_second",
                                    .type = ParameterType::kByteSize,
                                    .doc = "What passes each way, such as 2MiB.",
                                    .required = true,
                                    .bounds = Bounds<std::int64_t>{1024, 1 << 30}};
  const ParameterSpec keeps = {.name = "keeps",
                               .type = ParameterType::kPercentage,
                               .doc = "Of the unsynced pages: those that had reached the disk by chance.",
                               .fallback = document::Percentage{0}};
  return {
      {"kill", "SIGKILL; the node stays down until the fault's end, then it is started.", Lasting::kYes, {}},
      {"crash", "SIGKILL to one program, which its supervisor starts again.", Lasting::kNo, {one_program}},
      {"pause", "SIGSTOP until the fault's end, then SIGCONT.", Lasting::kYes, {program}},
      {"lose_power",
       "The node dies, and what it had not synced is gone; it is started at the end.",
       Lasting::kYes,
       {keeps}},
      {"restart", "Stops the node in its own way and starts it again at once.", Lasting::kNo, {}},
      {.name = "partition",
       .doc = "No packet passes between the target and the others.",
       .parameters = {to, direction}},
      {.name = "delay", .doc = "Packets arrive later.", .parameters = {add, jitter, to, direction}},
      {.name = "loss", .doc = "A share of the packets vanishes.", .parameters = {share, to, direction}},
      {.name = "thin", .doc = "So many bytes a second pass and no more.", .parameters = {per_second, to, direction}}};
}

}  // namespace chamber::language
