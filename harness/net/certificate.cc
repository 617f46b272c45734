#include "harness/net/certificate.h"

#include <arpa/inet.h>
#include <openssl/pem.h>

#include <array>
#include <memory>

#include "harness/base/secrets.h"
#include "harness/net/openssl.h"

namespace chamber {
namespace {

using openssl::CertificatePtr;
using openssl::KeyPtr;

using RequestPtr = std::unique_ptr<X509_REQ, openssl::Deleter<X509_REQ_free>>;
using NamesPtr = std::unique_ptr<GENERAL_NAMES, openssl::Deleter<GENERAL_NAMES_free>>;

// EVP_EC_gen() spelled out: the macro casts in the old style.
EVP_PKEY* new_key() {
  return EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
}

std::string drained(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return size > 0 ? std::string(data, static_cast<std::size_t>(size)) : std::string();
}

Result<KeyPair> to_pem(X509* certificate, EVP_PKEY* key, const std::string& secret_name) {
  const openssl::BioPtr public_part(BIO_new(BIO_s_mem()));
  const openssl::BioPtr private_part(BIO_new(BIO_s_secmem()));
  if (!public_part || !private_part || PEM_write_bio_X509(public_part.get(), certificate) != 1 ||
      PEM_write_bio_PKCS8PrivateKey(private_part.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return openssl::failure("writing a certificate");
  }
  KeyPair pair{drained(public_part.get()), drained(private_part.get())};
  secrets().add("tls.key of " + secret_name, pair.key_pem);
  return pair;
}

// RFC 5280, 4.1.2.2: positive, unique, at most 20 octets. 127 random bits with the top one set.
bool set_serial(X509* certificate) {
  const openssl::BignumPtr number(BN_new());
  return number && BN_rand(number.get(), 127, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
         BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509V3_set_ctx_nodb(&context);
  const openssl::ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool add_alternative_names(X509* certificate, const CertificateRequest& request) {
  if (request.dns_names.empty() && request.ip_addresses.empty()) return true;
  const NamesPtr names(sk_GENERAL_NAME_new_null());
  const auto push = [&](int type, ASN1_STRING* value) {
    GENERAL_NAME* name = GENERAL_NAME_new();
    GENERAL_NAME_set0_value(name, type, value);
    sk_GENERAL_NAME_push(names.get(), name);
  };
  for (const std::string& dns : request.dns_names) {
    ASN1_IA5STRING* text = ASN1_IA5STRING_new();
    ASN1_STRING_set(text, dns.data(), static_cast<int>(dns.size()));
    push(GEN_DNS, text);
  }
  for (const std::string& ip : request.ip_addresses) {
    ASN1_OCTET_STRING* address = a2i_IPADDRESS(ip.c_str());
    if (!address) return false;
    push(GEN_IPADD, address);
  }
  return X509_add1_ext_i2d(certificate, NID_subject_alt_name, names.get(), 0, X509V3_ADD_DEFAULT) == 1;
}

bool set_validity(X509* certificate, std::chrono::seconds backdated, std::chrono::seconds lifetime) {
  return X509_gmtime_adj(X509_getm_notBefore(certificate), -backdated.count()) != nullptr &&
         X509_gmtime_adj(X509_getm_notAfter(certificate), lifetime.count()) != nullptr;
}

bool set_common_name(X509_NAME* name, const std::string& common_name) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(common_name.data());
  return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, bytes, static_cast<int>(common_name.size()), -1, 0) == 1;
}

std::string name_text(const X509_NAME* name) {
  const openssl::BioPtr bio(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB);
  return drained(bio.get());
}

WallTime to_wall(const ASN1_TIME* time) {
  std::tm parts = {};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
  return std::chrono::system_clock::from_time_t(timegm(&parts));
}

std::string ip_text(const ASN1_OCTET_STRING* address) {
  std::array<char, INET6_ADDRSTRLEN> text = {};
  const int family = ASN1_STRING_length(address) == 4 ? AF_INET : AF_INET6;
  if (family == AF_INET6 && ASN1_STRING_length(address) != 16) return "malformed";
  inet_ntop(family, ASN1_STRING_get0_data(address), text.data(), text.size());
  return text.data();
}

void read_alternative_names(const X509* certificate, CertificateFacts& facts) {
  const NamesPtr names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    int type = 0;
    const void* value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names.get(), i), &type);
    if (type == GEN_DNS) {
      const auto* text = static_cast<const ASN1_IA5STRING*>(value);
      facts.dns_names.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                                   static_cast<std::size_t>(ASN1_STRING_length(text)));
    } else if (type == GEN_IPADD) {
      facts.ip_addresses.push_back(ip_text(static_cast<const ASN1_OCTET_STRING*>(value)));
    }
  }
}

}  // namespace

