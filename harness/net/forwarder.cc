#include "harness/net/forwarder.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <functional>
#include <future>
#include <mutex>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "harness/base/log.h"

namespace chamber {
namespace {

constexpr std::size_t kChunk = 64 * 1024;
// So much of one direction is moved before the other connections have their turn.
constexpr int kChunksPerTurn = 8;

void set_no_delay(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));  // fails on a unix socket, which has no delay
}

// Makes the close that follows send a reset in place of an end.
void reset_on_close(int fd) {
  const linger hard = {1, 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
}

// One way through a connection: read here, write there.
struct Direction {
  int from = -1;
  int to = -1;
  std::vector<char> held;   // read and not yet written …
  std::size_t held_at = 0;  // … from here on
  bool from_ended = false;  // the reader's peer will send no more
  bool to_shut = false;     // and that was passed on
};

enum class Progress { kBlocked, kMore, kBroken };

}  // namespace

class Forwarder::Loop {
 public:
  static Result<std::unique_ptr<Loop>> start();
  ~Loop();

  // Runs `task` in the loop's thread and waits for it.
  void run(const std::function<void()>& task);

  Result<Id> add(Fd listener, const SocketAddress& target);
  Result<void> retarget(Id id, const SocketAddress& target);
  Result<void> remove(Id id);
  [[nodiscard]] Counters counters() const;

 private:
  struct Published {
    Fd listener;
    SocketAddress target;
  };
  struct Connection {
    Id published = 0;
    Fd client;
    Fd server;
    bool connecting = true;
    bool queued = false;  // stands in again_
    Direction up;         // client to server
    Direction down;       // server to client
  };
  // What an epoll event carries: the kind in the lowest bits, the id above.
  enum class Kind : std::uint64_t { kWake = 0, kListener = 1, kConnection = 2 };
  static std::uint64_t tag(Kind kind, Id id) { return id << 2 | static_cast<std::uint64_t>(kind); }

  void work();
  void run_tasks();
  void accept_all(Id id);
  void make_room();
  Result<void> open_connection(Id id, Fd client);
  // `errored`: the kernel said that one of the two sockets is broken.
  void on_connection(Id id, bool errored);
  bool connected(Connection& connection);
  Progress pump(Direction& direction);
  Progress flush(Direction& direction);
  void end_connection(Id id, bool reset);
  Result<void> watch(int fd, std::uint32_t events, std::uint64_t data);

  Fd epoll_;
  Fd wake_;
  Fd spare_;  // given up for a moment when the process has no descriptor left for accept(2)
  std::atomic<bool> stopping_ = false;

  std::mutex mutex_;
  std::vector<std::packaged_task<void()>> tasks_;
  bool finished_ = false;  // the thread is past its last task

  // Of the loop's thread alone.
  Id next_id_ = 1;
  std::unordered_map<Id, Published> published_;
  std::unordered_map<Id, Connection> connections_;
  std::vector<Id> again_;  // stopped in the middle to let others have their turn
  std::array<char, kChunk> chunk_ = {};

  std::atomic<std::uint64_t> accepted_ = 0;
  std::atomic<std::uint64_t> unreachable_ = 0;
  std::atomic<std::uint64_t> open_ = 0;
  std::atomic<std::uint64_t> bytes_ = 0;
  std::thread thread_;
};

Result<std::unique_ptr<Forwarder::Loop>> Forwarder::Loop::start() {
  auto loop = std::make_unique<Loop>();
  loop->epoll_ = Fd(epoll_create1(EPOLL_CLOEXEC));
  loop->wake_ = Fd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  loop->spare_ = Fd(eventfd(0, EFD_CLOEXEC));
  if (!loop->epoll_.valid() || !loop->wake_.valid() || !loop->spare_.valid()) {
    return fail_errno(errno, "making the forwarder's descriptors");
  }
  CHAMBER_CHECK(loop->watch(loop->wake_.get(), EPOLLIN, tag(Kind::kWake, 0)));
  Loop& running = *loop;
  loop->thread_ = std::thread([&running] { running.work(); });
  return loop;
}

Forwarder::Loop::~Loop() {
  if (!thread_.joinable()) return;
  stopping_ = true;
  run([] {});
  thread_.join();
  for (const auto& [id, connection] : connections_) {
    reset_on_close(connection.client.get());
    reset_on_close(connection.server.get());
  }
}

Result<void> Forwarder::Loop::watch(int fd, std::uint32_t events, std::uint64_t data) {
  epoll_event event = {};
  event.events = events;
  event.data.u64 = data;
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) return fail_errno(errno, "watching a socket");
  return {};
}

void Forwarder::Loop::run(const std::function<void()>& task) {
  std::packaged_task<void()> packaged(task);
  std::future<void> done = packaged.get_future();
  {
    const std::lock_guard lock(mutex_);
    if (finished_) return;
    tasks_.push_back(std::move(packaged));
  }
  const std::uint64_t one = 1;
  // Fails only when the counter is full, and then the loop is awake already.
  [[maybe_unused]] const ssize_t written = write(wake_.get(), &one, sizeof(one));
  done.wait();
}

