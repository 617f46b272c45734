#include "matrix/cover.h"

#include <algorithm>
#include <numeric>

#include "harness/base/random.h"

namespace chamber::matrix {
namespace {

constexpr std::uint64_t kMostCombinations = std::uint64_t{1} << 62;
constexpr int kCandidates = 40;              // rows drawn for each row that is taken
constexpr std::uint64_t kWork = 40'000'000;  // pairs looked at, about, that all restarts together may cost
constexpr std::uint64_t kMostRestarts = 30;

bool hits(const std::vector<bool>& values, int value) {
  return values.empty() || values[static_cast<std::size_t>(value)];
}

// The pairs of values that are still to be covered, as a square bit table over all values of all axes.
class OpenPairs {
 public:
  explicit OpenPairs(const Space& space) {
    int total = 0;
    for (const int size : space.sizes()) {
      first_.push_back(total);
      total += size;
    }
    values_ = static_cast<std::size_t>(total);
    open_.assign(values_ * values_, false);
    of_value_.assign(values_, 0);
  }

  void open(std::size_t a, int va, std::size_t b, int vb) { set(a, va, b, vb, true); }
  void cover(const Row& row) {
    for (std::size_t a = 0; a < row.size(); ++a) {
      for (std::size_t b = a + 1; b < row.size(); ++b) set(a, row[a], b, row[b], false);
    }
  }
  [[nodiscard]] bool is_open(std::size_t a, int va, std::size_t b, int vb) const {
    return open_[index(a, va) * values_ + index(b, vb)];
  }
  // How many of the row's chosen values make an open pair with this one.
  [[nodiscard]] int gain(const Row& row, std::size_t axis, int value) const {
    int gained = 0;
    for (std::size_t other = 0; other < row.size(); ++other) {
      if (other != axis && row[other] != kOpen && is_open(axis, value, other, row[other])) ++gained;
    }
    return gained;
  }
  [[nodiscard]] int of_value(std::size_t axis, int value) const { return of_value_[index(axis, value)]; }
  [[nodiscard]] std::uint64_t count() const { return count_; }

 private:
  [[nodiscard]] std::size_t index(std::size_t axis, int value) const {
    return static_cast<std::size_t>(first_[axis] + value);
  }
  void set(std::size_t a, int va, std::size_t b, int vb, bool open) {
    if (is_open(a, va, b, vb) == open) return;
    const std::size_t i = index(a, va);
    const std::size_t j = index(b, vb);
    open_[i * values_ + j] = open_[j * values_ + i] = open;
    const int step = open ? 1 : -1;
    of_value_[i] += step;
    of_value_[j] += step;
    count_ = open ? count_ + 1 : count_ - 1;
  }

  std::vector<int> first_;
  std::size_t values_ = 0;
  std::vector<bool> open_;
  std::vector<int> of_value_;
  std::uint64_t count_ = 0;
};

template <typename Visit>
void for_each_pair(const Space& space, const Visit& visit) {
  for (std::size_t a = 0; a < space.axes(); ++a) {
    for (std::size_t b = a + 1; b < space.axes(); ++b) {
      for (int va = 0; va < space.sizes()[a]; ++va) {
        for (int vb = 0; vb < space.sizes()[b]; ++vb) visit(a, va, b, vb);
      }
    }
  }
}

bool possible(const Space& space, std::size_t a, int va, std::size_t b, int vb) {
  Row row(space.axes(), kOpen);
  row[a] = va;
  row[b] = vb;
  return space.completable(row);
}

OpenPairs possible_pairs(const Space& space) {
  OpenPairs pairs(space);
  for_each_pair(space, [&](std::size_t a, int va, std::size_t b, int vb) {
    if (possible(space, a, va, b, vb)) pairs.open(a, va, b, vb);
  });
  return pairs;
}

class Builder {
 public:
  Builder(const Space& space, OpenPairs pairs, Random random)
      : space_(space), pairs_(std::move(pairs)), random_(random) {}

