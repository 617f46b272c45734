// TLS 1.2 and 1.3 for our client and server: what is configured once and shared by many connections.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "harness/base/result.h"
#include "harness/net/certificate.h"

namespace chamber {

struct TlsClientOptions {
  std::string ca_pem;                       // who may have signed the server's certificate; nobody else
  std::string server_name;                  // DNS name (also sent as SNI) or IP address it must be for
  std::optional<KeyPair> certificate = {};  // shown when the server asks for one
  bool resume = true;                       // take up earlier sessions: no second full handshake
};

struct TlsServerOptions {
  KeyPair certificate;
  std::string client_ca_pem = {};  // not empty: a client must show a certificate of one of these
};

// Immutable configuration and, for clients, the sessions that may be resumed. Any thread may use it.
class TlsContext {
 public:
  // kInput when a PEM is not readable, or a key not that of its certificate.
  [[nodiscard]] static Result<std::shared_ptr<TlsContext>> client(const TlsClientOptions& options);
  [[nodiscard]] static Result<std::shared_ptr<TlsContext>> server(const TlsServerOptions& options);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

 private:
  friend class Stream;
  struct State;
  explicit TlsContext(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace chamber
