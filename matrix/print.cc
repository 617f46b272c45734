#include "matrix/print.h"

#include <algorithm>
#include <cmath>

#include "harness/base/clock.h"

namespace chamber::matrix {
namespace {

std::string time_text(double seconds) {
  return human(std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds)));
}

struct Shard {
  std::size_t cells = 0;
  double seconds = 0;
};

Shard shard_of(const Plan& plan, int shard, int of) {
  Shard sum;
  for (const std::size_t cell : shard_cells(plan, shard, of)) {
    ++sum.cells;
    if (!plan.cells[cell].cannot) sum.seconds += plan.cells[cell].estimate.seconds;
  }
  return sum;
}

}  // namespace

int shards_for(const Plan& plan, double target_s, int most) {
  const double needed = std::ceil(shard_of(plan, 1, 1).seconds / target_s);
  const auto cells = static_cast<int>(std::max<std::size_t>(1, plan.cells.size()));
  return std::clamp(static_cast<int>(std::min(needed, 1e6)), 1, std::min(most, cells));
}

std::string plan_table(const Plan& plan) {
  std::string out = fmt::format("matrix {} (plan {}): {}\n\n", plan.matrix, plan.digest(), plan.about);
  std::size_t widest = 4;
  for (const Cell& cell : plan.cells) widest = std::max(widest, cell.id.size());
  double all_s = 0;
  for (const Cell& cell : plan.cells) {
    std::string remarks = cell.required ? "required" : "";
    if (cell.priority != 0) remarks += fmt::format("{}priority {}", remarks.empty() ? "" : ", ", cell.priority);
    if (cell.cannot) remarks += fmt::format("{}not run: {}", remarks.empty() ? "" : ", ", *cell.cannot);
    out += fmt::format("{:{}}  {:>7}  {:>6.0f} MiB  {}\n", cell.id, widest, time_text(cell.estimate.seconds),
                       cell.estimate.memory_mib, remarks);
    if (!cell.cannot) all_s += cell.estimate.seconds;
  }
  out += fmt::format(
      "\n{} cells of {} combinations, about {} one after the other; {} of {} possible pairs of values "
      "are covered ({} pairs in all)\n",
      plan.cells.size(), plan.combinations, time_text(all_s), plan.pairs.covered, plan.pairs.possible, plan.pairs.all);
  if (!plan.left_out.empty()) out += "left out:\n";
  for (const LeftOut& group : plan.left_out) {
    out += fmt::format("  {:5} × {} (such as {})\n", group.count, group.because,
                       group.examples.empty() ? "none" : group.examples.front());
  }
  return out;
}

std::string plan_for_github(const Plan& plan, int shards) {
  document::Json include = document::Json::array();
  for (int shard = 1; shard <= shards; ++shard) {
    const Shard sum = shard_of(plan, shard, shards);
    include.push_back({{"shard", fmt::format("{}/{}", shard, shards)},
                       {"name", fmt::format("{}-of-{}", shard, shards)},
                       {"cells", sum.cells},
                       {"minutes", std::ceil(sum.seconds / 60)}});
  }
  return document::Json{{"include", std::move(include)}}.dump() + "\n";
}

std::string plan_for_gitlab(const Plan& plan, int shards) {
  std::string out = "include: [{local: ci/workflows/gitlab-jobs.yml}]\n";
  std::string needs;
  for (int shard = 1; shard <= shards; ++shard) {
    const std::string job = fmt::format("matrix {}/{}", shard, shards);
    out += fmt::format(
        "\"{}\":\n  extends: .chamber-shard\n  variables: {{CHAMBER_MATRIX: {}, CHAMBER_SHARD: {}/{}, "
        "CHAMBER_SHARD_FOLDER: shard-{}}}\n",
        job, plan.matrix, shard, shards, shard);
    needs += fmt::format("{}{{job: \"{}\", artifacts: true}}", needs.empty() ? "" : ", ", job);
  }
  return out + fmt::format("merge:\n  extends: .chamber-merge\n  variables: {{CHAMBER_MATRIX: {}}}\n  needs: [{}]\n",
                           plan.matrix, needs);
}

}  // namespace chamber::matrix
