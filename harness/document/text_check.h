// What must hold for bytes to be the text of a document: UTF-8, no control characters.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace chamber::document {

struct BadByte {
  std::size_t offset = 0;
  std::string what;
};

// The first byte that can't stand in YAML text: malformed or overlong UTF-8, surrogates, control characters other than
// tab and line ends (YAML 1.2, production 1).
[[nodiscard]] std::optional<BadByte> find_bad_byte(std::string_view text);

// How many code points valid UTF-8 holds; a code point cut off at the end counts.
[[nodiscard]] std::size_t code_points(std::string_view text);

}  // namespace chamber::document
