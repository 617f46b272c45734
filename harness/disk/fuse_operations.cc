// FUSE's requests, one function each: linux/fuse.h and fuse_lowlevel.h say what each has to answer.
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <sys/statvfs.h>

#include <bit>
#include <cerrno>
#include <limits>
#include <optional>

#include "harness/disk/fuse_session.h"

namespace chamber {
namespace {

// The kernel is the only one who changes anything, so that what it knows stays true until it is told to forget.
constexpr double kForever = 1e9;

// The volume, locked, for the time of one request.
struct Locked {
  explicit Locked(fuse_req_t request)
      : shared(*static_cast<SharedVolume*>(fuse_req_userdata(request))), lock(shared.mutex), volume(shared.volume) {}
  SharedVolume& shared;
  std::lock_guard<std::mutex> lock;
  Volume& volume;
};

void answer(fuse_req_t request, const Answer<void>& outcome) {
  fuse_reply_err(request, outcome ? 0 : outcome.error());
}

// What the kernel is told of by its inode it holds until it says that it forgets it.
std::optional<fuse_entry_param> entry_of(Volume& volume, InodeId inode) {
  const auto facts = volume.attributes(inode);
  if (!facts) return std::nullopt;
  fuse_entry_param entry{};
  entry.ino = inode;
  entry.attr = *facts;
  entry.attr_timeout = kForever;
  entry.entry_timeout = kForever;
  volume.hold(inode);
  return entry;
}

void answer_entry(fuse_req_t request, Volume& volume, const Answer<InodeId>& inode) {
  if (!inode) {
    fuse_reply_err(request, inode.error());
    return;
  }
  const auto entry = entry_of(volume, *inode);
  if (!entry) {
    fuse_reply_err(request, ESTALE);
  } else if (fuse_reply_entry(request, &*entry) != 0) {
    volume.let_go(*inode, 1);  // nobody waits for it any more
  }
}

NewInode from(fuse_req_t request, mode_t mode) {
  const fuse_ctx* const caller = fuse_req_ctx(request);
  return {.mode = mode, .uid = caller->uid, .gid = caller->gid};
}

void do_init(void*, fuse_conn_info* connection) {
  // A file's pages are kept from one open to the next, whatever its times say.
  connection->want &= ~static_cast<unsigned>(FUSE_CAP_AUTO_INVAL_DATA | FUSE_CAP_ATOMIC_O_TRUNC | FUSE_CAP_SPLICE_READ |
                                             FUSE_CAP_READDIRPLUS);
}

void do_lookup(fuse_req_t request, fuse_ino_t folder, const char* name) {
  Locked at(request);
  answer_entry(request, at.volume, at.volume.find(folder, name));
}

void do_forget(fuse_req_t request, fuse_ino_t inode, std::uint64_t times) {
  {
    Locked at(request);
    at.volume.let_go(inode, times);
  }
  fuse_reply_none(request);
}

void do_getattr(fuse_req_t request, fuse_ino_t inode, fuse_file_info*) {
  Locked at(request);
  const auto facts = at.volume.attributes(inode);
  if (facts) {
    fuse_reply_attr(request, &*facts, kForever);
  } else {
    fuse_reply_err(request, facts.error());
  }
}

void do_setattr(fuse_req_t request, fuse_ino_t inode, struct stat* wanted, int what, fuse_file_info*) {
  Locked at(request);
  if ((what & FUSE_SET_ATTR_SIZE) != 0) {
    const auto resized = at.volume.resize(inode, static_cast<std::uint64_t>(wanted->st_size));
    if (!resized) return answer(request, resized);
  }
  Volume::Change change{.mode = (what & FUSE_SET_ATTR_MODE) != 0,
                        .uid = (what & FUSE_SET_ATTR_UID) != 0,
                        .gid = (what & FUSE_SET_ATTR_GID) != 0,
                        .accessed = (what & (FUSE_SET_ATTR_ATIME | FUSE_SET_ATTR_ATIME_NOW)) != 0,
                        .modified = (what & (FUSE_SET_ATTR_MTIME | FUSE_SET_ATTR_MTIME_NOW)) != 0,
                        .wanted = *wanted};
  timespec time{};
  clock_gettime(CLOCK_REALTIME, &time);
  if ((what & FUSE_SET_ATTR_ATIME_NOW) != 0) change.wanted.st_atim = time;
  if ((what & FUSE_SET_ATTR_MTIME_NOW) != 0) change.wanted.st_mtim = time;
  if (const auto changed = at.volume.change(inode, change); !changed) return answer(request, changed);
  if (const auto facts = at.volume.attributes(inode)) fuse_reply_attr(request, &*facts, kForever);
}

void do_readlink(fuse_req_t request, fuse_ino_t inode) {
  Locked at(request);
  const auto target = at.volume.link_target(inode);
  if (target) {
    fuse_reply_readlink(request, target->c_str());
  } else {
    fuse_reply_err(request, target.error());
  }
}

void do_mknod(fuse_req_t request, fuse_ino_t folder, const char* name, mode_t mode, dev_t device) {
  NewInode what = from(request, mode);
  what.device = device;
  Locked at(request);
  answer_entry(request, at.volume, at.volume.make(folder, name, what));
}

void do_mkdir(fuse_req_t request, fuse_ino_t folder, const char* name, mode_t mode) {
  const NewInode what = from(request, S_IFDIR | mode);
  Locked at(request);
  answer_entry(request, at.volume, at.volume.make(folder, name, what));
}

void do_symlink(fuse_req_t request, const char* target, fuse_ino_t folder, const char* name) {
  NewInode what = from(request, S_IFLNK | 0777);
  what.link_target = target;
  Locked at(request);
  answer_entry(request, at.volume, at.volume.make(folder, name, what));
}

void do_unlink(fuse_req_t request, fuse_ino_t folder, const char* name) {
  Locked at(request);
  answer(request, at.volume.remove_file(folder, name));
}

void do_rmdir(fuse_req_t request, fuse_ino_t folder, const char* name) {
  Locked at(request);
  answer(request, at.volume.remove_folder(folder, name));
}

void do_rename(fuse_req_t request, fuse_ino_t folder, const char* name, fuse_ino_t new_folder, const char* new_name,
               unsigned flags) {
  RenameMode mode = RenameMode::kReplace;
  if (flags == RENAME_NOREPLACE) mode = RenameMode::kKeep;
  if (flags == RENAME_EXCHANGE) mode = RenameMode::kExchange;
  if (flags != 0 && mode == RenameMode::kReplace) {
    fuse_reply_err(request, EINVAL);
    return;
  }
  Locked at(request);
  answer(request, at.volume.rename(folder, name, new_folder, new_name, mode));
}

void do_link(fuse_req_t request, fuse_ino_t inode, fuse_ino_t folder, const char* name) {
  Locked at(request);
  const auto linked = at.volume.link(inode, folder, name);
  answer_entry(request, at.volume, linked ? Answer<InodeId>(inode) : tl::unexpected(linked.error()));
}

void do_create(fuse_req_t request, fuse_ino_t folder, const char* name, mode_t mode, fuse_file_info* file) {
  const NewInode what = from(request, S_IFREG | (mode & ~static_cast<mode_t>(S_IFMT)));
  file->keep_cache = 1;
  Locked at(request);
  const auto made = at.volume.make(folder, name, what);
  const auto entry = made ? entry_of(at.volume, *made) : std::nullopt;
  if (!entry) {
    fuse_reply_err(request, made ? ESTALE : made.error());
  } else if (fuse_reply_create(request, &*entry, file) != 0) {
    at.volume.let_go(*made, 1);
  }
}

void do_open(fuse_req_t request, fuse_ino_t, fuse_file_info* file) {
  file->keep_cache = 1;
  fuse_reply_open(request, file);
}

void do_read(fuse_req_t request, fuse_ino_t inode, std::size_t size, off_t offset, fuse_file_info*) {
  Locked at(request);
  const auto parts = at.volume.read(inode, static_cast<std::uint64_t>(offset), size);
  if (!parts) {
    fuse_reply_err(request, parts.error());
    return;
  }
  // Straight from the pages; the kernel copies them within this call. An iovec wants what it never writes to mutable.
  std::vector<iovec> pieces;
  pieces.reserve(parts->size());
  for (const auto& part : *parts) pieces.push_back({const_cast<std::byte*>(part.data()), part.size()});
  fuse_reply_iov(request, pieces.data(), static_cast<int>(pieces.size()));
}

void do_write(fuse_req_t request, fuse_ino_t inode, const char* bytes, std::size_t size, off_t offset,
              fuse_file_info* file) {
  Locked at(request);
  auto written = at.volume.write(inode, static_cast<std::uint64_t>(offset), std::as_bytes(std::span(bytes, size)));
  if (written && (file->flags & (O_SYNC | O_DSYNC)) != 0) written = at.volume.sync(inode, (file->flags & O_SYNC) == 0);
  if (written) {
    fuse_reply_write(request, size);
  } else {
    fuse_reply_err(request, written.error());
  }
}

void do_fsync(fuse_req_t request, fuse_ino_t inode, int only_data, fuse_file_info*) {
  Locked at(request);
  answer(request, at.volume.sync(inode, only_data != 0));
}

// Only what POSIX's fallocate does, and making holes.
void do_fallocate(fuse_req_t request, fuse_ino_t inode, int mode, off_t offset, off_t length, fuse_file_info*) {
  const auto from_byte = static_cast<std::uint64_t>(offset);
  const auto count = static_cast<std::uint64_t>(length);
  constexpr int kClears = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE;
  if ((mode & ~(kClears | FALLOC_FL_KEEP_SIZE)) != 0) {
    fuse_reply_err(request, EOPNOTSUPP);
    return;
  }
  Locked at(request);
  if ((mode & kClears) != 0) {
    if (const auto cleared = at.volume.clear(inode, from_byte, count); !cleared) return answer(request, cleared);
  }
  const auto facts = at.volume.attributes(inode);
  const bool longer = facts && from_byte + count > static_cast<std::uint64_t>(facts->st_size);
  if (!longer || (mode & FALLOC_FL_KEEP_SIZE) != 0) {
    fuse_reply_err(request, facts ? 0 : facts.error());
    return;
  }
  answer(request, at.volume.resize(inode, from_byte + count));
}

// A folder as it was when it was opened, so that an offset means the same until it is closed.
struct OpenFolder {
  std::vector<FolderEntry> entries;
};

void do_opendir(fuse_req_t request, fuse_ino_t inode, fuse_file_info* file) {
  auto opened = std::make_unique<OpenFolder>();
  {
    Locked at(request);
    auto entries = at.volume.list(inode);
    if (!entries) {
      fuse_reply_err(request, entries.error());
      return;
    }
    opened->entries = *std::move(entries);
  }
  file->fh = std::bit_cast<std::uint64_t>(opened.get());
  if (fuse_reply_open(request, file) == 0) static_cast<void>(opened.release());
}

void do_readdir(fuse_req_t request, fuse_ino_t inode, std::size_t size, off_t offset, fuse_file_info* file) {
  auto& opened = *std::bit_cast<OpenFolder*>(file->fh);
  if (offset == 0) {  // also of one that was rewound
    Locked at(request);
    if (auto entries = at.volume.list(inode)) opened.entries = *std::move(entries);
  }
  std::string buffer(size, '\0');
  std::size_t used = 0;
  for (auto i = static_cast<std::size_t>(offset); i < opened.entries.size(); ++i) {
    struct stat facts {};
    facts.st_ino = opened.entries[i].inode;
    facts.st_mode = opened.entries[i].mode;
    const std::size_t needed = fuse_add_direntry(request, buffer.data() + used, size - used,
                                                 opened.entries[i].name.c_str(), &facts, static_cast<off_t>(i + 1));
    if (needed > size - used) break;
    used += needed;
  }
  fuse_reply_buf(request, buffer.data(), used);
}

void do_releasedir(fuse_req_t request, fuse_ino_t, fuse_file_info* file) {
  const std::unique_ptr<OpenFolder> closed(std::bit_cast<OpenFolder*>(file->fh));
  fuse_reply_err(request, 0);
}

void do_statfs(fuse_req_t request, fuse_ino_t) {
  Locked at(request);
  struct statvfs facts {};
  facts.f_bsize = kPageBytes;
  facts.f_frsize = kPageBytes;
  facts.f_blocks = at.volume.capacity_pages();
  facts.f_bfree = at.volume.free_pages();
  facts.f_bavail = facts.f_bfree;
  facts.f_files = kMostInodes;
  facts.f_ffree = at.volume.free_inodes();
  facts.f_favail = facts.f_ffree;
  facts.f_namemax = std::numeric_limits<std::uint8_t>::max();
  fuse_reply_statfs(request, &facts);
}

}  // namespace

const fuse_lowlevel_ops& fuse_operations() {
  static const fuse_lowlevel_ops operations = [] {
    fuse_lowlevel_ops all{};
    all.init = do_init;
    all.lookup = do_lookup;
    all.forget = do_forget;
    all.getattr = do_getattr;
    all.setattr = do_setattr;
    all.readlink = do_readlink;
    all.mknod = do_mknod;
    all.mkdir = do_mkdir;
    all.symlink = do_symlink;
    all.unlink = do_unlink;
    all.rmdir = do_rmdir;
    all.rename = do_rename;
    all.link = do_link;
    all.create = do_create;
    all.open = do_open;
    all.read = do_read;
    all.write = do_write;
    all.fsync = do_fsync;
    all.fsyncdir = do_fsync;
    all.fallocate = do_fallocate;
    all.opendir = do_opendir;
    all.readdir = do_readdir;
    all.releasedir = do_releasedir;
    all.statfs = do_statfs;
    return all;
  }();
  return operations;
}

}  // namespace chamber