  std::vector<Row> rows() {
    std::vector<Row> rows;
    while (pairs_.count() > 0) {
      Row best;
      int best_gain = 0;
      for (int i = 0; i < kCandidates; ++i) {
        Row row = candidate();
        if (const int gained = gain(row); gained > best_gain) {
          best_gain = gained;
          best = std::move(row);
        }
      }
      pairs_.cover(best);
      rows.push_back(std::move(best));
    }
    return rows;
  }

 private:
  // Begins with an open pair, so that it covers at least that one; then each axis, in a drawn order, takes the value
  // that adds the most.
  Row candidate() {
    Row row(space_.axes(), kOpen);
    take_open_pair(row);
    std::vector<std::size_t> order(space_.axes());
    std::iota(order.begin(), order.end(), std::size_t{0});
    for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random_.below(i)]);
    for (const std::size_t axis : order) {
      if (row[axis] == kOpen) take_best_value(row, axis);
    }
    return row;
  }

  void take_open_pair(Row& row) {
    struct Place {
      std::size_t axis;
      int value;
    };
    std::vector<Place> best;
    int most = 0;
    for (std::size_t axis = 0; axis < space_.axes(); ++axis) {
      for (int value = 0; value < space_.sizes()[axis]; ++value) {
        const int open = pairs_.of_value(axis, value);
        if (open > most) best.clear();
        most = std::max(most, open);
        if (open == most && open > 0) best.push_back({axis, value});
      }
    }
    const Place first = best[random_.below(best.size())];
    std::vector<Place> partners;
    for (std::size_t axis = 0; axis < space_.axes(); ++axis) {
      if (axis == first.axis) continue;
      for (int value = 0; value < space_.sizes()[axis]; ++value) {
        if (pairs_.is_open(first.axis, first.value, axis, value)) partners.push_back({axis, value});
      }
    }
    const Place second = partners[random_.below(partners.size())];
    row[first.axis] = first.value;
    row[second.axis] = second.value;
  }

  // Values in the order of their gain, ties in a drawn order; the first with which the row can still be completed.
  void take_best_value(Row& row, std::size_t axis) {
    const int size = space_.sizes()[axis];
    std::vector<int> gains(static_cast<std::size_t>(size));
    for (int value = 0; value < size; ++value) gains[static_cast<std::size_t>(value)] = pairs_.gain(row, axis, value);
    std::vector<int> order(static_cast<std::size_t>(size));
    std::iota(order.begin(), order.end(), 0);
    for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random_.below(i)]);
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
      return gains[static_cast<std::size_t>(a)] > gains[static_cast<std::size_t>(b)];
    });
    for (const int value : order) {
      row[axis] = value;
      if (space_.forbidden().empty() || space_.completable(row)) return;
    }
  }

  [[nodiscard]] int gain(const Row& row) const {
    int gained = 0;
    for (std::size_t a = 0; a < row.size(); ++a) {
      for (std::size_t b = a + 1; b < row.size(); ++b) gained += pairs_.is_open(a, row[a], b, row[b]) ? 1 : 0;
    }
    return gained;
  }

  const Space& space_;
  OpenPairs pairs_;
  Random random_;
};

// Later rows often cover what an early one was taken for: drops each row that the others make needless.
void drop_needless(const OpenPairs& wanted, std::vector<Row>& rows) {
  for (std::size_t i = 0; i < rows.size();) {
    OpenPairs left = wanted;
    for (std::size_t j = 0; j < rows.size(); ++j) {
      if (j != i) left.cover(rows[j]);
    }
    if (left.count() == 0) {
      rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(i));
    } else {
      ++i;
    }
  }
}

}  // namespace

