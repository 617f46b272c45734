#include "harness/document/source.h"

#include <fmt/format.h>

#include <string_view>
#include <tuple>

namespace chamber::document {

Source Source::at(std::shared_ptr<const std::string> file, int line, int column) {
  Source source;
  source.kind_ = Kind::kFile;
  source.name_ = std::move(file);
  source.line_ = line;
  source.column_ = column;
  return source;
}

Source Source::setting(std::string_view path) {
  Source source;
  source.kind_ = Kind::kSetting;
  source.name_ = std::make_shared<const std::string>(fmt::format("--set {}", path));
  return source;
}

Source Source::said(std::string text) {
  if (text == Source{}.text()) return {};
  Source source;
  source.kind_ = Kind::kSaid;
  source.name_ = std::make_shared<const std::string>(std::move(text));
  return source;
}

std::string Source::text() const {
  switch (kind_) {
    case Kind::kFile:
      return fmt::format("{}:{}:{}", *name_, line_, column_);
    case Kind::kSetting:
    case Kind::kSaid:
      return *name_;
    case Kind::kDefault:
      break;
  }
  return "default";
}

std::strong_ordering Source::operator<=>(const Source& other) const {
  const auto order = [](const Source& source) {
    const std::string_view name = source.name_ ? std::string_view(*source.name_) : std::string_view();
    return std::tuple(source.kind_, name, source.line_, source.column_);
  };
  return order(*this) <=> order(other);
}

}  // namespace chamber::document
