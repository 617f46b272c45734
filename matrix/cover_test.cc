#include "matrix/cover.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <set>

#include "harness/base/random.h"

namespace chamber::matrix {
namespace {

// Straight from the definitions, with nothing of cover.cc in it.
bool brute_hit(const Pattern& pattern, const Row& row) {
  for (std::size_t axis = 0; axis < row.size(); ++axis) {
    if (!pattern.values[axis].empty() && !pattern.values[axis][static_cast<std::size_t>(row[axis])]) return false;
  }
  return true;
}

std::vector<Row> brute_rows(const std::vector<int>& sizes, const std::vector<Pattern>& forbidden) {
  std::vector<Row> rows{{}};
  for (const int size : sizes) {
    std::vector<Row> longer;
    for (const Row& row : rows) {
      for (int value = 0; value < size; ++value) {
        longer.push_back(row);
        longer.back().push_back(value);
      }
    }
    rows = std::move(longer);
  }
  std::erase_if(rows, [&](const Row& row) {
    return std::any_of(forbidden.begin(), forbidden.end(), [&](const Pattern& p) { return brute_hit(p, row); });
  });
  return rows;
}

using Pair = std::array<int, 4>;

std::set<Pair> pairs_of(const std::vector<Row>& rows) {
  std::set<Pair> pairs;
  for (const Row& row : rows) {
    for (std::size_t a = 0; a < row.size(); ++a) {
      for (std::size_t b = a + 1; b < row.size(); ++b) {
        pairs.insert({static_cast<int>(a), row[a], static_cast<int>(b), row[b]});
      }
    }
  }
  return pairs;
}

Pattern random_pattern(const std::vector<int>& sizes, Random& random) {
  Pattern pattern{std::vector<std::vector<bool>>(sizes.size())};
  for (std::size_t axis = 0; axis < sizes.size(); ++axis) {
    if (random.chance(0.5)) continue;
    for (int value = 0; value < sizes[axis]; ++value) pattern.values[axis].push_back(random.chance(0.5));
  }
  return pattern;
}

TEST(Cover, AgreesWithBruteForceOnSmallMatrices) {
  Random random(7);
  for (int round = 0; round < 150; ++round) {
    std::vector<int> sizes(2 + random.below(4));
    for (int& size : sizes) size = static_cast<int>(1 + random.below(4));
    std::vector<Pattern> forbidden(random.below(5));
    for (Pattern& pattern : forbidden) pattern = random_pattern(sizes, random);
    const Space space(sizes, forbidden);
    const std::vector<Row> allowed = brute_rows(sizes, forbidden);
    ASSERT_EQ(all_rows(space), allowed) << "round " << round;

    const std::set<Row> known(allowed.begin(), allowed.end());
    const std::vector<Row> chosen = pairwise_rows(space, static_cast<std::uint64_t>(round));
    for (const Row& row : chosen) ASSERT_TRUE(known.contains(row)) << "round " << round;
    ASSERT_EQ(pairs_of(chosen), pairs_of(allowed)) << "round " << round;
    const PairCount count = count_pairs(space, chosen);
    ASSERT_EQ(count.possible, pairs_of(allowed).size());
    ASSERT_EQ(count.covered, count.possible);
    ASSERT_LE(chosen.size(), allowed.size());
    // Whether something can be completed is whether an allowed row begins like it.
    Row partial(sizes.size(), kOpen);
    for (std::size_t axis = 0; axis < sizes.size(); ++axis) {
      if (random.chance(0.5)) partial[axis] = static_cast<int>(random.below(static_cast<std::uint64_t>(sizes[axis])));
    }
    const bool brute = std::any_of(allowed.begin(), allowed.end(), [&](const Row& row) {
      for (std::size_t axis = 0; axis < row.size(); ++axis) {
        if (partial[axis] != kOpen && partial[axis] != row[axis]) return false;
      }
      return true;
    });
    ASSERT_EQ(space.completable(partial), brute) << "round " << round;
  }
}

TEST(Cover, RowsThatAreGivenAreBuiltUpon) {
  const Space space({3, 3, 3, 3}, {});
  const std::vector<Row> given = {{0, 0, 0, 0}, {1, 1, 1, 1}};
  std::vector<Row> all = pairwise_rows(space, 1, given);
  EXPECT_EQ(std::count(all.begin(), all.end(), given[0]), 0);
  all.insert(all.end(), given.begin(), given.end());
  EXPECT_EQ(count_pairs(space, all).covered, 54U);
}

TEST(Cover, IsTheSameForTheSameSeed) {
  const Space space({5, 4, 3, 3, 2}, {});
  EXPECT_EQ(pairwise_rows(space, 9), pairwise_rows(space, 9));
}

TEST(Cover, AContradictionLeavesNothing) {
  const Pattern everything{{{true, true}, {}}};
  const Space space({2, 2}, {everything});
  EXPECT_TRUE(all_rows(space).empty());
  EXPECT_TRUE(pairwise_rows(space, 1).empty());
  EXPECT_EQ(count_pairs(space, {}).possible, 0U);
}

struct Known {
  const char* name;
  std::vector<int> sizes;
  std::size_t best;  // smallest that is known
  std::size_t most;  // what this test allows
};

std::vector<int> times(std::vector<int> sizes, int count, int size) {
  sizes.insert(sizes.end(), static_cast<std::size_t>(count), size);
  return sizes;
}

// 3^4, 4^5 and 5^6 are orthogonal arrays; 2^10 and 2^100 are Kleitman and Spencer's theorem (1973); 3^13 and the mixed
// one stand in C. Colbourn's tables and in the comparison that J. Czerwonka keeps (AETG 15 and 28, PICT 18 and 27).
TEST(Cover, SizesAreCloseToTheBestKnown) {
  const std::vector<Known> table = {{"3^4", times({}, 4, 3), 9, 9},
                                    {"4^5", times({}, 5, 4), 16, 20},
                                    {"5^6", times({}, 6, 5), 25, 37},
                                    {"3^13", times({}, 13, 3), 15, 19},
                                    {"2^10", times({}, 10, 2), 6, 8},
                                    {"2^100", times({}, 100, 2), 10, 16},
                                    {"4^1 3^39 2^35", times(times({4}, 39, 3), 35, 2), 21, 29}};
  for (const Known& known : table) {
    const Space space(known.sizes, {});
    const std::vector<Row> rows = pairwise_rows(space, 1);
    const PairCount count = count_pairs(space, rows);
    EXPECT_EQ(count.covered, count.all) << known.name;
    EXPECT_LE(rows.size(), known.most) << known.name;
    EXPECT_GE(rows.size(), known.best) << known.name << ": better than a theorem allows";
    RecordProperty(known.name, static_cast<int>(rows.size()));
    std::printf("%-15s %3zu rows, best known %3zu\n", known.name, rows.size(), known.best);
  }
}

}  // namespace
}  // namespace chamber::matrix
