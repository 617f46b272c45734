#include "harness/document/object.h"

#include <fmt/ranges.h>

namespace chamber::document::internal {

void add_unknown_key(const Entry& entry, const std::string& what, const std::vector<std::string>& known,
                     Mistakes& mistakes) {
  mistakes.add(entry.key_source,
               fmt::format("unknown key {} in {}{}", quote(entry.key), what, did_you_mean(entry.key, known)));
}

void add_missing_key(const Node& node, const std::string& what, const std::string& key, const std::string& doc,
                     Mistakes& mistakes) {
  mistakes.add(node.source, fmt::format("{} needs the key {}{}{}", what, quote(key), doc.empty() ? "" : ": ", doc));
}

void add_none_of(const Node& node, const std::string& what, const std::vector<std::string>& keys, Mistakes& mistakes) {
  mistakes.add(node.source, fmt::format("{} needs at least one of the keys {}", what, fmt::join(keys, ", ")));
}

std::string case_from_value(const Node& node, const std::string& what, const std::string& key,
                            const std::vector<std::string>& names, Mistakes& mistakes) {
  if (node.kind != Node::Kind::kMap) {
    add_unexpected(node, what, mistakes);
    return {};
  }
  const Node* const tag = node.find(key);
  if (tag == nullptr) {
    std::vector<std::string> keys;
    for (const Entry& entry : node.entries) keys.push_back(entry.key);
    const std::string near = closest(key, keys);
    mistakes.add(node.source, fmt::format("{} needs the key {}, one of: {}{}", what, quote(key), fmt::join(names, ", "),
                                          near.empty() ? "" : fmt::format("; is {} meant to be it?", quote(near))));
    return {};
  }
  if (tag->kind != Node::Kind::kScalar) {
    add_unexpected(*tag, fmt::format("one of {}", fmt::join(names, ", ")), mistakes);
    return {};
  }
  if (std::find(names.begin(), names.end(), tag->text) == names.end()) {
    mistakes.add(tag->source,
                 fmt::format("{} is no value of {}{}", quote(tag->text), quote(key), did_you_mean(tag->text, names)));
    return {};
  }
  return tag->text;
}

std::string case_from_key(const Node& node, const std::string& what, const std::vector<std::string>& names,
                          Mistakes& mistakes) {
  if (node.kind != Node::Kind::kMap) {
    add_unexpected(node, what, mistakes);
    return {};
  }
  const Entry* tag = nullptr;
  for (const Entry& entry : node.entries) {
    if (std::find(names.begin(), names.end(), entry.key) == names.end()) continue;
    if (tag != nullptr) {
      mistakes.add(entry.key_source, fmt::format("{} and {} in one entry; begin a new entry for {}", quote(tag->key),
                                                 quote(entry.key), quote(entry.key)));
      return {};
    }
    tag = &entry;
  }
  if (tag != nullptr) return tag->key;
  for (const Entry& entry : node.entries) {
    const std::string near = closest(entry.key, names);
    if (near.empty()) continue;
    mistakes.add(entry.key_source, fmt::format("{} is not {}; did you mean {}?", quote(entry.key), what, quote(near)));
    return {};
  }
  mistakes.add(node.source, fmt::format("{} needs one of the keys {}", what, fmt::join(names, ", ")));
  return {};
}

}  // namespace chamber::document::internal
