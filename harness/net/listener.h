// A listening socket on 127.0.0.1 whose port the kernel picked. It is bound first and held until the end, so there is
// no moment at which another process can take the port.
#pragma once

#include <cstdint>

#include "harness/base/fd.h"
#include "harness/base/result.h"

namespace chamber {

class HeldListener {
 public:
  // Binds 127.0.0.1:0 and listens: from here on a connection waits in the backlog and is not refused.
  // The descriptor is non-blocking and closed on exec.
  [[nodiscard]] static Result<HeldListener> open(int backlog = 1024);

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] int fd() const { return fd_.get(); }
  // Gives the descriptor up to whoever accepts on it; port() stays readable.
  [[nodiscard]] Fd release() { return std::move(fd_); }

 private:
  HeldListener(Fd fd, std::uint16_t port) : fd_(std::move(fd)), port_(port) {}

  Fd fd_;
  std::uint16_t port_ = 0;
};

}  // namespace chamber
