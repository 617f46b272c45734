// What assets/ holds, compiled in by embed.cmake. The hashes are lower-case hex, over exactly these bytes.
#pragma once

#include <string_view>

namespace chamber {

// The page of a run.
extern const std::string_view kReportScript;
extern const std::string_view kReportScriptSha256;
extern const std::string_view kReportStyle;
extern const std::string_view kReportStyleSha256;
// The page of a matrix.
extern const std::string_view kMatrixScript;
extern const std::string_view kMatrixScriptSha256;
extern const std::string_view kMatrixStyle;
extern const std::string_view kMatrixStyleSha256;

}  // namespace chamber
