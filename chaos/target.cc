#include "chaos/target.h"

#include <algorithm>

namespace chamber {
namespace {

// The first `count` of a random order.
std::vector<std::string> draw(std::vector<std::string> names, std::size_t count, Random& random) {
  for (std::size_t i = 0; i < count; ++i) std::swap(names[i], names[i + random.below(names.size() - i)]);
  names.resize(count);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

Result<std::vector<std::string>> resolve_target(std::string_view target, const TargetContext& context, Random& random) {
  for (const NodeSpec& node : context.nodes) {
    if (node.name == target) return std::vector<std::string>{node.name};
  }
  if (target == "clients") return std::vector<std::string>{"harness"};
  const auto dot = target.find('.');
  if (dot == std::string_view::npos) return fail(ErrorKind::kInput, "the cell has no node '{}'", target);
  const std::string_view component = target.substr(0, dot);
  const std::string_view selector = target.substr(dot + 1);
  std::vector<std::string> members;
  for (const NodeSpec& node : context.nodes) {
    if (node.component == component) members.push_back(node.name);
  }
  if (members.empty()) return fail(ErrorKind::kInput, "the cell has no component '{}'", component);
  if (selector == "all") return members;
  if (selector == "one") return draw(std::move(members), 1, random);
  if (selector == "minority" || selector == "majority") {
    const std::size_t count = selector == "minority" ? (members.size() - 1) / 2 : members.size() / 2 + 1;
    if (count == 0) {
      return fail(ErrorKind::kInput, "'{}': of {} node no minority can be taken", target, members.size());
    }
    return draw(std::move(members), count, random);
  }
  constexpr std::string_view kOne = ".one";
  const std::string_view role = target.ends_with(kOne) ? target.substr(0, target.size() - kOne.size()) : target;
  std::vector<std::string> holders = CHAMBER_TRY(context.role(role));
  if (holders.empty()) return fail(ErrorKind::kUnavailable, "nobody is {} now", role);
  if (role.size() == target.size()) return holders;
  std::sort(holders.begin(), holders.end());  // one seed draws the same one, in whatever order they answered
  return draw(std::move(holders), 1, random);
}

}  // namespace chamber
