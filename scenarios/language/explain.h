// What people read about the language and the catalogue.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scenarios/language/plan.h"
#include "scenarios/language/vocabulary.h"

namespace chamber::language {

// Everything that bears this name ("vault.rekey", "linearizable", "vault"): what it is, what it does, its parameters.
// kInput, with the nearest names, for one that nothing bears.
[[nodiscard]] Result<std::string> explain_part(const Vocabulary& vocabulary, std::string_view name);

// The table of all scenarios in Markdown: promise, faults, budgets and where they come from, checks, substrates, length
// of the load.
[[nodiscard]] std::string markdown_table(const std::vector<Plan>& plans);

}  // namespace chamber::language
