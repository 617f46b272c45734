// A certificate authority of a cell and the certificates that it issues: EC P-256, X.509 v3 (RFC 5280), PEM.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "harness/base/result.h"

namespace chamber {

using WallTime = std::chrono::system_clock::time_point;

// A certificate and its private key (PKCS #8), both PEM. The key is told to secrets() when it is made.
struct KeyPair {
  std::string certificate_pem;
  std::string key_pem;
};

struct AuthorityOptions {
  std::string common_name = "chamber cell authority";
  std::chrono::seconds lifetime = std::chrono::hours(24 * 30);
};

struct CertificateRequest {
  std::string common_name;                                      // also the key's name in secrets()
  std::vector<std::string> dns_names = {};                      // subject alternative names
  std::vector<std::string> ip_addresses = {};                   //
  bool server = true;                                           // extended key usages
  bool client = false;                                          //
  std::chrono::seconds lifetime = std::chrono::hours(24 * 30);  // may be over already: a test of expiry
  std::chrono::seconds backdated = std::chrono::minutes(5);     // begins that much ago: clocks differ a little
};

// Immutable after it is made; any thread may issue.
class CertificateAuthority {
 public:
  [[nodiscard]] static Result<CertificateAuthority> create(const AuthorityOptions& options = {});
  // Takes up an authority that was saved. kInput when the two are not readable or not of each other.
  [[nodiscard]] static Result<CertificateAuthority> load(const KeyPair& pair);

  [[nodiscard]] Result<KeyPair> issue(const CertificateRequest& request) const;
  // Makes an authority below this one (pathlen 0: it signs no further ones) of whoever has the key of this request
  // (PKCS #10, PEM), under the request's own name. The certificate, PEM. kInput when the request is not readable or not
  // signed with its key.
  [[nodiscard]] Result<std::string> sign_authority(const std::string& request_pem) const;

  [[nodiscard]] const std::string& certificate_pem() const;
  // With the private key, to save it.
  [[nodiscard]] const KeyPair& key_pair() const;

 private:
  struct State;
  explicit CertificateAuthority(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  std::shared_ptr<const State> state_;
};

struct CertificateFacts {
  std::string subject;  // "CN = vault-0"
  std::string issuer;
  std::string serial;  // hexadecimal, upper case
  std::vector<std::string> dns_names;
  std::vector<std::string> ip_addresses;
  WallTime not_before;
  WallTime not_after;
  bool authority = false;
};

// Of the first certificate in the text; kInput when there is none.
[[nodiscard]] Result<CertificateFacts> read_certificate(const std::string& pem);

// Whether the first certificate leads to one of `authorities_pem` at the time `at`, through those that follow it in the
// text, and, unless `name` is empty, whether it is for that DNS name or IP address. kSystem with the reason when not.
[[nodiscard]] Result<void> verify_certificate(const std::string& pem, const std::string& authorities_pem,
                                              const std::string& name = "",
                                              WallTime at = std::chrono::system_clock::now());

}  // namespace chamber
