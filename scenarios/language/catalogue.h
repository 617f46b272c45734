// The scenario files under one folder, <family>/<name>.yaml. The folder parts/ is no family: see extends.h.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"

namespace chamber::language {

struct CatalogueEntry {
  std::string name;  // of the file, without ".yaml"
  std::string family;
  std::string about;    // empty when the file can't be read as YAML
  std::string mistake;  // what is wrong with the file then; empty when nothing is
  std::filesystem::path file;
};

class Catalogue {
 public:
  // Looks at every <root>/<family>/*.yaml. kInput when the folder can't be read. A broken file is an entry with its
  // mistake, so that one of them does not hide the others.
  [[nodiscard]] static Result<Catalogue> open(const std::filesystem::path& root);

  // By family, then by name.
  [[nodiscard]] const std::vector<CatalogueEntry>& entries() const { return entries_; }

  // The file of a scenario: by its name, by family/name, or a path to a .yaml file anywhere. kInput, with the nearest
  // names, when there is none, and when two families have one of that name.
  [[nodiscard]] Result<std::filesystem::path> find(std::string_view name) const;

 private:
  std::filesystem::path root_;
  std::vector<CatalogueEntry> entries_;
};

}  // namespace chamber::language
