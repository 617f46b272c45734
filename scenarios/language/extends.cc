#include "scenarios/language/extends.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "harness/document/parse.h"
#include "scenarios/language/stack.h"

namespace chamber::language {
namespace {

namespace fs = std::filesystem;
using document::Entry;
using document::Mistakes;
using document::Node;
using document::quote;

constexpr const char* kExtends = "extends";

class Extension {
 public:
  Extension(const std::vector<fs::path>& folders, Mistakes& mistakes) : folders_(folders), mistakes_(mistakes) {}

  void apply(Node& root) {
    const Node* const named = root.find(kExtends);
    if (named == nullptr || named->kind != Node::Kind::kScalar) return;  // what it is instead, reading tells
    const std::optional<fs::path> file = find(*named);
    if (!file) return;
    if (std::find(under_way_.begin(), under_way_.end(), *file) != under_way_.end()) {
      mistakes_.add(named->source, fmt::format("{} extends itself; leave one `extends` out", file->string()));
      return;
    }
    const Result<std::string> text = document::read_text(*file);
    if (!text) {
      mistakes_.add(named->source, text.error().message());
      return;
    }
    std::optional<Node> other = document::parse(*text, file->string(), mistakes_);
    if (!other || other->kind != Node::Kind::kMap) {
      if (other) mistakes_.add(other->source, fmt::format("expected keys of a scenario, found {}", describe(*other)));
      return;
    }
    under_way_.push_back(*file);
    apply(*other);
    under_way_.pop_back();
    std::erase_if(other->entries, [](const Entry& entry) {
      return entry.key == "name" || entry.key == "about" || entry.key == "fails_when" || entry.key == kExtends;
    });
    put_under(root, std::move(*other));
  }

 private:
  std::optional<fs::path> find(const Node& named) {
    std::vector<std::string> tried;
    for (const fs::path& folder : folders_) {
      const fs::path file = folder / (named.text + ".yaml");
      std::error_code error;
      if (fs::exists(file, error)) return file;
      tried.push_back(file.string());
    }
    mistakes_.add(named.source,
                  fmt::format("there is no {}; write FAMILY/NAME of a scenario, or parts/NAME",
                              tried.empty() ? quote(named.text) : fmt::format("{}", fmt::join(tried, " or "))));
    return std::nullopt;
  }

  static void put_under(Node& upper, Node lower) {
    for (Entry& entry : lower.entries) {
      Node* const own = upper.find(entry.key);
      if (own == nullptr) {
        upper.entries.push_back(std::move(entry));
        continue;
      }
      if (own->kind != Node::Kind::kMap) continue;
      if (entry.key == "stack") {
        expand_short_forms(*own);
        expand_short_forms(entry.value);
      }
      if (entry.value.kind == Node::Kind::kMap) put_under(*own, std::move(entry.value));
    }
  }

  const std::vector<fs::path>& folders_;
  Mistakes& mistakes_;
  std::vector<fs::path> under_way_;
};

}  // namespace

void apply_extends(Node& root, const std::vector<fs::path>& folders, Mistakes& mistakes) {
  Extension(folders, mistakes).apply(root);
}

}  // namespace chamber::language
