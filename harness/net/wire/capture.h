// Recording frames in a pcapng file (draft-ietf-opsawg-pcapng) that tcpdump and Wireshark read.
//
// One interface per node; each frame is recorded where it leaves its sender ("outbound" there) and where it arrives
// ("inbound" on the receiver's interface), so what the wire dropped, delayed or doubled can be seen. Super-frames are
// recorded as they are, up to 64 KiB and with a transport checksum that is still partial, as on any machine with
// offload: readers should not verify checksums. Time stamps are CLOCK_MONOTONIC moved to wall time by one offset for
// the whole file; the file's comment has the offset, so that a history's instants can be found.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "harness/base/clock.h"
#include "harness/base/fd.h"
#include "harness/base/result.h"
#include "harness/net/wire/frame.h"

namespace chamber {

struct CaptureOptions {
  std::filesystem::path path;  // created with mode 0600; must not exist
  std::size_t snap_bytes = 256 * 1024;
  std::uint64_t file_bytes_max = std::uint64_t{1} << 30;  // frames beyond it are counted, not written
  std::vector<std::string> nodes = {};                    // whose interfaces are recorded; empty is every node
};

struct CaptureSummary {
  std::uint64_t frames = 0;          // written
  std::uint64_t frames_skipped = 0;  // not written because of file_bytes_max
  std::uint64_t file_bytes = 0;
};

namespace wire {

// One pcapng file. Of one thread. Blocks are gathered in memory and written in large pieces, at the latest with the
// first frame after kGatherTime, so that a crash costs little. A disk that blocks holds up the caller.
class Capture {
 public:
  enum class Direction : std::uint32_t { kInbound = 1, kOutbound = 2 };
  static constexpr Duration kGatherTime = std::chrono::milliseconds(200);

  // kInput when the file exists or can't be created.
  static Result<Capture> create(const CaptureOptions& options);

  // The number of a new interface, to be used with record().
  std::uint32_t add_interface(const std::string& name);
  void record(std::uint32_t interface, Direction direction, Instant at, ConstBytes frame);
  // Writes what is gathered and says what was recorded, or the first error that writing met: the file ends there.
  Result<CaptureSummary> finish();

  [[nodiscard]] const CaptureOptions& options() const { return options_; }

 private:
  Capture(CaptureOptions options, Fd file);

  void section_header();
  void append_block(std::uint32_t type, const std::vector<std::uint8_t>& body);
  void flush();

  CaptureOptions options_;
  Fd file_;
  Duration wall_offset_;
  Instant last_flush_;
  std::uint32_t interfaces_ = 0;
  std::vector<std::uint8_t> gathered_;
  CaptureSummary summary_;
  int write_error_ = 0;
};

}  // namespace wire
}  // namespace chamber
