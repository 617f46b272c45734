// The file that blocks are appended to; knows the framing of format.h and nothing of what the blocks mean.
#pragma once

#include <filesystem>
#include <string_view>

#include "harness/base/clock.h"
#include "harness/base/fd.h"
#include "harness/base/result.h"
#include "harness/history/format.h"

namespace chamber {

// For one thread at a time.
class BlockFile {
 public:
  // Creates `path` (0600) and writes the header. kInput when it exists already.
  [[nodiscard]] static Result<BlockFile> create(const std::filesystem::path& path, Instant origin,
                                                std::string_view origin_wall);

  // One block. After an error nothing more is written and the same error comes back: a block behind a torn one could
  // not be read anyway.
  Result<void> append(format::Block type, std::span<const std::uint8_t> payload);
  Result<void> append_names(format::Block type, std::size_t first, std::span<const std::string> names);
  // Tells late errors of the file system, too.
  Result<void> close();

 private:
  BlockFile(Fd fd, std::filesystem::path path) : fd_(std::move(fd)), path_(std::move(path)) {}
  Result<void> write_all(std::span<const std::uint8_t> bytes);

  Fd fd_;
  std::filesystem::path path_;
  format::Bytes frame_;
  Result<void> status_;
};

}  // namespace chamber
