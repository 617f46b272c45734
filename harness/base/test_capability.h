// For tests that need what not every machine has (namespaces, a browser, root).
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <string_view>

namespace chamber {

// CHAMBER_REQUIRE_CAPABILITIES=1, as in CI: what is missing then fails the tests that need it.
inline bool capabilities_required() {
  const char* const required = std::getenv("CHAMBER_REQUIRE_CAPABILITIES");
  return required != nullptr && std::string_view(required) == "1";
}

}  // namespace chamber

// Ends a test or its SetUp: skipped with the reason, or failed with it where capabilities are required.
#define CHAMBER_LACKS(reason)               \
  do {                                      \
    if (chamber::capabilities_required()) { \
      GTEST_FAIL() << (reason);             \
    } else {                                \
      GTEST_SKIP() << (reason);             \
    }                                       \
  } while (false)
