// Which transaction wrote which value to which key: open addressing, because there are millions.
#pragma once

#include <cstdint>
#include <vector>

#include "harness/check/seen_set.h"

namespace chamber {

class VersionTable {
 public:
  static constexpr std::uint32_t kNobody = UINT32_MAX;
  static constexpr std::uint32_t kUnseen = UINT32_MAX;

  struct Version {
    std::uint32_t writer = kNobody;
    std::uint32_t position = kUnseen;  // in the order of the key's versions
    std::uint32_t order = 0;           // in which it was added
    bool last_of_writer = true;        // its transaction wrote nothing to the key after it
  };

  // False when the value was written to the key before. Writers come in order, each with all it writes.
  bool add(std::uint32_t key, std::int64_t value, std::uint32_t writer);
  // Null when nobody wrote it.
  [[nodiscard]] Version* find(std::uint32_t key, std::int64_t value);

  [[nodiscard]] std::size_t bytes() const { return slots_.size() * sizeof(Slot); }

  template <typename Visit>
  void for_each(Visit visit) const {
    for (const Slot& slot : slots_) {
      if (slot.version.writer != kNobody) visit(slot.key, slot.value, slot.version);
    }
  }

 private:
  struct Slot {
    std::int64_t value = 0;
    std::uint32_t key = 0;
    Version version;
  };
  [[nodiscard]] Slot& slot_of(std::vector<Slot>& slots, std::uint32_t key, std::int64_t value) const;
  void grow();

  std::vector<Slot> slots_;
  std::size_t used_ = 0;
  std::vector<std::int64_t> last_values_;    // by key: what was written last, …
  std::vector<std::uint32_t> last_writers_;  // … and by whom
};

inline VersionTable::Slot& VersionTable::slot_of(std::vector<Slot>& slots, std::uint32_t key,
                                                 std::int64_t value) const {
  const std::size_t mask = slots.size() - 1;
  std::size_t at = mix64(static_cast<std::uint64_t>(value) ^ mix64(key)) & mask;
  while (slots[at].version.writer != kNobody && (slots[at].key != key || slots[at].value != value))
    at = (at + 1) & mask;
  return slots[at];
}

inline bool VersionTable::add(std::uint32_t key, std::int64_t value, std::uint32_t writer) {
  if (2 * (used_ + 1) > slots_.size()) grow();
  Slot& slot = slot_of(slots_, key, value);
  if (slot.version.writer != kNobody) return false;
  slot = {value, key, {writer, kUnseen, static_cast<std::uint32_t>(used_), true}};
  ++used_;
  if (key >= last_writers_.size()) {
    last_writers_.resize(key + 1, kNobody);
    last_values_.resize(key + 1);
  }
  if (last_writers_[key] == writer) find(key, last_values_[key])->last_of_writer = false;
  last_writers_[key] = writer;
  last_values_[key] = value;
  return true;
}

inline VersionTable::Version* VersionTable::find(std::uint32_t key, std::int64_t value) {
  if (slots_.empty()) return nullptr;
  Slot& slot = slot_of(slots_, key, value);
  return slot.version.writer == kNobody ? nullptr : &slot.version;
}

inline void VersionTable::grow() {
  constexpr std::size_t kFirst = 64;
  std::vector<Slot> larger(slots_.empty() ? kFirst : slots_.size() * 2);
  for (const Slot& slot : slots_) {
    if (slot.version.writer != kNobody) slot_of(larger, slot.key, slot.value) = slot;
  }
  slots_ = std::move(larger);
}

}  // namespace chamber