void Forwarder::Loop::run_tasks() {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = read(wake_.get(), &count, sizeof(count));
  std::vector<std::packaged_task<void()>> tasks;
  {
    const std::lock_guard lock(mutex_);
    tasks.swap(tasks_);
  }
  for (auto& task : tasks) task();
}

void Forwarder::Loop::work() {
  std::array<epoll_event, 256> events;
  while (!stopping_) {
    const int ready = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), again_.empty() ? -1 : 0);
    if (ready < 0 && errno != EINTR) {
      log::error("forwarder: waiting for events: {}", errno_text(errno));
      break;
    }
    std::vector<Id> turns = std::exchange(again_, {});
    for (const Id id : turns) {
      if (const auto found = connections_.find(id); found != connections_.end()) found->second.queued = false;
    }
    for (int i = 0; i < ready; ++i) {
      const std::uint64_t data = events[static_cast<std::size_t>(i)].data.u64;
      switch (static_cast<Kind>(data & 3)) {
        case Kind::kWake:
          run_tasks();
          break;
        case Kind::kListener:
          accept_all(data >> 2);
          break;
        case Kind::kConnection:
          on_connection(data >> 2, (events[static_cast<std::size_t>(i)].events & EPOLLERR) != 0);
          break;
      }
    }
    for (const Id id : turns) on_connection(id, false);
  }
  const std::lock_guard lock(mutex_);
  finished_ = true;
  tasks_.clear();  // releases who waits in run()
}

Result<Forwarder::Id> Forwarder::Loop::add(Fd listener, const SocketAddress& target) {
  // A blocking accept on a connection that was reset meanwhile would stop the loop.
  const int flags = fcntl(listener.get(), F_GETFL);
  if (flags < 0 || fcntl(listener.get(), F_SETFL, flags | O_NONBLOCK) != 0) {
    return fail_errno(errno, "taking over a listener");
  }
  const Id id = next_id_++;
  CHAMBER_CHECK(watch(listener.get(), EPOLLIN, tag(Kind::kListener, id)));
  published_.emplace(id, Published{std::move(listener), target});
  return id;
}

Result<void> Forwarder::Loop::retarget(Id id, const SocketAddress& target) {
  const auto found = published_.find(id);
  if (found == published_.end()) return fail(ErrorKind::kHarness, "the forwarder has no listener {}", id);
  found->second.target = target;
  return {};
}

Result<void> Forwarder::Loop::remove(Id id) {
  if (published_.erase(id) == 0) return fail(ErrorKind::kHarness, "the forwarder has no listener {}", id);
  std::vector<Id> its;
  for (const auto& [connection_id, connection] : connections_) {
    if (connection.published == id) its.push_back(connection_id);
  }
  for (const Id connection_id : its) end_connection(connection_id, true);
  return {};
}

