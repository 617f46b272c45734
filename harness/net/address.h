// Where a stream socket connects to: an IPv4 or IPv6 address with a port, or the path of a unix socket.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <filesystem>
#include <string>

#include "harness/base/result.h"

namespace chamber {

class SocketAddress {
 public:
  // `ip` is a numeric address: nothing is ever looked up by name. kInput when it is none.
  [[nodiscard]] static Result<SocketAddress> ip(const std::string& ip, std::uint16_t port);
  // kInput when the path is empty or longer than sun_path.
  [[nodiscard]] static Result<SocketAddress> unix_path(const std::filesystem::path& path);

  [[nodiscard]] int family() const { return storage_.ss_family; }
  [[nodiscard]] const sockaddr* data() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  [[nodiscard]] socklen_t size() const { return size_; }
  // "127.0.0.1:80", "[::1]:80" or "unix:/path", for messages.
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  SocketAddress() = default;

  sockaddr_storage storage_ = {};
  socklen_t size_ = 0;
  std::string text_;
};

}  // namespace chamber
