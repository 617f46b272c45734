// Owners for OpenSSL's objects, and its error queue as text. For the sources of this folder.
#pragma once

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"

namespace chamber::openssl {

template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};

using BioPtr = std::unique_ptr<BIO, Deleter<BIO_free_all>>;
using BignumPtr = std::unique_ptr<BIGNUM, Deleter<BN_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using CertificatePtr = std::unique_ptr<X509, Deleter<X509_free>>;
using StorePtr = std::unique_ptr<X509_STORE, Deleter<X509_STORE_free>>;
using StoreContextPtr = std::unique_ptr<X509_STORE_CTX, Deleter<X509_STORE_CTX_free>>;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION_free>>;
using ContextPtr = std::unique_ptr<SSL_CTX, Deleter<SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, Deleter<SSL_free>>;
using SessionPtr = std::unique_ptr<SSL_SESSION, Deleter<SSL_SESSION_free>>;

// What stands in this thread's error queue, which is empty afterwards.
[[nodiscard]] std::string error_text();

// kHarness with the error queue behind: "signing a certificate: …".
[[nodiscard]] tl::unexpected<Error> failure(std::string_view doing);

// kInput when the text holds none.
[[nodiscard]] Result<CertificatePtr> certificate_from_pem(const std::string& pem);
[[nodiscard]] Result<KeyPtr> key_from_pem(const std::string& pem);
// Every certificate of the text, in its order; kInput when there is none.
[[nodiscard]] Result<std::vector<CertificatePtr>> certificates_from_pem(const std::string& pem);

}  // namespace chamber::openssl
