// The payload of Function::kTxn and of reads that return more than one value, as words of History::payload.
//
// A transaction is its micro-operations one behind the other, each: kind, key, count, values. A count of -1 says that
// the values are not known (a read in a transaction that failed or whose outcome is unknown). A read of a set or a
// list outside a transaction (Function::kRead) is the plain list of its values.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace chamber {

struct MicroOp {
  // The numbers are part of the file format: only ever append.
  enum class Kind : std::uint8_t {
    kRead,      // of a register: no value (nothing was there) or one
    kReadList,  // of a list: its values in order
    kWrite,     // one value
    kAppend,    // one value
  };

  Kind kind = Kind::kRead;
  bool known = true;  // false: a read whose result nobody saw
  std::uint64_t key = 0;
  std::span<const std::int64_t> values;
};

// Walks the micro-operations of one payload without copying.
class TransactionReader {
 public:
  explicit TransactionReader(std::span<const std::int64_t> words) : words_(words) {}
  // The next one; none at the end or where the words make no sense: see well_formed().
  [[nodiscard]] std::optional<MicroOp> next();
  // After next() gave none: whether that was the end.
  [[nodiscard]] bool well_formed() const { return words_.empty(); }

 private:
  std::span<const std::int64_t> words_;
};

void append_micro_op(std::vector<std::int64_t>& words, MicroOp::Kind kind, std::uint64_t key,
                     std::optional<std::span<const std::int64_t>> values);

}  // namespace chamber
