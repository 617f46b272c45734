// Forwards TCP connections: how a cell, whose nodes live in network namespaces of their own, publishes an endpoint on
// the host's 127.0.0.1. Listeners come from outside; connections to targets are made in the network namespace of the
// thread that starts the forwarder.
#pragma once

#include <cstdint>
#include <memory>

#include "harness/base/fd.h"
#include "harness/base/result.h"
#include "harness/net/address.h"

namespace chamber {

// One thread serves all connections. Bytes go both ways as they come, with at most 64 KiB held for each direction; a
// reader that stops makes the writer wait. The end of one direction is passed on and the other goes on (half-close). A
// reset is passed on as a reset. A target that can't be reached resets the client: it cannot be refused any more.
class Forwarder {
 public:
  using Id = std::uint64_t;

  struct Counters {
    std::uint64_t accepted = 0;
    std::uint64_t unreachable = 0;  // of them: the target could not be connected to
    std::uint64_t open = 0;         // now
    std::uint64_t bytes = 0;        // both ways together
  };

  [[nodiscard]] static Result<std::unique_ptr<Forwarder>> start();
  // Ends every connection with a reset and closes the listeners.
  ~Forwarder();
  Forwarder(const Forwarder&) = delete;
  Forwarder& operator=(const Forwarder&) = delete;

  // From now on connections to this listening socket go to the target. Any thread may call this and the two below;
  // they return when the forwarding thread has done it.
  [[nodiscard]] Result<Id> add(Fd listener, const SocketAddress& target);
  // New connections go there; those that stand stay where they are. kHarness when there is no such id.
  Result<void> retarget(Id id, const SocketAddress& target);
  // Closes the listener and resets its connections.
  Result<void> remove(Id id);

  [[nodiscard]] Counters counters() const;

 private:
  class Loop;
  explicit Forwarder(std::unique_ptr<Loop> loop);
  std::unique_ptr<Loop> loop_;
};

}  // namespace chamber
