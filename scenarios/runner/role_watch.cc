#include "scenarios/runner/role_watch.h"

#include <optional>

#include "harness/base/eventually.h"

namespace chamber {

RoleWatch::RoleWatch(Platform& platform, Recorder& recorder, const std::vector<WatchedRole>& roles) {
  for (const WatchedRole& role : roles) {
    threads_.emplace_back(
        [&platform, &recorder, role](const std::stop_token& stop) { watch(platform, recorder, role, stop); });
  }
}

void RoleWatch::watch(Platform& platform, Recorder& recorder, const WatchedRole& role, const std::stop_token& stop) {
  std::optional<std::string> last;
  do {
    const auto holders = platform.resolve(role.name);
    // Not to be able to tell is not to know; nobody is an answer.
    if (!holders) continue;
    const std::string text = fmt::format("{}", fmt::join(*holders, ", "));
    if (last == text) continue;
    recorder.event(EventKind::kRoleChange, role.name, text);
    last = text;
  } while (sleep_until(now() + role.every, stop));
}

}  // namespace chamber
