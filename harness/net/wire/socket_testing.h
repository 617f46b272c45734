// Sockets inside of a node's namespace, for the tests and the benchmark: a socket belongs to the namespace in which it
// was opened, whichever thread uses it later.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>

#include "harness/base/clock.h"
#include "harness/base/fd.h"
#include "harness/base/result.h"
#include "harness/net/wire/address.h"
#include "harness/net/wire/device.h"

namespace chamber::wire {

inline sockaddr_in socket_address(Ipv4 address, std::uint16_t port) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(address.value);
  return to;
}

// A socket of `type` in the namespace, bound to the port on every address (0: the kernel picks when it is used).
inline Result<Fd> open_socket(const NetNamespace& where, int type, std::uint16_t port = 0) {
  Fd socket;
  const auto body = [&]() -> Result<void> {
    socket = Fd(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
    if (!socket.valid()) return fail_errno(errno, "socket");
    const int one = 1;
    setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    const sockaddr_in any = socket_address(Ipv4{}, port);
    if (bind(socket.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any) < 0) return fail_errno(errno, "bind");
    if (type == SOCK_STREAM && port != 0 && listen(socket.get(), 64) < 0) return fail_errno(errno, "listen");
    return {};
  };
  CHAMBER_CHECK(in_namespace(where, body));
  return socket;
}

inline Result<void> wait_readable(const Fd& socket, Duration patience) {
  pollfd waits{socket.get(), POLLIN, 0};
  const int ready = poll(&waits, 1, Deadline::in(patience).remaining_ms());
  if (ready < 0) return fail_errno(errno, "poll");
  if (ready == 0) return fail(ErrorKind::kTimeout, "nothing arrived within {}", human(patience));
  return {};
}

// A connected TCP socket without Nagle's delay.
inline Result<Fd> connect_tcp(const NetNamespace& from, Ipv4 address, std::uint16_t port) {
  Fd socket = CHAMBER_TRY(open_socket(from, SOCK_STREAM));
  const sockaddr_in to = socket_address(address, port);
  if (connect(socket.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) < 0) return fail_errno(errno, "connect");
  const int one = 1;
  setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return socket;
}

inline Result<Fd> accept_tcp(const Fd& listener, Duration patience) {
  CHAMBER_CHECK(wait_readable(listener, patience));
  Fd socket(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!socket.valid()) return fail_errno(errno, "accept");
  const int one = 1;
  setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return socket;
}

}  // namespace chamber::wire
