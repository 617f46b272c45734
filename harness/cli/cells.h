// Runs and cells by name, and what a new one needs.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "fixtures/kind/image_catalogue.h"
#include "harness/base/result.h"
#include "harness/cell/stack.h"
#include "harness/cell/substrates.h"
#include "scenarios/language/plan.h"

namespace chamber {

// <root>/<name>-<date>T<time>Z-<4 hex>: sorts by time within a name, unique.
[[nodiscard]] std::filesystem::path new_run_path(const std::filesystem::path& root, const std::string& name);

// The folder of a cell that lives; with an empty name the only one. kInput when there is none, or several.
[[nodiscard]] Result<std::filesystem::path> find_cell(const std::filesystem::path& root, const std::string& name);

// Folders that a cell must see although they may lie under /tmp: the checkout, this program, the cache of servers, and
// those of the servers that the user gives, by --server (`given`) or in the environment. kInput: servers.yaml is wrong.
[[nodiscard]] Result<std::vector<std::filesystem::path>> visible_paths(
    const std::map<std::string, std::filesystem::path>& given);

// "production", "minimal", or a scenario whose stack it is.
[[nodiscard]] Result<Stack> stack_named(const std::string& name);

// kInput when there is no such substrate.
Result<void> require_substrate(const std::string& name);

// kHarness, "not run: …", when the plan asks for what the substrate can't do; asked before anything is made.
Result<void> require_possible(const std::string& on, const language::Plan& plan);

// Every server that the stack needs has an image; otherwise kInput.
Result<void> require_images(const Stack& stack, const kind::ImageCatalogue& images);

// Every server that the stack needs is here; otherwise kInput with each way that was tried.
Result<void> require_servers(const Stack& stack, const std::map<std::string, std::filesystem::path>& given);

// What this machine lacks for the stack on the substrate `on`, if anything, with what to do: servers; for kind Docker,
// images, memory, disk.
Result<void> require_machine(const std::string& on, const Stack& stack,
                             const std::map<std::string, std::filesystem::path>& given);

}  // namespace chamber
