#include "harness/net/openssl.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <array>
#include <vector>

namespace chamber::openssl {
namespace {

// Never asks on the terminal for the password of an encrypted key: it is then simply not readable.
int no_password(char*, int, int, void*) {
  return -1;
}

BioPtr reader(const std::string& text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

}  // namespace

std::string error_text() {
  std::string text;
  std::array<char, 256> line;
  while (const unsigned long code = ERR_get_error()) {
    ERR_error_string_n(code, line.data(), line.size());
    text += text.empty() ? line.data() : std::string("; ") + line.data();
  }
  return text.empty() ? "no further reason" : text;
}

tl::unexpected<Error> failure(std::string_view doing) {
  return fail(ErrorKind::kHarness, "{}: {}", doing, error_text());
}

Result<CertificatePtr> certificate_from_pem(const std::string& pem) {
  auto all = CHAMBER_TRY(certificates_from_pem(pem));
  return std::move(all.front());
}

Result<std::vector<CertificatePtr>> certificates_from_pem(const std::string& pem) {
  const BioPtr bio = reader(pem);
  std::vector<CertificatePtr> all;
  while (bio) {
    CertificatePtr next(PEM_read_bio_X509(bio.get(), nullptr, no_password, nullptr));
    if (!next) break;
    all.push_back(std::move(next));
  }
  const std::string reason = error_text();  // reading past the last one always leaves an error
  if (all.empty()) return fail(ErrorKind::kInput, "no certificate in PEM form: {}", reason);
  return all;
}

Result<KeyPtr> key_from_pem(const std::string& pem) {
  const BioPtr bio = reader(pem);
  KeyPtr key(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr) : nullptr);
  if (!key) return fail(ErrorKind::kInput, "no private key in PEM form: {}", error_text());
  return key;
}

}  // namespace chamber::openssl
