#include "scenarios/language/catalogue.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <system_error>
#include <tuple>

#include "harness/document/parse.h"

namespace chamber::language {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kExtension = ".yaml";
// Holds what scenarios extend, and no scenario.
constexpr std::string_view kParts = "parts";

CatalogueEntry look_at(const fs::path& file, const std::string& family) {
  CatalogueEntry entry{.name = file.stem().string(), .family = family, .about = {}, .mistake = {}, .file = file};
  const Result<std::string> text = document::read_text(file);
  if (!text) {
    entry.mistake = text.error().message();
    return entry;
  }
  document::Mistakes mistakes;
  const std::optional<document::Node> root = document::parse(*text, file.string(), mistakes);
  if (!mistakes.none()) entry.mistake = mistakes.error().message();
  if (!root) return entry;
  const document::Node* const about = root->find("about");
  if (about != nullptr && about->kind == document::Node::Kind::kScalar) entry.about = about->text;
  return entry;
}

// The names in a folder; errors are told by `error`.
std::vector<fs::path> children(const fs::path& folder, std::error_code& error) {
  std::vector<fs::path> found;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    found.push_back(it->path());
  }
  return found;
}

}  // namespace

Result<Catalogue> Catalogue::open(const fs::path& root) {
  Catalogue catalogue;
  catalogue.root_ = root;
  std::error_code error;
  for (const fs::path& family : children(root, error)) {
    std::error_code ignored_of_files;  // of what is no folder
    if (family.filename() == kParts || !fs::is_directory(family, ignored_of_files)) continue;
    for (const fs::path& file : children(family, error)) {
      if (file.extension() == kExtension) catalogue.entries_.push_back(look_at(file, family.filename().string()));
    }
    if (error) break;
  }
  if (error) return fail(ErrorKind::kInput, "looking for scenarios in {}: {}", root.string(), error.message());
  std::sort(catalogue.entries_.begin(), catalogue.entries_.end(),
            [](const auto& a, const auto& b) { return std::tie(a.family, a.name) < std::tie(b.family, b.name); });
  return catalogue;
}

Result<fs::path> Catalogue::find(std::string_view name) const {
  std::vector<const CatalogueEntry*> found;
  std::vector<std::string> names;
  for (const CatalogueEntry& entry : entries_) {
    names.push_back(entry.name);
    if (entry.name == name || fmt::format("{}/{}", entry.family, entry.name) == name) found.push_back(&entry);
  }
  if (found.size() == 1) return found.front()->file;
  if (found.size() > 1) {
    return fail(ErrorKind::kInput, "{} is in more than one family; write {}/{} or {}/{}", document::quote(name),
                found[0]->family, name, found[1]->family, name);
  }
  if (name.ends_with(kExtension)) {
    std::error_code error;
    if (fs::exists(fs::path(name), error)) return fs::path(name);
    return fail(ErrorKind::kInput, "there is no file {}", document::quote(name));
  }
  const std::string near = document::closest(name, names);
  return fail(ErrorKind::kInput, "there is no scenario {} in {}{}; `chamber list` shows all", document::quote(name),
              root_.string(), near.empty() ? "" : fmt::format("; did you mean {}?", document::quote(near)));
}

}  // namespace chamber::language
