// Whatever a file holds, every model judges what can be read of it: no crash, no pass of a history that is cut short,
// and of a small one the answer that trying every order gives. The first byte chooses the model, the second the format.
//
// A mutation of the binary format would nearly always break a checksum and be refused: most of them are mended, as one
// who makes a hostile file would.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <sstream>

#include "harness/check/judge.h"
#include "harness/check/twins.h"
#include "harness/history/crc32c.h"
#include "harness/history/format.h"
#include "harness/history/jsonl.h"
#include "harness/history/reader.h"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

namespace {

constexpr std::size_t kChoices = 2;

bool is_binary(std::span<const std::uint8_t> data) {
  return data[1] % 2 != 0;
}

std::uint32_t read_u32(std::span<const std::uint8_t> bytes) {
  return chamber::format::Cursor(bytes.first(sizeof(std::uint32_t))).u32();
}

void write_u32(std::span<std::uint8_t> at, std::uint32_t value) {
  chamber::format::Bytes bytes;
  chamber::format::put_u32(bytes, value);
  std::copy(bytes.begin(), bytes.end(), at.begin());
}

void mend_checksums(std::span<std::uint8_t> file) {
  using chamber::crc32c;
  if (file.size() < chamber::format::kHeaderFixed) return;
  const std::size_t rest = read_u32(file.subspan(chamber::format::kHeaderFixed - sizeof(std::uint32_t)));
  if (rest < sizeof(std::uint32_t) || rest > file.size() - chamber::format::kHeaderFixed) return;
  const std::size_t header = chamber::format::kHeaderFixed + rest;
  const std::size_t checked = header - sizeof(std::uint32_t);
  write_u32(file.subspan(checked), crc32c(file.first(checked)));
  file = file.subspan(header);
  while (file.size() >= chamber::format::kBlockHeader) {
    const std::size_t length = read_u32(file);
    if (length > file.size() - chamber::format::kBlockHeader) return;
    const std::size_t block = chamber::format::kBlockHeader + length;
    const std::size_t type = chamber::format::kBlockHeader - 1;
    write_u32(file.subspan(sizeof(std::uint32_t)),
              crc32c(file.subspan(type, 1 + length), crc32c(file.first(sizeof(std::uint32_t)))));
    file = file.subspan(block);
  }
}

// None when it is not one of those few that all orders can be tried of.
std::optional<bool> has_order(const chamber::History& history, const chamber::JudgeOptions& options) {
  constexpr std::size_t kMostOperations = 6;
  if (history.operations.size() > kMostOperations) return std::nullopt;
  if (options.model == "list-append") {
    const bool others =
        std::any_of(history.operations.begin(), history.operations.end(),
                    [](const chamber::Operation& operation) { return operation.function != chamber::Function::kTxn; });
    return others ? std::nullopt : std::optional(chamber::has_serial_order(history, true));
  }
  std::set<std::uint64_t> keys;
  for (const chamber::Operation& operation : history.operations) keys.insert(operation.key);
  if (options.model != "register" || keys.size() != 1) return std::nullopt;
  return chamber::BruteForce(history, chamber::Register(), chamber::register_step).has_order();
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most, unsigned seed) {
  constexpr unsigned kOneLeftBroken = 4;
  size = LLVMFuzzerMutate(data, size, most);
  const std::span<std::uint8_t> bytes(data, size);
  if (size > kChoices && is_binary(bytes) && seed % kOneLeftBroken != 0) mend_checksums(bytes.subspan(kChoices));
  return size;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < kChoices) return 0;
  const auto models = chamber::judge_models();
  chamber::JudgeOptions options{.model = std::string(models[data[0] % models.size()].name),
                                .level = "strict-serializable"};
  options.limits = {.time = std::chrono::milliseconds(100), .memory_bytes = std::size_t{64} << 20, .threads = 1};
  const std::span<const std::uint8_t> all(data, size);
  const auto bytes = all.subspan(kChoices);
  std::istringstream text(std::string(bytes.begin(), bytes.end()));
  const auto history =
      is_binary(all) ? chamber::parse_history(std::as_bytes(bytes)) : chamber::import_jsonl(text, "fuzz");
  if (!history) return 0;
  const auto check = chamber::judge_of(options);
  if (!check) __builtin_trap();
  const chamber::Verdict verdict = chamber::run_checks(*history, std::span(&*check, 1));
  if (!history->complete && verdict.overall == chamber::Judgement::kPass) __builtin_trap();
  const chamber::Judgement judgement = verdict.results.back().judgement;
  if (judgement == chamber::Judgement::kInconclusive) return 0;
  const std::optional<bool> expected = has_order(*history, options);
  if (expected && *expected != (judgement == chamber::Judgement::kPass)) __builtin_trap();
  return 0;
}
