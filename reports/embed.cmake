# Writes a .cc with the page's style sheet and script as string literals, and their SHA-256 for the page's content
# security policy: cmake -DOUT=… -DASSETS=… -P embed.cmake
foreach(name IN ITEMS axes.js charts.js page.js)
  file(READ "${ASSETS}/${name}" part)
  string(APPEND script "${part}")
endforeach()
file(READ "${ASSETS}/report.css" style)
# As they stand between the tags: with a newline at both ends.
set(script "\n${script}")
set(style "\n${style}")
if("${script}${style}" MATCHES "\\)chamber\"|</script|</style")
  message(FATAL_ERROR "an asset holds text that would end it early")
endif()
string(SHA256 script_hash "${script}")
string(SHA256 style_hash "${style}")
file(WRITE "${OUT}" "// Made by embed.cmake.
#include \"reports/assets.h\"

namespace chamber {

const std::string_view kReportScript = R\"chamber(${script})chamber\";
const std::string_view kReportScriptSha256 = \"${script_hash}\";
const std::string_view kReportStyle = R\"chamber(${style})chamber\";
const std::string_view kReportStyleSha256 = \"${style_hash}\";

}  // namespace chamber
")
