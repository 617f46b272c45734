#include "harness/cell/substrate.h"

namespace chamber {

Result<PowerLoss> Substrate::lose_power(std::string_view node, const Survival&) {
  return fail(ErrorKind::kHarness, "substrate {} can't cut the power of {}", name(), node);
}

Result<Address> published_address(const std::map<std::string, std::uint16_t, std::less<>>& ports,
                                  std::string_view name) {
  const auto found = ports.find(name);
  if (found == ports.end()) return fail(ErrorKind::kHarness, "nothing is published as '{}'", name);
  return Address{"127.0.0.1", found->second};
}

std::vector<std::string> running_processes(const Substrate& substrate, std::string_view node) {
  std::vector<std::string> names;
  for (const NodeSpec& spec : substrate.nodes()) {
    if (spec.name != node) continue;
    for (const ProcessSpec& process : spec.processes) {
      if (substrate.state(node, process.name).running) names.push_back(process.name);
    }
  }
  return names;
}

Result<void> still_running(const Substrate& substrate, std::string_view node, std::string_view process) {
  const ProcessState state = substrate.state(node, process);
  if (state.running) return {};
  if (!state.started) return fail(ErrorKind::kHarness, "{} of {} was never started", process, node);
  return fail(ErrorKind::kHarness, "{} of {} ended by itself ({}); its last lines:\n{}", process, node, state.ended_how,
              substrate.log_tail(node, process, 15));
}

}  // namespace chamber
