// A fingerprint of a sequence that grows at its end and shrinks at its front: the polynomial hash of Karp and Rabin
// ("Efficient randomized pattern-matching algorithms", 1987) modulo 2^61 - 1, twice, with bases drawn anew in each
// process. Two different sequences of length n collide with a probability below (n / 2^61)^2: for a million elements
// below 10^-24, whatever the sequences are.
#pragma once

#include <cstdint>

namespace chamber {

class SequenceHash {
 public:
  bool operator==(const SequenceHash&) const = default;
  [[nodiscard]] std::uint64_t size() const { return size_; }
  // For the search's own fingerprint, which is wider.
  [[nodiscard]] std::uint64_t mixed() const;

  void push_back(std::uint64_t element);
  // `element` must be the first.
  void pop_front(std::uint64_t element);
  // The other sequence behind this one.
  void append(const SequenceHash& other);

 private:
  std::uint64_t first_ = 0;
  std::uint64_t second_ = 0;
  std::uint64_t size_ = 0;
};

}  // namespace chamber
