#include "harness/disk/fuse_session.h"

#include <poll.h>
#include <sys/eventfd.h>

#include <array>
#include <cerrno>
#include <cstdlib>

#include "harness/base/log.h"

namespace chamber {

Result<std::unique_ptr<FuseSession>> FuseSession::start(Fd device, SharedVolume& volume) {
  std::unique_ptr<FuseSession> session(new FuseSession);
  session->stop_ = Fd(eventfd(0, EFD_CLOEXEC));
  if (!session->stop_.valid()) return fail_errno(errno, "making an eventfd");
  std::string name = "chamber";
  std::array<char*, 1> arguments{name.data()};
  fuse_args given = FUSE_ARGS_INIT(1, arguments.data());
  session->session_ = fuse_session_new(&given, &fuse_operations(), sizeof(fuse_lowlevel_ops), &volume);
  if (session->session_ == nullptr) return fail(ErrorKind::kHarness, "libfuse makes no session");
  // It is mounted already, without the help of fusermount: libfuse takes the descriptor by this name.
  const std::string mounted = fmt::format("/dev/fd/{}", device.get());
  if (fuse_session_mount(session->session_, mounted.c_str()) != 0) {
    return fail(ErrorKind::kHarness, "libfuse doesn't take the mounted device");
  }
  static_cast<void>(device.release());  // the session closes it
  session->thread_ = std::thread([served = session.get()] { served->serve(); });
  return session;
}

FuseSession::~FuseSession() {
  if (thread_.joinable()) {
    eventfd_write(stop_.get(), 1);
    thread_.join();
  }
  if (session_ != nullptr) fuse_session_destroy(session_);
}

void FuseSession::serve() {
  fuse_buf request{};
  std::array<pollfd, 2> either{pollfd{fuse_session_fd(session_), POLLIN, 0}, pollfd{stop_.get(), POLLIN, 0}};
  while (fuse_session_exited(session_) == 0) {
    if (poll(either.data(), either.size(), -1) < 0 && errno != EINTR) break;
    if (either[1].revents != 0) break;
    if (either[0].revents == 0) continue;
    const int got = fuse_session_receive_buf(session_, &request);
    if (got == -EINTR || got == -EAGAIN) continue;
    if (got <= 0) break;  // unmounted everywhere
    fuse_session_process_buf(session_, &request);
  }
  free(request.mem);
}

void FuseSession::forget(const Stale& stale) {
  const auto tell = [](int answer, std::string_view what) {
    // What the kernel doesn't know needs no forgetting.
    if (answer != 0 && answer != -ENOENT) log::warn("the kernel keeps {}: {}", what, errno_text(-answer));
  };
  for (const auto& [folder, name] : stale.names) {
    tell(fuse_lowlevel_notify_inval_entry(session_, folder, name.c_str(), name.size()), name);
  }
  for (const InodeId inode : stale.inodes) {
    tell(fuse_lowlevel_notify_inval_inode(session_, inode, 0, 0), "pages");
  }
}

}  // namespace chamber
