// A history in whichever of its formats a file holds: the recorder's (recorder.h) or JSON Lines (jsonl.h).
#pragma once

#include <filesystem>

#include "harness/base/result.h"
#include "harness/history/history.h"

namespace chamber {

// Errors of kind kInput name the file and where in it.
[[nodiscard]] Result<History> load_any(const std::filesystem::path& path);

}  // namespace chamber
