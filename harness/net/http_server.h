// A small HTTP/1.1 server with a thread for each connection: for what the harness itself must serve (stand-ins, proxies
// that lie on purpose) and for tests. Not for load: a benchmark brings its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "harness/base/clock.h"
#include "harness/base/fd.h"
#include "harness/base/result.h"
#include "harness/net/http_message.h"
#include "harness/net/http_parser.h"
#include "harness/net/listener.h"
#include "harness/net/tls.h"

namespace chamber::http {

// Called from many threads at once. No response: the connection is closed without an answer.
using Handler = std::function<std::optional<Response>(const Request&)>;

struct ServerOptions {
  std::optional<TlsServerOptions> tls = {};          //
  Limits limits = {};                                // of a request
  Duration idle_longest = std::chrono::seconds(60);  // a connection without a request is closed after this
};

class Server {
 public:
  // Serves what comes to this listening socket.
  [[nodiscard]] static Result<std::unique_ptr<Server>> start(Fd listener, Handler handler,
                                                             const ServerOptions& options = {});
  // On 127.0.0.1, at a port that the kernel picks.
  [[nodiscard]] static Result<std::unique_ptr<Server>> start(Handler handler, const ServerOptions& options = {});
  // Closes every connection and waits for the handlers that are running.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // 0 when the listener is no TCP socket.
  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] std::uint64_t connections_accepted() const;
  // Closes the connections that stand; new ones are welcome.
  void close_connections();

 private:
  struct State;
  explicit Server(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace chamber::http
