// Text to Node. YAML 1.2 as yaml-cpp reads it (JSON is a part of it), less what configuration does not need and
// attackers do: anchors, aliases, tags, more than one document, keys that are not text, duplicate keys.
// No exception of yaml-cpp leaves these functions. Safe to call from any thread.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "harness/base/result.h"
#include "harness/document/mistakes.h"
#include "harness/document/node.h"

namespace chamber::document {

struct Limits {
  std::size_t bytes = 1 << 20;   // of the text
  std::size_t nodes = 50'000;    // scalars, lists and maps together
  std::size_t depth = 32;        // lists and maps inside each other
  std::size_t key_bytes = 1000;  // of one key (yaml-cpp itself refuses more than 1024)
};

// `name` stands for the file in positions. Text that is no YAML gives nullopt; smaller mistakes (a duplicate key, an
// alias) leave a tree that can still be read, so that all mistakes are told together.
[[nodiscard]] std::optional<Node> parse(std::string_view text, std::string_view name, Mistakes& mistakes,
                                        const Limits& limits = {});

// The whole of a regular file; kInput when it can't be read or is larger than the limit.
[[nodiscard]] Result<std::string> read_text(const std::filesystem::path& file, const Limits& limits = {});

// `path=value` onto a tree, as from a command line: "load[0].rate=300/s", "stack={vault: 1}". The value is YAML. The
// last key, and maps on the way to it, are made when they are not there; whether the key is a known one is found out
// when the tree is read. Everything set carries the position "--set load[0].rate", or the one that is given.
void apply_override(Node& root, std::string_view assignment, Mistakes& mistakes, const Limits& limits = {},
                    const std::optional<Source>& place = std::nullopt);

}  // namespace chamber::document
