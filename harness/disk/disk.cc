#include "harness/disk/disk.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <limits>
#include <sstream>

#include "harness/disk/file_content.h"
#include "harness/disk/fuse_session.h"

namespace chamber {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDevice = "/dev/fuse";

Result<Fd> open_device() {
  Fd device(open(kDevice, O_RDWR | O_CLOEXEC));
  if (device.valid()) return device;
  const int why = errno;
  const char* const mend = why == EACCES || why == EPERM ? "sudo chmod 0666 /dev/fuse" : "sudo modprobe fuse";
  return fail(ErrorKind::kHarness, "a disk that can lose power needs {}: {}; to mend it: {}", kDevice, errno_text(why),
              mend);
}

class MountedDisk final : public Disk {
  template <typename F>
  auto with_volume(F use) {
    const std::lock_guard lock(shared_.mutex);
    return use(shared_.volume);
  }

 public:
  MountedDisk(fs::path place, const VolumeOptions& options) : place_(std::move(place)), shared_(options) {}
  MountedDisk(const MountedDisk&) = delete;
  MountedDisk& operator=(const MountedDisk&) = delete;
  ~MountedDisk() override {
    if (session_) umount2(place_.c_str(), MNT_DETACH);
  }

  Result<void> start(const VolumeOptions& options) {
    Fd device = CHAMBER_TRY(open_device());
    const std::string text = fmt::format("fd={},rootmode={:o},user_id={},group_id={},default_permissions,allow_other",
                                         device.get(), S_IFDIR | options.mode, getuid(), getgid());
    if (::mount("chamber-disk", place_.c_str(), "fuse", MS_NOSUID | MS_NODEV, text.c_str()) != 0) {
      return fail_errno(errno, "mounting a disk at {}", place_.string());
    }
    auto session = FuseSession::start(std::move(device), shared_);
    if (!session) {
      umount2(place_.c_str(), MNT_DETACH);
      return tl::unexpected(session.error());
    }
    session_ = *std::move(session);
    return {};
  }

  void settle() override {
    with_volume([](Volume& volume) { volume.sync_all(); });
  }

  Result<PowerLoss> lose_power(const Survival& survival) override {
    // Pages that a dead program wrote through a memory map reach the volume now, as unsynced as they are: later they
    // would fall on what the disk has.
    session_->forget({all_inodes(), {}});
    const Volume::Lost lost = with_volume([&](Volume& volume) { return volume.lose_power(survival); });
    session_->forget(lost.stale);
    CHAMBER_CHECK(compare(kRootFolder, place_).context("what is seen after a loss of power"));
    return lost.loss;
  }

 private:
  std::vector<InodeId> all_inodes() {
    return with_volume([](const Volume& volume) { return volume.all(); });
  }

  Result<std::vector<FolderEntry>> names_in(InodeId folder) {
    const std::lock_guard lock(shared_.mutex);
    auto names = shared_.volume.list(folder);
    if (!names) return fail_errno(names.error(), "listing a folder");
    names->erase(names->begin(), names->begin() + 2);  // itself and its parent
    return *std::move(names);
  }

  // Through the mount, as a program would.
  Result<void> compare(InodeId folder, const fs::path& path) {
    const auto expected = CHAMBER_TRY(names_in(folder));
    std::vector<std::string> seen;
    std::error_code problem;
    for (const auto& entry : fs::directory_iterator(path, problem)) seen.push_back(entry.path().filename());
    if (problem) return fail(ErrorKind::kHarness, "listing {}: {}", path.string(), problem.message());
    std::sort(seen.begin(), seen.end());
    const bool same = std::equal(seen.begin(), seen.end(), expected.begin(), expected.end(),
                                 [](const std::string& a, const FolderEntry& b) { return a == b.name; });
    if (!same) return fail(ErrorKind::kHarness, "{} has other names than on the disk", path.string());
    for (const FolderEntry& entry : expected) {
      if (S_ISDIR(entry.mode)) CHAMBER_CHECK(compare(entry.inode, path / entry.name));
      if (S_ISREG(entry.mode)) CHAMBER_CHECK(compare_file(entry.inode, path / entry.name));
    }
    return {};
  }

  Result<void> compare_file(InodeId inode, const fs::path& path) {
    const std::ifstream file(path, std::ios::binary);
    std::ostringstream through_mount;
    through_mount << file.rdbuf();
    const std::string seen = std::move(through_mount).str();
    const std::lock_guard lock(shared_.mutex);
    const auto parts = shared_.volume.read(inode, 0, std::numeric_limits<std::ptrdiff_t>::max());
    if (!parts) return fail_errno(parts.error(), "reading {}", path.string());
    std::size_t at = 0;
    for (const auto& part : *parts) {
      const auto bytes = std::as_bytes(std::span(seen));
      if (at + part.size() > bytes.size() ||
          !std::equal(part.begin(), part.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at))) {
        return fail(ErrorKind::kHarness, "{} has other bytes than on the disk", path.string());
      }
      at += part.size();
    }
    if (at == seen.size()) return {};
    return fail(ErrorKind::kHarness, "{} is longer than on the disk", path.string());
  }

  fs::path place_;
  SharedVolume shared_;
  std::unique_ptr<FuseSession> session_;
};

}  // namespace

std::uint64_t held_by_disks() {
  return FileContent::page_memory();
}

Result<void> disks_possible() {
  CHAMBER_TRY(open_device());
  return {};
}

Result<std::unique_ptr<Disk>> Disk::mount(const fs::path& place, const VolumeOptions& options) {
  auto disk = std::make_unique<MountedDisk>(place, options);
  CHAMBER_CHECK(disk->start(options));
  return disk;
}

}  // namespace chamber
