// Scenarios put into environments and configurations. Internal to this folder.
#pragma once

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "matrix/plan.h"
#include "scenarios/language/plan.h"

namespace chamber::matrix {

// One scenario in one environment and configuration.
struct Fitted {
  std::string misfit;  // why it makes no sense there; empty when it does
  std::optional<std::string> cannot;
  std::map<std::string, std::string> not_on;  // substrates that can't carry it, and why
  std::vector<std::string> overrides;
  std::set<std::string> components;
  Estimate estimate;      // on the local substrate, of the complete run
  double bring_up_s = 0;  // the part of it until the stack is ready
  double limit_s = 0;
};

class Fitter {
 public:
  explicit Fitter(const PlanSources& sources) : sources_(sources) {}

  // Scenario files are read once. kInput when one is wrong by itself.
  [[nodiscard]] Result<Fitted> fitted(const std::string& environment, const std::string& configuration,
                                      const std::string& scenario);

 private:
  [[nodiscard]] Result<language::Scenario> scenario(const std::string& name);
  [[nodiscard]] Fitted in_numbers(const language::Plan& plan, Fitted fitted) const;

  const PlanSources& sources_;
  std::map<std::string, language::Scenario> scenarios_;
};

}  // namespace chamber::matrix
