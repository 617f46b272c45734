// A report's file: of mode 0600, whole or not at all. Internal to this folder and harness/cli.
#pragma once

#include <filesystem>
#include <string_view>

#include "harness/base/result.h"

namespace chamber {

// Through a file beside it, so that a reader never sees half a report. kHarness, with the path.
Result<void> write_whole(const std::filesystem::path& path, std::string_view bytes);

}  // namespace chamber
