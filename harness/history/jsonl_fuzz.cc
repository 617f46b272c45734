// Any text gives an error with its place, or a history that can be exported again.
#include <cstddef>
#include <cstdint>
#include <sstream>

#include "harness/history/jsonl.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::istringstream in(std::string(reinterpret_cast<const char*>(data), size));
  const auto history = chamber::import_jsonl(in, "fuzz");
  if (!history) return 0;
  std::ostringstream out;
  if (!chamber::export_jsonl(*history, out)) return 0;
  std::istringstream again(out.str());
  if (!chamber::import_jsonl(again, "again")) __builtin_trap();
  return 0;
}
