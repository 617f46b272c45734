#include "matrix/costs.h"

#include <fstream>
#include <nlohmann/json.hpp>

#include "harness/base/log.h"

namespace chamber::matrix {

using nlohmann::json;

Costs Costs::load(const std::filesystem::path& file) {
  Costs costs;
  std::ifstream stream(file);
  if (!stream) return costs;
  const json saved = json::parse(stream, nullptr, false);
  try {
    for (const auto& [id, cost] : saved.at("cells").items()) {
      costs.known_[id] = {cost.at("seconds"), cost.at("memory_mib"), cost.at("cores")};
    }
  } catch (const json::exception& problem) {
    log::warn("{}: {}; measured costs begin anew", file.string(), problem.what());
    costs.known_.clear();
  }
  return costs;
}

Result<void> Costs::save(const std::filesystem::path& file) const {
  json cells = json::object();
  for (const auto& [id, cost] : known_) {
    cells[id] = {{"seconds", cost.seconds}, {"memory_mib", cost.memory_mib}, {"cores", cost.cores}};
  }
  std::error_code problem;
  std::filesystem::create_directories(file.parent_path(), problem);
  const std::filesystem::path fresh = file.string() + ".new";
  std::ofstream stream(fresh);
  stream << json{{"format", "chamber-costs/1"}, {"cells", std::move(cells)}}.dump(1) << "\n";
  stream.close();
  if (!stream) return fail(ErrorKind::kHarness, "writing {}", fresh.string());
  std::filesystem::rename(fresh, file, problem);
  if (problem) return fail(ErrorKind::kHarness, "naming {}: {}", file.string(), problem.message());
  return {};
}

Estimate Costs::of(const Cell& cell) const {
  const auto found = known_.find(cell.id);
  return found == known_.end() ? cell.estimate : found->second;
}

void Costs::note(const Cell& cell, const Estimate& measured) {
  const auto found = known_.find(cell.id);
  if (found == known_.end()) {
    known_[cell.id] = measured;
    return;
  }
  Estimate& known = found->second;
  known = {(known.seconds + measured.seconds) / 2, (known.memory_mib + measured.memory_mib) / 2,
           (known.cores + measured.cores) / 2};
}

}  // namespace chamber::matrix
