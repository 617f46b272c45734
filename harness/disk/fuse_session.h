// The kernel's side of a disk: FUSE's requests carried out on a volume. Private to harness/disk.
#pragma once

#define FUSE_USE_VERSION 34
#include <fuse_lowlevel.h>

#include <mutex>
#include <thread>

#include "harness/base/fd.h"
#include "harness/base/result.h"
#include "harness/disk/volume.h"

namespace chamber {

// What a request works on.
struct SharedVolume {
  explicit SharedVolume(const VolumeOptions& options) : volume(options) {}
  std::mutex mutex;
  Volume volume;
};

// The functions that libfuse calls; their user data is a SharedVolume.
[[nodiscard]] const fuse_lowlevel_ops& fuse_operations();

// Serves a connection from a thread of its own until it is destroyed.
class FuseSession {
 public:
  // `device`: /dev/fuse, mounted.
  static Result<std::unique_ptr<FuseSession>> start(Fd device, SharedVolume& volume);
  FuseSession(const FuseSession&) = delete;
  FuseSession& operator=(const FuseSession&) = delete;
  ~FuseSession();

  // The kernel forgets what it knows of these. Never from the serving thread, nor with the volume's mutex held: it may
  // have to write dirty pages first.
  void forget(const Stale& stale);

 private:
  FuseSession() = default;
  void serve();

  fuse_session* session_ = nullptr;
  Fd stop_;  // an eventfd
  std::thread thread_;
};

}  // namespace chamber
