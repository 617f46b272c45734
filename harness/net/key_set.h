// Signed tokens (RFC 7519) as who relies on them checks them: against a set of public keys (RFC 7517). RS256 alone.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"

namespace chamber {

// Immutable; any thread.
class JsonWebKeySet {
 public:
  // kSystem when the text is no key set. Keys of other kinds than RSA are passed over.
  [[nodiscard]] static Result<JsonWebKeySet> parse(std::string_view json);
  ~JsonWebKeySet();
  JsonWebKeySet(JsonWebKeySet&&) noexcept;
  JsonWebKeySet& operator=(JsonWebKeySet&&) noexcept;

  [[nodiscard]] std::size_t size() const;
  // Whether the token was signed with a key of the set. kSystem with the reason when it wasn't, "no key 123" when the
  // set lacks the key that it names. What it claims, its times too, is not looked at.
  [[nodiscard]] Result<void> verify(std::string_view token) const;

 private:
  struct Keys;
  explicit JsonWebKeySet(std::unique_ptr<Keys> keys);
  std::unique_ptr<Keys> keys_;
};

// RFC 4648, 5, without padding. kSystem for anything else.
[[nodiscard]] Result<std::string> base64url_decode(std::string_view text);

}  // namespace chamber
