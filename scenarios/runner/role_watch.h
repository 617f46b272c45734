// Looks who has a role, again and again, and records each change.
#pragma once

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "fixtures/platform/platform.h"
#include "harness/history/recorder.h"

namespace chamber {

struct WatchedRole {
  std::string name;
  Duration every{};  // between two looks
};

class RoleWatch {
 public:
  // One thread for each role, until this is destroyed.
  RoleWatch(Platform& platform, Recorder& recorder, const std::vector<WatchedRole>& roles);

 private:
  static void watch(Platform& platform, Recorder& recorder, const WatchedRole& role, const std::stop_token& stop);

  std::vector<std::jthread> threads_;
};

}  // namespace chamber
