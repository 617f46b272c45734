// What each rule of a gate asks of the cells. Internal to this folder.
#pragma once

#include <string>
#include <vector>

#include "reports/gate.h"

namespace chamber::gate {

struct Offender {
  std::string cell;  // its id; empty when it is all of them together
  std::string what;  // "99.2 % of vault.register, at least 99.9 %"
};

struct Finding {
  bool holds = false;
  std::string evidence;  // one line
  std::vector<Offender> offenders;
};

using Cells = std::vector<const matrix::CellResult*>;

struct RuleKind {
  std::string name;
  std::string doc;
  document::Shape<GateRule> shape;
  std::string (*says)(const GateRule& rule);
  Finding (*look)(const GateRule& rule, const Cells& cells);
};
[[nodiscard]] const std::vector<RuleKind>& rule_kinds();

}  // namespace chamber::gate
