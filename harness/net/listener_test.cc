#include "harness/net/listener.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cerrno>

#include "harness/net/address.h"
#include "harness/net/stream.h"

namespace chamber {
namespace {

Deadline soon() {
  return Deadline::in(std::chrono::seconds(20));
}

TEST(HeldListener, HoldsAPortThatNobodyElseCanTake) {
  const HeldListener listener = HeldListener::open().value();
  const SocketAddress address = SocketAddress::ip("127.0.0.1", listener.port()).value();
  const Fd other(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  ASSERT_EQ(setsockopt(other.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), 0);
  EXPECT_NE(bind(other.get(), address.data(), address.size()), 0);
  EXPECT_EQ(errno, EADDRINUSE);
}

TEST(HeldListener, LetsConnectionsWaitUntilSomeoneAccepts) {
  HeldListener listener = HeldListener::open().value();
  const SocketAddress address = SocketAddress::ip("127.0.0.1", listener.port()).value();
  Stream waiting = Stream::connect(address, soon()).value();
  const Fd released = listener.release();
  Stream accepted = Stream::adopt(Fd(accept4(released.get(), nullptr, nullptr, SOCK_CLOEXEC))).value();
  ASSERT_TRUE(accepted.write("x", soon()).result.ok());
  std::array<char, 4> buffer;
  EXPECT_EQ(waiting.read(buffer, soon()).value(), 1U);
  EXPECT_EQ(listener.fd(), -1);
}

TEST(SocketAddress, TakesNumbersAndPathsOnly) {
  EXPECT_EQ(SocketAddress::ip("198.18.0.1", 80)->text(), "198.18.0.1:80");
  EXPECT_EQ(SocketAddress::ip("::1", 80)->text(), "[::1]:80");
  EXPECT_EQ(SocketAddress::ip("localhost", 80).error().kind(), ErrorKind::kInput);
  EXPECT_EQ(SocketAddress::unix_path("/run/x.sock")->text(), "unix:/run/x.sock");
  EXPECT_FALSE(SocketAddress::unix_path("").ok());
  EXPECT_FALSE(SocketAddress::unix_path(std::string(200, 'p')).ok());
}

}  // namespace
}  // namespace chamber
