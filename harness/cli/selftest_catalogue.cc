#include "harness/cli/selftest_catalogue.h"

#include <algorithm>
#include <set>

#include "fixtures/broken/breakages.h"
#include "harness/base/home.h"
#include "harness/document/object.h"
#include "harness/document/parse.h"
#include "harness/document/scalars.h"

namespace chamber {
namespace {

namespace doc = document;

doc::Shape<BrokenSystem> system_shape() {
  const auto judgements = doc::one_of("a judgement", {{"fail", "The check fails."},
                                                      {"inconclusive", "The run, not the system, is at fault."},
                                                      {"unseen", "No check can see it here."}});
  return doc::Object<BrokenSystem>("a broken system")
      .required("name", &BrokenSystem::name, doc::label("a broken system's name"), "What it is called.")
      .required("about", &BrokenSystem::about, doc::text(), "What is broken.")
      .required("scenario", &BrokenSystem::scenario, doc::label("a scenario's name"), "The healthy twin.")
      .required("broken", &BrokenSystem::broken, doc::list_of(doc::text(), "a list of overrides", 1), "As by --set.")
      .required("caught_by", &BrokenSystem::caught_by, doc::text(), "The beginning of a check's name.")
      .optional("as", &BrokenSystem::as, judgements, "What the check must say.")
      .optional("why", &BrokenSystem::why, doc::text(), "Why it is unseen.")
      .optional("quick", &BrokenSystem::quick, doc::flag(), "In the short form too.")
      .optional("own_cell", &BrokenSystem::own_cell, doc::flag(), "Counts on a cell that is new.");
}

// "stack.vault.broken=stale_reads" -> the breakage; null for an override of another kind.
const Breakage* breakage_of(const std::string& assignment) {
  const std::string path = assignment.substr(0, assignment.find('='));
  const std::string value = assignment.substr(std::min(assignment.size(), path.size() + 1));
  if (path == "broken") return find_breakage(kHarnessComponent, value);
  constexpr std::string_view kBegin = "stack.";
  constexpr std::string_view kEnd = ".broken";
  if (!path.starts_with(kBegin) || !path.ends_with(kEnd) || path.size() < kBegin.size() + kEnd.size()) return nullptr;
  return find_breakage(path.substr(kBegin.size(), path.size() - kBegin.size() - kEnd.size()), value);
}

bool leaves_the_cell_as_it_is(const std::string& assignment) {
  if (const Breakage* const breakage = breakage_of(assignment)) {
    return breakage->by == BrokenBy::kProxy || breakage->by == BrokenBy::kHarness;
  }
  return !assignment.starts_with("stack");
}

}  // namespace

bool BrokenSystem::shares_cell() const {
  return !own_cell && std::all_of(broken.begin(), broken.end(), leaves_the_cell_as_it_is);
}

Result<std::vector<BrokenSystem>> read_broken_systems(const std::filesystem::path& file) {
  doc::Mistakes mistakes;
  const std::string text = CHAMBER_TRY(doc::read_text(file));
  const std::optional<doc::Node> root = doc::parse(text, file.string(), mistakes);
  CHAMBER_CHECK(mistakes.result());
  const auto shape = doc::list_of(doc::located(system_shape()), "a list of broken systems", 1);
  const auto systems = shape.read(*root, mistakes);
  CHAMBER_CHECK(mistakes.result());
  std::set<std::string> names;
  std::vector<BrokenSystem> plain;
  for (const auto& system : *systems) {
    if (!names.insert(system->name).second) mistakes.add(system.source, fmt::format("{} stands twice", system->name));
    if (!std::filesystem::exists(scenario_file(*system))) {
      mistakes.add(system.source, fmt::format("there is no scenario {}", scenario_file(*system).string()));
    }
    if ((system->as == "unseen") == system->why.empty()) {
      mistakes.add(system.source, fmt::format("{}: `why` belongs to `as: unseen`, and to nothing else", system->name));
    }
    plain.push_back(*system);
  }
  CHAMBER_CHECK(mistakes.result());
  return plain;
}

std::filesystem::path broken_folder() {
  return home_folder() / "fixtures/broken";
}

std::filesystem::path scenario_file(const BrokenSystem& system) {
  return broken_folder() / "scenarios" / (system.scenario + ".yaml");
}

}  // namespace chamber
