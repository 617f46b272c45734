// The bytes of one file on a disk that can lose power: what programs see, and of every page that changed since the
// file was last synced, what the disk has. So a sync costs nothing, a page is copied at its first change after one, and
// a loss of power costs as much as was not synced.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "harness/base/random.h"
#include "harness/disk/power_loss.h"

namespace chamber {

inline constexpr std::size_t kPageBytes = 4096;   // what the kernel writes back in one piece
inline constexpr std::size_t kSectorBytes = 512;  // what a disk writes whole or not at all

// Not thread-safe.
class FileContent {
 public:
  // From memory of its own: pages come and go by the thousand all through a run, and between the other allocations of
  // this process they would leave gaps that nobody else can use. What one file gives back is the next one's.
  struct Page : std::array<std::byte, kPageBytes> {
    static void* operator new(std::size_t bytes);
    static void operator delete(void* page) noexcept;
  };
  // That this process ever had at once, in bytes: none of it is given back. Any thread.
  [[nodiscard]] static std::uint64_t page_memory();

  [[nodiscard]] std::uint64_t size() const { return size_; }
  // Of the memory that it takes, in pages, the disk's old ones with them.
  [[nodiscard]] std::size_t pages_held() const { return held_; }

  // The parts of [offset, offset + length) in order, cut at the end; they are valid until the next change.
  [[nodiscard]] std::vector<std::span<const std::byte>> parts(std::uint64_t offset, std::size_t length) const;

  void write(std::uint64_t offset, std::span<const std::byte> bytes);
  void resize(std::uint64_t size);
  // Zeros from `offset`, within the size.
  void clear(std::uint64_t offset, std::uint64_t length);

  void sync();
  // From now on it is what the disk has, and synced.
  // Adds to `loss` what became of its pages.
  void lose_power(const Survival& survival, Random& random, PowerLoss& loss);
  // Adds what is not synced of it.
  void count_unsynced(Unsynced& sum) const;

 private:
  using PagePtr = std::unique_ptr<Page>;

  // Keeps what the disk has of a page that is about to change; `whole` when nothing of it will be left.
  void before_change(std::size_t index, bool whole);
  Page& page(std::size_t index);
  void put_back(std::size_t index, PagePtr& from_disk);
  // Within the last page everything behind the end is zero.
  void trim();

  std::vector<PagePtr> pages_;  // null: zeros
  std::uint64_t size_ = 0;
  std::map<std::size_t, PagePtr> on_disk_;  // of every page that changed since the last sync; null: zeros
  std::uint64_t size_on_disk_ = 0;
  static constexpr std::size_t kNever = ~std::size_t{0};
  std::size_t cut_from_ = kNever;  // the first page that was cut off since the last sync
  std::size_t held_ = 0;
  std::uint64_t writes_ = 0;  // since the last sync, and …
  std::uint64_t bytes_ = 0;   // … what they wrote
};

}  // namespace chamber
