#include "harness/cli/cells.h"

#include <algorithm>
#include <functional>

#include "fixtures/kind/cluster.h"
#include "fixtures/kind/packet_holder.h"
#include "fixtures/servers/locate.h"
#include "harness/base/clock.h"
#include "harness/base/home.h"
#include "harness/base/random.h"
#include "harness/cli/cell_host.h"
#include "harness/disk/disk.h"
#include "harness/process/run_folder.h"
#include "scenarios/language/catalogue.h"
#include "scenarios/language/cell_stack.h"
#include "scenarios/language/plan.h"
#include "scenarios/language/where.h"

namespace chamber {

namespace fs = std::filesystem;

fs::path new_run_path(const fs::path& root, const std::string& name) {
  std::string when = wall_time_utc();  // "2026-11-21T12:00:00.000Z"
  std::erase_if(when, [](char c) { return c == '-' || c == ':'; });
  return root / fmt::format("{}-{}Z-{}", name, when.substr(0, 15), random_hex(2));
}

Result<fs::path> find_cell(const fs::path& root, const std::string& name) {
  std::vector<fs::path> live;
  for (const RunEntry& entry : CHAMBER_TRY(list_runs(root))) {
    if (entry.state != RunState::kLive || !fs::exists(entry.path / kControlSocket)) continue;
    if (entry.path.filename() == name) return entry.path;
    live.push_back(entry.path);
  }
  if (name.empty() && live.size() == 1) return live.front();
  if (live.empty()) return fail(ErrorKind::kInput, "no cell lives; `chamber up` makes one");
  std::string names;
  for (const fs::path& path : live) names += (names.empty() ? "" : ", ") + path.filename().string();
  if (name.empty()) return fail(ErrorKind::kInput, "several cells live, name one of: {}", names);
  return fail(ErrorKind::kInput, "no cell '{}' lives; those that do: {}", name, names);
}

Result<std::vector<fs::path>> visible_paths(const std::map<std::string, fs::path>& given) {
  std::vector<fs::path> paths{home_folder(), fs::read_symlink("/proc/self/exe").parent_path()};
  servers::Surroundings surroundings = servers::Surroundings::of_process();
  surroundings.given = given;
  const auto catalogue = CHAMBER_TRY(servers::Catalogue::read(home_folder() / "fixtures/servers.yaml"));
  std::vector<fs::path> servers = servers::given_paths(catalogue, surroundings);
  servers.push_back(surroundings.cache);
  for (fs::path& path : servers) {
    std::error_code forbidden;  // what this user may not look at isn't there for its cells
    if (fs::exists(path, forbidden)) paths.push_back(std::move(path));
  }
  return paths;
}

namespace {

// By their names in servers.yaml. `there` says whether one can be had.
std::vector<std::string> needed_servers(const Stack& stack, const std::function<bool(const std::string&)>& there) {
  std::vector<std::string> needed;
  if (stack.vault > 0) needed.emplace_back("vault");
  if (stack.postgres > 0) needed.insert(needed.end(), {"postgresql", "patroni"});
  if (stack.dcs > 0) needed.emplace_back("etcd");
  if (stack.loadbalancer > 0) needed.emplace_back("haproxy");
  if (stack.objectstore > 0) needed.emplace_back("minio");
  if (stack.identity > 0) {
    const std::string& engine = stack.identity_settings.engine;
    const bool real = engine != "standin" && there(stack.server("zitadel"));
    if (!real) needed.emplace_back(engine == "zitadel" ? "zitadel" : "standin");
  }
  return needed;
}

bool holds_packets_back(const language::Plan& plan) {
  return std::any_of(plan.faults.begin(), plan.faults.end(),
                     [](const auto& fault) { return *fault.kind == "delay" || *fault.kind == "thin"; });
}

}  // namespace

Result<Stack> stack_named(const std::string& name) {
  if (name == "production") return Stack::production();
  if (name == "minimal") return Stack::minimal();
  const auto catalogue = CHAMBER_TRY(language::Catalogue::open(home_folder() / "scenarios"));
  const auto file = catalogue.find(name);
  if (!file) {
    return fail(ErrorKind::kInput,
                "there is no stack '{}'; right would be production, minimal, or a scenario's name: {}", name,
                file.error().message());
  }
  const auto plan = CHAMBER_TRY(language::make_plan({.file = *file}, language::standard_vocabulary()));
  return language::cell_stack(plan);
}

Result<void> require_substrate(const std::string& name) {
  if (find_substrate(name) != nullptr) return {};
  return fail(ErrorKind::kInput, "there is no substrate '{}'; right would be {} or {}", name, kLocal, kKind);
}

Result<void> require_possible(const std::string& on, const language::Plan& plan) {
  CHAMBER_CHECK(require_substrate(on));
  std::string why_not = language::why_not_on(*find_substrate(on), plan);
  if (why_not.empty() && on == kLocal && !CHAMBER_TRY(language::cell_stack(plan)).loses_power.empty()) {
    if (const auto disks = disks_possible(); !disks) {
      why_not = disks.error().message();
      if (language::losing_power(plan).empty()) {
        why_not +=
            "; no disk is needed where each component of the stack says can_lose_power: false "
            "(--set stack.vault.can_lose_power=false)";
      }
    }
  }
  if (why_not.empty() && on == kKind && holds_packets_back(plan)) {
    const auto held = kind::packets_can_be_held();
    if (!held && held.error().kind() != ErrorKind::kUnavailable) why_not = held.error().message();
  }
  if (why_not.empty()) return {};
  return fail(ErrorKind::kHarness, "not run: {} can't be run on {} as it is written: {}", *plan.name, on, why_not);
}

Result<void> require_images(const Stack& stack, const kind::ImageCatalogue& images) {
  for (const std::string& server : needed_servers(stack, [&](const auto& name) { return images.server(name).ok(); })) {
    const auto found = images.server(stack.server(server));
    if (!found) return tl::unexpected(found.error().context("--on kind"));
  }
  return {};
}

Result<void> require_servers(const Stack& stack, const std::map<std::string, fs::path>& given) {
  const auto catalogue = CHAMBER_TRY(servers::Catalogue::read(home_folder() / "fixtures/servers.yaml"));
  servers::Surroundings surroundings = servers::Surroundings::of_process();
  surroundings.given = given;
  const auto there = [&](const std::string& name) {
    const auto entry = catalogue.find(name);
    return entry && (servers::is_given(*entry, surroundings) || servers::locate(catalogue, name, surroundings).ok());
  };
  for (const std::string& server : needed_servers(stack, there)) {
    const std::string name = stack.server(server);
    const auto found = servers::locate(catalogue, name, surroundings);
    if (found) continue;
    const bool obtainable = !CHAMBER_TRY(catalogue.find(name)).ways.empty();
    const std::string mend = obtainable ? fmt::format("`chamber servers get {}` obtains it", name)
                                        : fmt::format("give one with --server {}=PATH", server);
    return fail(ErrorKind::kInput, "the server {} is missing; {}\n{}", name, mend, found.error().message());
  }
  return {};
}

Result<void> require_machine(const std::string& on, const Stack& stack, const std::map<std::string, fs::path>& given) {
  CHAMBER_CHECK(require_substrate(on));
  if (on == kLocal) return require_servers(stack, given);
  const fs::path cache = servers::Surroundings::of_process().cache;
  CHAMBER_TRY(kind::Docker::find());
  CHAMBER_CHECK(require_images(stack, CHAMBER_TRY(kind::ImageCatalogue::load(cache))));
  return kind::check_machine(stack, kind::read_machine(cache));
}

}  // namespace chamber
