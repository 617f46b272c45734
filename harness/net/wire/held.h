// Frames that wait in the wire: the memory that they lie in and the order in which they leave.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "harness/base/clock.h"
#include "harness/net/wire/frame.h"

namespace chamber::wire {

// The bytes of one frame. Movable, never copied by accident.
class FrameBuffer {
 public:
  FrameBuffer() = default;
  explicit FrameBuffer(std::size_t capacity)
      : data_(std::make_unique_for_overwrite<std::uint8_t[]>(capacity)), capacity_(capacity) {}

  [[nodiscard]] Bytes room() { return {data_.get(), capacity_}; }
  [[nodiscard]] Bytes frame() { return {data_.get(), size_}; }
  void resize(std::size_t size) { size_ = size; }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }

 private:
  std::unique_ptr<std::uint8_t[]> data_;
  std::size_t capacity_ = 0;
  std::size_t size_ = 0;
};

// Keeps buffers of two sizes for reuse: for a packet of a usual MTU, and for a super-frame. A limit on the bytes that
// are out at once bounds the wire's memory. Of one thread.
class FramePool {
 public:
  // A packet of MTU 1500 with room for tunnels and options.
  static constexpr std::size_t kSmallBytes = 2048;

  explicit FramePool(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  // A buffer with room for `bytes`, at most kFrameBytesMax; nothing when the limit is reached.
  [[nodiscard]] std::optional<FrameBuffer> take(std::size_t bytes);
  // The same with a copy of the frame in it.
  [[nodiscard]] std::optional<FrameBuffer> copy(ConstBytes frame);
  void give_back(FrameBuffer buffer);
  [[nodiscard]] std::size_t bytes_out() const { return bytes_out_; }

 private:
  std::size_t bytes_max_;
  std::size_t bytes_out_ = 0;
  std::vector<FrameBuffer> small_;
  std::vector<FrameBuffer> large_;
};

// A directed link by the slots of its two nodes.
struct LinkIndex {
  std::uint32_t from = 0;
  std::uint32_t to = 0;
};

// Frames by the instant at which they are due; those due at the same instant leave in the order in which they came.
class DelayQueue {
 public:
  struct Held {
    Instant due;
    std::uint64_t order = 0;
    LinkIndex link;
    FrameBuffer buffer;
  };

  void push(Instant due, LinkIndex link, FrameBuffer buffer);
  // When the next frame leaves, if there is one.
  [[nodiscard]] std::optional<Instant> next_due() const;
  // The next frame if it is due.
  [[nodiscard]] std::optional<Held> pop(Instant now);
  [[nodiscard]] std::size_t size() const { return heap_.size(); }

 private:
  std::vector<Held> heap_;
  std::uint64_t next_order_ = 0;
};

}  // namespace chamber::wire
