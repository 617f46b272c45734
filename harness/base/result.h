// Errors as values. A function that can fail returns Result<T>; each layer adds what it was doing with context().
// Exceptions of third-party libraries are caught where the library is called and never cross a folder's public header.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace chamber {

// What kind of failure it is decides the exit code and who is to blame for it (DESIGN.md, "Verdicts").
enum class ErrorKind {
  kInput,        // what the user wrote or asked for is wrong: exit 2
  kHarness,      // the harness or its machine failed: exit 3
  kSystem,       // the system under test answered something wrong
  kUnavailable,  // the system under test did not answer, or said that it can't now
  kTimeout,      // a deadline passed; the message says what was waited for and the last state seen
  kInterrupted,  // the user or a cancelled run stopped it: exit 130
};

[[nodiscard]] std::string_view to_string(ErrorKind kind);

class Error {
 public:
  Error(ErrorKind kind, std::string message) : kind_(kind), message_(std::move(message)) {}

  [[nodiscard]] ErrorKind kind() const { return kind_; }
  [[nodiscard]] const std::string& message() const { return message_; }

  // Puts what the caller was doing in front: "starting vault-0: opening /x: permission denied".
  [[nodiscard]] Error context(std::string_view doing) const& {
    return Error(kind_, fmt::format("{}: {}", doing, message_));
  }

 private:
  ErrorKind kind_;
  std::string message_;
};

template <typename T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using tl::expected<T, Error>::expected;
  Result(tl::expected<T, Error> other) : tl::expected<T, Error>(std::move(other)) {}

  [[nodiscard]] bool ok() const { return this->has_value(); }

  // The same result with what the caller was doing in front of the error.
  Result context(std::string_view doing) && {
    if (ok()) return std::move(*this);
    return tl::unexpected(this->error().context(doing));
  }
};

template <>
class [[nodiscard]] Result<void> : public tl::expected<void, Error> {
 public:
  using tl::expected<void, Error>::expected;
  Result(tl::expected<void, Error> other) : tl::expected<void, Error>(std::move(other)) {}

  [[nodiscard]] bool ok() const { return has_value(); }

  Result context(std::string_view doing) && {
    if (ok()) return {};
    return tl::unexpected(error().context(doing));
  }
};

template <typename... Args>
[[nodiscard]] tl::unexpected<Error> fail(ErrorKind kind, fmt::format_string<Args...> format, Args&&... args) {
  return tl::unexpected(Error(kind, fmt::format(format, std::forward<Args>(args)...)));
}

// kHarness with errno's text behind: "opening /x: No such file or directory".
template <typename... Args>
[[nodiscard]] tl::unexpected<Error> fail_errno(int error_number, fmt::format_string<Args...> format, Args&&... args);

// The text of an errno value; safe to call from any thread.
[[nodiscard]] std::string errno_text(int error_number);

template <typename... Args>
tl::unexpected<Error> fail_errno(int error_number, fmt::format_string<Args...> format, Args&&... args) {
  return tl::unexpected(
      Error(ErrorKind::kHarness, fmt::format(format, std::forward<Args>(args)...) + ": " + errno_text(error_number)));
}

}  // namespace chamber

// Each use names its temporary anew, so that one may stand inside another.
#define CHAMBER_CONCAT_(a, b) a##b
#define CHAMBER_NAME_(a, b) CHAMBER_CONCAT_(a, b)
#define CHAMBER_TRY_(result, expression)                \
  __extension__({                                       \
    auto result = (expression);                         \
    if (!result) return tl::unexpected(result.error()); \
    std::move(result).value();                          \
  })
#define CHAMBER_CHECK_(result, expression)              \
  do {                                                  \
    auto result = (expression);                         \
    if (!result) return tl::unexpected(result.error()); \
  } while (false)

// The value of a Result, or return its error from the enclosing function. A GNU statement expression, which both
// compilers of this project have.
#define CHAMBER_TRY(expression) CHAMBER_TRY_(CHAMBER_NAME_(chamber_result_, __COUNTER__), expression)

// The same for Result<void>.
#define CHAMBER_CHECK(expression) CHAMBER_CHECK_(CHAMBER_NAME_(chamber_result_, __COUNTER__), expression)
