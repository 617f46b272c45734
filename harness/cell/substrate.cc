#include "harness/cell/substrate.h"

#include <algorithm>

namespace chamber {
namespace {

// Empty for a node or a process that the cell doesn't have.
std::vector<std::string> needs_of(const Substrate& substrate, std::string_view node, std::string_view process) {
  for (const NodeSpec& spec : substrate.nodes()) {
    if (spec.name != node) continue;
    const auto described = std::ranges::find(spec.processes, process, &ProcessSpec::name);
    if (described != spec.processes.end()) return described->needs;
  }
  return {};
}

// The first of its needs that is not there, if any.
std::optional<std::string> lacks(Substrate& substrate, std::string_view node, std::string_view process) {
  for (const std::string& file : needs_of(substrate, node, process)) {
    // Whether it is there is all that counts, so any error means "not yet".
    if (!substrate.read_file(node, file)) return file;
  }
  return std::nullopt;
}

}  // namespace

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

Result<void> ensure_running(Substrate& substrate, std::string_view node, std::string_view process) {
  if (substrate.state(node, process).running) return {};
  if (const auto file = lacks(substrate, node, process)) {
    return fail(ErrorKind::kUnavailable, "{} of {} needs /node/{}, which is not there yet", process, node, *file);
  }
  return substrate.start(node, process);
}

Result<void> start_again(Substrate& substrate, std::string_view node, const std::vector<std::string>& processes) {
  for (auto process = processes.rbegin(); process != processes.rend(); ++process) {
    if (lacks(substrate, node, *process)) continue;
    CHAMBER_CHECK(substrate.start(node, *process));
  }
  return {};
}

Result<void> still_running(const Substrate& substrate, std::string_view node, std::string_view process) {
  const ProcessState state = substrate.state(node, process);
  if (state.running) return {};
  if (!state.started) return fail(ErrorKind::kHarness, "{} of {} was never started", process, node);
  return fail(ErrorKind::kHarness, "{} of {} ended by itself ({}); its last lines:\n{}", process, node, state.ended_how,
              substrate.log_tail(node, process, 15));
}

}  // namespace chamber
