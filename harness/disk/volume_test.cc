#include "harness/disk/volume.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

namespace chamber {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr NewInode kFile{.mode = S_IFREG | 0600};
constexpr NewInode kFolder{.mode = S_IFDIR | 0700};

class VolumeTest : public testing::Test {
 protected:
  InodeId make(const std::string& name, InodeId folder = kRootFolder) { return *volume_.make(folder, name, kFile); }
  InodeId make_folder(const std::string& name) { return *volume_.make(kRootFolder, name, kFolder); }
  void write(InodeId file, const std::string& text, std::uint64_t offset = 0) {
    ASSERT_TRUE(volume_.write(file, offset, std::as_bytes(std::span(text))));
  }
  std::string read(InodeId file) {
    std::string text;
    const auto parts = volume_.read(file, 0, 1U << 20U);
    for (const auto& part : *parts) {
      for (const std::byte byte : part) text.push_back(static_cast<char>(byte));
    }
    return text;
  }
  std::string read(const std::string& name, InodeId folder = kRootFolder) {
    const auto inode = volume_.find(folder, name);
    return inode ? read(*inode) : "(not there)";
  }
  std::vector<std::string> names(InodeId folder = kRootFolder) {
    std::vector<std::string> found;
    const auto entries = volume_.list(folder);
    for (const FolderEntry& entry : *entries) found.push_back(entry.name);
    found.erase(found.begin(), found.begin() + 2);
    return found;
  }

