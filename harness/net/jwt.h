// Signed JSON Web Tokens (RFC 7519) as clients make them to prove who they are (RFC 7523).
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "harness/base/result.h"

namespace chamber {

// The compact form (RFC 7515), signed with RS256. The header has alg, typ and the key's id. kInput when the text holds
// no private key in PEM form.
[[nodiscard]] Result<std::string> sign_jwt(const nlohmann::json& claims, const std::string& key_id,
                                           const std::string& private_key_pem);

// Base64 (RFC 4648) as JSON APIs carry bytes; kInput when the text is none.
[[nodiscard]] Result<std::string> base64_decode(const std::string& text);

}  // namespace chamber
