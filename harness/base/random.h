// Randomness that is the same on every machine: xoshiro256** seeded by splitmix64 (Blackman and Vigna, "Scrambled
// linear pseudorandom number generators", 2021). The standard library's distributions differ between implementations,
// so the few that are needed are here. Not for secrets: those come from random_hex().
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace chamber {

class Random {
 public:
  explicit Random(std::uint64_t seed);

  std::uint64_t next();
  // Uniform in [0, bound), without modulo bias; bound > 0.
  std::uint64_t below(std::uint64_t bound);
  // Uniform in [0, 1).
  double unit();
  bool chance(double probability) { return unit() < probability; }
  // A generator of its own for one part of a run, so that adding a part does not shift the others' numbers.
  [[nodiscard]] Random fork(std::string_view part) const;

 private:
  std::array<std::uint64_t, 4> state_;
};

// `bytes` bytes from the kernel's generator, as lower-case hex. Registered with secrets() by whoever uses it as one.
[[nodiscard]] std::string random_hex(std::size_t bytes);

}  // namespace chamber
