#include "harness/net/tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstdint>

#include "harness/net/openssl.h"
#include "harness/net/tls_state.h"

namespace chamber {
namespace {

constexpr std::size_t kSessionsKept = 16;

// OpenSSL's own socket BIO writes with write(2), which raises SIGPIPE; this one does not.
int socket_write(BIO* bio, const char* data, std::size_t size, std::size_t* written) {
  BIO_clear_retry_flags(bio);
  const auto fd = static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
  const ssize_t sent = send(fd, data, size, MSG_NOSIGNAL);
  if (sent < 0) {
    if (errno == EAGAIN || errno == EINTR) BIO_set_retry_write(bio);
    return 0;
  }
  *written = static_cast<std::size_t>(sent);
  return 1;
}

int socket_read(BIO* bio, char* data, std::size_t size, std::size_t* got) {
  BIO_clear_retry_flags(bio);
  const auto fd = static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
  const ssize_t received = recv(fd, data, size, 0);
  if (received <= 0) {
    if (received < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
    if (received == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    return 0;
  }
  *got = static_cast<std::size_t>(received);
  return 1;
}

long socket_control(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

const BIO_METHOD* socket_method() {
  static const BIO_METHOD* const method = [] {
    BIO_METHOD* fresh = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "chamber socket");
    BIO_meth_set_write_ex(fresh, socket_write);
    BIO_meth_set_read_ex(fresh, socket_read);
    BIO_meth_set_ctrl(fresh, socket_control);
    return fresh;
  }();
  return method;
}

bool is_ip(const std::string& name) {
  std::array<unsigned char, 16> ignored;
  return inet_pton(AF_INET, name.c_str(), ignored.data()) == 1 ||
         inet_pton(AF_INET6, name.c_str(), ignored.data()) == 1;
}

Result<void> trust(SSL_CTX* context, const std::string& ca_pem) {
  for (const auto& authority : CHAMBER_TRY(openssl::certificates_from_pem(ca_pem))) {
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority.get()) != 1) {
      return openssl::failure("trusting a certificate authority");
    }
  }
  return {};
}

Result<void> show(SSL_CTX* context, const KeyPair& pair) {
  const auto chain = CHAMBER_TRY(openssl::certificates_from_pem(pair.certificate_pem));
  const auto key = CHAMBER_TRY(openssl::key_from_pem(pair.key_pem));
  if (SSL_CTX_use_certificate(context, chain.front().get()) != 1 || SSL_CTX_use_PrivateKey(context, key.get()) != 1) {
    return fail(ErrorKind::kInput, "the private key is not that of the certificate: {}", openssl::error_text());
  }
  for (std::size_t i = 1; i < chain.size(); ++i) {
    if (SSL_CTX_add1_chain_cert(context, chain[i].get()) != 1) return openssl::failure("adding to a certificate chain");
  }
  return {};
}

Result<openssl::ContextPtr> new_context(const SSL_METHOD* method) {
  openssl::ContextPtr context(SSL_CTX_new(method));
  if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1) {
    return openssl::failure("making a TLS context");
  }
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  return context;
}

}  // namespace

int TlsContext::State::on_new_session(SSL* ssl, SSL_SESSION* session) {
  auto* state = static_cast<State*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), 0));
  state->keep(openssl::SessionPtr(session));
  return 1;  // the reference is now ours
}

void TlsContext::State::keep(openssl::SessionPtr session) {
  const std::lock_guard lock(mutex);
  if (sessions.size() >= kSessionsKept) sessions.erase(sessions.begin());
  sessions.push_back(std::move(session));
}

openssl::SessionPtr TlsContext::State::session() {
  const std::lock_guard lock(mutex);
  while (!sessions.empty()) {
    openssl::SessionPtr& newest = sessions.back();
    const bool usable = SSL_SESSION_is_resumable(newest.get()) == 1;
    if (usable && SSL_SESSION_get_protocol_version(newest.get()) < TLS1_3_VERSION) {
      SSL_SESSION_up_ref(newest.get());
      return openssl::SessionPtr(newest.get());
    }
    openssl::SessionPtr taken = std::move(newest);
    sessions.pop_back();
    if (usable) return taken;
  }
  return nullptr;
}

Result<openssl::SslPtr> TlsContext::State::begin(int fd) {
  openssl::SslPtr ssl(SSL_new(context.get()));
  BIO* bio = ssl ? BIO_new(socket_method()) : nullptr;
  if (!bio) return openssl::failure("beginning TLS");
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(fd)));
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl.get(), bio, bio);
  if (is_server) {
    SSL_set_accept_state(ssl.get());
    return ssl;
  }
  SSL_set_connect_state(ssl.get());
  const bool ip = is_ip(server_name);
  const int named = ip ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl.get()), server_name.c_str())
                       : SSL_set1_host(ssl.get(), server_name.c_str());
  if (named != 1) return openssl::failure("naming the TLS server");
  // SSL_set_tlsext_host_name() spelled out: the macro casts in the old style.
  if (!ip && SSL_ctrl(ssl.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, server_name.data()) != 1) {
    return openssl::failure("naming the TLS server");
  }
  if (const openssl::SessionPtr resumed = session()) SSL_set_session(ssl.get(), resumed.get());
  return ssl;
}

TlsContext::TlsContext(std::unique_ptr<State> state) : state_(std::move(state)) {}
TlsContext::~TlsContext() = default;

Result<std::shared_ptr<TlsContext>> TlsContext::client(const TlsClientOptions& options) {
  if (options.server_name.empty()) return fail(ErrorKind::kInput, "TLS without the server's name proves nothing");
  auto state = std::make_unique<State>();
  state->server_name = options.server_name;
  state->context = CHAMBER_TRY(new_context(TLS_client_method()));
  SSL_CTX* context = state->context.get();
  CHAMBER_CHECK(trust(context, options.ca_pem));
  if (options.certificate) CHAMBER_CHECK(show(context, *options.certificate));
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  if (options.resume) {
    SSL_CTX_set_ex_data(context, 0, state.get());
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, State::on_new_session);
  }
  return std::shared_ptr<TlsContext>(new TlsContext(std::move(state)));
}

Result<std::shared_ptr<TlsContext>> TlsContext::server(const TlsServerOptions& options) {
  auto state = std::make_unique<State>();
  state->is_server = true;
  state->context = CHAMBER_TRY(new_context(TLS_server_method()));
  SSL_CTX* context = state->context.get();
  CHAMBER_CHECK(show(context, options.certificate));
  static constexpr std::array<unsigned char, 7> kSessionContext = {'c', 'h', 'a', 'm', 'b', 'e', 'r'};
  SSL_CTX_set_session_id_context(context, kSessionContext.data(), kSessionContext.size());
  if (!options.client_ca_pem.empty()) {
    CHAMBER_CHECK(trust(context, options.client_ca_pem));
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  return std::shared_ptr<TlsContext>(new TlsContext(std::move(state)));
}

}  // namespace chamber
