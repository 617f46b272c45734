#include "harness/net/stream.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>

#include "harness/net/tls_state.h"

namespace chamber {
namespace {

// What the socket has become ready for, 0 when the deadline passed.
Result<short> wait_for(int fd, short events, Deadline deadline) {
  pollfd item = {fd, events, 0};
  while (true) {
    const auto left = deadline.remaining();
    const timespec timeout = {left.count() / 1'000'000'000, left.count() % 1'000'000'000};
    const int ready = ppoll(&item, 1, &timeout, nullptr);
    if (ready > 0) return item.revents;
    if (ready == 0) return static_cast<short>(0);
    if (errno != EINTR) return fail_errno(errno, "waiting for a socket");
  }
}

tl::unexpected<Error> timed_out(std::string_view doing) {
  return fail(ErrorKind::kTimeout, "the deadline passed while {}", doing);
}

tl::unexpected<Error> peer_error(int error_number, std::string_view doing) {
  switch (error_number) {
    case ECONNREFUSED:
    case ECONNRESET:
    case ECONNABORTED:
    case EPIPE:
    case EHOSTUNREACH:
    case EHOSTDOWN:
    case ENETUNREACH:
    case ENETDOWN:
    case ETIMEDOUT:
    case ENOENT:  // of a unix socket
      return fail(ErrorKind::kUnavailable, "{}: {}", doing, errno_text(error_number));
    default:
      return fail_errno(error_number, "{}", doing);
  }
}

void set_no_delay(int fd) {
  const int on = 1;
  // Fails on a unix socket, which has no delay.
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

}  // namespace

struct Stream::Tls {
  std::shared_ptr<TlsContext> context;
  openssl::SslPtr ssl;
  bool broken = false;  // after a fatal error nothing more may be done with it, not even a good-bye

  // Turns the last return value of an SSL call into what to wait for; an error when there is nothing to wait for.
  Result<short> wanted(int returned, std::string_view doing);
};

Result<short> Stream::Tls::wanted(int returned, std::string_view doing) {
  const int system_error = errno;
  switch (SSL_get_error(ssl.get(), returned)) {
    case SSL_ERROR_WANT_READ:
      return static_cast<short>(POLLIN);
    case SSL_ERROR_WANT_WRITE:
      return static_cast<short>(POLLOUT);
    case SSL_ERROR_SYSCALL:
      broken = true;
      if (system_error == 0) return fail(ErrorKind::kUnavailable, "{}: the peer closed the connection", doing);
      return peer_error(system_error, doing);
    default:
      break;
  }
  broken = true;
  const long verdict = SSL_get_verify_result(ssl.get());
  const unsigned long code = ERR_peek_error();
  if (ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
    ERR_clear_error();
    return fail(ErrorKind::kUnavailable, "{}: the peer closed the connection without TLS's good-bye", doing);
  }
  const std::string reason = openssl::error_text();
  if (verdict != X509_V_OK) {
    return fail(ErrorKind::kSystem, "{}: the peer's certificate does not hold: {}", doing,
                X509_verify_cert_error_string(verdict));
  }
  return fail(ErrorKind::kSystem, "{}: {}", doing, reason);
}

Stream::Stream(Fd fd) : fd_(std::move(fd)) {}
Stream::Stream(Stream&&) noexcept = default;

Stream& Stream::operator=(Stream&& other) noexcept {
  if (this != &other) {
    close_tls();
    tls_ = std::move(other.tls_);
    fd_ = std::move(other.fd_);
  }
  return *this;
}

Stream::~Stream() {
  close_tls();
}

Result<Stream> Stream::connect(const SocketAddress& address, Deadline deadline) {
  Fd fd(socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) return fail_errno(errno, "making a socket");
  set_no_delay(fd.get());
  const std::string doing = "connecting to " + address.text();
  if (::connect(fd.get(), address.data(), address.size()) != 0) {
    // EAGAIN is a unix socket's full backlog: it cannot be waited for, so it counts as busy.
    if (errno == EAGAIN) return fail(ErrorKind::kUnavailable, "{}: its backlog is full", doing);
    if (errno != EINPROGRESS) return peer_error(errno, doing);
    if (CHAMBER_TRY(wait_for(fd.get(), POLLOUT, deadline)) == 0) return timed_out(doing);
    int outcome = 0;
    socklen_t size = sizeof(outcome);
    getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &outcome, &size);
    if (outcome != 0) return peer_error(outcome, doing);
  }
  return Stream(std::move(fd));
}

Result<Stream> Stream::adopt(Fd socket) {
  const int flags = fcntl(socket.get(), F_GETFL);
  if (flags < 0 || fcntl(socket.get(), F_SETFL, flags | O_NONBLOCK) != 0) {
    return fail_errno(errno, "taking over a socket");
  }
  set_no_delay(socket.get());
  return Stream(std::move(socket));
}

Result<void> Stream::start_tls(std::shared_ptr<TlsContext> context, Deadline deadline) {
  auto tls = std::make_unique<Tls>();
  tls->ssl = CHAMBER_TRY(context->state_->begin(fd_.get()));
  tls->context = std::move(context);
  while (true) {
    ERR_clear_error();
    errno = 0;
    const int returned = SSL_do_handshake(tls->ssl.get());
    if (returned == 1) break;
    const short events = CHAMBER_TRY(tls->wanted(returned, "TLS handshake"));
    if (CHAMBER_TRY(wait_for(fd_.get(), events, deadline)) == 0) return timed_out("in the TLS handshake");
  }
  tls_ = std::move(tls);
  return {};
}

bool Stream::resumed_session() const {
  return tls_ && SSL_session_reused(tls_->ssl.get()) == 1;
}

Result<CertificateFacts> Stream::peer_certificate() const {
  X509* const certificate = tls_ ? SSL_get0_peer_certificate(tls_->ssl.get()) : nullptr;
  if (certificate == nullptr) return fail(ErrorKind::kInput, "the peer has shown no certificate");
  const openssl::BioPtr pem(BIO_new(BIO_s_mem()));
  if (!pem || PEM_write_bio_X509(pem.get(), certificate) != 1) return openssl::failure("reading a peer's certificate");
  char* text = nullptr;
  const long size = BIO_get_mem_data(pem.get(), &text);
  return read_certificate(std::string(text, static_cast<std::size_t>(size)));
}

Result<std::size_t> Stream::read(std::span<char> into, Deadline deadline) {
  if (tls_) return read_tls(into, deadline);
  while (true) {
    const ssize_t got = recv(fd_.get(), into.data(), into.size(), 0);
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return peer_error(errno, "reading");
    if (CHAMBER_TRY(wait_for(fd_.get(), POLLIN, deadline)) == 0) return timed_out("waiting for the peer to send");
  }
}

Result<std::size_t> Stream::read_tls(std::span<char> into, Deadline deadline) {
  const int room = static_cast<int>(std::min<std::size_t>(into.size(), std::numeric_limits<int>::max()));
  while (true) {
    ERR_clear_error();
    errno = 0;
    const int got = SSL_read(tls_->ssl.get(), into.data(), room);
    if (got > 0) return static_cast<std::size_t>(got);
    if (SSL_get_error(tls_->ssl.get(), got) == SSL_ERROR_ZERO_RETURN) return std::size_t{0};
    const short events = CHAMBER_TRY(tls_->wanted(got, "reading"));
    if (CHAMBER_TRY(wait_for(fd_.get(), events, deadline)) == 0) return timed_out("waiting for the peer to send");
  }
}

Stream::Written Stream::write(std::string_view bytes, Deadline deadline) {
  if (tls_) return write_tls(bytes, deadline);
  Written written;
  while (!bytes.empty()) {
    const ssize_t sent = send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      written.any = written.any || sent > 0;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) {
      written.result = peer_error(errno, "writing");
      return written;
    }
    const Result<short> ready = wait_for(fd_.get(), POLLOUT | POLLIN, deadline);
    if (!ready || *ready == 0) {
      written.result = ready ? timed_out("writing") : tl::unexpected(ready.error());
      return written;
    }
    if ((*ready & POLLOUT) == 0) {
      written.answer_waits = true;
      return written;
    }
  }
  return written;
}

