#include "harness/net/certificate.h"

#include <gtest/gtest.h>

#include <chrono>
#include <set>

#include "harness/base/secrets.h"

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

TEST(CertificateAuthority, TellsTheRegistryItsKeys) {
  const auto authority = CertificateAuthority::create().value();
  const auto pair = authority.issue({.common_name = "vault-9"}).value();
  EXPECT_EQ(secrets().redact(pair.key_pem), "‹tls.key of vault-9›");
}

}  // namespace
}  // namespace chamber
