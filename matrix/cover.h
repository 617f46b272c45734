// Which combinations of values are allowed, and few of them that hold every allowed pair: pairwise covering arrays with
// constraints. Greedy, row by row, each the best of many drawn ones (D. Cohen, S. Dalal, M. Fredman, G. Patton, "The
// AETG System", IEEE Transactions on Software Engineering 23(7), 1997). Axes and values are numbers here.
#pragma once

#include <cstdint>
#include <vector>

namespace chamber::matrix {

// One value of each axis; kOpen where it is not chosen yet.
using Row = std::vector<int>;
inline constexpr int kOpen = -1;

// What must not come together: a row is hit when each axis has one of the pattern's values. An empty list stands for
// every value of that axis.
struct Pattern {
  std::vector<std::vector<bool>> values;  // [axis][value]
};

// Immutable; any thread.
class Space {
 public:
  Space(std::vector<int> sizes, std::vector<Pattern> forbidden)
      : sizes_(std::move(sizes)), forbidden_(std::move(forbidden)) {}

  [[nodiscard]] const std::vector<int>& sizes() const { return sizes_; }
  [[nodiscard]] std::size_t axes() const { return sizes_.size(); }
  [[nodiscard]] const std::vector<Pattern>& forbidden() const { return forbidden_; }
  // The product of the sizes; capped at 2^62.
  [[nodiscard]] std::uint64_t combinations() const;

  // No pattern hits what is chosen of the row, whatever the open rest becomes.
  [[nodiscard]] bool allows(const Row& row) const;
  // Some choice of the open axes makes an allowed row. Searches with backtracking.
  [[nodiscard]] bool completable(Row row) const;
  // The first such choice in the order of the values; empty when there is none.
  [[nodiscard]] Row completed(Row row) const;

 private:
  bool complete(Row& row) const;
  [[nodiscard]] const Pattern* threatening(const Row& row) const;

  std::vector<int> sizes_;
  std::vector<Pattern> forbidden_;
};

// Every allowed row, in the order of an odometer whose last axis turns fastest.
[[nodiscard]] std::vector<Row> all_rows(const Space& space);

// Pairs of values of two axes. `possible`: in at least one allowed row. `covered`: in at least one of the rows.
struct PairCount {
  std::uint64_t all = 0;
  std::uint64_t possible = 0;
  std::uint64_t covered = 0;
};
[[nodiscard]] PairCount count_pairs(const Space& space, const std::vector<Row>& rows);

// Allowed rows that hold, together with `given`, every possible pair; the same for the same seed. `given` is not among
// them.
[[nodiscard]] std::vector<Row> pairwise_rows(const Space& space, std::uint64_t seed,
                                             const std::vector<Row>& given = {});

}  // namespace chamber::matrix
