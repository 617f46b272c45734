// The few requests of rtnetlink(7) that make and configure a network interface.
#pragma once

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "harness/base/fd.h"
#include "harness/base/result.h"

namespace chamber::wire {

// One request: a fixed body (ifinfomsg, ifaddrmsg), then attributes, which may nest.
class NetlinkRequest {
 public:
  NetlinkRequest(std::uint16_t type, std::uint16_t flags);

  template <typename Body>
  void body(const Body& value) {
    append(&value, sizeof value);
  }
  void attribute(std::uint16_t type, const void* data, std::size_t bytes);
  void attribute(std::uint16_t type, std::uint32_t value) { attribute(type, &value, sizeof value); }
  // With the terminating zero that interface names and kinds need.
  void attribute(std::uint16_t type, std::string_view text);
  // Attributes until the matching end() lie inside of this one.
  [[nodiscard]] std::size_t begin(std::uint16_t type);
  void end(std::size_t began);

 private:
  friend class Netlink;
  void append(const void* data, std::size_t bytes);

  std::vector<char> message_;
};

// A socket to the network namespace that the calling thread is in when it is opened; it stays with that namespace.
class Netlink {
 public:
  static Result<Netlink> open();

  // Sends it and waits for the kernel's acknowledgement. Zero, or the errno that the kernel answered; kHarness when the
  // socket itself fails.
  Result<int> try_request(NetlinkRequest request);
  // The same, where anything but success is an error: "setting eth0 up: Operation not permitted".
  Result<void> request(NetlinkRequest request, std::string_view doing);

 private:
  explicit Netlink(Fd socket) : socket_(std::move(socket)) {}

  Fd socket_;
  std::uint32_t sequence_ = 0;
};

}  // namespace chamber::wire
