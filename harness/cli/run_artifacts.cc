#include "harness/cli/run_artifacts.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "fixtures/broken/breakages.h"
#include "harness/base/log.h"
#include "harness/base/secret_search.h"
#include "harness/cli/wire_format.h"
#include "harness/process/isolation.h"
#include "reports/render.h"
#include "reports/report.h"

namespace chamber {
namespace {

namespace fs = std::filesystem;

std::string os_name() {
  std::ifstream file("/etc/os-release");
  for (std::string line; std::getline(file, line);) {
    constexpr std::string_view kKey = "PRETTY_NAME=\"";
    if (line.starts_with(kKey)) return line.substr(kKey.size(), line.size() - kKey.size() - 1);
  }
  return "unknown";
}

RunRecord::Host host() {
  utsname names{};
  uname(&names);
  const auto pages = static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES));
  return {os_name(), names.release, static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN)),
          pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)), std::string(to_string(privilege()))};
}

RunRecord::Harness harness_cost(const RunOutcome& outcome) {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const double length = seconds(outcome.load_length);
  RunRecord::Harness cost{.cpu_seconds = outcome.harness_cpu_seconds,
                          .cpu_share = length > 0 ? outcome.harness_cpu_seconds / length : 0,
                          .peak_rss_bytes = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024,
                          .receivers_cpu_seconds = std::nullopt};
  if (outcome.receivers_cpu_seconds > 0) cost.receivers_cpu_seconds = outcome.receivers_cpu_seconds;
  return cost;
}

// Reports say it loudly: see stand_ins() in reports/report.h.
void mark_broken(RunRecord::Engine& engine, const std::string& how) {
  if (how != kNotBroken) engine.engine = fmt::format("{} (broken: {})", engine.engine, how);
}

RunRecord::Footprint footprint_of(const RunOutcome& outcome) {
  const auto& [early, late, most] = outcome.footprint;
  return {early.rss_bytes,
          late.rss_bytes,
          most.rss_bytes,
          early.disk_bytes,
          late.disk_bytes,
          most.disk_bytes,
          early.descriptors,
          late.descriptors,
          most.descriptors,
          early.threads,
          late.threads,
          most.threads,
          seconds(outcome.latest_wake)};
}

RunRecord record_of(const ArtifactRequest& request) {
  const language::Plan& plan = request.plan;
  RunRecord record;
  record.run = request.run;
  record.scenario = {plan.name.value, plan.about.value, plan.file, plan.family};
  record.stack.profile = plan.stack.profile.value;
  for (const language::Component& component : plan.stack.components) {
    record.stack.components[component.name] = static_cast<int>(*component.nodes);
  }
  record.substrate = request.platform.substrate().name();
  record.seed = *plan.seed;
  record.started = request.started;
  record.duration_s = seconds(request.outcome.load_length);
  record.command = request.command;
  record.host = host();
  for (const EngineInfo& engine : request.platform.engines()) {
    record.engines.push_back({engine.component, engine.engine, engine.version, engine.source, engine.nodes});
    const language::Component* const component = plan.stack.find(engine.component);
    const auto* const how = component == nullptr ? nullptr : component->settings.find("broken");
    if (how != nullptr) mark_broken(record.engines.back(), language::to_text(how->value));
  }
  if (*plan.broken != kNotBroken) {
    record.engines.push_back({std::string(kHarnessComponent), "chamber", "", "", {}});
    mark_broken(record.engines.back(), *plan.broken);
  }
  record.bring_up = bring_up_of(request.platform.timings());
  for (const FaultOutcome& fault : request.outcome.faults) {
    record.faults.push_back({fault.name, fault.resolved, fault.proof, seconds(fault.time_to_live)});
  }
  for (const Service& service : request.outcome.services) {
    record.services.push_back({service.workload, service.operations, service.served, {}});
    if (service.p99) record.services.back().p99_ms = seconds(*service.p99) * 1000;
  }
  record.harness = harness_cost(request.outcome);
  record.footprint = footprint_of(request.outcome);
  if (!request.outcome.incomplete.empty()) record.incomplete = request.outcome.incomplete;
  return record;
}

