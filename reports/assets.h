// What assets/ holds, compiled in by embed.cmake. The hashes are lower-case hex, over exactly these bytes.
#pragma once

#include <string_view>

namespace chamber {

extern const std::string_view kReportScript;
extern const std::string_view kReportScriptSha256;
extern const std::string_view kReportStyle;
extern const std::string_view kReportStyleSha256;

}  // namespace chamber