struct CertificateAuthority::State {
  CertificatePtr certificate;
  KeyPtr key;
  KeyPair pair;
};

Result<CertificateAuthority> CertificateAuthority::create(const AuthorityOptions& options) {
  auto state = std::make_shared<State>();
  state->key.reset(new_key());
  state->certificate.reset(X509_new());
  X509* certificate = state->certificate.get();
  if (!state->key || !certificate) return openssl::failure("making a key");
  X509_NAME* name = X509_get_subject_name(certificate);
  const bool made = X509_set_version(certificate, X509_VERSION_3) == 1 && set_serial(certificate) &&
                    set_common_name(name, options.common_name) && X509_set_issuer_name(certificate, name) == 1 &&
                    set_validity(certificate, std::chrono::minutes(5), options.lifetime) &&
                    X509_set_pubkey(certificate, state->key.get()) == 1 &&
                    add_extension(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE") &&
                    add_extension(certificate, certificate, NID_key_usage, "critical,keyCertSign,cRLSign") &&
                    add_extension(certificate, certificate, NID_subject_key_identifier, "hash") &&
                    X509_sign(certificate, state->key.get(), EVP_sha256()) > 0;
  if (!made) return openssl::failure("making a certificate authority");
  state->pair = CHAMBER_TRY(to_pem(certificate, state->key.get(), options.common_name));
  return CertificateAuthority(std::move(state));
}

Result<CertificateAuthority> CertificateAuthority::load(const KeyPair& pair) {
  auto state = std::make_shared<State>();
  state->certificate = CHAMBER_TRY(openssl::certificate_from_pem(pair.certificate_pem));
  state->key = CHAMBER_TRY(openssl::key_from_pem(pair.key_pem));
  if (X509_check_private_key(state->certificate.get(), state->key.get()) != 1) {
    return fail(ErrorKind::kInput, "the authority's key is not that of its certificate: {}", openssl::error_text());
  }
  if (X509_check_ca(state->certificate.get()) != 1) return fail(ErrorKind::kInput, "the certificate is no authority's");
  state->pair = pair;
  secrets().add("tls.key of the authority", pair.key_pem);
  return CertificateAuthority(std::move(state));
}

Result<KeyPair> CertificateAuthority::issue(const CertificateRequest& request) const {
  const KeyPtr key(new_key());
  const CertificatePtr certificate(X509_new());
  X509* const issuer = state_->certificate.get();
  X509* const fresh = certificate.get();
  if (!key || !fresh) return openssl::failure("making a key");
  std::string usages = request.server ? "serverAuth" : "";
  if (request.client) usages += usages.empty() ? "clientAuth" : ",clientAuth";
  if (usages.empty()) return fail(ErrorKind::kInput, "a certificate for {} that serves nothing", request.common_name);
  const bool made = X509_set_version(fresh, X509_VERSION_3) == 1 && set_serial(fresh) &&
                    set_common_name(X509_get_subject_name(fresh), request.common_name) &&
                    X509_set_issuer_name(fresh, X509_get_subject_name(issuer)) == 1 &&
                    set_validity(fresh, request.backdated, request.lifetime) &&
                    X509_set_pubkey(fresh, key.get()) == 1 &&
                    add_extension(fresh, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
                    add_extension(fresh, issuer, NID_key_usage, "critical,digitalSignature") &&
                    add_extension(fresh, issuer, NID_ext_key_usage, usages) &&
                    add_extension(fresh, issuer, NID_subject_key_identifier, "hash") &&
                    add_extension(fresh, issuer, NID_authority_key_identifier, "keyid:always") &&
                    add_alternative_names(fresh, request) && X509_sign(fresh, state_->key.get(), EVP_sha256()) > 0;
  if (!made) return openssl::failure("issuing a certificate for " + request.common_name);
  return to_pem(fresh, key.get(), request.common_name);
}

Result<std::string> CertificateAuthority::sign_authority(const std::string& request_pem) const {
  const openssl::BioPtr text(BIO_new_mem_buf(request_pem.data(), static_cast<int>(request_pem.size())));
  if (!text) return openssl::failure("reading a request for a certificate");
  const RequestPtr request(PEM_read_bio_X509_REQ(text.get(), nullptr, nullptr, nullptr));
  EVP_PKEY* const key = request ? X509_REQ_get0_pubkey(request.get()) : nullptr;
  if (key == nullptr || X509_REQ_verify(request.get(), key) != 1) {
    return fail(ErrorKind::kInput, "this is no request for a certificate: {}", openssl::error_text());
  }
  const CertificatePtr certificate(X509_new());
  X509* const issuer = state_->certificate.get();
  X509* const fresh = certificate.get();
  const openssl::BioPtr out(BIO_new(BIO_s_mem()));
  const bool made = fresh && out && X509_set_version(fresh, X509_VERSION_3) == 1 && set_serial(fresh) &&
                    X509_set_subject_name(fresh, X509_REQ_get_subject_name(request.get())) == 1 &&
                    X509_set_issuer_name(fresh, X509_get_subject_name(issuer)) == 1 &&
                    X509_set1_notBefore(fresh, X509_get0_notBefore(issuer)) == 1 &&
                    X509_set1_notAfter(fresh, X509_get0_notAfter(issuer)) == 1 && X509_set_pubkey(fresh, key) == 1 &&
                    add_extension(fresh, issuer, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
                    add_extension(fresh, issuer, NID_key_usage, "critical,keyCertSign,cRLSign") &&
                    add_extension(fresh, issuer, NID_subject_key_identifier, "hash") &&
                    add_extension(fresh, issuer, NID_authority_key_identifier, "keyid:always") &&
                    X509_sign(fresh, state_->key.get(), EVP_sha256()) > 0 && PEM_write_bio_X509(out.get(), fresh) == 1;
  if (!made) return openssl::failure("signing an authority");
  return drained(out.get());
}

const std::string& CertificateAuthority::certificate_pem() const {
  return state_->pair.certificate_pem;
}

const KeyPair& CertificateAuthority::key_pair() const {
  return state_->pair;
}

Result<CertificateFacts> read_certificate(const std::string& pem) {
  const CertificatePtr certificate = CHAMBER_TRY(openssl::certificate_from_pem(pem));
  CertificateFacts facts;
  facts.subject = name_text(X509_get_subject_name(certificate.get()));
  facts.issuer = name_text(X509_get_issuer_name(certificate.get()));
  const openssl::BignumPtr serial(ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate.get()), nullptr));
  if (serial) {
    const std::unique_ptr<char, openssl::Deleter<[](char* text) { OPENSSL_free(text); }>> text(BN_bn2hex(serial.get()));
    facts.serial = text.get();
  }
  read_alternative_names(certificate.get(), facts);
  facts.not_before = to_wall(X509_get0_notBefore(certificate.get()));
  facts.not_after = to_wall(X509_get0_notAfter(certificate.get()));
  facts.authority = X509_check_ca(certificate.get()) == 1;
  return facts;
}

Result<void> verify_certificate(const std::string& pem, const std::string& authorities_pem, const std::string& name,
                                WallTime at) {
  const auto chain = CHAMBER_TRY(openssl::certificates_from_pem(pem));
  const auto authorities = CHAMBER_TRY(openssl::certificates_from_pem(authorities_pem));
  const openssl::StorePtr store(X509_STORE_new());
  const openssl::StoreContextPtr context(X509_STORE_CTX_new());
  const std::unique_ptr<STACK_OF(X509), openssl::Deleter<[](STACK_OF(X509) * stack) { sk_X509_free(stack); }>> between(
      sk_X509_new_null());
  if (!store || !context || !between) return openssl::failure("preparing to verify a certificate");
  for (const CertificatePtr& authority : authorities) X509_STORE_add_cert(store.get(), authority.get());
  for (std::size_t i = 1; i < chain.size(); ++i) sk_X509_push(between.get(), chain[i].get());
  if (X509_STORE_CTX_init(context.get(), store.get(), chain.front().get(), between.get()) != 1) {
    return openssl::failure("preparing to verify a certificate");
  }
  X509_VERIFY_PARAM* param = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_time(param, std::chrono::system_clock::to_time_t(at));
  if (!name.empty() && X509_VERIFY_PARAM_set1_ip_asc(param, name.c_str()) != 1) {
    X509_VERIFY_PARAM_set1_host(param, name.data(), name.size());
  }
  if (X509_verify_cert(context.get()) == 1) return {};
  const int reason = X509_STORE_CTX_get_error(context.get());
  return fail(ErrorKind::kSystem, "the certificate is not valid: {}", X509_verify_cert_error_string(reason));
}

}  // namespace chamber
