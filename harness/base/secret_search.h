// Looks for known secrets in files: no run passes with one in an artifact.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "harness/base/result.h"
#include "harness/base/secrets.h"

namespace chamber {

// Looks for many secrets at once, in a time that hardly grows with their number. Immutable; any thread.
class SecretFinder {
 public:
  explicit SecretFinder(std::vector<Secret> secrets);
  // The names of those that stand in the text, as they are or as a JSON string has them, each once.
  [[nodiscard]] std::vector<std::string> find_in(std::string_view text) const;

 private:
  // Secrets are found by their first eight bytes, and most places of a text are passed by one look at this table.
  static constexpr std::size_t kTable = 1 << 16;
  std::vector<Secret> secrets_;  // behind those that were given: those that JSON writes otherwise
  std::vector<bool> maybe_;
  std::unordered_multimap<std::uint64_t, std::size_t> by_beginning_;
};

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
