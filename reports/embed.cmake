# Writes a .cc with each page's style sheet and script as string literals, and their SHA-256 for the page's content
# security policy: cmake -DOUT=… -DASSETS=… -P embed.cmake
set(out "// Made by embed.cmake.
#include \"reports/assets.h\"

namespace chamber {
")

# The files joined, as they stand between the tags: with a newline at both ends.
function(embed name)
  set(text "\n")
  foreach(file IN LISTS ARGN)
    file(READ "${ASSETS}/${file}" part)
    string(APPEND text "${part}")
  endforeach()
  if("${text}" MATCHES "\\)chamber\"|</script|</style")
    message(FATAL_ERROR "an asset holds text that would end it early")
  endif()
  string(SHA256 hash "${text}")
  # A compiler need not take a literal of more than 65536 bytes.
  string(LENGTH "${text}" length)
  if(length GREATER 65000)
    message(FATAL_ERROR "${name} is too long for one literal")
  endif()
  set(out "${out}
const std::string_view ${name} = R\"chamber(${text})chamber\";
const std::string_view ${name}Sha256 = \"${hash}\";
" PARENT_SCOPE)
endfunction()

embed(kReportScript axes.js charts.js page.js)
embed(kReportStyle report.css)
embed(kMatrixScript matrix.js)
embed(kMatrixStyle report.css matrix.css)
file(WRITE "${OUT}" "${out}
}  // namespace chamber
")
