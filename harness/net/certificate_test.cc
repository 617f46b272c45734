#include "harness/net/certificate.h"

#include <gtest/gtest.h>
#include <openssl/pem.h>

#include <chrono>
#include <memory>
#include <set>

#include "harness/base/secrets.h"
#include "harness/net/openssl.h"

namespace chamber {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using std::chrono::system_clock;

TEST(CertificateAuthority, IssuesCertificatesThatLeadToIt) {
  const auto authority = CertificateAuthority::create().value();
  const auto pair = authority.issue({.common_name = "vault-0", .dns_names = {"vault-0", "vault"}}).value();
  EXPECT_TRUE(verify_certificate(pair.certificate_pem, authority.certificate_pem(), "vault-0").ok());
  EXPECT_TRUE(verify_certificate(pair.certificate_pem, authority.certificate_pem(), "vault").ok());
  EXPECT_TRUE(verify_certificate(pair.certificate_pem, authority.certificate_pem()).ok());
}

TEST(CertificateAuthority, RefusesOtherNamesOtherAuthoritiesAndOtherTimes) {
  const auto authority = CertificateAuthority::create().value();
  const auto stranger = CertificateAuthority::create().value();
  const auto pair = authority
                        .issue({.common_name = "vault-0",
                                .dns_names = {"vault-0"},
                                .ip_addresses = {"198.18.0.1", "::1"},
                                .lifetime = hours(1)})
                        .value();
  const auto& pem = pair.certificate_pem;
  EXPECT_TRUE(verify_certificate(pem, authority.certificate_pem(), "198.18.0.1").ok());
  EXPECT_TRUE(verify_certificate(pem, authority.certificate_pem(), "::1").ok());
  EXPECT_FALSE(verify_certificate(pem, authority.certificate_pem(), "198.18.0.2").ok());
  EXPECT_FALSE(verify_certificate(pem, authority.certificate_pem(), "vault-1").ok());
  EXPECT_FALSE(verify_certificate(pem, stranger.certificate_pem(), "vault-0").ok());
  const auto late = verify_certificate(pem, authority.certificate_pem(), "vault-0", system_clock::now() + hours(2));
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().kind(), ErrorKind::kSystem);
  EXPECT_NE(late.error().message().find("expired"), std::string::npos) << late.error().message();
}

TEST(CertificateAuthority, CanIssueWhatHasExpiredAlready) {
  const auto authority = CertificateAuthority::create().value();
  const auto pair = authority.issue({.common_name = "old", .lifetime = seconds(-5), .backdated = hours(1)}).value();
  EXPECT_FALSE(verify_certificate(pair.certificate_pem, authority.certificate_pem()).ok());
  EXPECT_LT(read_certificate(pair.certificate_pem).value().not_after, system_clock::now());
}

TEST(CertificateAuthority, SaysWhatItMade) {
  const auto authority = CertificateAuthority::create({.common_name = "cell 7"}).value();
  const auto before = system_clock::now();
  const auto pair = authority
                        .issue({.common_name = "postgres-1",
                                .dns_names = {"postgres-1", "db.example"},
                                .ip_addresses = {"10.1.2.3", "fd00::9"},
                                .lifetime = hours(24)})
                        .value();
  const auto facts = read_certificate(pair.certificate_pem).value();
  EXPECT_EQ(facts.subject, "CN = postgres-1");
  EXPECT_EQ(facts.issuer, "CN = cell 7");
  EXPECT_EQ(facts.dns_names, (std::vector<std::string>{"postgres-1", "db.example"}));
  EXPECT_EQ(facts.ip_addresses, (std::vector<std::string>{"10.1.2.3", "fd00::9"}));
  EXPECT_FALSE(facts.authority);
  EXPECT_LE(facts.not_before, before);
  EXPECT_GE(facts.not_after, before + hours(24) - seconds(1));
  EXPECT_LE(facts.not_after, system_clock::now() + hours(24));
  EXPECT_TRUE(read_certificate(authority.certificate_pem()).value().authority);
}

