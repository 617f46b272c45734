// What is said about a loss of power.
#pragma once

#include <cstdint>

namespace chamber {

// Which unsynced pages happen to have reached the disk when its power is lost. By themselves none do.
struct Survival {
  double share = 0;  // of the unsynced pages, each by itself; one in four of those only with its first sectors
  std::uint64_t seed = 0;
};

// How much is not synced.
struct Unsynced {
  std::uint64_t files = 0;   // whose bytes or length changed
  std::uint64_t writes = 0;  // that wrote to them
  std::uint64_t bytes = 0;   // that those wrote
  std::uint64_t names = 0;   // made, moved and removed, and changes of modes and owners

  Unsynced& operator+=(const Unsynced& other) {
    files += other.files;
    writes += other.writes;
    bytes += other.bytes;
    names += other.names;
    return *this;
  }
};

struct PowerLoss {
  Unsynced unsynced;        // when it came
  std::uint64_t pages = 0;  // of those that had changed since they were synced: how many there were, and …
  std::uint64_t kept = 0;   // … how many of them had reached the disk by chance, in part or whole
};

}  // namespace chamber
