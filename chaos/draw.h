// Schedules of faults drawn from a seed. The same request gives the same schedule on every machine: integers and the
// harness's own generator only.
//
// Time is divided into storms, in which faults come and overlap, and quiet periods, in which none is on and recovery
// is judged; the last quiet period is the final heal. At no moment are more nodes of a component hurt than it
// tolerates; a node counts as hurt for some time after its fault has ended (Drawing::aftermath).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "chaos/fault.h"
#include "harness/base/clock.h"
#include "harness/base/result.h"

namespace chamber {

enum class ChaosProfile : std::uint8_t {
  kCalm,   // one fault at a time, mild ones
  kRough,  // as many as the stack tolerates, of every kind
};
[[nodiscard]] std::string_view to_string(ChaosProfile profile);
// kInput for a name that is none.
[[nodiscard]] Result<ChaosProfile> chaos_profile_from(std::string_view name);

// A component as far as chaos is concerned.
struct ChaosComponent {
  std::string name;
  std::int64_t nodes = 1;
  std::int64_t tolerates = 0;      // so many of them may be hurt at once
  std::vector<std::string> roles;  // targets that are one node at a time: "vault.leader"
  bool can_lose_power = false;     // its nodes have disks that forget what was not synced
};

struct DrawnFault {
  Duration at{};  // from the start of the load
  std::string kind;
  std::string component;                          // of the target
  std::string target;                             // a role or a node: one node
  Duration length{};                              // zero: done in a moment
  Duration aftermath{};                           // after its end the node counts as hurt for so long
  std::map<std::string, std::string> parameters;  // as in a scenario: {"add", "40ms"}

  [[nodiscard]] Duration end() const { return at + length; }
  [[nodiscard]] Duration whole_again() const { return end() + aftermath; }
};

struct QuietPeriod {
  Duration from{};
  Duration to{};
};

struct ChaosSchedule {
  std::vector<DrawnFault> faults;  // by `at`
  std::vector<QuietPeriod> quiet;  // the last ends with the schedule
};

struct ChaosRequest {
  Duration length{};
  std::uint64_t seed = 0;
  ChaosProfile profile = ChaosProfile::kRough;
  std::vector<ChaosComponent> components;
};

// The shortest run with a storm and a quiet period.
inline constexpr Duration kShortestChaos = std::chrono::minutes(1);

// Draws from those kinds that say how (FaultKind::drawing) and that a component here can have. kInput when the length
// is too short, or when nothing can be hurt: no component tolerates the loss of a node.
[[nodiscard]] Result<ChaosSchedule> draw_schedule(const ChaosRequest& request, const std::vector<FaultKind>& kinds);

// One line a fault and a quiet period, in order of time.
[[nodiscard]] std::string describe(const ChaosSchedule& schedule);

}  // namespace chamber
