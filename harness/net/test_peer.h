// For tests: a server that does exactly what a script says with each connection, byte for byte.
#pragma once

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "harness/base/fd.h"
#include "harness/net/listener.h"

namespace chamber {

// A port of 127.0.0.1 that is taken, and at which nobody listens.
class DeadPort {
 public:
  DeadPort() : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), size);
    getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  Fd fd_;
  std::uint16_t port_ = 0;
};

// The other end of a connection, blocking.
class Peer {
 public:
  explicit Peer(Fd fd) : fd_(std::move(fd)) {}

  // Reads until `mark` has come (it is included); what came when the other side ended first.
  std::string read_until(std::string_view mark) {
    std::string text;
    std::array<char, 1> byte;
    while (!text.ends_with(mark) && recv(fd_.get(), byte.data(), 1, 0) == 1) text += byte[0];
    return text;
  }
  std::string read_all() {
    std::string text;
    std::array<char, 65536> chunk;
    for (ssize_t got = 0; (got = recv(fd_.get(), chunk.data(), chunk.size(), 0)) > 0;) {
      text.append(chunk.data(), static_cast<std::size_t>(got));
    }
    return text;
  }
  bool write(std::string_view text) {
    while (!text.empty()) {
      const ssize_t sent = send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  void end_writing() { shutdown(fd_.get(), SHUT_WR); }
  // Closes with a reset in place of an end.
  void reset() {
    const linger hard = {1, 0};
    setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
    close();
  }
  void close() {
    const std::lock_guard lock(closing_);
    fd_.reset();
  }
  // From another thread: ends what the owner waits for.
  void interrupt() {
    const std::lock_guard lock(closing_);
    if (fd_.valid()) shutdown(fd_.get(), SHUT_RDWR);
  }
  // Until the other side closes or resets.
  void wait_for_end() {
    std::array<char, 4096> ignored;
    while (recv(fd_.get(), ignored.data(), ignored.size(), 0) > 0) continue;
  }

 private:
  std::mutex closing_;
  Fd fd_;
};

// Calls the script for each connection, in a thread of its own; `number` counts them from 0.
class ScriptedServer {
 public:
  using Script = std::function<void(Peer& peer, int number)>;

  explicit ScriptedServer(Script script) : ScriptedServer(HeldListener::open().value(), std::move(script)) {}
  ScriptedServer(HeldListener listener, Script script)
      : listener_(std::move(listener)), script_(std::move(script)), thread_([this] { accept_all(); }) {}
  ~ScriptedServer() {
    stopping_ = true;
    shutdown(listener_.fd(), SHUT_RDWR);  // wakes the poll
    thread_.join();
    {
      const std::lock_guard lock(mutex_);
      for (const auto& peer : peers_) peer->interrupt();
    }
    for (std::thread& thread : threads_) thread.join();
  }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return listener_.port(); }
  [[nodiscard]] int accepted() const { return accepted_; }

 private:
  void accept_all() {
    while (!stopping_) {
      pollfd item = {listener_.fd(), POLLIN, 0};
      poll(&item, 1, -1);
      Fd fd(accept4(listener_.fd(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!fd.valid()) continue;
      const std::lock_guard lock(mutex_);
      Peer& peer = *peers_.emplace_back(std::make_unique<Peer>(std::move(fd)));
      threads_.emplace_back([this, &peer, number = accepted_++] {
        script_(peer, number);
        peer.close();
      });
    }
  }

  HeldListener listener_;
  Script script_;
  std::atomic<bool> stopping_ = false;
  std::atomic<int> accepted_ = 0;
  std::mutex mutex_;
  std::list<std::unique_ptr<Peer>> peers_;
  std::list<std::thread> threads_;
  std::thread thread_;
};

}  // namespace chamber
