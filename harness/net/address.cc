#include "harness/net/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <cstring>

namespace chamber {

Result<SocketAddress> SocketAddress::ip(const std::string& ip, std::uint16_t port) {
  SocketAddress address;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&address.storage_);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&address.storage_);
  if (inet_pton(AF_INET, ip.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    address.size_ = sizeof(sockaddr_in);
    address.text_ = fmt::format("{}:{}", ip, port);
  } else if (inet_pton(AF_INET6, ip.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    address.size_ = sizeof(sockaddr_in6);
    address.text_ = fmt::format("[{}]:{}", ip, port);
  } else {
    return fail(ErrorKind::kInput, "'{}' is not a numeric IP address", ip);
  }
  return address;
}

Result<SocketAddress> SocketAddress::unix_path(const std::filesystem::path& path) {
  SocketAddress address;
  auto* name = reinterpret_cast<sockaddr_un*>(&address.storage_);
  const std::string& bytes = path.native();
  if (bytes.empty() || bytes.size() >= sizeof(name->sun_path)) {
    return fail(ErrorKind::kInput, "a unix socket's path has 1 to {} bytes, this one {}: {}",
                sizeof(name->sun_path) - 1, bytes.size(), bytes);
  }
  name->sun_family = AF_UNIX;
  std::memcpy(name->sun_path, bytes.c_str(), bytes.size() + 1);
  address.size_ = sizeof(sockaddr_un);
  address.text_ = "unix:" + bytes;
  return address;
}

}  // namespace chamber
