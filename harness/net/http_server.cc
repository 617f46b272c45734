#include "harness/net/http_server.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <list>
#include <mutex>
#include <thread>

#include "harness/base/log.h"
#include "harness/net/stream.h"

namespace chamber::http {
namespace {

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

std::uint16_t port_of(int fd) {
  sockaddr_in address = {};
  socklen_t size = sizeof(address);
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0 || address.sin_family != AF_INET) return 0;
  return ntohs(address.sin_port);
}

}  // namespace

struct Server::State {
  struct Connection {
    std::optional<Stream> stream;  // closed under the mutex alone, so that nobody shuts down a number given anew
    std::thread thread;
  };

  void accept_loop();
  void serve(Stream& stream);
  // One request and its response; false when the connection ends.
  Result<bool> serve_one(Stream& stream, std::string& pending);
  Result<std::optional<Request>> read_request(Stream& stream, std::string& pending, bool& keep_alive);
  void reap_finished();
  void shut_down_connections();

  Fd listener;
  Fd wake;
  Handler handler;
  ServerOptions options;
  std::shared_ptr<TlsContext> tls;
  std::uint16_t port = 0;
  std::atomic<std::uint64_t> accepted = 0;
  std::atomic<bool> stopping = false;

  std::mutex mutex;
  std::list<Connection> connections;
  std::thread accepting;
};

void Server::State::accept_loop() {
  while (!stopping) {
    std::array<pollfd, 2> items = {pollfd{listener.get(), POLLIN, 0}, pollfd{wake.get(), POLLIN, 0}};
    if (poll(items.data(), items.size(), -1) < 0 && errno != EINTR) {
      log::error("http server: waiting for connections: {}", errno_text(errno));
      return;
    }
    if (stopping || (items[0].revents & POLLIN) == 0) continue;
    Fd socket(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!socket.valid()) continue;
    accepted.fetch_add(1, std::memory_order_relaxed);
    Result<Stream> stream = Stream::adopt(std::move(socket));
    if (!stream) continue;
    const std::lock_guard lock(mutex);
    reap_finished();
    Connection& connection = connections.emplace_back();
    connection.stream = std::move(*stream);
    connection.thread = std::thread([this, &connection] {
      serve(*connection.stream);
      const std::lock_guard closing(mutex);
      connection.stream.reset();
    });
  }
}

void Server::State::reap_finished() {
  std::erase_if(connections, [](Connection& connection) {
    if (connection.stream) return false;
    connection.thread.join();
    return true;
  });
}

void Server::State::serve(Stream& stream) {
  if (tls) {
    const Result<void> secured = stream.start_tls(tls, Deadline::in(options.idle_longest));
    if (!secured) {
      log::debug("http server: {}", secured.error().message());
      return;
    }
  }
  std::string pending;
  while (!stopping) {
    const Result<bool> next = serve_one(stream, pending);
    if (!next) log::debug("http server: {}", next.error().message());
    if (!next || !*next) break;
  }
}

Result<std::optional<Request>> Server::State::read_request(Stream& stream, std::string& pending, bool& keep_alive) {
  MessageParser parser = MessageParser::for_request(options.limits);
  const Deadline deadline = Deadline::in(options.idle_longest);
  std::array<char, 16 * 1024> buffer;
  bool told_to_continue = false;
  while (true) {
    const std::size_t used = CHAMBER_TRY(parser.feed(pending));
    pending.erase(0, used);
    if (parser.complete()) break;
    if (parser.head_complete() && !told_to_continue && parser.headers().has_token("expect", "100-continue")) {
      told_to_continue = true;
      CHAMBER_CHECK(stream.write(kContinue, deadline).result);
    }
    const std::size_t got = CHAMBER_TRY(stream.read(buffer, deadline));
    if (got == 0 && !parser.started()) return std::optional<Request>();
    if (got == 0) CHAMBER_CHECK(parser.closed());
    pending.append(buffer.data(), got);
  }
  keep_alive = parser.keep_alive();
  return std::optional<Request>(parser.take_request());
}

Result<bool> Server::State::serve_one(Stream& stream, std::string& pending) {
  bool keep_alive = false;
  const std::optional<Request> request = CHAMBER_TRY(read_request(stream, pending, keep_alive));
  if (!request) return false;
  const std::optional<Response> response = handler(*request);
  if (!response) return false;
  std::string wire;
  CHAMBER_CHECK(append_response(*response, request->method == "HEAD", !keep_alive, wire));
  CHAMBER_CHECK(stream.write(wire, Deadline::in(options.idle_longest)).result);
  return keep_alive;
}

void Server::State::shut_down_connections() {
  const std::lock_guard lock(mutex);
  for (Connection& connection : connections) {
    if (connection.stream) shutdown(connection.stream->fd(), SHUT_RDWR);
  }
}

Server::Server(std::unique_ptr<State> state) : state_(std::move(state)) {}

Server::~Server() {
  state_->stopping = true;
  const std::uint64_t one = 1;
  // Writing to an eventfd that nobody has filled can't fail.
  [[maybe_unused]] const ssize_t written = write(state_->wake.get(), &one, sizeof(one));
  state_->accepting.join();
  state_->shut_down_connections();
  for (State::Connection& connection : state_->connections) connection.thread.join();
}

Result<std::unique_ptr<Server>> Server::start(Fd listener, Handler handler, const ServerOptions& options) {
  auto state = std::make_unique<State>();
  state->port = port_of(listener.get());
  state->listener = std::move(listener);
  state->wake = Fd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!state->wake.valid()) return fail_errno(errno, "making an eventfd");
  state->handler = std::move(handler);
  state->options = options;
  if (options.tls) state->tls = CHAMBER_TRY(TlsContext::server(*options.tls));
  State& running = *state;
  state->accepting = std::thread([&running] { running.accept_loop(); });
  return std::unique_ptr<Server>(new Server(std::move(state)));
}

Result<std::unique_ptr<Server>> Server::start(Handler handler, const ServerOptions& options) {
  HeldListener listener = CHAMBER_TRY(HeldListener::open());
  return start(listener.release(), std::move(handler), options);
}

std::uint16_t Server::port() const {
  return state_->port;
}

std::uint64_t Server::connections_accepted() const {
  return state_->accepted.load(std::memory_order_relaxed);
}

void Server::close_connections() {
  state_->shut_down_connections();
}

}  // namespace chamber::http
