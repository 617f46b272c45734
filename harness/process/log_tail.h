// The end of a log, for a message that says what a server last said.
#pragma once

#include <filesystem>
#include <string>

namespace chamber {

// The last lines, each indented and ended; "  (nothing)" for an empty or missing file.
[[nodiscard]] std::string log_tail(const std::filesystem::path& file, int lines);

}  // namespace chamber
