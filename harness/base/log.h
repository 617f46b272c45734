// The harness's own log: one line an event, redacted, to a file of the run or to standard error. Progress that people
// follow is not a log: see harness/cli.
#pragma once

#include <fmt/format.h>

#include <filesystem>
#include <string_view>

#include "harness/base/result.h"

namespace chamber::log {

enum class Level { kDebug, kInfo, kWarn, kError };

// Until this is called, warnings and errors go to standard error and the rest nowhere.
Result<void> to_file(const std::filesystem::path& path, Level least);
void to_stderr(Level least);
// Writes what is buffered.
void flush();

void write(Level level, std::string_view message);

template <typename... Args>
void debug(fmt::format_string<Args...> format, Args&&... args) {
  write(Level::kDebug, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void info(fmt::format_string<Args...> format, Args&&... args) {
  write(Level::kInfo, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void warn(fmt::format_string<Args...> format, Args&&... args) {
  write(Level::kWarn, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void error(fmt::format_string<Args...> format, Args&&... args) {
  write(Level::kError, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace chamber::log
