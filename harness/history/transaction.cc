#include "harness/history/transaction.h"

namespace chamber {

std::optional<MicroOp> TransactionReader::next() {
  constexpr std::size_t kFixedWords = 3;
  if (words_.size() < kFixedWords) return std::nullopt;
  const std::int64_t kind = words_[0];
  const std::int64_t count = words_[2];
  if (kind < 0 || kind > static_cast<std::int64_t>(MicroOp::Kind::kAppend)) return std::nullopt;
  if (count < -1 || count > static_cast<std::int64_t>(words_.size() - kFixedWords)) return std::nullopt;
  const auto size = static_cast<std::size_t>(count < 0 ? 0 : count);
  const MicroOp operation{static_cast<MicroOp::Kind>(kind), count >= 0, static_cast<std::uint64_t>(words_[1]),
                          words_.subspan(kFixedWords, size)};
  const bool single = operation.kind == MicroOp::Kind::kWrite || operation.kind == MicroOp::Kind::kAppend;
  if (single && count != 1) return std::nullopt;
  if (operation.kind == MicroOp::Kind::kRead && count > 1) return std::nullopt;
  words_ = words_.subspan(kFixedWords + size);
  return operation;
}

void append_micro_op(std::vector<std::int64_t>& words, MicroOp::Kind kind, std::uint64_t key,
                     std::optional<std::span<const std::int64_t>> values) {
  words.push_back(static_cast<std::int64_t>(kind));
  words.push_back(static_cast<std::int64_t>(key));
  words.push_back(values ? static_cast<std::int64_t>(values->size()) : -1);
  if (values) words.insert(words.end(), values->begin(), values->end());
}

}  // namespace chamber
