#include "harness/net/jwt.h"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <nlohmann/json.hpp>

#include "harness/net/openssl.h"

namespace chamber {
namespace {

std::string url_decode(std::string text) {
  for (char& c : text) c = c == '-' ? '+' : c == '_' ? '/' : c;
  text.resize((text.size() + 3) / 4 * 4, '=');
  const auto bytes = base64_decode(text);
  EXPECT_TRUE(bytes) << bytes.error().message();
  return *bytes;
}

std::string pem_of(EVP_PKEY* key) {
  const openssl::BioPtr bio(BIO_new(BIO_s_mem()));
  EXPECT_EQ(PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr), 1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

TEST(Jwt, IsSignedSoThatOthersCanVerifyIt) {
  const openssl::KeyPtr key(EVP_RSA_gen(2048));
  ASSERT_TRUE(key);
  const auto token = sign_jwt({{"iss", "machine"}, {"exp", 4102444800}}, "key-1", pem_of(key.get()));
  ASSERT_TRUE(token) << token.error().message();
  const std::size_t first = token->find('.');
  const std::size_t second = token->find('.', first + 1);
  EXPECT_EQ(nlohmann::json::parse(url_decode(token->substr(0, first))),
            nlohmann::json({{"alg", "RS256"}, {"kid", "key-1"}, {"typ", "JWT"}}));
  EXPECT_EQ(nlohmann::json::parse(url_decode(token->substr(first + 1, second - first - 1)))["iss"], "machine");
  const std::string signature = url_decode(token->substr(second + 1));
  const auto verify = [&](const std::string& text) {
    const std::unique_ptr<EVP_MD_CTX, openssl::Deleter<EVP_MD_CTX_free>> digest(EVP_MD_CTX_new());
    EVP_DigestVerifyInit(digest.get(), nullptr, EVP_sha256(), nullptr, key.get());
    return EVP_DigestVerify(digest.get(), reinterpret_cast<const unsigned char*>(signature.data()), signature.size(),
                            reinterpret_cast<const unsigned char*>(text.data()), text.size());
  };
  EXPECT_EQ(verify(token->substr(0, second)), 1);
  EXPECT_NE(verify(token->substr(1, second - 1)), 1);
  EXPECT_EQ(sign_jwt({}, "key-1", "no key").error().kind(), ErrorKind::kInput);
}

// RFC 4648, section 10.
TEST(Base64, DecodesTheVectorsOfItsStandard) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},        {"Zg==", "f"},        {"Zm8=", "fo"},
                                                         {"Zm9v", "foo"}, {"Zm9vYg==", "foob"}, {"Zm9vYmFy", "foobar"}};
  for (const auto& [text, bytes] : vectors) EXPECT_EQ(*base64_decode(text), bytes);
  EXPECT_FALSE(base64_decode("Zg="));
  EXPECT_FALSE(base64_decode("Z*=="));
}

}  // namespace
}  // namespace chamber
