#include "harness/net/connect_time.h"

#include <poll.h>
#include <sys/socket.h>

#include "harness/base/fd.h"

namespace chamber {

Result<Duration> connect_time(const SocketAddress& target, Deadline deadline) {
  const Fd made(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!made.valid()) return fail_errno(errno, "making a socket");
  const Instant began = now();
  if (connect(made.get(), target.data(), target.size()) == 0) return now() - began;
  if (errno != EINPROGRESS) {
    return fail(ErrorKind::kUnavailable, "connecting to {}: {}", target.text(), errno_text(errno));
  }
  pollfd polled{made.get(), POLLOUT, 0};
  if (poll(&polled, 1, deadline.remaining_ms()) <= 0) {
    return fail(ErrorKind::kTimeout, "connecting to {}: nothing came back within {}", target.text(),
                human(now() - began));
  }
  const Duration took = now() - began;
  int problem = 0;
  socklen_t size = sizeof problem;
  getsockopt(made.get(), SOL_SOCKET, SO_ERROR, &problem, &size);
  if (problem != 0) return fail(ErrorKind::kUnavailable, "connecting to {}: {}", target.text(), errno_text(problem));
  return took;
}

}  // namespace chamber