Stream::Written Stream::write_tls(std::string_view bytes, Deadline deadline) {
  Written written;
  SSL* const ssl = tls_->ssl.get();
  const auto before = BIO_number_written(SSL_get_wbio(ssl));
  while (!bytes.empty()) {
    ERR_clear_error();
    errno = 0;
    const int size = static_cast<int>(std::min<std::size_t>(bytes.size(), std::numeric_limits<int>::max()));
    const int sent = SSL_write(ssl, bytes.data(), size);
    written.any = BIO_number_written(SSL_get_wbio(ssl)) != before;
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
      continue;
    }
    const Result<short> events = tls_->wanted(sent, "writing");
    const Result<short> ready = events ? wait_for(fd_.get(), *events, deadline) : events;
    if (!ready || *ready == 0) {
      written.result = ready ? timed_out("writing") : tl::unexpected(ready.error());
      return written;
    }
  }
  return written;
}

bool Stream::idle() {
  std::array<char, 1> byte;
  if (!tls_) {
    return recv(fd_.get(), byte.data(), byte.size(), MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
  }
  // Session tickets and key updates may have come; OpenSSL deals with them inside the read.
  ERR_clear_error();
  const int got = SSL_read(tls_->ssl.get(), byte.data(), 1);
  const bool silent = got <= 0 && SSL_get_error(tls_->ssl.get(), got) == SSL_ERROR_WANT_READ;
  if (!silent) tls_->broken = true;
  ERR_clear_error();
  return silent;
}

void Stream::shutdown_write() {
  close_tls();
  shutdown(fd_.get(), SHUT_WR);
}

void Stream::close_tls() {
  if (!tls_ || tls_->broken || !fd_.valid()) return;
  ERR_clear_error();
  SSL_shutdown(tls_->ssl.get());
  ERR_clear_error();
}

}  // namespace chamber
