// `extends: parts/chaos`: a scenario begins with the keys of another file of the scenarios folder and replaces some.
#pragma once

#include <filesystem>
#include <vector>

#include "harness/document/mistakes.h"
#include "harness/document/node.h"

namespace chamber::language {

// Puts what the files named by `extends` say under what `root` says itself. A map is merged key by key (`stack`, with
// its short forms written out, and `timeouts`); a list or a single value replaces the other's. `name`, `about` and
// `fails_when` are never taken over. A file is <folder>/<what extends says>.yaml in the first of `folders` that has it,
// and may extend another. Every value keeps the place where it was written. Missing files and circles are mistakes.
void apply_extends(document::Node& root, const std::vector<std::filesystem::path>& folders,
                   document::Mistakes& mistakes);

}  // namespace chamber::language
