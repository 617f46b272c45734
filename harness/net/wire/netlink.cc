#include "harness/net/wire/netlink.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <string>

namespace chamber::wire {

NetlinkRequest::NetlinkRequest(std::uint16_t type, std::uint16_t flags) {
  nlmsghdr header{};
  header.nlmsg_type = type;
  header.nlmsg_flags = static_cast<std::uint16_t>(flags | NLM_F_REQUEST | NLM_F_ACK);
  append(&header, sizeof header);
}

void NetlinkRequest::append(const void* data, std::size_t bytes) {
  const std::size_t at = message_.size();
  message_.resize(at + NLMSG_ALIGN(bytes));
  if (bytes > 0) std::memcpy(message_.data() + at, data, bytes);
}

void NetlinkRequest::attribute(std::uint16_t type, const void* data, std::size_t bytes) {
  rtattr header{};
  header.rta_type = type;
  header.rta_len = static_cast<std::uint16_t>(RTA_LENGTH(bytes));
  append(&header, sizeof header);
  append(data, bytes);
}

void NetlinkRequest::attribute(std::uint16_t type, std::string_view text) {
  const std::string terminated(text);
  attribute(type, terminated.c_str(), terminated.size() + 1);
}

std::size_t NetlinkRequest::begin(std::uint16_t type) {
  const std::size_t began = message_.size();
  attribute(type, nullptr, 0);
  return began;
}

void NetlinkRequest::end(std::size_t began) {
  const auto bytes = static_cast<std::uint16_t>(message_.size() - began);
  std::memcpy(message_.data() + began + offsetof(rtattr, rta_len), &bytes, sizeof bytes);
}

Result<Netlink> Netlink::open() {
  Fd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!socket.valid()) return fail_errno(errno, "opening a netlink socket");
  return Netlink(std::move(socket));
}

Result<int> Netlink::try_request(NetlinkRequest request) {
  nlmsghdr header;
  std::memcpy(&header, request.message_.data(), sizeof header);
  header.nlmsg_len = static_cast<std::uint32_t>(request.message_.size());
  header.nlmsg_seq = ++sequence_;
  std::memcpy(request.message_.data(), &header, sizeof header);
  if (send(socket_.get(), request.message_.data(), request.message_.size(), 0) < 0) {
    return fail_errno(errno, "sending a netlink request");
  }
  while (true) {
    std::array<char, 8192> answer{};
    const ssize_t got = recv(socket_.get(), answer.data(), answer.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(errno, "receiving a netlink answer");
    nlmsghdr answered;
    nlmsgerr acknowledgement;
    if (static_cast<std::size_t>(got) < sizeof answered + sizeof acknowledgement.error) continue;
    std::memcpy(&answered, answer.data(), sizeof answered);
    if (answered.nlmsg_seq != sequence_ || answered.nlmsg_type != NLMSG_ERROR) continue;
    std::memcpy(&acknowledgement.error, answer.data() + sizeof answered, sizeof acknowledgement.error);
    return -acknowledgement.error;
  }
}

Result<void> Netlink::request(NetlinkRequest request, std::string_view doing) {
  const int error = CHAMBER_TRY(try_request(std::move(request)).context(doing));
  if (error != 0) return fail_errno(error, "{}", doing);
  return {};
}

}  // namespace chamber::wire
