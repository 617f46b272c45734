#include "harness/base/secrets.h"

#include <algorithm>

namespace chamber {
namespace {
constexpr std::size_t kShortest = 8;
}

void SecretRegistry::add(std::string_view name, std::string_view value) {
  if (value.size() < kShortest) return;
  const std::lock_guard lock(mutex_);
  const bool known = std::any_of(secrets_.begin(), secrets_.end(), [&](const Secret& s) { return s.value == value; });
  if (!known) secrets_.push_back({std::string(name), std::string(value)});
}

std::string SecretRegistry::redact(std::string_view text) const {
  std::string clean(text);
  const std::lock_guard lock(mutex_);
  for (const Secret& secret : secrets_) {
    const std::string mask = "‹" + secret.name + "›";
    for (std::size_t at = 0; (at = clean.find(secret.value, at)) != std::string::npos; at += mask.size()) {
      clean.replace(at, secret.value.size(), mask);
    }
  }
  return clean;
}

std::vector<Secret> SecretRegistry::all() const {
  const std::lock_guard lock(mutex_);
  return secrets_;
}

SecretRegistry& secrets() {
  static SecretRegistry registry;
  return registry;
}

}  // namespace chamber
