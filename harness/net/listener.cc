#include "harness/net/listener.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>

namespace chamber {

Result<HeldListener> HeldListener::open(int backlog) {
  Fd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) return fail_errno(errno, "making a listening socket");
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(fd.get(), generic, size) != 0) return fail_errno(errno, "binding 127.0.0.1:0");
  if (listen(fd.get(), backlog) != 0) return fail_errno(errno, "listening on 127.0.0.1:0");
  if (getsockname(fd.get(), generic, &size) != 0) return fail_errno(errno, "reading the port of a listener");
  return HeldListener(std::move(fd), ntohs(address.sin_port));
}

}  // namespace chamber