TEST(CertificateAuthority, IsTheSameAfterSavingAndLoading) {
  const auto authority = CertificateAuthority::create().value();
  const auto again = CertificateAuthority::load(authority.key_pair()).value();
  const auto pair = again.issue({.common_name = "node"}).value();
  EXPECT_TRUE(verify_certificate(pair.certificate_pem, authority.certificate_pem()).ok());
}

TEST(CertificateAuthority, RefusesToLoadWhatIsNoAuthority) {
  const auto authority = CertificateAuthority::create().value();
  const auto stranger = CertificateAuthority::create().value();
  const KeyPair mixed{authority.certificate_pem(), stranger.key_pair().key_pem};
  EXPECT_EQ(CertificateAuthority::load(mixed).error().kind(), ErrorKind::kInput);
  EXPECT_EQ(CertificateAuthority::load({"no pem", "at all"}).error().kind(), ErrorKind::kInput);
  EXPECT_FALSE(CertificateAuthority::load(authority.issue({.common_name = "leaf"}).value()).ok());
}

TEST(CertificateAuthority, RefusesAddressesThatAreNone) {
  const auto authority = CertificateAuthority::create().value();
  EXPECT_FALSE(authority.issue({.common_name = "x", .ip_addresses = {"300.1.1.1"}}).ok());
  EXPECT_FALSE(authority.issue({.common_name = "x", .server = false, .client = false}).ok());
}

TEST(CertificateAuthority, GivesEachCertificateItsOwnSerial) {
  const auto authority = CertificateAuthority::create().value();
  std::set<std::string> serials;
  for (int i = 0; i < 20; ++i) {
    serials.insert(read_certificate(authority.issue({.common_name = "n"}).value().certificate_pem).value().serial);
  }
  EXPECT_EQ(serials.size(), 20U);
}

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

TEST(CertificateAuthority, MakesAnAuthorityOfARequestWhoseKeyItNeverSees) {
  const auto authority = CertificateAuthority::create().value();
  const openssl::KeyPtr key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  const std::unique_ptr<X509_REQ, openssl::Deleter<X509_REQ_free>> request(X509_REQ_new());
  const auto* name = reinterpret_cast<const unsigned char*>("below");
  X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(request.get()), "CN", MBSTRING_UTF8, name, -1, -1, 0);
  X509_REQ_set_pubkey(request.get(), key.get());
  ASSERT_GT(X509_REQ_sign(request.get(), key.get(), EVP_sha256()), 0);
  const openssl::BioPtr request_pem(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509_REQ(request_pem.get(), request.get());
  const openssl::BioPtr key_pem(BIO_new(BIO_s_mem()));
  PEM_write_bio_PKCS8PrivateKey(key_pem.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);

  const auto below = authority.sign_authority(text_of(request_pem.get()));
  ASSERT_TRUE(below) << below.error().message();
  const auto issuing = CertificateAuthority::load({*below, text_of(key_pem.get())});
  ASSERT_TRUE(issuing) << issuing.error().message();
  const auto leaf = issuing->issue({.common_name = "vault-0", .dns_names = {"vault-0"}}).value();
  EXPECT_EQ(read_certificate(leaf.certificate_pem)->issuer, "CN = below");
  const std::string chain = leaf.certificate_pem + *below;
  EXPECT_TRUE(verify_certificate(chain, authority.certificate_pem(), "vault-0").ok());
  EXPECT_FALSE(verify_certificate(leaf.certificate_pem, authority.certificate_pem()).ok()) << "without the chain";
  EXPECT_FALSE(verify_certificate(chain, CertificateAuthority::create()->certificate_pem()).ok()) << "another's";

  EXPECT_EQ(authority.sign_authority("no request").error().kind(), ErrorKind::kInput);
}

TEST(CertificateAuthority, TellsTheRegistryItsKeys) {
  const auto authority = CertificateAuthority::create().value();
  const auto pair = authority.issue({.common_name = "vault-9"}).value();
  EXPECT_EQ(secrets().redact(pair.key_pem), "‹tls.key of vault-9›");
}

}  // namespace
}  // namespace chamber
