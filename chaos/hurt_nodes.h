// Who is hurt now, so that a run keeps within what its stack tolerates whatever takes longer than was planned.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace chamber {

// Any thread.
class HurtNodes {
 public:
  // How many nodes of each component may be hurt at once (none when it is not there), and whose each node is.
  HurtNodes(std::map<std::string, std::int64_t> tolerates, std::map<std::string, std::string> component_of)
      : tolerates_(std::move(tolerates)), component_of_(std::move(component_of)) {}

  // Empty when they may be hurt, and are hurt from now on; otherwise why not: one is hurt already, or its component
  // has as many as it tolerates.
  [[nodiscard]] std::string enter(const std::vector<std::string>& nodes);
  void leave(const std::vector<std::string>& nodes);

 private:
  const std::map<std::string, std::int64_t> tolerates_;
  const std::map<std::string, std::string> component_of_;
  std::mutex mutex_;
  std::map<std::string, std::set<std::string>> hurt_;  // by component
};

}  // namespace chamber
