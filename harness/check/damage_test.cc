// A history that was damaged on its way (cut off, bits flipped) is refused, or judged as far as it can be read, and
// then it is never a pass: what is missing could be what matters.
#include <gtest/gtest.h>

#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "harness/check/judge.h"
#include "harness/check/test_histories.h"
#include "harness/history/reader.h"
#include "harness/history/test_files.h"

namespace chamber {
namespace {

std::string bytes_of(const History& history) {
  const TestFolder folder;
  const auto saved = save_history(history, folder / "history");
  EXPECT_TRUE(saved) << saved.error().message();
  const std::vector<char> bytes = read_bytes(folder / "history");
  return {bytes.begin(), bytes.end()};
}

// None: it was refused.
std::optional<Judgement> judge(const std::string& bytes, const std::string& model) {
  const auto history = parse_history(std::as_bytes(std::span(bytes)));
  if (!history) return std::nullopt;
  const auto check = judge_of({.model = model, .limits = {.threads = 1}});
  return run_checks(*history, std::span(&*check, 1)).overall;
}

TEST(Damage, NeverMakesAPass) {
  for (const std::uint64_t seed : test_seeds()) {
    std::cout << "seed " << seed << "\n";
    Random random(seed);
    RegisterRun run{.operations = 1000, .clients = 5, .keys = 3};
    History history = register_history(random, run);
    history.complete_until = at_ms(1'000'000);
    const std::string whole = bytes_of(history);
    ASSERT_EQ(judge(whole, "register"), Judgement::kPass);
    int refused = 0;
    for (int round = 0; round < 20'000; ++round) {
      std::string damaged = whole;
      if (random.chance(0.5)) {
        damaged.resize(random.below(whole.size()));
      } else {
        for (std::uint64_t flips = 1 + random.below(4); flips > 0; --flips) {
          char& byte = damaged[random.below(damaged.size())];
          byte = static_cast<char>(byte ^ static_cast<char>(1U << random.below(8)));
        }
        if (damaged == whole) continue;
      }
      const auto models = judge_models();
      const auto verdict = judge(damaged, std::string(models[random.below(models.size())].name));
      refused += verdict ? 0 : 1;
      ASSERT_NE(verdict, Judgement::kPass) << "seed " << seed << ", round " << round;
    }
    EXPECT_GT(refused, 0);
  }
}

}  // namespace
}  // namespace chamber
