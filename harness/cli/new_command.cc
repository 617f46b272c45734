// `chamber new`: a scenario begun as a copy of another, comments and all.
#include <cstdio>
#include <fstream>

#include "harness/base/home.h"
#include "harness/cli/commands.h"
#include "harness/document/parse.h"
#include "scenarios/language/catalogue.h"
#include "scenarios/language/plan.h"

namespace chamber {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSchemaComment = "# yaml-language-server: $schema=";

// Where the new file belongs: beside `other` unless the name says a family or is a path.
fs::path place_of(const std::string& name, const fs::path& other) {
  if (name.ends_with(".yaml")) return name;
  if (name.find('/') != std::string::npos) return home_folder() / "scenarios" / (name + ".yaml");
  return other.parent_path() / (name + ".yaml");
}

// The schema as seen from a folder of the checkout; by its full path from anywhere else.
std::string schema_comment(const fs::path& file) {
  const fs::path schema = fs::absolute(home_folder() / "harness/schemas/scenario.json");
  const fs::path folder = fs::absolute(file).parent_path().lexically_normal();
  const fs::path relative = folder.lexically_relative(fs::absolute(home_folder()).lexically_normal());
  const bool inside = !relative.empty() && *relative.begin() != "..";
  return kSchemaComment + (inside ? schema.lexically_relative(folder) : schema).string() + "\n";
}

// The text of the other scenario under the new name.
Result<std::string> renamed(const std::string& text, const fs::path& file) {
  std::string fresh = schema_comment(file);
  bool named = false;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string line = text.substr(begin, end - begin);
    begin = end + 1;
    if (line.starts_with(kSchemaComment)) continue;
    const bool names = !named && line.starts_with("name:");
    named = named || names;
    fresh += (names ? "name: " + file.stem().string() : line) + "\n";
  }
  if (!named) return fail(ErrorKind::kInput, "the scenario has no line that begins with `name:`");
  return fresh;
}

Result<int> start_scenario(const std::string& name, const std::string& from) {
  const fs::path scenarios = home_folder() / "scenarios";
  const auto catalogue = CHAMBER_TRY(language::Catalogue::open(scenarios));
  const fs::path other = CHAMBER_TRY(catalogue.find(from));
  const fs::path file = place_of(name, other);
  std::error_code error;
  if (fs::exists(file, error))
    return fail(ErrorKind::kInput, "{} is there already; choose another name", file.string());
  const std::string text = CHAMBER_TRY(renamed(CHAMBER_TRY(document::read_text(other)), file));
  fs::create_directories(fs::absolute(file).parent_path(), error);
  if (error) return fail(ErrorKind::kInput, "making {}: {}", file.parent_path().string(), error.message());
  std::ofstream(file) << text;
  const auto plan = language::make_plan({.file = file, .scenarios = scenarios}, language::standard_vocabulary());
  if (!plan) {
    fs::remove(file, error);
    return tl::unexpected(plan.error());
  }
  std::fputs(fmt::format("{}\n", file.string()).c_str(), stdout);
  return 0;
}

}  // namespace

int new_command(const std::string& name, const std::string& from) {
  const auto code = start_scenario(name, from);
  return code ? *code : report_error(code.error());
}

}  // namespace chamber
