#include "harness/history/reader.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <map>
#include <utility>

#include "harness/base/fd.h"
#include "harness/history/block_file.h"
#include "harness/history/crc32c.h"
#include "harness/history/format.h"
#include "harness/history/transaction.h"

namespace chamber {
namespace {

using Visitor = std::function<void(const Operation&, std::span<const std::int64_t>)>;

class Input {
 public:
  virtual ~Input() = default;
  [[nodiscard]] virtual std::uint64_t size() const = 0;
  // The next `size` bytes, valid until the next call; fewer only at the end of the file.
  virtual Result<std::span<const std::uint8_t>> take(std::size_t size) = 0;
};

class MemoryInput : public Input {
 public:
  explicit MemoryInput(std::span<const std::uint8_t> bytes) : bytes_(bytes), size_(bytes.size()) {}
  std::uint64_t size() const override { return size_; }
  Result<std::span<const std::uint8_t>> take(std::size_t size) override {
    const auto taken = bytes_.first(std::min(size, bytes_.size()));
    bytes_ = bytes_.subspan(taken.size());
    return taken;
  }

 private:
  std::span<const std::uint8_t> bytes_;
  std::uint64_t size_;
};

class FileInput : public Input {
 public:
  static Result<FileInput> open_file(const std::filesystem::path& path) {
    Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd.valid()) return fail(ErrorKind::kInput, "opening {}: {}", path.string(), errno_text(errno));
    struct stat status {};
    if (fstat(fd.get(), &status) != 0) return fail_errno(errno, "looking at {}", path.string());
    if (!S_ISREG(status.st_mode)) return fail(ErrorKind::kInput, "{}: not a regular file", path.string());
    return FileInput(std::move(fd), path, static_cast<std::uint64_t>(status.st_size));
  }

  std::uint64_t size() const override { return size_; }
  Result<std::span<const std::uint8_t>> take(std::size_t size) override {
    buffer_.resize(size);
    std::size_t filled = 0;
    while (filled < size) {
      const ssize_t got = read(fd_.get(), buffer_.data() + filled, size - filled);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return fail_errno(errno, "reading {}", path_.string());
      if (got == 0) break;
      filled += static_cast<std::size_t>(got);
    }
    return std::span<const std::uint8_t>(buffer_).first(filled);
  }

 private:
  FileInput(Fd fd, std::filesystem::path path, std::uint64_t size)
      : fd_(std::move(fd)), path_(std::move(path)), size_(size) {}

  Fd fd_;
  std::filesystem::path path_;
  std::uint64_t size_;
  format::Bytes buffer_;
};

// Puts blocks together to a history.
class Assembler {
 public:
  explicit Assembler(const Visitor& visit) : visit_(visit) { history_.names.clear(); }

  // The length of the header.
  Result<std::uint64_t> header(Input& input);
  // False when the payload is not what its type promises.
  bool block(format::Block type, format::Cursor cursor);
  [[nodiscard]] bool ended() const { return ended_; }
  // `offset` is where the last good block ends; `damage` what stands there instead of another, if anything.
  History finish(std::uint64_t offset, std::string_view damage);

 private:
  bool names(format::Cursor& cursor, std::vector<std::string>& into);
  bool operations(format::Cursor& cursor, bool begun);
  bool end(format::Cursor& cursor);
  bool time(format::Cursor& cursor);
  [[nodiscard]] bool names_known(const Operation& operation) const;

  struct Begun {
    Operation operation;
    std::vector<std::int64_t> payload;
  };
  using Identity = std::pair<std::uint32_t, Instant>;  // a process starts one operation at a time

