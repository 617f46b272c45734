// What the harness itself takes while a run goes on: memory, descriptors, threads. A run of hours must not take more at
// its end than at its beginning.
#pragma once

#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

#include "harness/base/clock.h"

namespace chamber {

struct Footprint {
  std::uint64_t rss_bytes = 0;
  std::uint64_t disk_bytes = 0;  // of these: what the cell's disks that can lose power keep (harness/disk)
  std::uint64_t descriptors = 0;
  std::uint64_t threads = 0;
};

// Of this process, now. Zeros for what the kernel doesn't tell.
[[nodiscard]] Footprint footprint_now();

// The means of the second and of the last quarter of a run (in the first it still grows into its work), and the most.
struct FootprintCourse {
  Footprint early;
  Footprint late;
  Footprint most;
};
[[nodiscard]] FootprintCourse course_of(const std::vector<Footprint>& samples);

class FootprintWatch {
 public:
  FootprintWatch();
  FootprintCourse stop();

 private:
  // After so many samples every second one is dropped and the pace halved: bounded, however long the run is.
  static constexpr std::size_t kMostSamples = 2048;

  std::vector<Footprint> samples_;
  std::jthread thread_;  // after what it uses
};

}  // namespace chamber
