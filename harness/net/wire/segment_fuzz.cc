// Frames come from a kernel, but from one whose processes may write what they like: whatever arrives, segmentation and
// checksums stay inside of their buffers, and the packets of a super-frame are together as long as its payload.
#include <cstdlib>
#include <vector>

#include "harness/net/wire/segment.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace chamber::wire;
  if (size < kIpAt || size > kFrameBytesMax) return 0;
  std::vector<std::uint8_t> frame(data, data + size);
  std::vector<std::uint8_t> scratch(kFrameBytesMax);
  if (const std::optional<SuperFrame> packets = SuperFrame::parse(frame)) {
    for (std::size_t i = 0; i < packets->packets(); ++i) {
      const Bytes packet = packets->slice(i, 1, scratch);
      if (packet.size() != packets->ethernet_bytes(i) + kOffloadBytes || packet.size() > size) std::abort();
      if (!complete_checksum(packet)) std::abort();
    }
    if (packets->slice(0, packets->packets(), scratch).size() > size) std::abort();
  }
  static_cast<void>(complete_checksum(frame));
  return 0;
}
