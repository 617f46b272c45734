// `chamber list`, `describe`, `check`, `report`, `servers`, `servers get`.
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "fixtures/servers/obtain.h"
#include "fixtures/servers/table.h"
#include "harness/base/home.h"
#include "harness/cli/cell_client.h"
#include "harness/cli/commands.h"
#include "harness/cli/run_artifacts.h"
#include "harness/cli/wire_format.h"
#include "harness/history/reader.h"
#include "matrix/environment.h"
#include "matrix/matrix.h"
#include "reports/gate.h"
#include "reports/render.h"
#include "reports/report.h"
#include "scenarios/language/catalogue.h"
#include "scenarios/language/explain.h"
#include "scenarios/language/plan.h"
#include "scenarios/runner/checks_of.h"

namespace chamber {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

Result<std::string> read_text(const fs::path& path) {
  std::ifstream file(path);
  if (!file) return fail(ErrorKind::kInput, "{} can't be read", path.string());
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

Result<int> list_markdown(const language::Catalogue& catalogue) {
  const language::Vocabulary vocabulary = language::standard_vocabulary();
  std::vector<language::Plan> plans;
  for (const auto& entry : catalogue.entries()) {
    plans.push_back(CHAMBER_TRY(language::make_plan({.file = entry.file}, vocabulary)));
  }
  std::fputs(language::markdown_table(plans).c_str(), stdout);
  return 0;
}

Result<int> list(const CommonOptions& options, bool markdown) {
  const auto catalogue = CHAMBER_TRY(language::Catalogue::open(home_folder() / "scenarios"));
  if (markdown) return list_markdown(catalogue);
  json entries = json::array();
  for (const auto& entry : catalogue.entries()) {
    entries.push_back(
        {{"name", entry.name}, {"family", entry.family}, {"about", entry.about}, {"mistake", entry.mistake}});
    if (options.json) continue;
    std::fputs(
        fmt::format("{:10} {:32} {}\n", entry.family, entry.name, entry.mistake.empty() ? entry.about : entry.mistake)
            .c_str(),
        stdout);
  }
  if (options.json) std::puts(entries.dump(2).c_str());
  return 0;
}

Result<std::string> schema_of(const std::string& name, const language::Vocabulary& vocabulary) {
  if (name == "scenario") return language::scenario_schema(vocabulary);
  if (name == "part") return language::part_schema(vocabulary);
  if (name == "matrix") return matrix::matrix_schema();
  if (name == "environments") return matrix::environments_schema();
  if (name == "gate") return gate_schema();
  return fail(ErrorKind::kInput, "there is no schema '{}'; right would be scenario, part, matrix, environments or gate",
              name);
}

Result<int> describe(const DescribeOptions& options) {
  const language::Vocabulary vocabulary = language::standard_vocabulary();
  if (!options.schema.empty()) {
    std::fputs(CHAMBER_TRY(schema_of(options.schema, vocabulary)).c_str(), stdout);
    return 0;
  }
  if (!options.part.empty()) {
    std::fputs(CHAMBER_TRY(language::explain_part(vocabulary, options.part)).c_str(), stdout);
    return 0;
  }
  if (options.scenario.empty()) return fail(ErrorKind::kInput, "say which scenario; `chamber list` has them");
  const auto catalogue = CHAMBER_TRY(language::Catalogue::open(home_folder() / "scenarios"));
  const auto plan = CHAMBER_TRY(
      language::make_plan({.file = CHAMBER_TRY(catalogue.find(options.scenario)),
                           .overrides = options.overrides,
                           .variant = options.broken ? language::Variant::kBroken : language::Variant::kHealthy,
                           .scenarios = home_folder() / "scenarios"},
                          vocabulary));
  if (options.common.json) {
    std::puts(language::to_json(plan).dump(2).c_str());
    return 0;
  }
  for (const language::Setting& setting : language::settings_of(plan)) {
    std::fputs(fmt::format("{:44} {:28} {}\n", setting.path, setting.value, setting.source.text()).c_str(), stdout);
  }
  return 0;
}

// Budgets by name came from the live cell; they are in the verdict that the run left.
Result<NamedBudgets> budgets_of(const fs::path& folder) {
  NamedBudgets budgets;
  const json saved = json::parse(CHAMBER_TRY(read_text(folder / kVerdictFile)), nullptr, false);
  const Verdict verdict = CHAMBER_TRY(verdict_from_json(saved));
  for (const CheckResult& result : verdict.results) {
    if (!result.budget) continue;
    const auto colon = result.budget->source.find(": ");
    if (colon == std::string::npos) continue;
    budgets[result.budget->source.substr(0, colon)] = {result.budget->limit, result.budget->unit,
                                                       result.budget->source.substr(colon + 2)};
  }
  return budgets;
}

Result<int> check(const CommonOptions& options, const fs::path& folder) {
  const std::string text = CHAMBER_TRY(read_text(folder / "plan.json"));
  const auto plan = CHAMBER_TRY(language::plan_from_json(text, (folder / "plan.json").string()));
  const auto checks = CHAMBER_TRY(checks_of(plan, CHAMBER_TRY(budgets_of(folder)), {}));
  const History history = CHAMBER_TRY(load_history(folder / kHistoryFile));
  Report report = CHAMBER_TRY(load_report(folder));
  Verdict again = run_checks(history, checks);
  for (CheckResult& result : report.verdict.results) {
    if (result.check == kNoSecretLeaked) again.results.push_back(std::move(result));
  }
  report.verdict = Verdict::of(std::move(again.results));
  if (options.json) {
    std::puts(to_json(report.verdict).dump(2).c_str());
  } else {
    std::fputs(verdict_table(report, {.colour = isatty(STDOUT_FILENO) != 0}).c_str(), stdout);
  }
  return exit_code(conclude(report).judgement);
}

Result<int> report(const CommonOptions& options, const fs::path& folder) {
  const Report loaded = CHAMBER_TRY(load_report(folder));
  CHAMBER_CHECK(write_all(loaded, folder));
  if (options.json) {
    std::puts(render_json(loaded).c_str());
  } else {
    std::fputs(verdict_table(loaded, {.colour = isatty(STDOUT_FILENO) != 0}).c_str(), stdout);
    std::fputs(fmt::format("report: {}\n", (folder / kHtmlFile).string()).c_str(), stdout);
  }
  return 0;
}

Result<servers::Catalogue> server_catalogue() {
  return servers::Catalogue::read(home_folder() / "fixtures/servers.yaml");
}

servers::Surroundings surroundings_of(const CommonOptions& options) {
  servers::Surroundings surroundings = servers::Surroundings::of_process();
  surroundings.given = options.servers;
  return surroundings;
}

Result<int> list_servers(const CommonOptions& options) {
  const auto catalogue = CHAMBER_TRY(server_catalogue());
  const auto states = servers::survey(catalogue, surroundings_of(options));
  std::fputs(
      options.json ? (servers::servers_json(states).dump(2) + "\n").c_str() : servers::servers_table(states).c_str(),
      stdout);
  return 0;
}

// One line a change of what is being done, and one for each tenth of it: a terminal and a log can both show that.
class ObtainProgress {
 public:
  void operator()(const servers::Progress& progress) {
    const std::int64_t tenth = progress.total > 0 ? progress.done * 10 / progress.total : 0;
    const std::string now_doing = fmt::format("{}: {}", progress.server, progress.doing);
    if (now_doing == doing_ && tenth == tenth_) return;
    doing_ = now_doing;
    tenth_ = tenth;
    const std::string share = progress.total > 0 ? fmt::format(" {}0 %", tenth) : "";
    std::fputs(fmt::format("{}{}\n", now_doing, share).c_str(), stderr);
  }

 private:
  std::string doing_;
  std::int64_t tenth_ = -1;
};

Result<int> get_servers(const CommonOptions& options, const std::vector<std::string>& names) {
  const auto catalogue = CHAMBER_TRY(server_catalogue());
  std::vector<std::string> wanted = names;
  if (wanted.empty()) {
    for (const servers::Entry& entry : catalogue.entries) {
      if (!entry.on_request) wanted.push_back(entry.name);
    }
  }
  for (const std::string& name : wanted) {
    servers::ObtainOptions obtaining;
    ObtainProgress progress;
    obtaining.on_progress = [&](const servers::Progress& step) { progress(step); };
    const servers::Server server =
        CHAMBER_TRY(servers::obtain(catalogue, name, surroundings_of(options), obtaining).context(name));
    std::fputs(fmt::format("{:18} {:14} {}\n", server.name, server.version, server.source).c_str(), stdout);
  }
  return 0;
}

int finish(const Result<int>& code) {
  return code ? *code : report_error(code.error());
}

}  // namespace

int report_error(const Error& error) {
  std::fputs(fmt::format("chamber: {}\n", error.message()).c_str(), stderr);
  return exit_code_of(error.kind());
}

int list_command(const CommonOptions& options, bool markdown) {
  return finish(list(options, markdown));
}

int describe_command(const DescribeOptions& options) {
  return finish(describe(options));
}

int check_command(const CommonOptions& options, const fs::path& run_folder) {
  return finish(check(options, run_folder));
}

int report_command(const CommonOptions& options, const fs::path& run_folder) {
  return finish(report(options, run_folder));
}

int servers_command(const CommonOptions& options) {
  return finish(list_servers(options));
}

int servers_get_command(const CommonOptions& options, const std::vector<std::string>& names) {
  return finish(get_servers(options, names));
}

}  // namespace chamber
