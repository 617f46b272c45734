#include "harness/net/key_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/rsa.h>

#include <algorithm>

#include "harness/net/openssl.h"

namespace chamber {
namespace {

using testing::HasSubstr;

// RFC 7515, appendix A.2: a key and a token that it signed, with a key id added to the header's place in the set.
constexpr const char* kModulus =
    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-"
    "pCgNMs"
    "D1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-"
    "UTo7WTBEMa2R2CapHg665xsmtdV"
    "MTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
constexpr const char* kToken =
    "eyJhbGciOiJSUzI1NiJ9"
    ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_"
    "O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZ"
    "cAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--"
    "xi12jzDwusC-e"
    "OkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";

std::string key_set(const std::string& id) {
  return R"({"keys":[{"kty":"EC","kid":"other"},{"kty":"RSA","e":"AQAB","kid":")" + id + R"(","n":")" + kModulus +
         "\"}]}";
}

TEST(JsonWebKeySet, ReadsASetAndPassesOverOtherKinds) {
  const auto set = JsonWebKeySet::parse(key_set("1"));
  ASSERT_TRUE(set) << set.error().message();
  EXPECT_EQ(set->size(), 1U);
  EXPECT_FALSE(JsonWebKeySet::parse("[]").ok());
  EXPECT_FALSE(JsonWebKeySet::parse(R"({"keys":[{"kty":"RSA","kid":"1","n":"!","e":"AQAB"}]})").ok());
}

TEST(JsonWebKeySet, AsksForTheKeyThatATokenNames) {
  const auto set = JsonWebKeySet::parse(key_set(""));
  ASSERT_TRUE(set) << set.error().message();
  EXPECT_THAT(set->verify(kToken).error().message(), HasSubstr("kid"));
  // {"alg":"RS256","kid":"9"}
  EXPECT_EQ(set->verify("eyJhbGciOiJSUzI1NiIsImtpZCI6IjkifQ.e30.AA").error().message(), "no key 9");
  // {"alg":"none","kid":""}
  EXPECT_FALSE(set->verify("eyJhbGciOiJub25lIiwia2lkIjoiIn0.e30.").ok());
  EXPECT_FALSE(set->verify("not a token").ok());
}

TEST(JsonWebKeySet, RefusesASignatureOfAnotherText) {
  const auto set = JsonWebKeySet::parse(key_set("1"));
  ASSERT_TRUE(set) << set.error().message();
  const std::string signature = std::string(kToken).substr(std::string(kToken).rfind('.'));
  // {"alg":"RS256","kid":"1"}
  const auto verified = set->verify("eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.e30" + signature);
  ASSERT_FALSE(verified.ok());
  EXPECT_THAT(verified.error().message(), HasSubstr("the signature is not of key 1"));
}

std::string base64url(const std::vector<unsigned char>& bytes) {
  std::string text(bytes.size() * 4 / 3 + 5, '\0');
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  text.erase(std::find(text.begin(), text.end(), '='), text.end());
  return text;
}

std::vector<unsigned char> signature_of(EVP_PKEY* key, const std::string& text) {
  EVP_MD_CTX* const context = EVP_MD_CTX_new();
  std::size_t size = 0;
  const auto* const bytes = reinterpret_cast<const unsigned char*>(text.data());
  EXPECT_EQ(EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, key), 1);
  EXPECT_EQ(EVP_DigestSign(context, nullptr, &size, bytes, text.size()), 1);
  std::vector<unsigned char> signature(size);
  EXPECT_EQ(EVP_DigestSign(context, signature.data(), &size, bytes, text.size()), 1);
  EVP_MD_CTX_free(context);
  signature.resize(size);
  return signature;
}

TEST(JsonWebKeySet, AcceptsWhatItsKeySigned) {
  const openssl::KeyPtr key(EVP_RSA_gen(2048));
  ASSERT_TRUE(key);
  BIGNUM* modulus = nullptr;
  ASSERT_EQ(EVP_PKEY_get_bn_param(key.get(), OSSL_PKEY_PARAM_RSA_N, &modulus), 1);
  const openssl::BignumPtr owner(modulus);
  std::vector<unsigned char> bytes(static_cast<std::size_t>(BN_num_bytes(modulus)));
  BN_bn2bin(modulus, bytes.data());
  const auto set =
      JsonWebKeySet::parse(R"({"keys":[{"kty":"RSA","e":"AQAB","kid":"1","n":")" + base64url(bytes) + "\"}]}");
  ASSERT_TRUE(set) << set.error().message();
  const std::string text = "eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.e30";
  const auto verified = set->verify(text + "." + base64url(signature_of(key.get(), text)));
  EXPECT_TRUE(verified) << verified.error().message();
}

TEST(Base64Url, DecodesWithoutPadding) {
  EXPECT_EQ(*base64url_decode("YQ"), "a");
  EXPECT_EQ(*base64url_decode("YWI"), "ab");
  EXPECT_EQ(*base64url_decode("YWJj"), "abc");
  EXPECT_EQ(*base64url_decode("-_8"), "\xfb\xff");
  EXPECT_FALSE(base64url_decode("YQ==").ok());
  EXPECT_FALSE(base64url_decode("Y").ok());
}

}  // namespace
}  // namespace chamber
