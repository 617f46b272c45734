// What a run leaves in its folder, written inside the cell, where the secrets are known.
#pragma once

#include <filesystem>
#include <string>

#include "fixtures/platform/platform.h"
#include "scenarios/language/plan.h"
#include "scenarios/runner/runner.h"

namespace chamber {

struct ArtifactRequest {
  std::filesystem::path folder;       // of the run
  std::string run;                    // its name
  std::filesystem::path cell_folder;  // of the cell it ran in; the same unless it was run --in a cell
  std::string started;                // RFC 3339
  std::string command;                // repeats the run
  const language::Plan& plan;
  const RunOutcome& outcome;
  Platform& platform;
};

// The check that is made of the artifacts and the live cell, and so can't be made again from a history.
inline constexpr const char* kNoSecretLeaked = "no_secret_leaked";

// run.json (without the clean-up, which is not done yet), plan.json, verdict.json, and the reports as they would be
// now; then searches all of it, and the cell's logs, for every secret.
Result<void> write_artifacts(const ArtifactRequest& request);

// A file of mode 0600, whole or not at all.
Result<void> write_private(const std::filesystem::path& path, const std::string& text);

}  // namespace chamber
