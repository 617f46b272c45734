// Symbolic targets, resolved to nodes at the moment of use.
//
//   vault-0               that node
//   vault.all             every node of the component
//   vault.one             one of them, drawn from the seed
//   vault.minority        the most nodes that are fewer than half, drawn from the seed
//   vault.majority        the fewest nodes that are more than half, drawn from the seed
//   clients               the harness's own end of the links
//   vault.leader          whoever has that role now; the roles are the component's (Component::roles)
//   vault.standby.one     one of those who have it, drawn from the seed
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/random.h"
#include "harness/base/result.h"
#include "harness/cell/node.h"

namespace chamber {

struct TargetContext {
  const std::vector<NodeSpec>& nodes;
  // The nodes that have a role now; kInput for a role that nobody knows.
  std::function<Result<std::vector<std::string>>(std::string_view role)> role;
};

// At least one node; kUnavailable when nobody has the role now, kInput when the target makes no sense in this cell.
Result<std::vector<std::string>> resolve_target(std::string_view target, const TargetContext& context, Random& random);

}  // namespace chamber
