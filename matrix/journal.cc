#include "matrix/journal.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

namespace chamber::matrix {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* kJournal = "journal.jsonl";
constexpr const char* kLock = "matrix.lock";

json head_json(const JournalHead& head) {
  return {{"matrix", head.matrix}, {"digest", head.digest}, {"shard", head.shard}, {"of", head.of}};
}

Result<void> check_head(const json& line, const JournalHead& head, const fs::path& path) {
  const JournalHead found{line.value("matrix", ""), line.value("digest", ""), line.value("shard", 0),
                          line.value("of", 0)};
  if (found == head) return {};
  return fail(ErrorKind::kInput,
              "{} belongs to shard {}/{} of matrix {} (plan {}), and this is shard {}/{} of {} (plan {}); name another "
              "folder with --out",
              path.string(), found.shard, found.of, found.matrix, found.digest, head.shard, head.of, head.matrix,
              head.digest);
}

}  // namespace

Result<Journal> Journal::open(const fs::path& folder, const JournalHead& head, bool resume) {
  std::error_code problem;
  fs::create_directories(folder, problem);
  if (problem) return fail(ErrorKind::kHarness, "making {}: {}", folder.string(), problem.message());
  if (chmod(folder.c_str(), 0700) != 0) return fail_errno(errno, "closing {} to others", folder.string());
  Fd lock(::open((folder / kLock).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock.valid()) return fail_errno(errno, "making {}", (folder / kLock).string());
  if (flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    return fail(ErrorKind::kInput, "{} is in use by another `chamber matrix run`", folder.string());
  }
  const fs::path path = folder / kJournal;
  const bool there = fs::exists(path, problem);
  if (there && !resume) {
    return fail(ErrorKind::kInput, "{} holds a matrix that was begun; go on with --resume, or name another folder",
                folder.string());
  }
  Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!file.valid()) return fail_errno(errno, "making {}", path.string());
  Journal journal(std::move(lock), std::move(file));
  CHAMBER_CHECK(journal.read(path, head));
  return journal;
}

Result<void> Journal::read(const fs::path& path, const JournalHead& head) {
  std::ifstream file(path);
  std::string line;
  bool headed = false;
  bool whole = true;
  while (std::getline(file, line)) {
    whole = !file.eof();  // a line without its end was cut off
    const json entry = json::parse(line, nullptr, false);
    if (!whole || !entry.is_object()) continue;
    if (!headed) {
      CHAMBER_CHECK(check_head(entry, head, path));
      headed = true;
      continue;
    }
    if (entry.contains("begin")) {
      CellHistory& cell = cells_[entry["begin"].get<std::string>()];
      cell.begun = std::max(cell.begun, entry.value("attempt", 0));
      ++cell.cut_short;
    } else if (entry.contains("end")) {
      CellHistory& cell = cells_[entry["end"].get<std::string>()];
      cell.attempts.push_back(CHAMBER_TRY(attempt_from_json(entry.at("attempt"), path.string())));
      --cell.cut_short;
    }
  }
  // What comes next must not become part of the line that was cut off.
  if (!whole && write(file_.get(), "\n", 1) != 1) return fail_errno(errno, "writing {}", path.string());
  return headed ? Result<void>() : append(head_json(head));
}

// One write, so that a crash leaves whole lines or one cut off at the end.
Result<void> Journal::append(const json& line) {
  const std::string text = line.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
  if (write(file_.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    return fail_errno(errno, "writing {}", kJournal);
  }
  return {};
}

Result<void> Journal::begin(const std::string& cell, int attempt) {
  return append({{"begin", cell}, {"attempt", attempt}});
}

Result<void> Journal::end(const std::string& cell, const Attempt& attempt) {
  return append({{"end", cell}, {"attempt", to_json(attempt)}});
}

}  // namespace chamber::matrix