  const Visitor& visit_;
  History history_;
  std::map<Identity, Begun> begun_;
  std::vector<std::int64_t> payload_;
  std::uint64_t visited_ = 0;
  bool ended_ = false;
};

Result<std::uint64_t> Assembler::header(Input& input) {
  const auto fixed = CHAMBER_TRY(input.take(format::kHeaderFixed));
  if (fixed.size() < format::kHeaderFixed || !std::equal(format::kMagic.begin(), format::kMagic.end(), fixed.begin())) {
    return fail(ErrorKind::kInput, "not a history: it does not begin with \"CHAMBERH\"");
  }
  const std::uint32_t seed = crc32c(fixed);
  format::Cursor cursor(fixed.subspan(format::kMagic.size()));
  const std::uint32_t version = cursor.u32();
  const std::uint32_t length = cursor.u32();
  if (version != format::kVersion) {
    return fail(ErrorKind::kInput, "a history of format version {}; this program reads version {}", version,
                format::kVersion);
  }
  if (length < sizeof(std::uint32_t) || length > input.size()) {
    return fail(ErrorKind::kInput, "offset {}: the header claims {} bytes, the file has {}", format::kHeaderFixed,
                length, input.size());
  }
  const auto rest = CHAMBER_TRY(input.take(length));
  if (rest.size() < length) {
    return fail(ErrorKind::kInput, "offset {}: the file ends within its header", format::kHeaderFixed + rest.size());
  }
  const auto body = rest.first(length - sizeof(std::uint32_t));
  if (format::Cursor(rest.subspan(body.size())).u32() != crc32c(body, seed)) {
    return fail(ErrorKind::kInput, "offset 0: the header's checksum does not match");
  }
  format::Cursor content(body);
  const std::uint64_t low = content.u32();
  const std::uint64_t high = content.u32();
  history_.origin_wall = content.text();
  const auto origin = static_cast<std::int64_t>(low | high << 32);
  if (!content.good() || !content.at_end() || !format::time_fits(origin)) {
    return fail(ErrorKind::kInput, "offset {}: the header makes no sense", format::kHeaderFixed);
  }
  history_.origin = Instant(Duration(origin));
  history_.complete_until = history_.origin;
  return format::kHeaderFixed + length;
}

bool Assembler::block(format::Block type, format::Cursor cursor) {
  switch (type) {
    case format::Block::kNames:
      return names(cursor, history_.names);
    case format::Block::kTexts:
      return names(cursor, history_.texts);
    case format::Block::kEnded:
      return operations(cursor, false);
    case format::Block::kBegun:
      return operations(cursor, true);
    case format::Block::kEvents:
      while (!cursor.at_end()) {
        auto event = format::get_event(cursor, history_.origin);
        if (!event) return false;
        history_.events.push_back(std::move(*event));
      }
      return cursor.good();
    case format::Block::kCheckpoint:
      return time(cursor) && cursor.at_end();
    case format::Block::kEnd:
      return end(cursor);
  }
  return false;
}

bool Assembler::names(format::Cursor& cursor, std::vector<std::string>& into) {
  if (cursor.varint() != into.size()) return false;
  const std::uint64_t count = cursor.varint();
  if (count > cursor.left()) return false;
  for (std::uint64_t i = 0; i < count && cursor.good(); ++i) into.emplace_back(cursor.text());
  return cursor.good() && cursor.at_end();
}

bool Assembler::names_known(const Operation& operation) const {
  const std::size_t known = history_.names.size();
  return operation.workload < known && operation.node < known && operation.error < known;
}

bool Assembler::operations(format::Cursor& cursor, bool begun) {
  format::OperationCoder coder(history_.origin);
  while (!cursor.at_end()) {
    const auto [operation, was_begun] = coder.decode(cursor, payload_);
    if (!cursor.good() || !names_known(operation)) return false;
    const Identity identity{operation.process, operation.start};
    if (begun) {
      begun_.insert_or_assign(identity, Begun{operation, payload_});
      continue;
    }
    if (was_begun) begun_.erase(identity);
    visit_(operation, payload_);
    ++visited_;
  }
  return cursor.good();
}

bool Assembler::time(format::Cursor& cursor) {
  const std::int64_t since_origin = cursor.signed_varint();
  if (!cursor.good() || !format::time_fits(since_origin)) return false;
  history_.complete_until = history_.origin + Duration(since_origin);
  return true;
}

bool Assembler::end(format::Cursor& cursor) {
  const std::uint8_t complete = cursor.byte();
  if (!time(cursor)) return false;
  const std::uint64_t count = cursor.varint();
  const std::string_view reason = cursor.text();
  if (!cursor.good() || !cursor.at_end() || complete > 1 || count != visited_) return false;
  history_.complete = complete == 1;
  history_.incomplete_reason = reason;
  ended_ = true;
  return true;
}

History Assembler::finish(std::uint64_t offset, std::string_view damage) {
  if (!ended_ || !damage.empty()) {
    history_.complete = false;
    history_.incomplete_reason =
        fmt::format("offset {}: {}", offset, damage.empty() ? "the file ends without its end mark" : damage);
  }
  for (const auto& [identity, begun] : begun_) {
    Operation operation = begun.operation;
    operation.outcome = Outcome::kUnknown;
    operation.end = kNever;
    visit_(operation, begun.payload);
  }
  if (history_.names.empty()) history_.names.emplace_back();
  return std::move(history_);
}

Result<History> read_all(Input& input, const Visitor& visit) {
  Assembler assembler(visit);
  std::uint64_t offset = CHAMBER_TRY(assembler.header(input));
  std::string damage;
  while (damage.empty()) {
    const auto head = CHAMBER_TRY(input.take(format::kBlockHeader));
    if (head.empty()) break;
    if (assembler.ended()) {
      damage = "bytes behind the end mark";
      break;
    }
    if (head.size() < format::kBlockHeader) {
      damage = "the file ends within a block";
      break;
    }
    format::Cursor cursor(head);
    const std::uint32_t length = cursor.u32();
    const std::uint32_t checksum = cursor.u32();
    const std::uint8_t type = cursor.byte();
    const std::uint32_t seed = crc32c(std::span(&type, 1), crc32c(head.first(sizeof length)));
    if (length > input.size()) {
      damage = fmt::format("a block claims {} bytes, the file has {}", length, input.size());
      break;
    }
    const auto payload = CHAMBER_TRY(input.take(length));
    if (payload.size() < length) {
      damage = "the file ends within a block";
    } else if (crc32c(payload, seed) != checksum) {
      damage = "a block's checksum does not match";
    } else if (!assembler.block(static_cast<format::Block>(type), format::Cursor(payload))) {
      damage = "a block's content makes no sense";
    } else {
      offset += format::kBlockHeader + length;
    }
  }
  return assembler.finish(offset, damage);
}

// What an operation that had not ended yet at the cut looks like: nobody saw its result.
void forget_result(History& history, Operation& operation) {
  operation.outcome = Outcome::kUnknown;
  operation.end = kNever;
  if (operation.function == Function::kRead || operation.function == Function::kDequeue) {
    operation.value.reset();
    operation.payload_size = 0;
  }
  if (operation.function != Function::kTxn) return;
  std::vector<std::int64_t> words;
  TransactionReader reader(history.payload_of(operation));
  for (auto micro_op = reader.next(); micro_op; micro_op = reader.next()) {
    const bool read = micro_op->kind == MicroOp::Kind::kRead || micro_op->kind == MicroOp::Kind::kReadList;
    append_micro_op(words, micro_op->kind, micro_op->key, read ? std::nullopt : std::optional(micro_op->values));
  }
  history.set_payload(operation, words);
}

void cut(History& history, Instant at) {
  std::erase_if(history.operations, [&](const Operation& operation) { return operation.start >= at; });
  for (Operation& operation : history.operations) {
    if (operation.end >= at && operation.end != kNever) forget_result(history, operation);
  }
}

Result<History> load(Input& input) {
  constexpr std::size_t kMostWords = std::numeric_limits<std::uint32_t>::max();
  History loaded;
  bool too_large = false;
  History rest = CHAMBER_TRY(read_all(input, [&](const Operation& operation, std::span<const std::int64_t> payload) {
    if (payload.size() > kMostWords - loaded.payload.size()) too_large = true;
    if (too_large) return;
    loaded.operations.push_back(operation);
    if (!payload.empty()) loaded.set_payload(loaded.operations.back(), payload);
  }));
  if (too_large)
    return fail(ErrorKind::kInput, "more than {} payload words: only scan_history() can read it", kMostWords);
  rest.operations = std::move(loaded.operations);
  rest.payload = std::move(loaded.payload);
  rest.sort();
  if (!rest.complete) cut(rest, rest.complete_until);
  return rest;
}

}  // namespace