std::uint64_t Space::combinations() const {
  std::uint64_t product = 1;
  for (const int size : sizes_) {
    if (size == 0) return 0;
    const auto wide = static_cast<std::uint64_t>(size);
    if (product > kMostCombinations / wide) return kMostCombinations;
    product *= wide;
  }
  return product;
}

bool Space::allows(const Row& row) const {
  return std::none_of(forbidden_.begin(), forbidden_.end(), [&](const Pattern& pattern) {
    for (std::size_t axis = 0; axis < row.size(); ++axis) {
      if (pattern.values[axis].empty()) continue;
      if (row[axis] == kOpen || !hits(pattern.values[axis], row[axis])) return false;
    }
    return true;
  });
}

// A pattern that could still hit: the chosen values are all its own, and something is open.
const Pattern* Space::threatening(const Row& row) const {
  for (const Pattern& pattern : forbidden_) {
    bool missed = false;
    bool open = false;
    for (std::size_t axis = 0; axis < row.size() && !missed; ++axis) {
      if (pattern.values[axis].empty()) continue;
      if (row[axis] == kOpen) {
        open = true;
      } else {
        missed = !hits(pattern.values[axis], row[axis]);
      }
    }
    if (!missed && open) return &pattern;
  }
  return nullptr;
}

bool Space::complete(Row& row) const {
  if (!allows(row)) return false;
  const Pattern* const pattern = threatening(row);
  if (pattern == nullptr) {
    for (int& value : row) value = value == kOpen ? 0 : value;
    return true;
  }
  std::size_t axis = 0;
  while (row[axis] != kOpen || pattern->values[axis].empty()) ++axis;
  for (int value = 0; value < sizes_[axis]; ++value) {
    Row tried = row;
    tried[axis] = value;
    if (complete(tried)) {
      row = std::move(tried);
      return true;
    }
  }
  return false;
}

bool Space::completable(Row row) const {
  return complete(row);
}

Row Space::completed(Row row) const {
  return complete(row) ? row : Row{};
}

std::vector<Row> all_rows(const Space& space) {
  std::vector<Row> rows;
  if (space.combinations() == 0) return rows;
  Row row(space.axes(), 0);
  while (true) {
    if (space.allows(row)) rows.push_back(row);
    std::size_t axis = space.axes();
    while (axis > 0 && row[axis - 1] + 1 == space.sizes()[axis - 1]) row[--axis] = 0;
    if (axis == 0) return rows;
    ++row[axis - 1];
  }
}

PairCount count_pairs(const Space& space, const std::vector<Row>& rows) {
  PairCount count;
  OpenPairs pairs(space);
  for_each_pair(space, [&](std::size_t a, int va, std::size_t b, int vb) {
    ++count.all;
    if (possible(space, a, va, b, vb)) pairs.open(a, va, b, vb);
  });
  count.possible = pairs.count();
  for (const Row& row : rows) pairs.cover(row);
  count.covered = count.possible - pairs.count();
  return count;
}

std::vector<Row> pairwise_rows(const Space& space, std::uint64_t seed, const std::vector<Row>& given) {
  if (space.axes() == 1) {
    std::vector<Row> rest = all_rows(space);
    std::erase_if(rest, [&](const Row& row) { return std::find(given.begin(), given.end(), row) != given.end(); });
    return rest;
  }
  OpenPairs wanted = possible_pairs(space);
  for (const Row& row : given) wanted.cover(row);
  const std::uint64_t once = std::max<std::uint64_t>(wanted.count(), 1) * kCandidates * space.axes();
  const std::uint64_t restarts = std::clamp<std::uint64_t>(kWork / once, 1, kMostRestarts);
  std::vector<Row> best;
  for (std::uint64_t i = 0; i < restarts; ++i) {
    std::vector<Row> rows = Builder(space, wanted, Random(seed).fork(std::to_string(i))).rows();
    drop_needless(wanted, rows);
    if (i == 0 || rows.size() < best.size()) best = std::move(rows);
  }
  return best;
}

}  // namespace chamber::matrix
