#include "harness/net/wire/held.h"

#include <algorithm>

namespace chamber::wire {
namespace {

// Enough for the steady state of a busy cell; what is above goes back to the allocator.
constexpr std::size_t kSmallKept = 4096;
constexpr std::size_t kLargeKept = 128;

bool leaves_later(const DelayQueue::Held& one, const DelayQueue::Held& other) {
  if (one.due != other.due) return one.due > other.due;
  return one.order > other.order;
}

}  // namespace

std::optional<FrameBuffer> FramePool::take(std::size_t bytes) {
  const bool small = bytes <= kSmallBytes;
  const std::size_t capacity = small ? kSmallBytes : kFrameBytesMax;
  if (bytes > capacity || bytes_out_ + capacity > bytes_max_) return std::nullopt;
  bytes_out_ += capacity;
  std::vector<FrameBuffer>& kept = small ? small_ : large_;
  if (kept.empty()) return FrameBuffer(capacity);
  FrameBuffer buffer = std::move(kept.back());
  kept.pop_back();
  return buffer;
}

std::optional<FrameBuffer> FramePool::copy(ConstBytes frame) {
  std::optional<FrameBuffer> buffer = take(frame.size());
  if (!buffer) return std::nullopt;
  std::memcpy(buffer->room().data(), frame.data(), frame.size());
  buffer->resize(frame.size());
  return buffer;
}

void FramePool::give_back(FrameBuffer buffer) {
  bytes_out_ -= buffer.capacity();
  const bool small = buffer.capacity() == kSmallBytes;
  std::vector<FrameBuffer>& kept = small ? small_ : large_;
  if (kept.size() < (small ? kSmallKept : kLargeKept)) kept.push_back(std::move(buffer));
}

void DelayQueue::push(Instant due, LinkIndex link, FrameBuffer buffer) {
  heap_.push_back(Held{due, next_order_++, link, std::move(buffer)});
  std::ranges::push_heap(heap_, leaves_later);
}

std::optional<Instant> DelayQueue::next_due() const {
  if (heap_.empty()) return std::nullopt;
  return heap_.front().due;
}

std::optional<DelayQueue::Held> DelayQueue::pop(Instant now) {
  if (heap_.empty() || heap_.front().due > now) return std::nullopt;
  std::ranges::pop_heap(heap_, leaves_later);
  Held held = std::move(heap_.back());
  heap_.pop_back();
  return held;
}

}  // namespace chamber::wire
