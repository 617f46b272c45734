// Any bytes give an error or a history that can be used and saved: never a crash.
#include <cstddef>
#include <cstdint>
#include <span>

#include "harness/history/reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto history = chamber::parse_history(std::as_bytes(std::span(data, size)));
  if (!history) return 0;
  std::size_t length = 0;
  for (const chamber::Operation& operation : history->operations) length += history->describe(operation).size();
  // A use that the compiler can't leave out.
  return length == static_cast<std::size_t>(-1) ? 1 : 0;
}
