#include "harness/disk/volume.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <ctime>

namespace chamber {
namespace {

constexpr std::size_t kLongestName = 255;
constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 34U;  // of one file; a hole takes memory, too: its pointers

timespec wall_now() {
  timespec time{};
  clock_gettime(CLOCK_REALTIME, &time);
  return time;
}

tl::unexpected<int> no(int error) {
  return tl::unexpected(error);
}

}  // namespace

Volume::Volume(const VolumeOptions& options) : capacity_pages_(options.capacity / kPageBytes) {
  Inode root;
  const timespec time = wall_now();
  root.now = {S_IFDIR | options.mode, options.uid, options.gid, time, time, time};
  root.on_disk = root.now;
  root.parent = kRootFolder;
  root.links = 1;
  inodes_.emplace(next_inode_++, std::move(root));
}

const Volume::Inode* Volume::look(InodeId inode) const {
  const auto found = inodes_.find(inode);
  return found == inodes_.end() ? nullptr : &found->second;
}

Volume::Inode* Volume::look(InodeId inode) {
  const auto found = inodes_.find(inode);
  return found == inodes_.end() ? nullptr : &found->second;
}

Answer<Volume::Inode*> Volume::folder_at(InodeId inode) {
  Inode* const found = look(inode);
  if (found == nullptr) return no(ESTALE);
  if (!S_ISDIR(found->now.mode)) return no(ENOTDIR);
  return found;
}

Answer<Volume::Inode*> Volume::file_at(InodeId inode) {
  Inode* const found = look(inode);
  if (found == nullptr) return no(ESTALE);
  if (S_ISDIR(found->now.mode)) return no(EISDIR);
  return found;
}

Answer<void> Volume::fits(std::string_view name) {
  if (name.size() > kLongestName) return no(ENAMETOOLONG);
  if (name.empty() || name == "." || name == "..") return no(EINVAL);
  return {};
}

Answer<InodeId> Volume::find(InodeId folder, std::string_view name) const {
  const Inode* const found = look(folder);
  if (found == nullptr) return no(ESTALE);
  if (!S_ISDIR(found->now.mode)) return no(ENOTDIR);
  if (name == ".") return folder;
  if (name == "..") return found->parent;
  const auto entry = found->names.find(name);
  if (entry == found->names.end()) return no(ENOENT);
  return entry->second;
}

Answer<std::vector<FolderEntry>> Volume::list(InodeId folder) const {
  const Inode* const found = look(folder);
  if (found == nullptr) return no(ESTALE);
  if (!S_ISDIR(found->now.mode)) return no(ENOTDIR);
  std::vector<FolderEntry> entries{{".", folder, S_IFDIR}, {"..", found->parent, S_IFDIR}};
  for (const auto& [name, inode] : found->names) entries.push_back({name, inode, look(inode)->now.mode});
  return entries;
}

// Puts or takes away one name, at its doing and at its undoing.
void Volume::put(const NameChange& change, InodeId leads_to) {
  Inode& folder = *look(change.folder);
  const timespec time = wall_now();
  const auto entry = folder.names.find(change.name);
  if (entry != folder.names.end()) {
    Inode& old = *look(entry->second);
    --old.links;
    old.now.changed = time;
    folder.names.erase(entry);
  }
  if (leads_to != 0) {
    Inode& fresh = *look(leads_to);
    ++fresh.links;
    fresh.now.changed = time;
    if (S_ISDIR(fresh.now.mode)) fresh.parent = change.folder;
    folder.names.emplace(change.name, leads_to);
  }
  folder.now.modified = time;
  folder.now.changed = time;
}

void Volume::carry_out(std::vector<NameChange> changes) {
  for (const NameChange& change : changes) put(change, change.after);
  note({.number = next_operation_, .changes = std::move(changes)});
}

std::vector<InodeId> Volume::named_by(const Operation& operation) {
  std::vector<InodeId> named;
  if (operation.inode != 0) named.push_back(operation.inode);
  for (const NameChange& change : operation.changes) {
    for (const InodeId inode : {change.folder, change.before, change.after}) {
      if (inode != 0) named.push_back(inode);
    }
  }
  return named;
}

void Volume::note(Operation operation) {
  for (const InodeId inode : named_by(operation)) {
    look(inode)->last_at = operation.number;
    ++look(inode)->in_journal;
  }
  next_operation_ = operation.number + 1;
  journal_.push_back(std::move(operation));
}

void Volume::commit_up_to(std::uint64_t number) {
  while (!journal_.empty() && journal_.front().number <= number) {
    const Operation done = std::move(journal_.front());
    journal_.pop_front();
    if (done.inode != 0) look(done.inode)->on_disk = done.attributes;
    const std::vector<InodeId> named = named_by(done);
    for (const InodeId inode : named) --look(inode)->in_journal;
    for (const InodeId inode : named) free_unused(inode);
  }
}

void Volume::free_unused(InodeId inode) {
  const Inode* const found = look(inode);
  if (found == nullptr || found->links > 0 || found->holders > 0 || found->in_journal > 0) return;
  used_pages_ -= found->content.pages_held();
  inodes_.erase(inode);
}

Answer<InodeId> Volume::make(InodeId folder, std::string_view name, const NewInode& what) {
  if (const auto good = fits(name); !good) return no(good.error());
  const auto parent = folder_at(folder);
  if (!parent) return no(parent.error());
  if ((*parent)->links == 0) return no(ENOENT);
  if ((*parent)->names.contains(name)) return no(EEXIST);
  if (free_pages() == 0 || inodes_.size() >= kMostInodes) return no(ENOSPC);
  Inode fresh;
  const timespec time = wall_now();
  fresh.now = {what.mode, what.uid, what.gid, time, time, time};
  fresh.on_disk = fresh.now;  // comes with its name, by the journal
  fresh.device = what.device;
  fresh.link_target = what.link_target;
  fresh.made_at = next_operation_;
  const InodeId id = next_inode_++;
  inodes_.emplace(id, std::move(fresh));
  carry_out({{folder, std::string(name), 0, id}});
  return id;
}

Answer<void> Volume::link(InodeId inode, InodeId folder, std::string_view name) {
  if (const auto good = fits(name); !good) return no(good.error());
  const auto parent = folder_at(folder);
  if (!parent) return no(parent.error());
  Inode* const target = look(inode);
  if (target == nullptr) return no(ESTALE);
  if (S_ISDIR(target->now.mode)) return no(EPERM);
  if (target->links == 0 || (*parent)->links == 0) return no(ENOENT);
  if ((*parent)->names.contains(name)) return no(EEXIST);
  carry_out({{folder, std::string(name), 0, inode}});
  return {};
}

Answer<void> Volume::remove_file(InodeId folder, std::string_view name) {
  const auto found = find(folder, name);
  if (!found) return no(found.error());
  if (S_ISDIR(look(*found)->now.mode)) return no(EISDIR);
  carry_out({{folder, std::string(name), *found, 0}});
  return {};
}

Answer<void> Volume::remove_folder(InodeId folder, std::string_view name) {
  if (name == ".") return no(EINVAL);
  const auto found = find(folder, name);
  if (!found) return no(found.error());
  if (!S_ISDIR(look(*found)->now.mode)) return no(ENOTDIR);
  if (!look(*found)->names.empty()) return no(ENOTEMPTY);
  carry_out({{folder, std::string(name), *found, 0}});
  return {};
}

bool Volume::lies_within(InodeId folder, InodeId other) const {
  for (InodeId at = folder;; at = look(at)->parent) {
    if (at == other) return true;
    if (at == kRootFolder) return false;
  }
}

Answer<void> Volume::rename(InodeId folder, std::string_view name, InodeId new_folder, std::string_view new_name,
                            RenameMode mode) {
  if (const auto good = fits(new_name); !good) return no(good.error());
  const auto from = find(folder, name);
  if (!from) return no(from.error());
  const auto parent = folder_at(new_folder);
  if (!parent) return no(parent.error());
  if ((*parent)->links == 0) return no(ENOENT);
  const auto onto = find(new_folder, new_name);
  const bool moves_folder = S_ISDIR(look(*from)->now.mode);
  if (moves_folder && lies_within(new_folder, *from)) return no(EINVAL);
  const std::string old_name(name);
  const std::string fresh_name(new_name);
  if (!onto) {
    if (mode == RenameMode::kExchange) return no(ENOENT);
    carry_out({{folder, old_name, *from, 0}, {new_folder, fresh_name, 0, *from}});
    return {};
  }
  if (mode == RenameMode::kKeep) return no(EEXIST);
  if (*from == *onto) return {};
  const Inode& there = *look(*onto);
  const bool onto_folder = S_ISDIR(there.now.mode);
  if (mode == RenameMode::kExchange) {
    if (onto_folder && lies_within(folder, *onto)) return no(EINVAL);
    carry_out({{folder, old_name, *from, *onto}, {new_folder, fresh_name, *onto, *from}});
    return {};
  }
  if (onto_folder && !moves_folder) return no(EISDIR);
  if (!onto_folder && moves_folder) return no(ENOTDIR);
  if (onto_folder && !there.names.empty()) return no(ENOTEMPTY);
  carry_out({{folder, old_name, *from, 0}, {new_folder, fresh_name, *onto, *from}});
  return {};
}

Answer<std::vector<std::span<const std::byte>>> Volume::read(InodeId file, std::uint64_t offset,
                                                             std::size_t length) const {
  const Inode* const found = look(file);
  if (found == nullptr) return no(ESTALE);
  return found->content.parts(offset, length);
}

template <typename F>
Answer<void> Volume::change_content(InodeId file, std::uint64_t pages, F change) {
  const auto found = file_at(file);
  if (!found) return no(found.error());
  if (pages > free_pages()) return no(ENOSPC);
  FileContent& content = (*found)->content;
  used_pages_ -= content.pages_held();
  change(content);
  used_pages_ += content.pages_held();
  (*found)->now.modified = wall_now();
  (*found)->now.changed = (*found)->now.modified;
  return {};
}

Answer<void> Volume::write(InodeId file, std::uint64_t offset, std::span<const std::byte> bytes) {
  if (offset > kMostBytes || bytes.size() > kMostBytes - offset) return no(EFBIG);
  // At worst each page that it touches is a new one, or has to be kept as the disk has it.
  const std::uint64_t touched = bytes.size() / kPageBytes + 2;
  return change_content(file, touched, [&](FileContent& content) { content.write(offset, bytes); });
}

Answer<void> Volume::resize(InodeId file, std::uint64_t size) {
  if (size > kMostBytes) return no(EFBIG);
  return change_content(file, 0, [&](FileContent& content) { content.resize(size); });
}

Answer<void> Volume::clear(InodeId file, std::uint64_t offset, std::uint64_t length) {
  return change_content(file, 0, [&](FileContent& content) { content.clear(offset, length); });
}

Answer<std::string> Volume::link_target(InodeId link) const {
  const Inode* const found = look(link);
  if (found == nullptr) return no(ESTALE);
  if (!S_ISLNK(found->now.mode)) return no(EINVAL);
  return found->link_target;
}

Answer<struct stat> Volume::attributes(InodeId inode) const {
  const Inode* const found = look(inode);
  if (found == nullptr) return no(ESTALE);
  struct stat facts {};
  facts.st_ino = inode;
  facts.st_mode = found->now.mode;
  // Like btrfs, a folder says 1: its subfolders are not counted.
  facts.st_nlink = found->links;
  facts.st_uid = found->now.uid;
  facts.st_gid = found->now.gid;
  facts.st_rdev = found->device;
  facts.st_size = static_cast<off_t>(S_ISLNK(found->now.mode) ? found->link_target.size() : found->content.size());
  facts.st_blksize = kPageBytes;
  facts.st_blocks = static_cast<blkcnt_t>((found->content.size() + kSectorBytes - 1) / kSectorBytes);
  facts.st_atim = found->now.accessed;
  facts.st_mtim = found->now.modified;
  facts.st_ctim = found->now.changed;
  return facts;
}

Answer<void> Volume::change(InodeId inode, const Change& change) {
  Inode* const found = look(inode);
  if (found == nullptr) return no(ESTALE);
  Attributes& now = found->now;
  if (change.mode) now.mode = (now.mode & S_IFMT) | (change.wanted.st_mode & ~S_IFMT);
  if (change.uid) now.uid = change.wanted.st_uid;
  if (change.gid) now.gid = change.wanted.st_gid;
  if (change.accessed) now.accessed = change.wanted.st_atim;
  if (change.modified) now.modified = change.wanted.st_mtim;
  now.changed = wall_now();
  if (change.mode || change.uid || change.gid)
    note({.number = next_operation_, .changes = {}, .inode = inode, .attributes = now});
  return {};
}

Answer<void> Volume::sync(InodeId inode, bool only_data) {
  Inode* const found = look(inode);
  if (found == nullptr) return no(ESTALE);
  used_pages_ -= found->content.pages_held();
  found->content.sync();
  used_pages_ += found->content.pages_held();
  commit_up_to(only_data ? found->made_at : found->last_at);
  // The times, which are in no operation. It is gone where its removal was the last that was not durable.
  Inode* const left = look(inode);
  if (left != nullptr && !only_data) left->on_disk = left->now;
  return {};
}

void Volume::sync_all() {
  commit_up_to(next_operation_);
  used_pages_ = 0;
  for (auto& [id, inode] : inodes_) {
    inode.content.sync();
    inode.on_disk = inode.now;
    used_pages_ += inode.content.pages_held();
  }
}

void Volume::hold(InodeId inode) {
  if (Inode* const found = look(inode)) ++found->holders;
}

void Volume::let_go(InodeId inode, std::uint64_t times) {
  Inode* const found = look(inode);
  if (found == nullptr) return;
  found->holders -= std::min(found->holders, times);
  free_unused(inode);
}

std::vector<InodeId> Volume::all() const {
  std::vector<InodeId> ids;
  for (const auto& [id, inode] : inodes_) ids.push_back(id);
  return ids;
}

Unsynced Volume::unsynced() const {
  Unsynced sum;
  for (const auto& [id, inode] : inodes_) inode.content.count_unsynced(sum);
  sum.names = journal_.size();
  return sum;
}

Volume::Lost Volume::lose_power(const Survival& survival) {
  Random random(survival.seed);
  Lost lost;
  lost.loss.unsynced = unsynced();
  const std::uint64_t on_disk = survival.share > 0 ? random.below(journal_.size() + 1) : 0;
  if (on_disk > 0) commit_up_to(journal_[on_disk - 1].number);
  const auto take_back = [&](const NameChange& change) {
    put(change, change.before);
    lost.stale.names.emplace_back(change.folder, change.name);
  };
  std::for_each(journal_.rbegin(), journal_.rend(), [&](Operation& operation) {
    if (operation.inode != 0) operation.attributes = look(operation.inode)->on_disk;
    std::for_each(operation.changes.rbegin(), operation.changes.rend(), take_back);
  });
  used_pages_ = 0;
  for (auto& [id, inode] : inodes_) {
    inode.content.lose_power(survival, random, lost.loss);
    inode.now = inode.on_disk;
    used_pages_ += inode.content.pages_held();
    lost.stale.inodes.push_back(id);
  }
  // The undone operations are over, and what only they led to goes.
  commit_up_to(next_operation_);
  return lost;
}

}  // namespace chamber
