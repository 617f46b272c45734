#include "harness/check/sequence_hash.h"

#include <array>
#include <random>

#include "harness/check/seen_set.h"

namespace chamber {
namespace {

constexpr std::uint64_t kPrime = (1ULL << 61) - 1;

std::uint64_t reduce(std::uint64_t value) {
  value = (value & kPrime) + (value >> 61);
  return value >= kPrime ? value - kPrime : value;
}

__extension__ using Wide = unsigned __int128;

std::uint64_t times(std::uint64_t a, std::uint64_t b) {
  const Wide product = static_cast<Wide>(a) * b;
  return reduce((static_cast<std::uint64_t>(product) & kPrime) + static_cast<std::uint64_t>(product >> 61));
}

std::uint64_t plus(std::uint64_t a, std::uint64_t b) {
  return reduce(a + b);
}

std::uint64_t power(std::uint64_t base, std::uint64_t exponent) {
  std::uint64_t result = 1;
  for (; exponent > 0; exponent >>= 1) {
    if ((exponent & 1) != 0) result = times(result, base);
    base = times(base, base);
  }
  return result;
}

const std::array<std::uint64_t, 2>& bases() {
  static const std::array<std::uint64_t, 2> kBases = [] {
    std::random_device device;
    const auto draw = [&] { return reduce(static_cast<std::uint64_t>(device()) << 32 | device()) | 1; };
    return std::array<std::uint64_t, 2>{draw(), draw()};
  }();
  return kBases;
}

// Elements are spread first: small numbers and text bytes would otherwise fill only the low bits.
std::uint64_t spread(std::uint64_t element) {
  return reduce(mix64(element));
}

}  // namespace

std::uint64_t SequenceHash::mixed() const {
  return mix64(first_ ^ mix64(second_ ^ mix64(size_)));
}

void SequenceHash::push_back(std::uint64_t element) {
  const std::uint64_t value = spread(element);
  first_ = plus(times(first_, bases()[0]), value);
  second_ = plus(times(second_, bases()[1]), value);
  ++size_;
}

void SequenceHash::pop_front(std::uint64_t element) {
  const std::uint64_t value = spread(element);
  --size_;
  first_ = plus(first_, kPrime - times(value, power(bases()[0], size_)));
  second_ = plus(second_, kPrime - times(value, power(bases()[1], size_)));
}

void SequenceHash::append(const SequenceHash& other) {
  first_ = plus(times(first_, power(bases()[0], other.size_)), other.first_);
  second_ = plus(times(second_, power(bases()[1], other.size_)), other.second_);
  size_ += other.size_;
}

}  // namespace chamber
