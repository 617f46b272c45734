// Whatever a file holds, every model judges what can be read of it: no crash, and no pass of a history that is cut
// short. The first byte chooses the model, the second the format.
#include <cstddef>
#include <cstdint>
#include <span>
#include <sstream>

#include "harness/check/judge.h"
#include "harness/history/jsonl.h"
#include "harness/history/reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const auto models = chamber::judge_models();
  chamber::JudgeOptions options{.model = std::string(models[data[0] % models.size()].name),
                                .level = "strict-serializable"};
  options.limits = {.time = std::chrono::milliseconds(100), .memory_bytes = std::size_t{64} << 20, .threads = 1};
  const auto bytes = std::span(data, size).subspan(2);
  std::istringstream text(std::string(bytes.begin(), bytes.end()));
  const auto history =
      data[1] % 2 == 0 ? chamber::import_jsonl(text, "fuzz") : chamber::parse_history(std::as_bytes(bytes));
  if (!history) return 0;
  const auto check = chamber::judge_of(options);
  if (!check) __builtin_trap();
  const chamber::Verdict verdict = chamber::run_checks(*history, std::span(&*check, 1));
  if (!history->complete && verdict.overall == chamber::Judgement::kPass) __builtin_trap();
  return 0;
}
