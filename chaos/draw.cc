#include "chaos/draw.h"

#include <algorithm>
#include <utility>

#include "harness/base/random.h"

namespace chamber {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Every drawn time is a multiple of this: short to read, and the same when it is written and read again.
constexpr Duration kGrain = milliseconds(100);
// The load runs undisturbed before the first fault, so that there is something to compare with.
constexpr Duration kLeadIn = seconds(5);
// After a target that would break the tolerance so many others are tried, then the moment passes without a fault.
constexpr int kTries = 8;

struct Range {
  Duration least;
  Duration most;
};

struct ProfileRules {
  Range storm;  // how long one lasts
  Range gap;    // between the starts of faults
  Range quiet;  //
  std::size_t at_once;
};

ProfileRules rules_of(ChaosProfile profile) {
  switch (profile) {
    case ChaosProfile::kCalm:
      return {{seconds(20), seconds(40)}, {seconds(8), seconds(15)}, {seconds(25), seconds(30)}, 1};
    case ChaosProfile::kRough:
      return {{seconds(30), seconds(60)}, {seconds(1), seconds(8)}, {seconds(25), seconds(30)}, SIZE_MAX};
  }
  return {};
}

class Drawer {
 public:
  Drawer(const ChaosRequest& request, const std::vector<FaultKind>& kinds)
      : request_(request), rules_(rules_of(request.profile)), random_(Random(request.seed).fork("chaos")) {
    for (const ChaosComponent& component : request.components) {
      if (component.tolerates > 0) components_.push_back(&component);
    }
    for (const FaultKind& kind : kinds) {
      if (kind.drawing && weight(kind) > 0 && !able(*kind.drawing).empty()) kinds_.push_back(&kind);
    }
  }

  [[nodiscard]] bool can_draw() const { return !kinds_.empty(); }

  ChaosSchedule draw() {
    ChaosSchedule schedule;
    Duration at = kLeadIn;
    while (true) {
      const Duration quiet = between(rules_.quiet);
      const Duration left = request_.length - at - quiet;
      // What is left and too short for a storm lengthens the final heal.
      if (left < std::min(rules_.storm.least, request_.length - kLeadIn - quiet)) break;
      const Duration end = at + std::min(left, between(rules_.storm));
      const Duration calm = storm(at, end);
      at = std::min(calm + quiet, request_.length);
      schedule.quiet.push_back({calm, at});
    }
    schedule.quiet.back().to = request_.length;
    schedule.faults = std::move(faults_);
    std::stable_sort(schedule.faults.begin(), schedule.faults.end(),
                     [](const DrawnFault& a, const DrawnFault& b) { return a.at < b.at; });
    return schedule;
  }

 private:
  // Faults between two moments; returns when the last of them has ended.
  Duration storm(Duration from, Duration to) {
    Duration calm = from;
    for (Duration at = from; at < to; at += between(rules_.gap)) {
      for (int i = 0; i < kTries; ++i) {
        DrawnFault fault = one(at);
        if (fault.end() > to || !tolerable(fault)) continue;
        calm = std::max(calm, fault.end());
        faults_.push_back(std::move(fault));
        break;
      }
    }
    return calm == from ? to : calm;
  }

  DrawnFault one(Duration at) {
    const FaultKind& kind = pick_kind();
    const Drawing& drawing = *kind.drawing;
    const std::vector<const ChaosComponent*> all = able(drawing);
    const ChaosComponent& component = *all[random_.below(all.size())];
    DrawnFault fault{.at = at,
                     .kind = kind.name,
                     .component = component.name,
                     .target = pick_target(component),
                     .length = between({drawing.shortest, drawing.longest}),
                     .aftermath = drawing.aftermath,
                     .parameters = {}};
    for (const DrawnParameter& parameter : drawing.parameters) fault.parameters[parameter.name] = text_of(parameter);
    return fault;
  }

  // Those whose nodes it can be done to. Of every kind that is drawn there is one.
  [[nodiscard]] std::vector<const ChaosComponent*> able(const Drawing& drawing) const {
    const auto& only = drawing.components;
    std::vector<const ChaosComponent*> all;
    for (const ChaosComponent* component : components_) {
      if (!only.empty() && std::find(only.begin(), only.end(), component->name) == only.end()) continue;
      if (drawing.takes_power && !component->can_lose_power) continue;
      all.push_back(component);
    }
    return all;
  }

