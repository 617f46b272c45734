#include "harness/base/result.h"

#include <system_error>

namespace chamber {

std::string_view to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kInput:
      return "input";
    case ErrorKind::kHarness:
      return "harness";
    case ErrorKind::kSystem:
      return "system";
    case ErrorKind::kUnavailable:
      return "unavailable";
    case ErrorKind::kTimeout:
      return "timeout";
    case ErrorKind::kInterrupted:
      return "interrupted";
  }
  return "unknown";
}

std::string errno_text(int error_number) {
  return std::generic_category().message(error_number);
}

}  // namespace chamber
