#include "chaos/hurt_nodes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace chamber {

std::string HurtNodes::enter(const std::vector<std::string>& nodes) {
  const std::lock_guard lock(mutex_);
  auto wanted = hurt_;
  for (const std::string& node : nodes) {
    const auto found = component_of_.find(node);
    const std::string component = found == component_of_.end() ? node : found->second;
    std::set<std::string>& hurt = wanted[component];
    if (!hurt.insert(node).second) return fmt::format("{} is hurt already", node);
    const auto limit = tolerates_.find(component);
    const std::int64_t most = limit == tolerates_.end() ? 0 : limit->second;
    if (static_cast<std::int64_t>(hurt.size()) <= most) continue;
    hurt.erase(node);
    return fmt::format("{} tolerates {} hurt node{}, and {}", component, most, most == 1 ? "" : "s",
                       hurt.empty() ? "that is none" : fmt::format("{} is not whole again", fmt::join(hurt, ", ")));
  }
  hurt_ = std::move(wanted);
  return {};
}

void HurtNodes::leave(const std::vector<std::string>& nodes) {
  const std::lock_guard lock(mutex_);
  for (const std::string& node : nodes) {
    const auto found = component_of_.find(node);
    hurt_[found == component_of_.end() ? node : found->second].erase(node);
  }
}

}  // namespace chamber