Result<RunRecord::SecretSearch> search(const ArtifactRequest& request) {
  log::flush();
  const auto known = secrets().all();
  // The volumes of nodes are no artifacts: they go with the cell.
  SecretSearchResult found = CHAMBER_TRY(search_secrets(request.folder, known, {"volumes"}));
  if (request.cell_folder != request.folder) {
    SecretSearchResult cell = CHAMBER_TRY(search_secrets(request.cell_folder, known, {"volumes"}));
    found.files += cell.files;
    found.bytes += cell.bytes;
    found.found.insert(found.found.end(), cell.found.begin(), cell.found.end());
  }
  return RunRecord::SecretSearch{found.files, found.bytes, found.found};
}

// What no history can tell: whether a secret got out.
Result<CheckResult> no_secret_leaked(const ArtifactRequest& request) {
  CheckResult result;
  result.check = kNoSecretLeaked;
  const Instant started = now();
  const RunRecord::SecretSearch files = CHAMBER_TRY(search(request));
  result.evidence = files.found;
  result.evidence.insert(result.evidence.end(), request.outcome.exposed.begin(), request.outcome.exposed.end());
  const SecretFinder finder(secrets().all());
  Substrate& substrate = request.platform.substrate();
  std::size_t logs = 0;
  for (const NodeSpec& node : substrate.nodes()) {
    for (const std::string& path : node.logs) {
      const auto text = substrate.read_file(node.name, path);
      if (!text && text.error().kind() == ErrorKind::kUnavailable) continue;  // never begun
      if (!text) return tl::unexpected(text.error());
      for (const std::string& name : finder.find_in(*text)) {
        result.evidence.push_back(fmt::format("{} in {} of {}", name, path, node.name));
      }
      ++logs;
    }
  }
  std::string of_pods;
  if (Pods* const pods = substrate.pods()) {
    const auto records = CHAMBER_TRY(pods->records());
    for (const auto& [what, text] : records) {
      for (const std::string& name : finder.find_in(text)) {
        result.evidence.push_back(fmt::format("{} in the {} that Kubernetes has of the cell", name, what));
      }
    }
    of_pods = fmt::format("{} kinds of objects and events, ", records.size());
  }
  result.summary = fmt::format(
      "{} secrets looked for in {} files, {} logs inside nodes, {}and {} times in every command line and environment: "
      "{} places",
      secrets().all().size(), files.searched_files, logs, of_pods, request.outcome.secret_looks,
      result.evidence.size());
  // Every cell has secrets, be it only the keys of its certificates: who knows none looked for nothing.
  const bool any = !secrets().all().empty();
  if (any) result.judgement = result.evidence.empty() ? Judgement::kPass : Judgement::kFail;
  result.took = now() - started;
  return result;
}

Verdict with(const Verdict& verdict, CheckResult more) {
  std::vector<CheckResult> results = verdict.results;
  results.push_back(std::move(more));
  return Verdict::of(std::move(results));
}

}  // namespace

Result<void> write_private(const fs::path& path, const std::string& text) {
  const fs::path fresh = path.string() + ".new";
  const Fd file(open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!file.valid()) return fail_errno(errno, "making {}", fresh.string());
  for (std::size_t sent = 0; sent < text.size();) {
    const ssize_t wrote = write(file.get(), text.data() + sent, text.size() - sent);
    if (wrote < 0) return fail_errno(errno, "writing {}", fresh.string());
    sent += static_cast<std::size_t>(wrote);
  }
  if (rename(fresh.c_str(), path.c_str()) != 0) return fail_errno(errno, "naming {}", path.string());
  return {};
}

Result<void> write_artifacts(const ArtifactRequest& request) {
  RunRecord record = record_of(request);
  CHAMBER_CHECK(write_private(request.folder / "plan.json", language::to_json(request.plan).dump(2)));
  const Verdict verdict = with(request.outcome.verdict, CHAMBER_TRY(no_secret_leaked(request)));
  CHAMBER_CHECK(write_private(request.folder / kVerdictFile, to_json(verdict).dump(2)));
  CHAMBER_CHECK(write_private(request.folder / kRunFile, to_json(record).dump(2)));
  CHAMBER_CHECK(write_all(CHAMBER_TRY(load_report(request.folder)), request.folder));
  record.secrets = CHAMBER_TRY(search(request));
  return write_private(request.folder / kRunFile, to_json(record).dump(2));
}

}  // namespace chamber
