// Looks for known secrets in the command line and the environment of processes while a run lasts.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "harness/base/clock.h"

namespace chamber {

class SecretWatch {
 public:
  // `processes` are asked for at each look, by the watch's thread: those of the cell (Substrate::processes).
  explicit SecretWatch(std::function<std::vector<pid_t>()> processes);
  // Ends the watch. "vault.share in the environment of 412 vault", each once.
  [[nodiscard]] std::vector<std::string> finish();
  // Valid after finish().
  [[nodiscard]] std::uint64_t looks() const { return looks_; }

 private:
  static constexpr Duration kEvery = std::chrono::seconds(1);
  void look();

  std::function<std::vector<pid_t>()> processes_;
  std::set<std::string> found_;
  std::uint64_t looks_ = 0;
  std::jthread thread_;
};

}  // namespace chamber
