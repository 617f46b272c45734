// The rounds in which a checker and its twin judge the same random histories. For tests.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <string>

#include "harness/check/test_histories.h"
#include "harness/check/verdict.h"

namespace chamber {

// Fails at the first history on which they differ, and when the histories are too much alike: each judgement must be
// that of a twentieth of them.
inline void expect_twin_agrees(const std::function<History(Random&)>& draw,
                               const std::function<CheckResult(const History&)>& check,
                               const std::function<Judgement(const History&)>& twin) {
  for (const std::uint64_t seed : test_seeds()) {
    Random random(seed);
    std::map<Judgement, int> seen;
    for (int round = 0; round < kTwinRounds; ++round) {
      const History history = draw(random);
      const CheckResult result = check(history);
      ++seen[result.judgement];
      if (result.judgement == twin(history)) continue;
      std::string operations;
      for (const Operation& operation : history.operations) operations += history.describe(operation) + "\n";
      FAIL() << operations << "seed " << seed << ", round " << round << ": " << to_string(result.judgement) << ", "
             << result.summary;
    }
    for (const Judgement judgement : {Judgement::kPass, Judgement::kFail, Judgement::kInconclusive}) {
      EXPECT_GT(seen[judgement], kTwinRounds / 20) << to_string(judgement);
    }
  }
}

}  // namespace chamber
