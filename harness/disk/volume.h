// A file system in memory that knows what of it a disk would have: the whole model of a power loss, without a kernel.
//
// What is durable when, is what XFS does, and ext4 with data=ordered at the least
// (docs.kernel.org/filesystems/xfs, fsync(2)):
//   bytes and length of a file   by fsync or fdatasync of that file, or a write through O_SYNC or O_DSYNC
//   names, modes, owners         each change of one is an operation in one journal, in their order. fsync of a folder
//   or
//                                file makes the journal durable up to the last operation on it, and so everything
//                                before; fdatasync up to where the file was made
// Without a sync nothing becomes durable, however long ago it was written: the kernel's own write-back, some 30 s late,
// is not done here. A file that is renamed over another without being synced is empty after a loss of power, as on XFS
// (ext4 writes it first: its auto_da_alloc).
#pragma once

#include <sys/stat.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "harness/disk/file_content.h"

namespace chamber {

using InodeId = std::uint64_t;
inline constexpr InodeId kRootFolder = 1;
inline constexpr std::uint64_t kMostInodes = 1'000'000;

// An errno value on failure.
template <typename T>
using Answer = tl::expected<T, int>;

struct VolumeOptions {
  std::uint64_t capacity = std::uint64_t{1} << 30U;  // bytes
  uid_t uid = 0;                                     // who owns the root folder
  gid_t gid = 0;
  mode_t mode = 0700;
};

struct NewInode {
  mode_t mode = 0;  // with its type
  uid_t uid = 0;
  gid_t gid = 0;
  dev_t device = 0;
  std::string link_target = {};
};

struct FolderEntry {
  std::string name;
  InodeId inode;
  mode_t mode;
};

enum class RenameMode { kReplace, kKeep, kExchange };

// What a kernel that caches has to forget after a loss of power: every inode, and the names that were made or removed,
// with their folder.
struct Stale {
  std::vector<InodeId> inodes;
  std::vector<std::pair<InodeId, std::string>> names;
};

// Not thread-safe.
class Volume {
 public:
  explicit Volume(const VolumeOptions& options);

  [[nodiscard]] Answer<InodeId> find(InodeId folder, std::string_view name) const;
  [[nodiscard]] Answer<std::vector<FolderEntry>> list(InodeId folder) const;
  Answer<InodeId> make(InodeId folder, std::string_view name, const NewInode& what);
  Answer<void> link(InodeId inode, InodeId folder, std::string_view name);
  Answer<void> remove_file(InodeId folder, std::string_view name);
  Answer<void> remove_folder(InodeId folder, std::string_view name);
  Answer<void> rename(InodeId folder, std::string_view name, InodeId new_folder, std::string_view new_name,
                      RenameMode mode);

  // Valid until the next change.
  [[nodiscard]] Answer<std::vector<std::span<const std::byte>>> read(InodeId file, std::uint64_t offset,
                                                                     std::size_t length) const;
  Answer<void> write(InodeId file, std::uint64_t offset, std::span<const std::byte> bytes);
  Answer<void> resize(InodeId file, std::uint64_t size);
  Answer<void> clear(InodeId file, std::uint64_t offset, std::uint64_t length);
  [[nodiscard]] Answer<std::string> link_target(InodeId link) const;

  [[nodiscard]] Answer<struct stat> attributes(InodeId inode) const;
  // Takes mode (without the type), owner and times from `wanted`, whichever are named.
  struct Change {
    bool mode = false;
    bool uid = false;
    bool gid = false;
    bool accessed = false;
    bool modified = false;
    struct stat wanted {};
  };
  Answer<void> change(InodeId inode, const Change& change);

  Answer<void> sync(InodeId inode, bool only_data = false);
  void sync_all();

  // A removed file lives while somebody holds it.
  void hold(InodeId inode);
  void let_go(InodeId inode, std::uint64_t times);

  [[nodiscard]] Unsynced unsynced() const;
  // Everything is as the disk has it. With a share that survives the journal on the disk reaches up to some operation
  // that the seed draws. Who holds a file goes on holding it, also when nothing leads to it any more.
  struct Lost {
    PowerLoss loss;
    Stale stale;
  };
  Lost lose_power(const Survival& survival = {});

  [[nodiscard]] std::uint64_t capacity_pages() const { return capacity_pages_; }
  // Keeping what the disk has of a page that is cleared may take a little more than there is.
  [[nodiscard]] std::uint64_t free_pages() const { return capacity_pages_ - std::min(used_pages_, capacity_pages_); }
  [[nodiscard]] std::vector<InodeId> all() const;
  [[nodiscard]] std::uint64_t free_inodes() const { return kMostInodes - inodes_.size(); }

 private:
  struct Attributes {
    mode_t mode = 0;
    uid_t uid = 0;
    gid_t gid = 0;
    timespec accessed{};
    timespec modified{};
    timespec changed{};
  };
  struct Inode {
    Attributes now;
    Attributes on_disk;
    dev_t device = 0;
    FileContent content;                                // of a file
    std::map<std::string, InodeId, std::less<>> names;  // of a folder
    InodeId parent = 0;                                 // of a folder
    std::string link_target;                            // of a symbolic link
    std::uint64_t links = 0;                            // names that lead to it
    std::uint64_t holders = 0;
    std::uint64_t in_journal = 0;  // operations that are not durable and name it
    std::uint64_t made_at = 0;     // the operation that made it, and …
    std::uint64_t last_at = 0;     // … the last that named it
  };
  // One name of one folder. 0: leads nowhere.
  struct NameChange {
    InodeId folder;
    std::string name;
    InodeId before;
    InodeId after;
  };
  struct Operation {
    std::uint64_t number;
    std::vector<NameChange> changes;
    // Or of a mode or owner, of this inode to these.
    InodeId inode = 0;
    Attributes attributes = {};
  };

  [[nodiscard]] const Inode* look(InodeId inode) const;
  [[nodiscard]] Inode* look(InodeId inode);
  [[nodiscard]] Answer<Inode*> folder_at(InodeId inode);
  [[nodiscard]] Answer<Inode*> file_at(InodeId inode);
  [[nodiscard]] static Answer<void> fits(std::string_view name);
  [[nodiscard]] bool lies_within(InodeId folder, InodeId other) const;
  void put(const NameChange& change, InodeId leads_to);
  void carry_out(std::vector<NameChange> changes);
  void note(Operation operation);
  static std::vector<InodeId> named_by(const Operation& operation);
  void commit_up_to(std::uint64_t number);
  void free_unused(InodeId inode);
  // Runs a change of a file's bytes and keeps account of the space; ENOSPC before it when `pages` more don't fit.
  template <typename F>
  Answer<void> change_content(InodeId file, std::uint64_t pages, F change);

  std::map<InodeId, Inode> inodes_;
  std::deque<Operation> journal_;  // not durable yet
  InodeId next_inode_ = kRootFolder;
  std::uint64_t next_operation_ = 1;
  std::uint64_t capacity_pages_;
  std::uint64_t used_pages_ = 0;
};

}  // namespace chamber
