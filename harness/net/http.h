// Our own HTTP/1.1 client, for load and for control. One call is one request on the wire and has one outcome: it never
// retries, never follows a redirect, never adds what was not asked for. Blocking, with a deadline on every call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "harness/base/clock.h"
#include "harness/base/result.h"
#include "harness/net/http_message.h"
#include "harness/net/http_parser.h"
#include "harness/net/tls.h"

namespace chamber::http {

// Where to connect. Nothing is looked up by name: the address is apart from the name in the Host header and in TLS.
struct Endpoint {
  std::string ip = "127.0.0.1";              // numeric
  std::uint16_t port = 0;                    //
  std::string unix_path = {};                // used instead of ip and port when not empty
  std::string host = {};                     // the Host header; "": what ip and port say, "localhost" for unix
  std::optional<TlsClientOptions> tls = {};  // an empty server_name in it: `host` without its port
};

// The Host header of requests to this endpoint that bring none: for who must sign it.
[[nodiscard]] std::string host_header(const Endpoint& endpoint);

// Why a call has no response. As an Error (it converts, without `sent`) the kinds are kUnavailable for refused, reset
// and closed, kTimeout for a deadline, kSystem for a peer that broke a protocol, kInput and kHarness for our own side.
class CallError : public Error {
 public:
  CallError(const Error& error, bool sent) : Error(error), sent_(sent) {}
  // False: no byte of the request left this machine, so it certainly was not and never will be done (Outcome::kFail).
  // True: it may have been done, may yet be, or may never be (Outcome::kUnknown).
  [[nodiscard]] bool sent() const { return sent_; }

 private:
  bool sent_;
};

// CHAMBER_TRY(client.call(…)) works in a function that returns Result: the error is then the plain Error.
using Exchange = tl::expected<Response, CallError>;

struct ClientOptions {
  std::size_t idle_most = 256;                       // connections that are kept open for later calls
  Duration idle_longest = std::chrono::seconds(20);  // older ones are not used: servers soon close theirs
  Limits limits = {};                                // of a response
};

// Keeps connections open and gives each call the one that was used last. Any thread may call; as many connections are
// open as calls are under way at once.
//
// A connection that the server closed while it was idle is found out before the request is written, or by a write that
// fails before it took a byte; the call then goes on with another connection. That is no retry: no byte of the request
// has left. Once one has, the call ends with what comes of it.
class Client {
 public:
  // A mistake in the endpoint shows at the first call (kInput).
  explicit Client(Endpoint endpoint, const ClientOptions& options = {});
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Connecting and the TLS handshake count against the deadline too.
  Exchange call(const Request& request, Deadline deadline);

  [[nodiscard]] const Endpoint& endpoint() const;
  // Closes the idle connections: the next calls connect afresh.
  void drop_idle();
  [[nodiscard]] std::uint64_t connections_opened() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace chamber::http
