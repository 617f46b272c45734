// Reads the recorder's files. Whatever the bytes are, the answer is a history, a history cut short that says so, or an
// error of kind kInput with the offset: never a crash, and never memory out of proportion to the file.
#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string_view>

#include "harness/base/result.h"
#include "harness/history/history.h"

namespace chamber {

// Everything, in order. A file without its end mark is cut as recorder.h says, with complete = false and the reason and
// offset in incomplete_reason. A file that doesn't begin like one, or of a later version, is an error.
[[nodiscard]] Result<History> load_history(const std::filesystem::path& path);
[[nodiscard]] Result<History> parse_history(std::span<const std::byte> bytes);

// The same without holding the operations: `visit` is called for each ended one in the order of the file (nearly by
// end); the span is its payload and lives until the call returns. The returned history holds all but operations and
// payload. Operations beyond complete_until may have been visited: look at `complete` before judging.
[[nodiscard]] Result<History> scan_history(
    const std::filesystem::path& path,
    const std::function<void(const Operation&, std::span<const std::int64_t>)>& visit);

// Writes a history as such a file, as if it had been recorded. An existing file is an error of kind kInput.
[[nodiscard]] Result<void> save_history(const History& history, const std::filesystem::path& path);

}  // namespace chamber
