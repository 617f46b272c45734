#include "harness/check/kv_model.h"

#include <fmt/format.h>

#include <string>
#include <utility>

namespace chamber {
namespace {

std::string text_of(const History& history, std::optional<std::int64_t> value) {
  if (!value) return {};
  const auto text = static_cast<std::uint64_t>(*value - kTextValue);
  if (*value >= kTextValue && text < history.texts.size()) return history.texts[text];
  return fmt::to_string(*value);
}

SequenceHash hash_of(std::string_view text) {
  SequenceHash hash;
  for (const char c : text) hash.push_back(static_cast<unsigned char>(c));
  return hash;
}

}  // namespace

KvModel::KvModel(const History& history, std::span<const Operation* const> operations, Instant cut)
    : steps_(operations, cut, [](const Operation& operation) { return operation.function == Function::kRead; }) {
  drop_unseen_unknowns(history);
  texts_.reserve(steps_.size());
  for (std::size_t i = 0; i < steps_.size(); ++i) texts_.push_back(hash_of(text_of(history, steps_[i].origin->value)));
  steps_.find_kinds(
      [this](std::size_t i) { return std::tuple(steps_[i].origin->function, texts_[i].mixed(), texts_[i].size()); });
}

// What was put or appended is part of the text until the next put. If no read that ended later shows it, every order
// with it is one without it, or has it replaced unseen.
void KvModel::drop_unseen_unknowns(const History& history) {
  std::vector<std::pair<std::int64_t, std::string>> reads;  // end and text
  bool any = false;
  for (std::size_t i = 0; i < steps_.size(); ++i) any = any || !steps_[i].done;
  if (!any) return;
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    if (steps_[i].looks) reads.emplace_back(steps_.end(i), text_of(history, steps_[i].origin->value));
  }
  steps_.drop_if([&](std::size_t i) {
    const ModelStep& step = steps_[i];
    if (step.done) return false;
    const std::string text = text_of(history, step.origin->value);
    // An empty put is seen by its absence: only its time can tell.
    return std::none_of(reads.begin(), reads.end(), [&](const auto& read) {
      const bool shown = text.empty() || read.second.find(text) != std::string::npos;
      return read.first >= steps_.start(i) && shown;
    });
  });
}

}  // namespace chamber
