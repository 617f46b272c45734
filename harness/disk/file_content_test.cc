#include "harness/disk/file_content.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <string>
#include <vector>

namespace chamber {
namespace {

std::string text_of(const FileContent& file) {
  std::string text;
  for (const auto& part : file.parts(0, file.size())) {
    text.append(reinterpret_cast<const char*>(part.data()), part.size());
  }
  return text;
}

void write(FileContent& file, std::uint64_t offset, const std::string& text) {
  file.write(offset, std::as_bytes(std::span(text)));
}

PowerLoss lose_power(FileContent& file, const Survival& survival = {}) {
  Random random(survival.seed);
  PowerLoss loss;
  file.lose_power(survival, random, loss);
  return loss;
}

TEST(FileContent, WhatOneFileGivesBackIsTheNextOnes) {
  const std::vector<std::byte> bytes(2000 * kPageBytes, std::byte{1});
  FileContent kept;
  {
    FileContent content;
    content.write(0, bytes);
    EXPECT_GE(FileContent::page_memory(), bytes.size());
    kept.write(0, std::span(bytes).first(kPageBytes));
  }
  const std::uint64_t most = FileContent::page_memory();
  for (int round = 0; round < 3; ++round) {
    FileContent content;
    content.write(0, bytes);
    EXPECT_EQ(FileContent::page_memory(), most) << "round " << round;
  }
}

TEST(FileContent, HasWhatWasSyncedAfterALossOfPower) {
  FileContent file;
  write(file, 0, "first");
  file.sync();
  write(file, 0, "later and longer");
  lose_power(file);
  EXPECT_EQ(text_of(file), "first");
}

TEST(FileContent, ACutThatWasNotSyncedIsUndone) {
  FileContent file;
  write(file, 0, std::string(3 * kPageBytes, 'a'));
  file.sync();
  file.resize(5);
  file.resize(2 * kPageBytes);
  EXPECT_EQ(text_of(file), "aaaaa" + std::string(2 * kPageBytes - 5, '\0'));
  lose_power(file);
  EXPECT_EQ(text_of(file), std::string(3 * kPageBytes, 'a'));
}

TEST(FileContent, CountsWhatIsNotSynced) {
  FileContent file;
  write(file, 0, "abc");
  write(file, kPageBytes, "defg");
  Unsynced sum;
  file.count_unsynced(sum);
  EXPECT_EQ(sum.files, 1U);
  EXPECT_EQ(sum.writes, 2U);
  EXPECT_EQ(sum.bytes, 7U);
  file.sync();
  Unsynced none;
  file.count_unsynced(none);
  EXPECT_EQ(none.files, 0U);
  EXPECT_EQ(file.pages_held(), 2U) << "what the disk had before is not kept any longer";
}

// Bytes, and the bytes at the last sync: what it should come to, without pages.
struct Plain {
  std::string now;
  std::string on_disk;
  void write(std::uint64_t offset, const std::string& text) {
    if (now.size() < offset + text.size()) now.resize(offset + text.size());
    now.replace(offset, text.size(), text);
  }
  void clear(std::uint64_t offset, std::uint64_t length) {
    const std::uint64_t end = std::min<std::uint64_t>(now.size(), offset + length);
    if (offset < end) now.replace(offset, end - offset, end - offset, '\0');
  }
};

std::uint64_t pages_in(const std::string& text) {
  return (text.size() + kPageBytes - 1) / kPageBytes;
}

// One random step on both.
void step(Random& random, FileContent& file, Plain& plain) {
  constexpr std::uint64_t kLongest = 5 * kPageBytes;
  const std::uint64_t offset = random.below(kLongest);
  switch (random.below(8)) {
    case 0:
      file.sync();
      plain.on_disk = plain.now;
      break;
    case 1:
      file.resize(offset);
      plain.now.resize(offset);
      break;
    case 2: {
      const std::uint64_t length = random.below(2 * kPageBytes);
      file.clear(offset, length);
      plain.clear(offset, length);
      break;
    }
    case 3:
      lose_power(file);
      plain.now = plain.on_disk;
      break;
    default: {
      const std::string text(1 + random.below(2 * kPageBytes), static_cast<char>('a' + random.below(26)));
      write(file, offset, text);
      plain.write(offset, text);
    }
  }
}

TEST(FileContent, AgreesWithPlainBytes) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    Random random(seed);
    FileContent file;
    Plain plain;
    for (int i = 0; i < 100; ++i) {
      step(random, file, plain);
      ASSERT_EQ(text_of(file), plain.now) << "seed " << seed << ", step " << i;
    }
    file.sync();
    EXPECT_LE(file.pages_held(), pages_in(plain.now)) << "pages are counted that nobody has, seed " << seed;
    file.resize(0);
    file.sync();
    EXPECT_EQ(file.pages_held(), 0U) << "seed " << seed;
  }
}

// With a share that survives, each sector is the old or the new one, and whole.
TEST(FileContent, WhatSurvivesIsOldOrNewBySectors) {
  std::uint64_t new_ones = 0;
  std::uint64_t torn = 0;
  constexpr std::uint64_t kPages = 40;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    FileContent file;
    write(file, 0, std::string(kPages * kPageBytes, 'o'));
    file.sync();
    write(file, 0, std::string(kPages * kPageBytes, 'n'));
    const PowerLoss loss = lose_power(file, {.share = 0.5, .seed = seed});
    EXPECT_EQ(loss.pages, kPages);
    const std::string text = text_of(file);
    ASSERT_EQ(text.size(), kPages * kPageBytes);
    std::uint64_t touched = 0;
    for (std::uint64_t page = 0; page < kPages; ++page) {
      const std::string bytes = text.substr(page * kPageBytes, kPageBytes);
      const auto fresh = static_cast<std::uint64_t>(std::count(bytes.begin(), bytes.end(), 'n'));
      EXPECT_EQ(fresh % kSectorBytes, 0U);
      EXPECT_EQ(bytes, std::string(fresh, 'n') + std::string(kPageBytes - fresh, 'o'));
      touched += fresh > 0 ? 1 : 0;
      torn += fresh > 0 && fresh < kPageBytes ? 1 : 0;
    }
    EXPECT_EQ(loss.kept, touched);
    new_ones += touched;
  }
  EXPECT_NEAR(static_cast<double>(new_ones), 0.5 * 50 * kPages, 100);
  EXPECT_NEAR(static_cast<double>(torn), 0.25 * static_cast<double>(new_ones), 80);
}

// Whatever survives, a byte behind a cut is the old one with the old length, or zero or new with the new one.
TEST(FileContent, WhatWasCutOffDoesNotComeBackIntoALongerFile) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    FileContent file;
    write(file, 0, std::string(4 * kPageBytes, 'o'));
    file.sync();
    file.resize(0);
    write(file, 0, std::string(8 * kPageBytes, 'n'));
    lose_power(file, {.share = 0.5, .seed = seed});
    const std::string text = text_of(file);
    if (text.size() == 4 * kPageBytes) {
      EXPECT_EQ(text, std::string(4 * kPageBytes, 'o')) << "seed " << seed;
    } else {
      EXPECT_EQ(text.size(), 8 * kPageBytes);
      EXPECT_EQ(text.find('o'), std::string::npos) << "seed " << seed;
    }
  }
}

}  // namespace
}  // namespace chamber
