// `chamber doctor`: what this machine offers, by trying it, and the command that mends what it lacks.
#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

#include "fixtures/kind/cluster.h"
#include "fixtures/kind/packet_holder.h"
#include "fixtures/servers/table.h"
#include "harness/base/home.h"
#include "harness/cli/cell_client.h"
#include "harness/cli/cells.h"
#include "harness/cli/commands.h"
#include "harness/disk/disk.h"
#include "harness/net/wire/device.h"
#include "harness/process/isolation.h"

namespace chamber {
namespace {

namespace fs = std::filesystem;

struct Finding {
  std::string what;
  bool good;
  std::string text;
  std::string mend;  // a command, or empty
};

// By making a cell's process 1 and ending it again.
Finding try_namespaces(const CommonOptions& options) {
  auto visible = visible_paths(options.servers);
  if (!visible) return {"namespaces", false, visible.error().message(), ""};
  auto cell = start_local_cell({.folder = new_run_path(options.runs, "doctor"), .keep_visible = std::move(*visible)});
  const std::string how = std::string(to_string(privilege()));
  if (!cell) {
    return {"namespaces", false, cell.error().message(),
            privilege() == Privilege::kRoot ? ""
                                            : "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0 "
                                              "kernel.unprivileged_userns_clone=1 user.max_user_namespaces=15000"};
  }
  const fs::path folder = (*cell)->folder().path();
  const auto closed = (*cell)->close();
  std::error_code ignored;  // a folder that stays is told by the next line of this report's user, not by a failure
  fs::remove_all(folder, ignored);
  if (!closed) return {"namespaces", false, closed.error().message(), ""};
  return {"namespaces", true, "cells can be made, as " + how, ""};
}

Finding try_tap() {
  const auto usable = tap_usable();
  if (usable) return {"wire", true, "TAP devices", ""};
  return {"wire", true, "veth pairs with packet sockets, which are slower: " + usable.error().message(),
          "sudo chmod 0666 /dev/net/tun"};
}

// A machine without it is no bad one: scenarios in which a host loses its power are not run there.
Finding try_disks() {
  const auto possible = disks_possible();
  if (possible) return {"power loss", true, "disks that forget what was not synced can be mounted", ""};
  return {"power loss", true, "scenarios with the fault lose_power are not run: " + possible.error().message(), ""};
}

Finding look_at_memory() {
  constexpr double kNeeded = 2.5;  // GiB: what the production stack takes, with room
  const double free =
      static_cast<double>(sysconf(_SC_AVPHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE)) / (1U << 30U);
  return {"memory", free >= kNeeded,
          fmt::format("{:.1f} GiB free; a production cell takes about {} GiB", free, kNeeded), ""};
}

Finding look_at_disk(const CommonOptions& options) {
  struct statvfs facts {};
  fs::path place = options.runs;
  while (!fs::exists(place) && place.has_relative_path()) place = place.parent_path();
  if (statvfs(place.c_str(), &facts) != 0)
    return {"disk", false, fmt::format("{}: {}", place.string(), errno_text(errno)), ""};
  const double free = static_cast<double>(facts.f_bavail) * static_cast<double>(facts.f_frsize) / (1U << 30U);
  return {"disk", free >= 1, fmt::format("{:.1f} GiB free in {}", free, place.string()), ""};
}

// What --on kind needs. A machine without it is no bad machine: cells run on `local` there.
std::vector<Finding> look_at_kind() {
  std::vector<Finding> findings;
  const auto add = [&](const std::string& what, const Result<void>& outcome, const std::string& good) {
    findings.push_back({"kind: " + what, true, outcome ? good : "not usable: " + outcome.error().message(), ""});
  };
  const auto docker = kind::Docker::find();
  std::string version;
  if (docker) version = (*docker)->version().value_or("unknown");
  add("docker", docker ? Result<void>() : tl::unexpected(docker.error()), "version " + version);
  const fs::path cache = servers::Surroundings::of_process().cache;
  const auto images = kind::ImageCatalogue::load(cache);
  add("images", images ? Result<void>() : tl::unexpected(images.error()),
      images ? fmt::format("Kubernetes {} in {}", images->kubernetes, images->node_image) : "");
  add("machine", kind::check_machine(Stack::production(), kind::read_machine(cache)),
      "enough memory, inotify instances and disk");
  add("links", kind::packets_can_be_held(), "packets can be held back, for the faults delay and thin");
  return findings;
}

}  // namespace

int doctor_command(const CommonOptions& options) {
  std::vector<Finding> findings{try_namespaces(options), try_tap(), try_disks(), look_at_memory(),
                                look_at_disk(options)};
  const auto catalogue = servers::Catalogue::read(home_folder() / "fixtures/servers.yaml");
  if (!catalogue) return report_error(catalogue.error());
  servers::Surroundings surroundings = servers::Surroundings::of_process();
  surroundings.given = options.servers;
  for (const servers::ServerState& state : servers::survey(*catalogue, surroundings)) {
    const std::string name = "server " + state.entry->name;
    if (state.found) {
      findings.push_back({name, true, state.found->version + " from " + state.found->source, ""});
    } else if (!state.entry->on_request) {
      findings.push_back({name, false, "missing", "chamber servers get " + state.entry->name});
    }
  }
  for (Finding& finding : look_at_kind()) findings.push_back(std::move(finding));
  bool all_good = true;
  nlohmann::json list = nlohmann::json::array();
  for (const Finding& finding : findings) {
    all_good &= finding.good;
    list.push_back({{"what", finding.what}, {"good", finding.good}, {"text", finding.text}, {"mend", finding.mend}});
    if (options.json) continue;
    std::fputs(fmt::format("{:4} {:24} {}\n", finding.good ? "ok" : "BAD", finding.what, finding.text).c_str(), stdout);
    if (!finding.mend.empty()) std::fputs(fmt::format("     {:24} to mend it: {}\n", "", finding.mend).c_str(), stdout);
  }
  if (options.json) std::puts(list.dump(2).c_str());
  return all_good ? 0 : 3;
}

}  // namespace chamber
