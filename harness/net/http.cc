#include "harness/net/http.h"

#include <array>
#include <atomic>
#include <mutex>
#include <vector>

#include "harness/net/stream.h"

namespace chamber::http {
namespace {

struct Connection {
  Stream stream;
  Instant idle_since = {};
};

std::string without_port(const std::string& host) {
  if (host.starts_with('[')) return host.substr(1, host.find(']') - 1);
  return host.substr(0, host.find(':'));
}

// Reads one response. `reusable` says whether the connection is good for another call.
Result<Response> read_response(Stream& stream, const Request& request, const Limits& limits, Deadline deadline,
                               bool& reusable) {
  MessageParser parser = MessageParser::for_response(limits, request.method == "HEAD");
  thread_local std::array<char, 64 * 1024> buffer;
  while (!parser.complete()) {
    const std::size_t got = CHAMBER_TRY(stream.read(buffer, deadline));
    if (got == 0) {
      CHAMBER_CHECK(parser.closed());
      break;
    }
    const std::string_view bytes(buffer.data(), got);
    const std::size_t used = CHAMBER_TRY(parser.feed(bytes));
    if (used < got) return fail(ErrorKind::kSystem, "{} bytes followed the response unasked", got - used);
  }
  reusable = parser.keep_alive();
  return parser.take_response();
}

}  // namespace

std::string host_header(const Endpoint& endpoint) {
  if (!endpoint.host.empty()) return endpoint.host;
  if (!endpoint.unix_path.empty()) return "localhost";
  const bool v6 = endpoint.ip.find(':') != std::string::npos;
  return fmt::format(fmt::runtime(v6 ? "[{}]:{}" : "{}:{}"), endpoint.ip, endpoint.port);
}

struct Client::State {
  State(Endpoint where, const ClientOptions& chosen)
      : endpoint(std::move(where)), options(chosen), host(host_header(endpoint)) {
    prepared = prepare();
  }

  Result<void> prepare();
  Result<Connection> connect(Deadline deadline);
  // An idle connection that still stands, the one used last first.
  std::optional<Connection> take_idle();
  void give_back(Connection connection);
  // The call on this connection; nothing when the connection turned out to be closed before it took a byte.
  std::optional<Exchange> exchange(Connection connection, const Request& request, const std::string& wire,
                                   Deadline deadline);

  const Endpoint endpoint;
  const ClientOptions options;
  const std::string host;
  std::optional<SocketAddress> address;
  std::shared_ptr<TlsContext> tls;
  Result<void> prepared;
  std::atomic<std::uint64_t> opened = 0;

  std::mutex mutex;
  std::vector<Connection> idle;  // the one used last at the end
};

Result<void> Client::State::prepare() {
  address = endpoint.unix_path.empty() ? CHAMBER_TRY(SocketAddress::ip(endpoint.ip, endpoint.port))
                                       : CHAMBER_TRY(SocketAddress::unix_path(endpoint.unix_path));
  if (endpoint.tls) {
    TlsClientOptions with_name = *endpoint.tls;
    if (with_name.server_name.empty()) with_name.server_name = without_port(host);
    tls = CHAMBER_TRY(TlsContext::client(with_name));
  }
  return {};
}

Result<Connection> Client::State::connect(Deadline deadline) {
  Connection connection{CHAMBER_TRY(Stream::connect(*address, deadline))};
  if (tls) {
    Result<void> secured = connection.stream.start_tls(tls, deadline);
    if (!secured) return tl::unexpected(secured.error().context(address->text()));
  }
  opened.fetch_add(1, std::memory_order_relaxed);
  return connection;
}

std::optional<Connection> Client::State::take_idle() {
  while (true) {
    std::optional<Connection> connection;
    {
      const std::lock_guard lock(mutex);
      if (idle.empty()) return std::nullopt;
      connection = std::move(idle.back());
      idle.pop_back();
    }
    if (now() - connection->idle_since <= options.idle_longest && connection->stream.idle()) return connection;
  }
}

void Client::State::give_back(Connection connection) {
  connection.idle_since = now();
  const std::lock_guard lock(mutex);
  if (idle.size() < options.idle_most) idle.push_back(std::move(connection));
}

std::optional<Exchange> Client::State::exchange(Connection connection, const Request& request, const std::string& wire,
                                                Deadline deadline) {
  const Stream::Written written = connection.stream.write(wire, deadline);
  if (!written.any) {
    if (written.result.ok() || written.result.error().kind() == ErrorKind::kUnavailable) return std::nullopt;
    return tl::unexpected(CallError(written.result.error(), false));
  }
  const bool timed_out = !written.result && written.result.error().kind() == ErrorKind::kTimeout;
  if (timed_out) return tl::unexpected(CallError(written.result.error(), true));
  // A server may answer (413, 503) and close without reading all of the body: that answer is the outcome.
  bool reusable = false;
  Result<Response> response = read_response(connection.stream, request, options.limits, deadline, reusable);
  if (!response) {
    const Error& why = written.result ? response.error() : written.result.error();
    return tl::unexpected(CallError(why.context(request.method + " " + address->text()), true));
  }
  if (reusable && written.result && !written.answer_waits) give_back(std::move(connection));
  return std::move(response).value();
}

Client::Client(Endpoint endpoint, const ClientOptions& options)
    : state_(std::make_unique<State>(std::move(endpoint), options)) {}
Client::~Client() = default;

Exchange Client::call(const Request& request, Deadline deadline) {
  if (!state_->prepared) return tl::unexpected(CallError(state_->prepared.error(), false));
  thread_local std::string wire;
  wire.clear();
  const Result<void> written = append_request(request, state_->host, wire);
  if (!written) return tl::unexpected(CallError(written.error(), false));
  while (std::optional<Connection> idle = state_->take_idle()) {
    if (auto outcome = state_->exchange(std::move(*idle), request, wire, deadline)) return std::move(*outcome);
  }
  Result<Connection> fresh = state_->connect(deadline);
  if (!fresh) return tl::unexpected(CallError(fresh.error(), false));
  if (auto outcome = state_->exchange(std::move(*fresh), request, wire, deadline)) return std::move(*outcome);
  return tl::unexpected(CallError(
      Error(ErrorKind::kUnavailable, state_->address->text() + " closed the connection before it took the request"),
      false));
}

const Endpoint& Client::endpoint() const {
  return state_->endpoint;
}

void Client::drop_idle() {
  std::vector<Connection> dropped;
  const std::lock_guard lock(state_->mutex);
  dropped.swap(state_->idle);
}

std::uint64_t Client::connections_opened() const {
  return state_->opened.load(std::memory_order_relaxed);
}

}  // namespace chamber::http
