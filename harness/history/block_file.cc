#include "harness/history/block_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <limits>

#include "harness/history/crc32c.h"

namespace chamber {

Result<BlockFile> BlockFile::create(const std::filesystem::path& path, Instant origin, std::string_view origin_wall) {
  Fd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd.valid()) {
    if (errno == EEXIST)
      return fail(ErrorKind::kInput, "{}: exists already; a history is never overwritten", path.string());
    return fail_errno(errno, "creating the history {}", path.string());
  }
  format::Bytes rest;
  const auto origin_ns = static_cast<std::uint64_t>(origin.time_since_epoch().count());
  format::put_u32(rest, static_cast<std::uint32_t>(origin_ns));
  format::put_u32(rest, static_cast<std::uint32_t>(origin_ns >> 32));
  format::put_text(rest, origin_wall);
  format::Bytes header(format::kMagic.begin(), format::kMagic.end());
  format::put_u32(header, format::kVersion);
  format::put_u32(header, static_cast<std::uint32_t>(rest.size() + sizeof(std::uint32_t)));
  header.insert(header.end(), rest.begin(), rest.end());
  format::put_u32(header, crc32c(header));

  BlockFile file(std::move(fd), path);
  CHAMBER_CHECK(file.write_all(header));
  return file;
}

Result<void> BlockFile::append(format::Block type, std::span<const std::uint8_t> payload) {
  CHAMBER_CHECK(status_);
  if (payload.size() > std::numeric_limits<std::uint32_t>::max()) {
    status_ = fail(ErrorKind::kHarness, "{}: a block of {} bytes is more than the format holds", path_.string(),
                   payload.size());
    return status_;
  }
  frame_.clear();
  format::put_u32(frame_, static_cast<std::uint32_t>(payload.size()));
  const auto type_byte = static_cast<std::uint8_t>(type);
  const std::uint32_t checksum = crc32c(payload, crc32c(std::span(&type_byte, 1), crc32c(frame_)));
  format::put_u32(frame_, checksum);
  frame_.push_back(type_byte);
  frame_.insert(frame_.end(), payload.begin(), payload.end());
  status_ = write_all(frame_);
  return status_;
}

Result<void> BlockFile::append_names(format::Block type, std::size_t first, std::span<const std::string> names) {
  format::Bytes payload;
  format::put_varint(payload, first);
  format::put_varint(payload, names.size());
  for (const std::string& name : names) format::put_text(payload, name);
  return append(type, payload);
}

Result<void> BlockFile::close() {
  CHAMBER_CHECK(status_);
  if (::close(fd_.release()) != 0) status_ = fail_errno(errno, "closing the history {}", path_.string());
  return status_;
}

Result<void> BlockFile::write_all(std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd_.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail_errno(errno, "writing the history {}", path_.string());
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

}  // namespace chamber
