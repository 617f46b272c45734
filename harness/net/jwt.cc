#include "harness/net/jwt.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "harness/net/openssl.h"

namespace chamber {
namespace {

using DigestPtr = std::unique_ptr<EVP_MD_CTX, openssl::Deleter<EVP_MD_CTX_free>>;

const unsigned char* bytes_of(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// Base64url without padding (RFC 7515, section 2).
std::string url_encode(const std::string& bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes_of(bytes), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(length));
  text.erase(text.find_last_not_of('=') + 1);
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  return text;
}

}  // namespace

Result<std::string> sign_jwt(const nlohmann::json& claims, const std::string& key_id,
                             const std::string& private_key_pem) {
  const openssl::KeyPtr key = CHAMBER_TRY(openssl::key_from_pem(private_key_pem));
  const nlohmann::json header = {{"alg", "RS256"}, {"typ", "JWT"}, {"kid", key_id}};
  std::string token = url_encode(header.dump()) + "." + url_encode(claims.dump());
  const DigestPtr digest(EVP_MD_CTX_new());
  std::size_t size = 0;
  if (!digest || EVP_DigestSignInit(digest.get(), nullptr, EVP_sha256(), nullptr, key.get()) != 1 ||
      EVP_DigestSign(digest.get(), nullptr, &size, bytes_of(token), token.size()) != 1) {
    return openssl::failure("signing a token");
  }
  std::string signature(size, '\0');
  if (EVP_DigestSign(digest.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, bytes_of(token),
                     token.size()) != 1) {
    return openssl::failure("signing a token");
  }
  signature.resize(size);
  return token + "." + url_encode(signature);
}

Result<std::string> base64_decode(const std::string& text) {
  if (text.size() % 4 != 0) return fail(ErrorKind::kInput, "{} characters are no base64", text.size());
  std::string bytes(text.size() / 4 * 3 + 1, '\0');
  const int length =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()), bytes_of(text), static_cast<int>(text.size()));
  if (length < 0) return fail(ErrorKind::kInput, "this is no base64: {}", openssl::error_text());
  const auto padding =
      static_cast<std::size_t>(std::count(text.end() - std::min<std::ptrdiff_t>(2, std::ssize(text)), text.end(), '='));
  bytes.resize(static_cast<std::size_t>(length) - padding);
  return bytes;
}

}  // namespace chamber