Result<History> load_history(const std::filesystem::path& path) {
  FileInput input = CHAMBER_TRY(FileInput::open_file(path));
  return load(input).context(path.string());
}

Result<History> parse_history(std::span<const std::byte> bytes) {
  MemoryInput input({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
  return load(input);
}

Result<History> scan_history(const std::filesystem::path& path, const Visitor& visit) {
  FileInput input = CHAMBER_TRY(FileInput::open_file(path));
  return read_all(input, visit).context(path.string());
}

Result<void> save_history(const History& history, const std::filesystem::path& path) {
  constexpr std::size_t kOperationsPerBlock = 4096;
  BlockFile file = CHAMBER_TRY(BlockFile::create(path, history.origin, history.origin_wall));
  CHAMBER_CHECK(file.append_names(format::Block::kNames, 0, history.names));
  if (!history.texts.empty()) CHAMBER_CHECK(file.append_names(format::Block::kTexts, 0, history.texts));
  format::Bytes payload;
  std::span<const Operation> left = history.operations;
  while (!left.empty()) {
    payload.clear();
    format::OperationCoder coder(history.origin);
    const auto block = left.first(std::min(left.size(), kOperationsPerBlock));
    for (const Operation& operation : block) coder.encode(payload, operation, history.payload_of(operation), false);
    CHAMBER_CHECK(file.append(format::Block::kEnded, payload));
    left = left.subspan(block.size());
  }
  payload.clear();
  for (const Event& event : history.events) format::put_event(payload, event, history.origin);
  if (!payload.empty()) CHAMBER_CHECK(file.append(format::Block::kEvents, payload));
  payload.clear();
  payload.push_back(history.complete ? 1 : 0);
  format::put_signed(payload, (history.complete_until - history.origin).count());
  format::put_varint(payload, history.operations.size());
  format::put_text(payload, history.incomplete_reason);
  CHAMBER_CHECK(file.append(format::Block::kEnd, payload));
  return file.close();
}

}  // namespace chamber
