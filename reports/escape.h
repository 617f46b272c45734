// Foreign text (names, errors, evidence) made safe for each place that it is put into. All of these also replace what
// is not UTF-8, and control characters that the place can't hold, by U+FFFD.
#pragma once

#include <string>
#include <string_view>

namespace chamber {

// For element content and double-quoted attributes, of HTML and of XML 1.0 alike.
[[nodiscard]] std::string escape_markup(std::string_view text);

// JSON text for a <script type="application/json"> block: no byte of it can end the block or open a comment.
[[nodiscard]] std::string escape_json_block(std::string_view json);

// For one cell of a Markdown table: one line, no markup, no mention, no link.
[[nodiscard]] std::string escape_markdown(std::string_view text);

// For a terminal: no control sequences, one line.
[[nodiscard]] std::string escape_terminal(std::string_view text);

// Columns that a text takes on a terminal, for text of single-width characters.
[[nodiscard]] std::size_t columns(std::string_view utf8);

}  // namespace chamber
