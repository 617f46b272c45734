// Any bytes: as a document, as an override, and as every quantity. What reads must write and read back the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "harness/document/object.h"
#include "harness/document/parse.h"
#include "harness/document/scalars.h"

namespace chamber::document {
namespace {

struct Everything {
  std::optional<Located<std::string>> name;
  std::optional<Located<Duration>> duration;
  std::optional<Located<Rate>> rate;
  std::optional<Located<Percentage>> share;
  std::optional<Located<ByteSize>> size;
  std::optional<Located<double>> number;
  std::optional<Located<std::int64_t>> count;
  std::map<std::string, bool> flags;
  std::vector<std::string> list;
};

Shape<Everything> everything() {
  return Object<Everything>("everything")
      .optional("name", &Everything::name, text(), "")
      .optional("duration", &Everything::duration, duration({Duration(0), Duration::max()}), "")
      .optional("rate", &Everything::rate, rate({0, 1e18}), "")
      .optional("share", &Everything::share, percentage(), "")
      .optional("size", &Everything::size, byte_size({{0}, {INT64_MAX}}), "")
      .optional("number", &Everything::number, number({-1e300, 1e300}), "")
      .optional("count", &Everything::count, whole({INT64_MIN, INT64_MAX}), "")
      .optional("flags", &Everything::flags, map_of(label("a name"), flag(), "flags"), "")
      .optional("list", &Everything::list, list_of(text(), "a list", 0, 10), "");
}

void expect(bool holds) {
  if (!holds) std::abort();
}

void read_everything(std::string_view bytes) {
  static const Shape<Everything> shape = everything();
  Mistakes mistakes;
  std::optional<Node> node = parse(bytes, "fuzz", mistakes);
  expect(node.has_value() || !mistakes.none());
  if (!node) return;
  const std::optional<Everything> value = shape.read(*node, mistakes);
  expect(value.has_value() || !mistakes.none());
  expect(mistakes.none() || !mistakes.error().message().empty());
  if (!value || !mistakes.none()) return;
  const std::string written = shape.write(*value).dump();
  Mistakes none;
  const std::optional<Node> again = parse(written, "written", none);
  expect(again.has_value());
  const std::optional<Everything> same = shape.read(*again, none);
  expect(none.none() && same.has_value() && shape.write(*same).dump() == written);
}

}  // namespace
}  // namespace chamber::document

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace chamber::document;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  read_everything(bytes);
  Mistakes mistakes;
  Node root = Node::map(Source{});
  apply_override(root, bytes, mistakes);
  return 0;
}
