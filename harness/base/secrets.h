// Every secret that the harness makes or receives is told to the registry of its process. The registry redacts text
// before it is logged and gives the list that artifacts are searched for before a run may pass.
#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace chamber {

struct Secret {
  std::string name;   // what it is, for people: "vault.root_token"
  std::string value;  //
};

// All functions may be called from any thread.
class SecretRegistry {
 public:
  // A value shorter than 8 characters is refused silently: it would match by chance. Adding one twice is harmless.
  void add(std::string_view name, std::string_view value);
  // The text with each known secret replaced by "‹name›".
  [[nodiscard]] std::string redact(std::string_view text) const;
  [[nodiscard]] std::vector<Secret> all() const;

 private:
  mutable std::mutex mutex_;
  std::vector<Secret> secrets_;
};

// The registry of this process: the logger must be able to reach it from anywhere.
[[nodiscard]] SecretRegistry& secrets();

}  // namespace chamber
