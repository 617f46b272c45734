// What the files that make up the standard vocabulary share. Inside of this folder only.
#pragma once

#include "scenarios/language/vocabulary.h"

namespace chamber::language {

// The components that a stack may have.
[[nodiscard]] std::vector<ComponentSpec> standard_components();

// Parameters of faults on links: between nodes, or between Kubernetes nodes.
[[nodiscard]] ParameterSpec link_direction();
[[nodiscard]] ParameterSpec lost_share();

// Defaults and bounds of parameters, briefly.
inline document::Bounds<std::int64_t> between(Duration least, Duration most) {
  return {least.count(), most.count()};
}

inline ParameterValue value(Duration duration) {
  return duration;
}

inline ParameterValue value(const char* text) {
  return std::string(text);
}

}  // namespace chamber::language
