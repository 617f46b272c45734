// Where a value was written, so that any later stage can point at it: "x.yaml:6:12", "--set load[0].rate" or "default".
#pragma once

#include <compare>
#include <memory>
#include <string>
#include <utility>

namespace chamber::document {

class Source {
 public:
  // Nobody wrote it: the value is a default.
  Source() = default;
  // `line` and `column` count from 1; a column is one Unicode code point.
  static Source at(std::shared_ptr<const std::string> file, int line, int column);
  // An override from the command line; `path` is what stands left of its "=".
  static Source setting(std::string_view path);
  // Anything else in its own words: what a saved plan says, or "drawn for this run".
  static Source said(std::string text);

  [[nodiscard]] bool is_default() const { return kind_ == Kind::kDefault; }
  [[nodiscard]] std::string text() const;

  // Files in the order of their names, then positions; overrides and the rest behind all files.
  [[nodiscard]] std::strong_ordering operator<=>(const Source& other) const;
  [[nodiscard]] bool operator==(const Source& other) const { return (*this <=> other) == 0; }

 private:
  enum class Kind { kFile, kSetting, kSaid, kDefault };

  Kind kind_ = Kind::kDefault;
  std::shared_ptr<const std::string> name_;  // the file, or the words; null for a default
  int line_ = 0;
  int column_ = 0;
};

// A value with the place it came from. `*located` is the value.
template <typename T>
struct Located {
  T value{};
  Source source{};

  [[nodiscard]] const T& operator*() const { return value; }
  [[nodiscard]] const T* operator->() const { return &value; }
};

}  // namespace chamber::document
