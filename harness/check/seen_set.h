// A set of 128-bit fingerprints with open addressing, 16 bytes a slot.
#pragma once

#include <cstdint>
#include <vector>

#include "harness/check/limits.h"

namespace chamber {

struct Fingerprint {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  bool operator==(const Fingerprint&) const = default;
  Fingerprint operator^(const Fingerprint& other) const { return {low ^ other.low, high ^ other.high}; }
};

// splitmix64's finaliser (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
[[nodiscard]] inline std::uint64_t mix64(std::uint64_t value) {
  value += 0x9E3779B97F4A7C15ULL;
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9ULL;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EBULL;
  return value ^ (value >> 31);
}

class SeenSet {
 public:
  explicit SeenSet(Meter& meter) : meter_(meter) {}
  SeenSet(const SeenSet&) = delete;
  SeenSet& operator=(const SeenSet&) = delete;
  ~SeenSet() { meter_.release(charged_); }

  enum class Insert { kNew, kSeen, kNoMemory };
  Insert insert(Fingerprint fingerprint);

 private:
  // Grows at half full: a miss, the usual case, then takes few probes.
  [[nodiscard]] bool grow();

  Meter& meter_;
  std::vector<Fingerprint> slots_;  // all-zero: empty
  std::size_t used_ = 0;
  std::size_t charged_ = 0;
};

inline SeenSet::Insert SeenSet::insert(Fingerprint fingerprint) {
  if (fingerprint == Fingerprint{}) fingerprint.low = 1;
  if (2 * (used_ + 1) > slots_.size() && !grow()) return Insert::kNoMemory;
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t slot = fingerprint.low & mask;; slot = (slot + 1) & mask) {
    if (slots_[slot] == fingerprint) return Insert::kSeen;
    if (slots_[slot] == Fingerprint{}) {
      slots_[slot] = fingerprint;
      ++used_;
      return Insert::kNew;
    }
  }
}

inline bool SeenSet::grow() {
  constexpr std::size_t kFirst = 64;
  const std::size_t size = slots_.empty() ? kFirst : slots_.size() * 2;
  if (!meter_.charge(size * sizeof(Fingerprint))) {
    charged_ += size * sizeof(Fingerprint);
    return false;
  }
  std::vector<Fingerprint> old(size);
  old.swap(slots_);
  for (const Fingerprint& fingerprint : old) {
    if (fingerprint == Fingerprint{}) continue;
    std::size_t slot = fingerprint.low & (size - 1);
    while (slots_[slot] != Fingerprint{}) slot = (slot + 1) & (size - 1);
    slots_[slot] = fingerprint;
  }
  meter_.release(old.size() * sizeof(Fingerprint));
  charged_ += (size - old.size()) * sizeof(Fingerprint);
  return true;
}

}  // namespace chamber
