#include "harness/net/key_set.h"

#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "harness/net/openssl.h"

namespace chamber {
namespace {

using nlohmann::json;
using openssl::KeyPtr;

using ParameterBuilderPtr = std::unique_ptr<OSSL_PARAM_BLD, openssl::Deleter<OSSL_PARAM_BLD_free>>;
using ParametersPtr = std::unique_ptr<OSSL_PARAM, openssl::Deleter<OSSL_PARAM_free>>;
using KeyContextPtr = std::unique_ptr<EVP_PKEY_CTX, openssl::Deleter<EVP_PKEY_CTX_free>>;
using DigestContextPtr = std::unique_ptr<EVP_MD_CTX, openssl::Deleter<EVP_MD_CTX_free>>;

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

openssl::BignumPtr number(std::string_view big_endian) {
  return openssl::BignumPtr(BN_bin2bn(bytes(big_endian), static_cast<int>(big_endian.size()), nullptr));
}

Result<KeyPtr> rsa_key(std::string_view modulus, std::string_view exponent) {
  const openssl::BignumPtr n = number(modulus);
  const openssl::BignumPtr e = number(exponent);
  const ParameterBuilderPtr builder(OSSL_PARAM_BLD_new());
  const KeyContextPtr context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  if (!n || !e || !builder || !context || OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1) {
    return openssl::failure("reading a public key");
  }
  const ParametersPtr parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  EVP_PKEY* key = nullptr;
  if (!parameters || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) {
    return openssl::failure("reading a public key");
  }
  return KeyPtr(key);
}

Result<std::string> member(const json& object, const char* name) {
  if (object.is_object() && object.contains(name) && object[name].is_string()) return object[name].get<std::string>();
  return fail(ErrorKind::kSystem, "no text '{}'", name);
}

}  // namespace

struct JsonWebKeySet::Keys {
  std::map<std::string, KeyPtr, std::less<>> by_id;
};

JsonWebKeySet::JsonWebKeySet(std::unique_ptr<Keys> keys) : keys_(std::move(keys)) {}
JsonWebKeySet::~JsonWebKeySet() = default;
JsonWebKeySet::JsonWebKeySet(JsonWebKeySet&&) noexcept = default;
JsonWebKeySet& JsonWebKeySet::operator=(JsonWebKeySet&&) noexcept = default;

std::size_t JsonWebKeySet::size() const {
  return keys_->by_id.size();
}

Result<JsonWebKeySet> JsonWebKeySet::parse(std::string_view text) {
  const json set = json::parse(text, nullptr, false);
  if (!set.is_object() || !set.contains("keys") || !set["keys"].is_array()) {
    return fail(ErrorKind::kSystem, "not a key set: there is no list 'keys'");
  }
  auto keys = std::make_unique<Keys>();
  for (const json& key : set["keys"]) {
    if (!key.is_object() || key.value("kty", "") != "RSA") continue;
    const std::string modulus = CHAMBER_TRY(base64url_decode(CHAMBER_TRY(member(key, "n"))));
    const std::string exponent = CHAMBER_TRY(base64url_decode(CHAMBER_TRY(member(key, "e"))));
    keys->by_id.insert_or_assign(CHAMBER_TRY(member(key, "kid")), CHAMBER_TRY(rsa_key(modulus, exponent)));
  }
  return JsonWebKeySet(std::move(keys));
}

Result<void> JsonWebKeySet::verify(std::string_view token) const {
  const std::size_t first = token.find('.');
  const std::size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos) return fail(ErrorKind::kSystem, "not a signed token: it has no three parts");
  const json header = json::parse(CHAMBER_TRY(base64url_decode(token.substr(0, first))), nullptr, false);
  if (CHAMBER_TRY(member(header, "alg")) != "RS256") return fail(ErrorKind::kSystem, "the token is not RS256");
  const std::string id = CHAMBER_TRY(member(header, "kid"));
  const auto key = keys_->by_id.find(id);
  if (key == keys_->by_id.end()) return fail(ErrorKind::kSystem, "no key {}", id);
  const std::string signature = CHAMBER_TRY(base64url_decode(token.substr(second + 1)));
  const std::string_view signed_part = token.substr(0, second);
  const DigestContextPtr context(EVP_MD_CTX_new());
  if (!context || EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key->second.get()) != 1) {
    return openssl::failure("verifying a token");
  }
  const int valid =
      EVP_DigestVerify(context.get(), bytes(signature), signature.size(), bytes(signed_part), signed_part.size());
  if (valid == 1) return {};
  return fail(ErrorKind::kSystem, "the signature is not of key {}: {}", id, openssl::error_text());
}

Result<std::string> base64url_decode(std::string_view text) {
  std::string plain(text);
  const bool known = std::all_of(plain.begin(), plain.end(),
                                 [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_'; });
  if (!known || plain.size() % 4 == 1) return fail(ErrorKind::kSystem, "not base64url");
  std::replace(plain.begin(), plain.end(), '-', '+');
  std::replace(plain.begin(), plain.end(), '_', '/');
  const std::size_t padding = (4 - plain.size() % 4) % 4;
  plain.append(padding, '=');
  std::string decoded(plain.size() / 4 * 3, '\0');
  const int size =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(decoded.data()), bytes(plain), static_cast<int>(plain.size()));
  if (size < 0) return fail(ErrorKind::kSystem, "not base64url");
  decoded.resize(static_cast<std::size_t>(size) - padding);
  return decoded;
}

}  // namespace chamber
