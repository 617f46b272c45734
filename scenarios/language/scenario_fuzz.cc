// Any bytes as a scenario, as a stack override, and as a saved plan: a value or an error with a message.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "scenarios/language/plan.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace chamber::language;
  static const Vocabulary vocabulary = standard_vocabulary();
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const ScenarioFile file = {.shown = "fuzz.yaml", .name = "", .family = "fuzz"};
  const auto scenario = read_scenario(bytes, file, {"stack.vault.performance_multiplier=2"}, vocabulary);
  if (!scenario && scenario.error().message().empty()) std::abort();
  const auto plan = plan_from_json(bytes, "fuzz.json");
  if (!plan && plan.error().message().empty()) std::abort();
  if (plan && !plan_from_json(to_json(*plan).dump(), "again.json")) std::abort();
  return 0;
}
