// Where this program's data files are: servers.yaml, scenarios, matrices.
#pragma once

#include <filesystem>

namespace chamber {

// $CHAMBER_HOME, else the checkout that the program was built from.
[[nodiscard]] std::filesystem::path home_folder();

}  // namespace chamber