  Volume volume_{VolumeOptions{}};
};

TEST_F(VolumeTest, AFileThatNobodySyncedIsGone) {
  write(make("a"), "text");
  volume_.lose_power();
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(VolumeTest, SyncingAFileKeepsItsBytesAndItsName) {
  const InodeId file = make("a");
  write(file, "text");
  ASSERT_TRUE(volume_.sync(file));
  write(file, "TEXT and more");
  volume_.lose_power();
  EXPECT_EQ(read("a"), "text");
}

TEST_F(VolumeTest, SyncingAFolderKeepsTheNamesButNotTheBytes) {
  write(make("a"), "text");
  ASSERT_TRUE(volume_.sync(kRootFolder));
  volume_.lose_power();
  EXPECT_THAT(names(), ElementsAre("a"));
  EXPECT_EQ(read("a"), "");
}

TEST_F(VolumeTest, TheJournalKeepsItsOrder) {
  const InodeId first = make("first");
  const InodeId folder = make_folder("folder");
  make("inside", folder);
  make("last");
  // What came before the folder's last change is durable with it, what came after is not.
  ASSERT_TRUE(volume_.sync(folder));
  volume_.lose_power();
  EXPECT_THAT(names(), ElementsAre("first", "folder"));
  EXPECT_THAT(names(folder), ElementsAre("inside"));
  EXPECT_EQ(*volume_.find(kRootFolder, "first"), first);
}

TEST_F(VolumeTest, ARenameThatWasNotSyncedIsUndoneAsAWhole) {
  write(make("a"), "old");
  volume_.sync_all();
  const InodeId fresh = make("a.new");
  write(fresh, "new");
  ASSERT_TRUE(volume_.sync(fresh));
  ASSERT_TRUE(volume_.rename(kRootFolder, "a.new", kRootFolder, "a", RenameMode::kReplace));
  EXPECT_EQ(read("a"), "new");
  volume_.lose_power();
  EXPECT_EQ(read("a"), "old");
  EXPECT_EQ(read("a.new"), "new");
}

TEST_F(VolumeTest, ARenameBeforeTheBytesAreSyncedLeavesAnEmptyFile) {
  write(make("a"), "old");
  volume_.sync_all();
  write(make("a.new"), "new");
  ASSERT_TRUE(volume_.rename(kRootFolder, "a.new", kRootFolder, "a", RenameMode::kReplace));
  ASSERT_TRUE(volume_.sync(kRootFolder));
  volume_.lose_power();
  EXPECT_EQ(read("a"), "");
  EXPECT_THAT(names(), ElementsAre("a"));
}

TEST_F(VolumeTest, SyncingOnlyTheDataDoesNotKeepALaterRename) {
  const InodeId file = make("a");
  ASSERT_TRUE(volume_.rename(kRootFolder, "a", kRootFolder, "b", RenameMode::kReplace));
  write(file, "text");
  ASSERT_TRUE(volume_.sync(file, true));
  volume_.lose_power();
  EXPECT_EQ(read("a"), "text");
}

TEST_F(VolumeTest, ARemovedFileIsBackWithItsBytes) {
  write(make("a"), "text");
  volume_.sync_all();
  ASSERT_TRUE(volume_.remove_file(kRootFolder, "a"));
  volume_.lose_power();
  EXPECT_EQ(read("a"), "text");
}

TEST_F(VolumeTest, ModeAndOwnerAreInTheJournalToo) {
  const InodeId file = make("a");
  volume_.sync_all();
  Volume::Change change{.mode = true, .uid = true};
  change.wanted.st_mode = 0640;
  change.wanted.st_uid = 7;
  ASSERT_TRUE(volume_.change(file, change));
  make("b");
  ASSERT_TRUE(volume_.sync(kRootFolder));  // for b, and so for what was before it
  change.wanted.st_mode = 0666;
  ASSERT_TRUE(volume_.change(file, change));
  volume_.lose_power();
  EXPECT_EQ(volume_.attributes(file)->st_mode, S_IFREG | 0640U);
  EXPECT_EQ(volume_.attributes(file)->st_uid, 7U);
}

TEST_F(VolumeTest, AHeldFileOutlivesItsName) {
  const InodeId file = make("a");
  volume_.hold(file);
  ASSERT_TRUE(volume_.remove_file(kRootFolder, "a"));
  write(file, "text");
  EXPECT_EQ(read(file), "text");
  EXPECT_EQ(volume_.attributes(file)->st_nlink, 0U);
  volume_.sync_all();
  EXPECT_TRUE(volume_.attributes(file));
  volume_.let_go(file, 1);
  EXPECT_EQ(volume_.attributes(file).error(), ESTALE);
}

TEST_F(VolumeTest, SpaceIsBoundedAndComesBack) {
  Volume small({.capacity = 4 * kPageBytes});
  const InodeId file = *small.make(kRootFolder, "a", kFile);
  const std::string page(kPageBytes, 'x');
  ASSERT_TRUE(small.write(file, 0, std::as_bytes(std::span(page))));
  EXPECT_EQ(small.free_pages(), 3U);
  const std::string much(8 * kPageBytes, 'x');
  EXPECT_EQ(small.write(file, 0, std::as_bytes(std::span(much))).error(), ENOSPC);
  ASSERT_TRUE(small.remove_file(kRootFolder, "a"));
  EXPECT_EQ(small.free_pages(), 3U) << "the disk still has it";
  small.sync_all();
  EXPECT_EQ(small.free_pages(), 4U);
}

TEST_F(VolumeTest, RefusesWhatPosixDoes) {
  const InodeId folder = make_folder("folder");
  make("inside", folder);
  make("file");
  const InodeId below = *volume_.make(folder, "below", kFolder);
  EXPECT_EQ(volume_.make(kRootFolder, "file", kFile).error(), EEXIST);
  EXPECT_EQ(volume_.make(kRootFolder, std::string(256, 'n'), kFile).error(), ENAMETOOLONG);
  EXPECT_EQ(volume_.remove_folder(kRootFolder, "folder").error(), ENOTEMPTY);
  EXPECT_EQ(volume_.remove_folder(kRootFolder, "file").error(), ENOTDIR);
  EXPECT_EQ(volume_.remove_file(kRootFolder, "folder").error(), EISDIR);
  EXPECT_EQ(volume_.rename(kRootFolder, "folder", below, "loop", RenameMode::kReplace).error(), EINVAL);
  EXPECT_EQ(volume_.rename(kRootFolder, "file", kRootFolder, "folder", RenameMode::kReplace).error(), EISDIR);
  EXPECT_EQ(volume_.rename(kRootFolder, "file", folder, "inside", RenameMode::kKeep).error(), EEXIST);
  EXPECT_EQ(volume_.link(folder, kRootFolder, "second").error(), EPERM);
  EXPECT_EQ(volume_.find(kRootFolder, "none").error(), ENOENT);
}

// The twin: the whole tree as text, and a copy of it for every operation that may turn out to be the last durable one.
// Slow, and obviously right.
using Tree = std::map<std::string, std::string>;  // path -> "folder" or the inode's number

class VolumeTwinTest : public VolumeTest, public testing::WithParamInterface<int> {
 protected:
  Tree tree_of(InodeId folder, const std::string& path) {
    Tree tree;
    const auto entries = volume_.list(folder);
    for (const FolderEntry& entry : *entries) {
      if (entry.name == "." || entry.name == "..") continue;
      const std::string here = path + "/" + entry.name;
      tree[here] = S_ISDIR(entry.mode) ? "folder" : std::to_string(entry.inode);
      if (S_ISDIR(entry.mode)) tree.merge(tree_of(entry.inode, here));
    }
    return tree;
  }
  Tree tree() { return tree_of(kRootFolder, ""); }
};

TEST_P(VolumeTwinTest, AgreesWithACopyOfTheTreeForEveryOperation) {
  Random random(static_cast<std::uint64_t>(GetParam()));
  std::vector<InodeId> folders{kRootFolder};
  for (const char* name : {"x", "y", "z"}) folders.push_back(make_folder(name));
  volume_.sync_all();
  std::vector<Tree> after{tree()};             // each operation since the durable state, which is the first
  std::map<InodeId, std::size_t> last_naming;  // index into `after`
  std::map<InodeId, std::string> bytes;        // what is synced of each file
  const auto name = [&] { return std::string(1, static_cast<char>('a' + random.below(4))); };
  const auto folder = [&] { return folders[random.below(folders.size())]; };
  const auto done = [&](std::initializer_list<InodeId> named) {
    after.push_back(tree());
    for (const InodeId inode : named) last_naming[inode] = after.size() - 1;
  };
  const auto durable_up_to = [&](std::size_t index) {
    after.erase(after.begin(), after.begin() + static_cast<std::ptrdiff_t>(index));
    for (auto& [inode, last] : last_naming) last -= std::min(last, index);
  };
  for (int i = 0; i < 300; ++i) {
    const InodeId in = folder();
    const InodeId to = folder();
    const std::string from = name();
    const std::string onto = name();
    const InodeId moved = volume_.find(in, from).value_or(0);
    const InodeId over = volume_.find(to, onto).value_or(0);
    switch (random.below(8)) {
      case 0:
      case 1:
        if (const auto made = volume_.make(in, from, kFile)) done({in, *made});
        break;
      case 2:
        if (volume_.remove_file(in, from)) done({in, moved});
        break;
      case 3:
        if (volume_.rename(in, from, to, onto, RenameMode::kReplace) && moved != over) done({in, to, moved, over});
        break;
      case 4:
        if (moved != 0 && volume_.link(moved, to, onto)) done({to, moved});
        break;
      case 5:
        ASSERT_TRUE(volume_.sync(in));
        durable_up_to(last_naming[in]);
        break;
      case 6:
        if (moved == 0) break;
        write(moved, std::to_string(i));
        ASSERT_TRUE(volume_.sync(moved));
        bytes[moved] = read(moved);
        durable_up_to(last_naming[moved]);
        write(moved, "lost with the power");
        break;
      default:
        if (random.below(6) != 0) break;
        volume_.lose_power();
        ASSERT_EQ(tree(), after.front()) << "step " << i;
        after = {after.front()};
        last_naming.clear();
        for (const auto& [path, inode] : tree()) {
          if (inode == "folder") continue;
          ASSERT_EQ(read(std::stoull(inode)), bytes[std::stoull(inode)]) << path;
        }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, VolumeTwinTest, testing::Range(0, 40));

// With a share that survives, the names are those after some operation: never a mixture.
TEST_F(VolumeTest, WhatSurvivesOfTheNamesIsABeginningOfTheJournal) {
  std::set<std::size_t> seen;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Volume volume{VolumeOptions{}};
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(volume.make(kRootFolder, std::to_string(i), kFile));
    volume.lose_power({.share = 0.5, .seed = seed});
    const auto left = *volume.list(kRootFolder);
    for (std::size_t i = 2; i < left.size(); ++i) EXPECT_EQ(left[i].name, std::to_string(i - 2));
    seen.insert(left.size() - 2);
  }
  EXPECT_THAT(seen, ElementsAre(0, 1, 2, 3, 4, 5));
}

}  // namespace
}  // namespace chamber
