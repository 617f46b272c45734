// Looks for known secrets in files: no run passes with one in an artifact.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "harness/base/result.h"
#include "harness/base/secrets.h"

namespace chamber {

struct SecretSearchResult {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::vector<std::string> found;  // "vault.root_token in logs/vault-0.vault.log", never the value
};

// Every regular file below `folder`, except for those whose path relative to it is in `except` (or below one of them).
[[nodiscard]] Result<SecretSearchResult> search_secrets(const std::filesystem::path& folder,
                                                        const std::vector<Secret>& secrets,
                                                        const std::vector<std::filesystem::path>& except = {});

}  // namespace chamber
