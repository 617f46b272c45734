#include "harness/cell/substrate.h"

namespace chamber {

Result<PowerLoss> Substrate::lose_power(std::string_view node, const Survival&) {
  return fail(ErrorKind::kHarness, "substrate {} can't cut the power of {}", name(), node);
}

Result<void> still_running(const Substrate& substrate, std::string_view node, std::string_view process) {
  const ProcessState state = substrate.state(node, process);
  if (state.running) return {};
  if (!state.started) return fail(ErrorKind::kHarness, "{} of {} was never started", process, node);
  return fail(ErrorKind::kHarness, "{} of {} ended by itself ({}); its last lines:\n{}", process, node, state.ended_how,
              substrate.log_tail(node, process, 15));
}

}  // namespace chamber
