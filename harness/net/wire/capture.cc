#include "harness/net/wire/capture.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

namespace chamber::wire {
namespace {

constexpr std::uint32_t kSectionHeader = 0x0a0d0d0a;
constexpr std::uint32_t kInterfaceDescription = 1;
constexpr std::uint32_t kEnhancedPacket = 6;
constexpr std::uint32_t kByteOrderMagic = 0x1a2b3c4d;
constexpr std::uint16_t kLinkTypeEthernet = 1;

constexpr std::uint16_t kOptionEnd = 0;
constexpr std::uint16_t kOptionComment = 1;
constexpr std::uint16_t kOptionPacketFlags = 2;
constexpr std::uint16_t kOptionInterfaceName = 2;
constexpr std::uint16_t kOptionUserApplication = 4;
constexpr std::uint16_t kOptionTimeResolution = 9;

constexpr std::size_t kGatherBytes = std::size_t{1} << 20;
// An enhanced packet block with the one option that we write, without the packet itself.
constexpr std::size_t kPacketOverhead = 12 + 20 + 12;

// Values are in this machine's byte order: the byte-order magic tells the reader.
template <typename T>
void put(std::vector<std::uint8_t>& to, T value) {
  const std::size_t at = to.size();
  to.resize(at + sizeof value);
  std::memcpy(to.data() + at, &value, sizeof value);
}

void put_padded(std::vector<std::uint8_t>& to, ConstBytes bytes) {
  to.insert(to.end(), bytes.begin(), bytes.end());
  to.resize((to.size() + 3) / 4 * 4);
}

void put_option(std::vector<std::uint8_t>& to, std::uint16_t code, ConstBytes value) {
  put(to, code);
  put(to, static_cast<std::uint16_t>(value.size()));
  put_padded(to, value);
}

void put_option(std::vector<std::uint8_t>& to, std::uint16_t code, std::string_view text) {
  put_option(to, code, ConstBytes(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
}

void put_option_end(std::vector<std::uint8_t>& to) {
  put(to, kOptionEnd);
  put(to, std::uint16_t{0});
}

}  // namespace

Result<Capture> Capture::create(const CaptureOptions& options) {
  Fd file(open(options.path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file.valid()) {
    return fail(ErrorKind::kInput, "creating the capture file {}: {}", options.path.string(), errno_text(errno));
  }
  return Capture(options, std::move(file));
}

Capture::Capture(CaptureOptions options, Fd file)
    : options_(std::move(options)),
      file_(std::move(file)),
      wall_offset_(std::chrono::system_clock::now().time_since_epoch() - now().time_since_epoch()),
      last_flush_(now()) {
  gathered_.reserve(kGatherBytes);
  section_header();
}

void Capture::section_header() {
  std::vector<std::uint8_t> body;
  put(body, kByteOrderMagic);
  put(body, std::uint16_t{1});
  put(body, std::uint16_t{0});
  put(body, ~std::uint64_t{0});  // the section's length is not known beforehand
  put_option(body, kOptionComment,
             fmt::format("CLOCK_MONOTONIC is the time stamp minus {} ns; transport checksums may be partial (offload)",
                         wall_offset_.count()));
  put_option(body, kOptionUserApplication, "chamber");
  put_option_end(body);
  append_block(kSectionHeader, body);
}

std::uint32_t Capture::add_interface(const std::string& name) {
  std::vector<std::uint8_t> body;
  put(body, kLinkTypeEthernet);
  put(body, std::uint16_t{0});
  put(body, static_cast<std::uint32_t>(options_.snap_bytes));
  put_option(body, kOptionInterfaceName, name);
  const std::uint8_t nanoseconds[] = {9};
  put_option(body, kOptionTimeResolution, nanoseconds);
  put_option_end(body);
  append_block(kInterfaceDescription, body);
  return interfaces_++;
}

void Capture::record(std::uint32_t interface, Direction direction, Instant at, ConstBytes frame) {
  const ConstBytes packet = frame.subspan(kOffloadBytes);
  const ConstBytes kept = packet.first(std::min(packet.size(), options_.snap_bytes));
  const std::size_t padded = (kept.size() + 3) / 4 * 4;
  if (write_error_ != 0 || summary_.file_bytes + padded + kPacketOverhead > options_.file_bytes_max) {
    ++summary_.frames_skipped;
    return;
  }
  const auto total = static_cast<std::uint32_t>(padded + kPacketOverhead);
  const auto stamp = static_cast<std::uint64_t>((at.time_since_epoch() + wall_offset_).count());
  put(gathered_, kEnhancedPacket);
  put(gathered_, total);
  put(gathered_, interface);
  put(gathered_, static_cast<std::uint32_t>(stamp >> 32));
  put(gathered_, static_cast<std::uint32_t>(stamp));
  put(gathered_, static_cast<std::uint32_t>(kept.size()));
  put(gathered_, static_cast<std::uint32_t>(packet.size()));
  put_padded(gathered_, kept);
  put(gathered_, kOptionPacketFlags);
  put(gathered_, std::uint16_t{4});
  put(gathered_, static_cast<std::uint32_t>(direction));
  put_option_end(gathered_);
  put(gathered_, total);
  summary_.file_bytes += total;
  ++summary_.frames;
  if (gathered_.size() >= kGatherBytes || at - last_flush_ >= kGatherTime) {
    flush();
    last_flush_ = at;
  }
}

void Capture::append_block(std::uint32_t type, const std::vector<std::uint8_t>& body) {
  const auto total = static_cast<std::uint32_t>(body.size() + 12);
  put(gathered_, type);
  put(gathered_, total);
  gathered_.insert(gathered_.end(), body.begin(), body.end());
  put(gathered_, total);
  summary_.file_bytes += total;
}

void Capture::flush() {
  std::size_t written = 0;
  while (write_error_ == 0 && written < gathered_.size()) {
    const ssize_t count = write(file_.get(), gathered_.data() + written, gathered_.size() - written);
    if (count >= 0) {
      written += static_cast<std::size_t>(count);
    } else if (errno != EINTR) {
      write_error_ = errno;
    }
  }
  gathered_.clear();
}

Result<CaptureSummary> Capture::finish() {
  flush();
  if (write_error_ != 0) return fail_errno(write_error_, "writing the capture file {}", options_.path.string());
  return summary_;
}

}  // namespace chamber::wire