void Forwarder::Loop::accept_all(Id id) {
  const auto found = published_.find(id);
  if (found == published_.end()) return;
  // A limited number at a time: the listener stays readable, and the others have their turn.
  for (int i = 0; i < 64; ++i) {
    Fd client(accept4(found->second.listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!client.valid()) {
      if (errno == EMFILE || errno == ENFILE) make_room();
      return;
    }
    accepted_.fetch_add(1, std::memory_order_relaxed);
    if (const Result<void> opened = open_connection(id, std::move(client)); !opened) {
      log::debug("forwarder: {}", opened.error().message());
    }
  }
}

// Out of descriptors: takes one connection out of the backlog and drops it, or the loop would spin on it.
void Forwarder::Loop::make_room() {
  spare_.reset();
  for (const auto& [id, published] : published_) {
    const Fd dropped(accept4(published.listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (dropped.valid()) break;
  }
  spare_ = Fd(eventfd(0, EFD_CLOEXEC));
  log::warn("forwarder: no file descriptors left, a connection was dropped");
}

Result<void> Forwarder::Loop::open_connection(Id id, Fd client) {
  const SocketAddress& target = published_.at(id).target;
  set_no_delay(client.get());
  Fd server(socket(target.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const bool begun =
      server.valid() && (connect(server.get(), target.data(), target.size()) == 0 || errno == EINPROGRESS);
  if (!begun) {
    const int reason = errno;
    unreachable_.fetch_add(1, std::memory_order_relaxed);
    reset_on_close(client.get());
    return fail_errno(reason, "connecting to {}", target.text());
  }
  set_no_delay(server.get());
  const Id connection_id = next_id_++;
  constexpr std::uint32_t kEvents = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  CHAMBER_CHECK(watch(client.get(), kEvents, tag(Kind::kConnection, connection_id)));
  CHAMBER_CHECK(watch(server.get(), kEvents, tag(Kind::kConnection, connection_id)));
  Connection& connection = connections_[connection_id];
  connection.published = id;
  connection.up.from = connection.down.to = client.get();
  connection.up.to = connection.down.from = server.get();
  connection.client = std::move(client);
  connection.server = std::move(server);
  open_.fetch_add(1, std::memory_order_relaxed);
  return {};
}

bool Forwarder::Loop::connected(Connection& connection) {
  sockaddr_storage peer;
  socklen_t size = sizeof(peer);
  if (getpeername(connection.server.get(), reinterpret_cast<sockaddr*>(&peer), &size) != 0) return false;
  connection.connecting = false;
  return true;
}

void Forwarder::Loop::on_connection(Id id, bool errored) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;  // ended by an earlier event of the same round
  Connection& connection = found->second;
  if (connection.connecting && !connected(connection)) {
    int outcome = 0;
    socklen_t size = sizeof(outcome);
    getsockopt(connection.server.get(), SOL_SOCKET, SO_ERROR, &outcome, &size);
    if (outcome == 0) return;
    unreachable_.fetch_add(1, std::memory_order_relaxed);
    end_connection(id, true);
    return;
  }
  const Progress up = pump(connection.up);
  const Progress down = pump(connection.down);
  if (connection.up.to_shut && connection.down.to_shut) {
    end_connection(id, false);
  } else if (errored || up == Progress::kBroken || down == Progress::kBroken) {
    // What had come before the break has been passed on by now, as far as it could be.
    end_connection(id, true);
  } else if ((up == Progress::kMore || down == Progress::kMore) && !connection.queued) {
    connection.queued = true;
    again_.push_back(id);
  }
}

Progress Forwarder::Loop::flush(Direction& direction) {
  while (direction.held_at < direction.held.size()) {
    const ssize_t sent = send(direction.to, direction.held.data() + direction.held_at,
                              direction.held.size() - direction.held_at, MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN ? Progress::kBlocked : Progress::kBroken;
    direction.held_at += static_cast<std::size_t>(sent);
    bytes_.fetch_add(static_cast<std::uint64_t>(sent), std::memory_order_relaxed);
  }
  // Gives the memory back: most of thousands of connections hold nothing.
  std::vector<char>().swap(direction.held);
  direction.held_at = 0;
  return Progress::kMore;
}

Progress Forwarder::Loop::pump(Direction& direction) {
  for (int turn = 0; turn < kChunksPerTurn; ++turn) {
    if (!direction.held.empty()) {
      const Progress flushed = flush(direction);
      if (flushed != Progress::kMore) return flushed;
    }
    if (direction.from_ended) {
      if (!direction.to_shut) shutdown(direction.to, SHUT_WR);
      direction.to_shut = true;
      return Progress::kBlocked;
    }
    const ssize_t got = recv(direction.from, chunk_.data(), chunk_.size(), 0);
    if (got < 0) return errno == EAGAIN ? Progress::kBlocked : Progress::kBroken;
    if (got == 0) {
      direction.from_ended = true;
      continue;
    }
    const std::string_view bytes(chunk_.data(), static_cast<std::size_t>(got));
    const ssize_t sent = send(direction.to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) return Progress::kBroken;
    const std::size_t passed = sent < 0 ? 0 : static_cast<std::size_t>(sent);
    bytes_.fetch_add(passed, std::memory_order_relaxed);
    if (passed < bytes.size()) direction.held.assign(bytes.begin() + static_cast<long>(passed), bytes.end());
  }
  return Progress::kMore;
}

void Forwarder::Loop::end_connection(Id id, bool reset) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  if (reset) {
    reset_on_close(found->second.client.get());
    reset_on_close(found->second.server.get());
  }
  connections_.erase(found);
  open_.fetch_sub(1, std::memory_order_relaxed);
}

Forwarder::Counters Forwarder::Loop::counters() const {
  return {accepted_.load(), unreachable_.load(), open_.load(), bytes_.load()};
}

Forwarder::Forwarder(std::unique_ptr<Loop> loop) : loop_(std::move(loop)) {}
Forwarder::~Forwarder() = default;

namespace {
tl::unexpected<Error> stopped() {
  return fail(ErrorKind::kHarness, "the forwarder has stopped");
}
}  // namespace

Result<std::unique_ptr<Forwarder>> Forwarder::start() {
  return std::unique_ptr<Forwarder>(new Forwarder(CHAMBER_TRY(Loop::start())));
}

Result<Forwarder::Id> Forwarder::add(Fd listener, const SocketAddress& target) {
  Result<Id> outcome = stopped();
  loop_->run([&] { outcome = loop_->add(std::move(listener), target); });
  return outcome;
}

Result<void> Forwarder::retarget(Id id, const SocketAddress& target) {
  Result<void> outcome = stopped();
  loop_->run([&] { outcome = loop_->retarget(id, target); });
  return outcome;
}

Result<void> Forwarder::remove(Id id) {
  Result<void> outcome = stopped();
  loop_->run([&] { outcome = loop_->remove(id); });
  return outcome;
}

Forwarder::Counters Forwarder::counters() const {
  return loop_->counters();
}

}  // namespace chamber
