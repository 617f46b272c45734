// How the program outside and process 1 of a cell talk: JSON messages with descriptors, one packet each, over a unix
// socket (SOCK_SEQPACKET, unix(7)). A message is at most 160 KiB; what is larger goes through files of the run folder.
#pragma once

#include <filesystem>
#include <mutex>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "harness/base/clock.h"
#include "harness/base/fd.h"
#include "harness/base/result.h"

namespace chamber {

struct Message {
  nlohmann::json body;
  std::vector<Fd> descriptors = {};
};

class Channel {
 public:
  explicit Channel(Fd socket) : socket_(std::move(socket)) {}
  static Result<std::pair<Channel, Channel>> pair();
  // `path` may be longer than a socket's name can be.
  static Result<Channel> connect(const std::filesystem::path& path);

  // Any thread; messages are not mixed.
  Result<void> send(const nlohmann::json& body, const std::vector<int>& descriptors = {});
  // One thread. kUnavailable when the other side has closed, kTimeout at the deadline.
  Result<Message> receive(Deadline deadline);

  [[nodiscard]] int fd() const { return socket_.get(); }
  // Wakes a receive() in another thread: it sees the channel closed.
  void shut_down();

 private:
  Fd socket_;
  std::unique_ptr<std::mutex> sending_ = std::make_unique<std::mutex>();
};

class ChannelListener {
 public:
  static Result<ChannelListener> bind(const std::filesystem::path& path);
  // kUnavailable when the listener was shut down.
  Result<Channel> accept();
  void shut_down();

 private:
  explicit ChannelListener(Fd socket) : socket_(std::move(socket)) {}
  Fd socket_;
};

}  // namespace chamber