  const FaultKind& pick_kind() {
    std::uint64_t sum = 0;
    for (const FaultKind* kind : kinds_) sum += weight(*kind);
    std::uint64_t drawn = random_.below(sum);
    for (const FaultKind* kind : kinds_) {
      if (drawn < weight(*kind)) return *kind;
      drawn -= weight(*kind);
    }
    return *kinds_.back();
  }

  // A role as often as a node: most of what goes wrong goes wrong at leaders.
  std::string pick_target(const ChaosComponent& component) {
    const bool role = random_.below(2) == 0;
    const std::uint64_t node = random_.below(static_cast<std::uint64_t>(component.nodes));
    if (role && !component.roles.empty()) return component.roles[random_.below(component.roles.size())];
    return fmt::format("{}-{}", component.name, node);
  }

  std::string text_of(const DrawnParameter& parameter) {
    if (!parameter.choices.empty()) return parameter.choices[random_.below(parameter.choices.size())];
    const std::uint64_t number = parameter.least + random_.below(parameter.most - parameter.least + 1);
    return fmt::format("{}{}", number, parameter.unit);
  }

  // Whether it may be added to what is drawn already.
  [[nodiscard]] bool tolerable(const DrawnFault& fault) const {
    std::size_t at_once = 0;
    std::int64_t of_component = 0;
    for (const DrawnFault& other : faults_) {
      // Counting whatever touches the new fault's time is more careful than need be, and simple.
      if (other.whole_again() < fault.at || other.at > fault.whole_again()) continue;
      ++at_once;
      if (other.component == fault.component) ++of_component;
      if (other.target == fault.target) return false;
    }
    const auto component = std::find_if(components_.begin(), components_.end(),
                                        [&](const ChaosComponent* one) { return one->name == fault.component; });
    return at_once < rules_.at_once && of_component < (*component)->tolerates;
  }

  [[nodiscard]] std::uint64_t weight(const FaultKind& kind) const {
    return request_.profile == ChaosProfile::kCalm ? kind.drawing->calm : kind.drawing->rough;
  }

  Duration between(const Range& range) {
    const auto steps = static_cast<std::uint64_t>((range.most - range.least) / kGrain);
    return range.least + kGrain * static_cast<Duration::rep>(random_.below(steps + 1));
  }

  const ChaosRequest& request_;
  const ProfileRules rules_;
  Random random_;
  std::vector<const FaultKind*> kinds_;
  std::vector<const ChaosComponent*> components_;
  std::vector<DrawnFault> faults_;
};

}  // namespace

std::string_view to_string(ChaosProfile profile) {
  return profile == ChaosProfile::kCalm ? "calm" : "rough";
}

Result<ChaosProfile> chaos_profile_from(std::string_view name) {
  for (const ChaosProfile profile : {ChaosProfile::kCalm, ChaosProfile::kRough}) {
    if (name == to_string(profile)) return profile;
  }
  return fail(ErrorKind::kInput, "there is no profile '{}'; right would be calm or rough", name);
}

Result<ChaosSchedule> draw_schedule(const ChaosRequest& request, const std::vector<FaultKind>& kinds) {
  if (request.length < kShortestChaos) {
    return fail(ErrorKind::kInput, "chaos for {} is too short for a storm and a quiet period; write at least {}",
                human(request.length), human(kShortestChaos));
  }
  Drawer drawer(request, kinds);
  if (!drawer.can_draw()) {
    return fail(ErrorKind::kInput, "no component of the stack tolerates a hurt node; take a stack with more nodes");
  }
  return drawer.draw();
}

std::string describe(const ChaosSchedule& schedule) {
  std::string text;
  auto quiet = schedule.quiet.begin();
  const auto quiet_until = [&](Duration at) {
    for (; quiet != schedule.quiet.end() && quiet->from <= at; ++quiet) {
      text +=
          fmt::format("{:>9.1f}s  quiet until {:.1f}s\n", chamber::seconds(quiet->from), chamber::seconds(quiet->to));
    }
  };
  for (const DrawnFault& fault : schedule.faults) {
    quiet_until(fault.at);
    text += fmt::format("{:>9.1f}s  {} {}", chamber::seconds(fault.at), fault.kind, fault.target);
    if (fault.length > Duration::zero()) text += fmt::format(" for {:.1f}s", chamber::seconds(fault.length));
    for (const auto& [name, value] : fault.parameters) text += fmt::format(" {} {}", name, value);
    text += "\n";
  }
  quiet_until(Duration::max());
  return text;
}

}  // namespace chamber
