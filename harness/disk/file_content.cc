#include "harness/disk/file_content.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <memory_resource>
#include <mutex>

namespace chamber {
namespace {

constexpr std::array<std::byte, kPageBytes> kZeros{};
constexpr std::uint64_t kOneInFour = 4;

std::size_t pages_for(std::uint64_t size) {
  return static_cast<std::size_t>((size + kPageBytes - 1) / kPageBytes);
}

// What the pool of pages asks for, counted.
class CountedMemory : public std::pmr::memory_resource {
 public:
  [[nodiscard]] std::uint64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    void* memory = std::pmr::new_delete_resource()->allocate(bytes, alignment);
    bytes_.fetch_add(bytes, std::memory_order_relaxed);
    return memory;
  }
  void do_deallocate(void* memory, std::size_t bytes, std::size_t alignment) override {
    std::pmr::new_delete_resource()->deallocate(memory, bytes, alignment);
    bytes_.fetch_sub(bytes, std::memory_order_relaxed);
  }
  [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }

  std::atomic<std::uint64_t> bytes_ = 0;
};

constexpr std::size_t kPagesAtOnce = 1024;  // at most that the pool asks for before they are needed

struct PageMemory {
  std::mutex mutex;
  CountedMemory source;
  std::pmr::unsynchronized_pool_resource pool{
      {.max_blocks_per_chunk = kPagesAtOnce, .largest_required_pool_block = sizeof(FileContent::Page)}, &source};
};

PageMemory& page_memory_of_all() {
  // Never destroyed: pages may outlive every other static object.
  static auto& memory = *new PageMemory;
  return memory;
}

}  // namespace

void* FileContent::Page::operator new(std::size_t bytes) {
  PageMemory& memory = page_memory_of_all();
  const std::scoped_lock lock(memory.mutex);
  return memory.pool.allocate(bytes, alignof(Page));
}

void FileContent::Page::operator delete(void* page) noexcept {
  PageMemory& memory = page_memory_of_all();
  const std::scoped_lock lock(memory.mutex);
  memory.pool.deallocate(page, sizeof(Page), alignof(Page));
}

std::uint64_t FileContent::page_memory() {
  return page_memory_of_all().source.bytes();
}

std::vector<std::span<const std::byte>> FileContent::parts(std::uint64_t offset, std::size_t length) const {
  std::vector<std::span<const std::byte>> found;
  std::uint64_t at = offset;
  const std::uint64_t end = std::min<std::uint64_t>(size_, offset + length);
  while (at < end) {
    const PagePtr& page = pages_[at / kPageBytes];
    const std::size_t from = at % kPageBytes;
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(kPageBytes - from, end - at));
    found.push_back(std::span<const std::byte>(page ? *page : kZeros).subspan(from, count));
    at += count;
  }
  return found;
}

void FileContent::before_change(std::size_t index, bool whole) {
  const auto [place, first] = on_disk_.try_emplace(index);
  PagePtr& current = pages_[index];
  if (!first || !current) return;
  if (whole) {
    place->second = std::move(current);
    return;
  }
  place->second = std::make_unique<Page>(*current);
  ++held_;
}

FileContent::Page& FileContent::page(std::size_t index) {
  PagePtr& current = pages_[index];
  if (!current) {
    current = std::make_unique<Page>();
    ++held_;
  }
  return *current;
}

void FileContent::write(std::uint64_t offset, std::span<const std::byte> bytes) {
  ++writes_;
  bytes_ += bytes.size();
  if (offset + bytes.size() > size_) {
    size_ = offset + bytes.size();
    pages_.resize(pages_for(size_));
  }
  while (!bytes.empty()) {
    const auto index = static_cast<std::size_t>(offset / kPageBytes);
    const std::size_t from = offset % kPageBytes;
    const std::size_t count = std::min(kPageBytes - from, bytes.size());
    before_change(index, count == kPageBytes);
    std::memcpy(page(index).data() + from, bytes.data(), count);
    offset += count;
    bytes = bytes.subspan(count);
  }
}

void FileContent::resize(std::uint64_t size) {
  if (size == size_) return;
  ++writes_;
  const bool shorter = size < size_;
  const std::size_t kept = pages_for(size);
  if (shorter) cut_from_ = std::min(cut_from_, kept);
  for (std::size_t index = kept; index < pages_.size(); ++index) {
    before_change(index, true);
    if (pages_[index]) --held_;  // it changed before, so what the disk has is kept already
  }
  pages_.resize(kept);
  size_ = size;
  if (shorter && size % kPageBytes != 0 && pages_.back()) {
    before_change(kept - 1, false);
    trim();
  }
}

void FileContent::clear(std::uint64_t offset, std::uint64_t length) {
  ++writes_;
  const std::uint64_t end = std::min(size_, offset + length);
  while (offset < end) {
    const auto index = static_cast<std::size_t>(offset / kPageBytes);
    const std::size_t from = offset % kPageBytes;
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(kPageBytes - from, end - offset));
    before_change(index, count == kPageBytes);
    if (pages_[index]) std::memset(pages_[index]->data() + from, 0, count);
    offset += count;
  }
}

void FileContent::sync() {
  for (const auto& [index, page] : on_disk_) held_ -= page ? 1 : 0;
  on_disk_.clear();
  size_on_disk_ = size_;
  cut_from_ = kNever;
  writes_ = 0;
  bytes_ = 0;
}

void FileContent::put_back(std::size_t index, PagePtr& from_disk) {
  if (pages_[index]) --held_;
  pages_[index] = std::move(from_disk);
}

void FileContent::lose_power(const Survival& survival, Random& random, PowerLoss& loss) {
  const auto survives = [&] { return survival.share > 0 && random.chance(survival.share); };
  const bool new_length = survives();
  if (!new_length) size_ = size_on_disk_;
  const std::size_t count = pages_for(size_);
  for (std::size_t index = count; index < pages_.size(); ++index) held_ -= pages_[index] ? 1 : 0;
  pages_.resize(count);
  // The old length comes with the old pages: what was written after a cut lies elsewhere on the disk.
  const bool all_old = !new_length && cut_from_ != kNever;
  loss.pages += on_disk_.size();
  for (auto& [index, from_disk] : on_disk_) {
    if (index >= count) {
      held_ -= from_disk ? 1 : 0;
      continue;
    }
    if (index >= cut_from_ && !all_old && from_disk) {
      from_disk.reset();  // cut off, so that the new page lies on fresh space
      --held_;
    }
    if (all_old || !survives()) {
      put_back(index, from_disk);
      continue;
    }
    ++loss.kept;
    if (random.below(kOneInFour) == 0) {
      const std::size_t arrived = kSectorBytes * (1 + random.below(kPageBytes / kSectorBytes - 1));
      const std::array<std::byte, kPageBytes>& old = from_disk ? *from_disk : kZeros;
      std::memcpy(page(index).data() + arrived, old.data() + arrived, kPageBytes - arrived);
    }
    held_ -= from_disk ? 1 : 0;
  }
  on_disk_.clear();
  trim();
  sync();
}

void FileContent::trim() {
  const std::size_t used = size_ % kPageBytes;
  if (used == 0 || !pages_.back()) return;
  std::memset(pages_.back()->data() + used, 0, kPageBytes - used);
}

void FileContent::count_unsynced(Unsynced& sum) const {
  if (on_disk_.empty() && size_ == size_on_disk_) return;
  ++sum.files;
  sum.writes += writes_;
  sum.bytes += bytes_;
}

}  // namespace chamber
