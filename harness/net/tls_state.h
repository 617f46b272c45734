// The inside of a TlsContext, shared by tls.cc and stream.cc.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "harness/net/openssl.h"
#include "harness/net/tls.h"

namespace chamber {

struct TlsContext::State {
  openssl::ContextPtr context;
  bool is_server = false;
  std::string server_name;

  std::mutex mutex;
  std::vector<openssl::SessionPtr> sessions;  // the newest last

  // OpenSSL's callback: a session that can be resumed has come.
  static int on_new_session(SSL* ssl, SSL_SESSION* session);
  void keep(openssl::SessionPtr session);
  // A session to resume, null when there is none. One of TLS 1.3 is given out once (RFC 8446, C.4).
  openssl::SessionPtr session();
  // A connection's TLS over this socket, which it does not own; before the handshake.
  Result<openssl::SslPtr> begin(int fd);
};

}  // namespace chamber
