// Whether each key's operations took effect at one moment each, between their start and their end.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "harness/check/limits.h"
#include "harness/check/verdict.h"
#include "harness/history/history.h"

namespace chamber {

// What a key's operations are operations on.
enum class Model : std::uint8_t {
  kRegister,  // read, write, cas, delete; at first nothing is there
  kKv,        // read, write, append of texts; at first "", which is nothing (Porcupine's own test model)
  kSet,       // add, remove, read of all elements; at first none
  kQueue,     // enqueue, dequeue; first in, first out; at first empty
};

[[nodiscard]] std::string_view to_string(Model model);
[[nodiscard]] std::optional<Model> model_from(std::string_view text);

struct LinearizableOptions {
  std::string workload = {};  // "": all operations
  Model model = Model::kRegister;
  Limits limits = {};
  std::uint64_t least_operations = 1;  // fewer that are ok: inconclusive
};

// pass: every key has an order. fail: a key has none; the lowest such key, the shortest prefix of its history that has
// none and the operations that conflict are in evidence and drawing. inconclusive: a limit was reached, nothing was
// read, too few operations, or a function or a value that the model doesn't have. Partitions by key and runs them in
// parallel; the answer doesn't depend on how many threads there are.
[[nodiscard]] CheckResult check_linearizable(const History& history, const LinearizableOptions& options);

}  // namespace chamber
