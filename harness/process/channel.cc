#include "harness/process/channel.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>

namespace chamber {
namespace {

constexpr std::size_t kLargest = 160U * 1024;
constexpr std::size_t kMostDescriptors = 64;

Result<Fd> make_socket() {
  Fd made(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  if (!made.valid()) return fail_errno(errno, "making a socket");
  return made;
}

// A socket's name has 107 characters; through the folder's descriptor any path is short.
struct ShortName {
  Fd folder;
  sockaddr_un address{};
};

Result<ShortName> short_name(const std::filesystem::path& path) {
  ShortName name;
  name.folder.reset(open(path.parent_path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!name.folder.valid()) return fail_errno(errno, "opening {}", path.parent_path().string());
  name.address.sun_family = AF_UNIX;
  const std::string text = fmt::format("/proc/self/fd/{}/{}", name.folder.get(), path.filename().string());
  if (text.size() >= sizeof name.address.sun_path) return fail(ErrorKind::kHarness, "the name {} is too long", text);
  std::memcpy(name.address.sun_path, text.c_str(), text.size() + 1);
  return name;
}

}  // namespace

Result<std::pair<Channel, Channel>> Channel::pair() {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) return fail_errno(errno, "socketpair");
  return std::pair(Channel(Fd(ends[0])), Channel(Fd(ends[1])));
}

Result<Channel> Channel::connect(const std::filesystem::path& path) {
  Fd made = CHAMBER_TRY(make_socket());
  const ShortName name = CHAMBER_TRY(short_name(path));
  if (::connect(made.get(), reinterpret_cast<const sockaddr*>(&name.address), sizeof name.address) != 0) {
    return fail_errno(errno, "connecting to {}", path.string());
  }
  return Channel(std::move(made));
}

Result<void> Channel::send(const nlohmann::json& body, const std::vector<int>& descriptors) {
  const std::string text = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  if (text.size() > kLargest) return fail(ErrorKind::kHarness, "a message of {} bytes is too large", text.size());
  if (descriptors.size() > kMostDescriptors) return fail(ErrorKind::kHarness, "too many descriptors in a message");
  iovec data{const_cast<char*>(text.data()), text.size()};
  msghdr header{};
  header.msg_iov = &data;
  header.msg_iovlen = 1;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(kMostDescriptors * sizeof(int))> control{};
  if (!descriptors.empty()) {
    header.msg_control = control.data();
    header.msg_controllen = CMSG_SPACE(descriptors.size() * sizeof(int));
    cmsghdr* const rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(descriptors.size() * sizeof(int));
    std::memcpy(CMSG_DATA(rights), descriptors.data(), descriptors.size() * sizeof(int));
  }
  const std::lock_guard lock(*sending_);
  if (sendmsg(socket_.get(), &header, MSG_NOSIGNAL) < 0) return fail_errno(errno, "sending a message");
  return {};
}

Result<Message> Channel::receive(Deadline deadline) {
  pollfd polled{socket_.get(), POLLIN, 0};
  int ready = 0;
  do {
    ready = poll(&polled, 1, deadline.remaining_ms());
  } while (ready < 0 && errno == EINTR && !deadline.expired());
  if (ready <= 0) return fail(ErrorKind::kTimeout, "no message came");
  std::vector<char> buffer(kLargest);
  iovec data{buffer.data(), buffer.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(kMostDescriptors * sizeof(int))> control{};
  msghdr header{};
  header.msg_iov = &data;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  const ssize_t got = recvmsg(socket_.get(), &header, MSG_CMSG_CLOEXEC);
  if (got < 0 && errno != ECONNRESET) return fail_errno(errno, "receiving a message");
  if (got <= 0) return fail(ErrorKind::kUnavailable, "the other side has closed");
  Message message;
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof fd);
      message.descriptors.emplace_back(fd);
    }
  }
  message.body = nlohmann::json::parse(buffer.begin(), buffer.begin() + got, nullptr, false);
  if (message.body.is_discarded()) return fail(ErrorKind::kHarness, "a message is not JSON");
  return message;
}

void Channel::shut_down() {
  shutdown(socket_.get(), SHUT_RDWR);
}

Result<ChannelListener> ChannelListener::bind(const std::filesystem::path& path) {
  Fd made = CHAMBER_TRY(make_socket());
  const ShortName name = CHAMBER_TRY(short_name(path));
  if (::bind(made.get(), reinterpret_cast<const sockaddr*>(&name.address), sizeof name.address) != 0) {
    return fail_errno(errno, "binding {}", path.string());
  }
  if (listen(made.get(), 16) != 0) return fail_errno(errno, "listening on {}", path.string());
  return ChannelListener(std::move(made));
}

Result<Channel> ChannelListener::accept() {
  while (true) {
    Fd made(accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (made.valid()) return Channel(std::move(made));
    if (errno == EINTR || errno == ECONNABORTED) continue;
    if (errno == EINVAL) return fail(ErrorKind::kUnavailable, "the listener was shut down");
    return fail_errno(errno, "accepting a connection");
  }
}

void ChannelListener::shut_down() {
  shutdown(socket_.get(), SHUT_RDWR);
}

}  // namespace chamber
