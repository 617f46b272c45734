// A connected stream socket, plain or TLS, whose every wait has a deadline. No signal is raised by a closed peer.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "harness/base/clock.h"
#include "harness/base/fd.h"
#include "harness/base/result.h"
#include "harness/net/address.h"
#include "harness/net/tls.h"

namespace chamber {

// One thread at a time. Errors are kTimeout when the deadline passed, kUnavailable when the peer refused, reset or
// closed, kSystem when it broke the TLS protocol or showed a certificate that does not hold, kHarness for the rest.
class Stream {
 public:
  [[nodiscard]] static Result<Stream> connect(const SocketAddress& address, Deadline deadline);
  // Over a socket that is connected already (accepted, or one of a pair).
  [[nodiscard]] static Result<Stream> adopt(Fd socket);
  Stream(Stream&&) noexcept;
  Stream& operator=(Stream&&) noexcept;
  ~Stream();

  // The handshake, in the role that the context was made for. The context is kept as long as the stream.
  Result<void> start_tls(std::shared_ptr<TlsContext> context, Deadline deadline);
  [[nodiscard]] bool resumed_session() const;
  // What the peer showed in the handshake; kInput when it showed none.
  [[nodiscard]] Result<CertificateFacts> peer_certificate() const;

  // At least one byte, or 0 at the end of what the peer sends.
  Result<std::size_t> read(std::span<char> into, Deadline deadline);

  struct Written {
    bool any = false;           // a byte of it may have left this machine
    bool answer_waits = false;  // stopped early: the peer speaks already, so read before sending the rest
    Result<void> result = {};   //
  };
  // Writes all of it, unless the peer begins to answer while this would have to wait.
  Written write(std::string_view bytes, Deadline deadline);

  // Whether a connection that should be silent still is: open, and nothing unexpected has come. Does not wait.
  [[nodiscard]] bool idle();
  // Tells the peer that no more will come.
  void shutdown_write();
  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  struct Tls;
  explicit Stream(Fd fd);
  Result<std::size_t> read_tls(std::span<char> into, Deadline deadline);
  Written write_tls(std::string_view bytes, Deadline deadline);
  // Says goodbye to the peer where that does not wait.
  void close_tls();

  Fd fd_;
  std::unique_ptr<Tls> tls_;
};

}  // namespace chamber
