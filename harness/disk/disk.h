// A disk that can lose its power: a file system in memory (volume.h), mounted through FUSE, that forgets on demand
// whatever no program has synced. Two layers of cache would stand between a real program and a real disk; killing
// processes takes neither away, and this does.
//
// It lives in the process that made it, which is process 1 of a cell: when that dies, however it dies, the kernel ends
// the connection, and the mount goes with the cell's mount namespace. Reads are served from the kernel's page cache as
// on any disk; each write and each change of a name is one message to a thread of this process.
//
// What it doesn't know: syncfs(2) and sync(2) never reach a FUSE file system, so they make nothing durable here.
// Extended attributes: there are none. Locks: the kernel's own.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "harness/base/result.h"
#include "harness/disk/power_loss.h"
#include "harness/disk/volume.h"

namespace chamber {

// Why this process can't mount one, with the command that mends it; success where it can.
[[nodiscard]] Result<void> disks_possible();

// The memory that this process's disks have taken, in bytes; what a file gives back is kept for the next. Any thread.
[[nodiscard]] std::uint64_t held_by_disks();

// Any thread, but not one that a program on the disk waits for.
class Disk {
 public:
  // Mounts an empty one at `place`, a folder, in the mount namespace of the calling thread.
  static Result<std::unique_ptr<Disk>> mount(const std::filesystem::path& place, const VolumeOptions& options);
  virtual ~Disk() = default;

  // Everything that was written is durable: what the kernel's own write-back comes to in a while.
  virtual void settle() = 0;
  // To be called when no program that uses it lives any more. An error when what programs would see through the mount
  // afterwards is not what the disk has: every name and every byte is compared.
  virtual Result<PowerLoss> lose_power(const Survival& survival) = 0;
};

}  // namespace chamber
