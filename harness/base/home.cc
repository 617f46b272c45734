#include "harness/base/home.h"

#include <cstdlib>

namespace chamber {

std::filesystem::path home_folder() {
  const char* const chosen = std::getenv("CHAMBER_HOME");
  return chosen != nullptr && *chosen != '\0' ? chosen : CHAMBER_SOURCE_FOLDER;
}

}  // namespace chamber
