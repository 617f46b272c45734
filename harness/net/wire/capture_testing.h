// Reads back, for tests, what Capture wrote: a pcapng reader of its own, from the format's text and not from the
// writer.
#pragma once

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace chamber::wire {

struct CapturedFrame {
  std::string interface;
  std::uint32_t direction = 0;  // 1 inbound, 2 outbound
  std::uint64_t nanoseconds = 0;
  std::uint32_t original_bytes = 0;
  std::vector<std::uint8_t> bytes;
};

struct CaptureFile {
  std::vector<std::string> interfaces;
  std::vector<CapturedFrame> frames;
  std::string comment;
};

class CaptureReader {
 public:
  // Throws std::runtime_error with the offset when the file breaks the format.
  static CaptureFile read(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    CaptureReader reader;
    reader.bytes_.assign(std::istreambuf_iterator<char>(file), {});
    for (std::size_t at = 0; at < reader.bytes_.size();) at += reader.block(at);
    return std::move(reader.result_);
  }

 private:
  using Options = std::map<std::uint16_t, std::string>;

  template <typename T>
  T number(std::size_t at) const {
    if (at + sizeof(T) > bytes_.size()) throw std::runtime_error("cut off at " + std::to_string(at));
    T value;
    std::memcpy(&value, bytes_.data() + at, sizeof value);
    return value;
  }

  Options options(std::size_t at, std::size_t end) const {
    Options found;
    while (at < end) {
      const auto code = number<std::uint16_t>(at);
      const auto size = number<std::uint16_t>(at + 2);
      if (code == 0) return found;
      found[code] = std::string(bytes_.data() + at + 4, size);
      at += 4 + (size + 3U) / 4U * 4U;
    }
    throw std::runtime_error("options without an end at " + std::to_string(at));
  }

  std::size_t block(std::size_t at) {
    const auto type = number<std::uint32_t>(at);
    const auto total = number<std::uint32_t>(at + 4);
    if (total % 4 != 0 || total < 12 || number<std::uint32_t>(at + total - 4) != total) {
      throw std::runtime_error("a block's two lengths differ at " + std::to_string(at));
    }
    const std::size_t end = at + total - 4;
    if (type == 0x0a0d0d0a) {
      if (at != 0 || number<std::uint32_t>(8) != 0x1a2b3c4d) throw std::runtime_error("a bad section header");
      result_.comment = options(24, end)[1];
    } else if (type == 1) {
      Options found = options(at + 16, end);
      if (number<std::uint16_t>(at + 8) != 1) throw std::runtime_error("not Ethernet");
      if (found[9] != "\x09") throw std::runtime_error("not in nanoseconds");
      result_.interfaces.push_back(found[2]);
    } else if (type == 6) {
      CapturedFrame frame;
      const auto kept = number<std::uint32_t>(at + 20);
      frame.interface = result_.interfaces.at(number<std::uint32_t>(at + 8));
      frame.nanoseconds = std::uint64_t{number<std::uint32_t>(at + 12)} << 32 | number<std::uint32_t>(at + 16);
      frame.original_bytes = number<std::uint32_t>(at + 24);
      const char* data = bytes_.data() + at + 28;
      frame.bytes.assign(data, data + kept);
      const std::string flags = options(at + 28 + (kept + 3U) / 4U * 4U, end)[2];
      std::memcpy(&frame.direction, flags.data(), sizeof frame.direction);
      result_.frames.push_back(std::move(frame));
    } else {
      throw std::runtime_error("an unknown block at " + std::to_string(at));
    }
    return total;
  }

  std::vector<char> bytes_;
  CaptureFile result_;
};

}  // namespace chamber::wire
