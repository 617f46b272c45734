#include "harness/document/parse.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <sstream>
#include <unordered_map>
#include <utility>

#include "harness/base/fd.h"
#include "harness/document/text_check.h"

namespace chamber::document {
namespace {

// Thrown through yaml-cpp to end its work; caught in parse().
struct TooMuch {
  Source where;
  std::string what;
};

// Turns yaml-cpp's marks into places: bytes from 0 into code points from 1.
class Places {
 public:
  Places(std::string_view text, std::string_view name)
      : text_(text), name_(std::make_shared<const std::string>(name)), line_starts_{0} {
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\n') line_starts_.push_back(i + 1);
    }
  }

  [[nodiscard]] Source at(const YAML::Mark& mark) {
    if (mark.line < 0) return Source::at(name_, 1, 1);
    const auto line = std::min(static_cast<std::size_t>(mark.line), line_starts_.size() - 1);
    const std::string_view rest = text_.substr(line_starts_[line]);
    const auto bytes = std::min(static_cast<std::size_t>(std::max(mark.column, 0)), rest.size());
    // The parser goes forward, so each piece of a line is counted once, however long the line.
    if (line != last_.line || bytes < last_.bytes) last_ = {line, 0, 0};
    last_.points += code_points(rest.substr(last_.bytes, bytes - last_.bytes));
    last_.bytes = bytes;
    return Source::at(name_, static_cast<int>(line) + 1, 1 + static_cast<int>(last_.points));
  }

  [[nodiscard]] Source at_byte(std::size_t offset) const {
    const auto next = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
    const std::size_t start = *std::prev(next);
    return Source::at(name_, static_cast<int>(next - line_starts_.begin()),
                      1 + static_cast<int>(code_points(text_.substr(start, offset - start))));
  }

 private:
  std::string_view text_;
  std::shared_ptr<const std::string> name_;
  std::vector<std::size_t> line_starts_;
  struct Counted {
    std::size_t line = 0;
    std::size_t bytes = 0;
    std::size_t points = 0;
  };
  Counted last_;
};

// Builds the tree from the parser's events, so that every key has its place and every limit is kept as it is reached.
class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(Places& places, const Limits& limits, Mistakes& mistakes)
      : places_(places), limits_(limits), mistakes_(mistakes) {}

  [[nodiscard]] bool complete() const { return complete_; }
  [[nodiscard]] Node take_root() { return std::move(root_); }
  // Where the innermost list or map that is not closed yet begins; null when there is none.
  [[nodiscard]] const Source* innermost() const { return open_.empty() ? nullptr : &open_.back().node.source; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (complete_) throw TooMuch{places_.at(mark), "a second document begins here; write one document in a file"};
  }
  void OnDocumentEnd() override { complete_ = true; }

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Node node = begin(mark, anchor, "");
    // yaml-cpp gives an empty value the place of what comes after it; its key is what the reader looks for.
    if (!open_.empty() && open_.back().key) node.source = open_.back().key->source;
    finish(std::move(node));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    mistakes_.add(places_.at(mark), "aliases (*name) are not allowed; write the value out");
    finish(begin(mark, 0, ""));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Node node = begin(mark, anchor, tag);
    // Escapes can make what the text itself may not hold, and yaml-cpp makes "\N" and "\_" single Latin-1 bytes.
    if (const auto bad = find_bad_byte(value)) {
      mistakes_.add(node.source, fmt::format("an escape in this text is refused: {}", bad->what));
    }
    node.kind = Node::Kind::kScalar;
    node.text = value;
    node.quoted = tag == "!";
    finish(std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, Node::Kind::kList);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, Node::Kind::kMap);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    Node node;
    std::optional<Node> key;                        // of a map, while its value is awaited
    std::unordered_map<std::string, Source> known;  // where each key stands first
  };

  Node begin(const YAML::Mark& mark, YAML::anchor_t anchor, const std::string& tag) {
    Node node;
    node.source = places_.at(mark);
    if (++nodes_ > limits_.nodes) {
      throw TooMuch{node.source, fmt::format("more than {} values in one document", limits_.nodes)};
    }
    if (anchor != 0) mistakes_.add(node.source, "anchors (&name) are not allowed; write the value where it is used");
    // "?" is a plain scalar and "!" a quoted one.
    if (!tag.empty() && tag != "?" && tag != "!") {
      mistakes_.add(node.source, fmt::format("tags ({}) are not allowed; leave it out", quote(tag)));
    }
    return node;
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, Node::Kind kind) {
    Node node = begin(mark, anchor, tag);
    node.kind = kind;
    if (open_.size() >= limits_.depth) {
      throw TooMuch{node.source, fmt::format("more than {} lists and maps inside each other", limits_.depth)};
    }
    open_.push_back({std::move(node), {}, {}});
  }

  void close() {
    Node node = std::move(open_.back().node);
    open_.pop_back();
    finish(std::move(node));
  }

  // Puts a complete value where it belongs.
  void finish(Node node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    if (parent.node.kind == Node::Kind::kList) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.key) {
      parent.key = std::move(node);
    } else {
      add_entry(parent, std::move(node));
      parent.key.reset();
    }
  }

  void add_entry(Open& map, Node value) {
    Node& key = *map.key;
    if (key.kind != Node::Kind::kScalar) {
      mistakes_.add(key.source, fmt::format("a key must be a name, not {}", describe(key)));
      return;
    }
    if (key.text.size() > limits_.key_bytes) {
      mistakes_.add(key.source, fmt::format("a key of {} bytes; at most {}", key.text.size(), limits_.key_bytes));
      return;
    }
    if (key.text == "<<") {
      mistakes_.add(key.source, "merge keys (<<) are not allowed; write the values out");
      return;
    }
    const auto [first, is_new] = map.known.emplace(key.text, key.source);
    if (!is_new) {
      mistakes_.add(key.source, fmt::format("the key {} is there twice, first at {}; leave one of them out",
                                            quote(key.text), first->second.text()));
      return;
    }
    map.node.entries.push_back({std::move(key.text), std::move(key.source), std::move(value)});
  }

  Places& places_;
  const Limits& limits_;
  Mistakes& mistakes_;
  std::vector<Open> open_;
  Node root_;
  std::size_t nodes_ = 0;
  bool complete_ = false;
};

// yaml-cpp says what its parser missed; for what people really get wrong, what would be right.
std::string explain(const std::string& problem) {
  struct Hint {
    std::string_view problem;
    std::string_view right;
  };
  static const std::array kHints = {
      Hint{YAML::ErrorMsg::END_OF_MAP, "line this key up with the others of its map, or put \": \" behind it"},
      Hint{YAML::ErrorMsg::END_OF_MAP_FLOW, "close the { by a }, with commas between the entries"},
      Hint{YAML::ErrorMsg::END_OF_SEQ, "line the list's \"- \" up"},
      Hint{YAML::ErrorMsg::END_OF_SEQ_FLOW, "close the [ by a ], with commas between the items"},
      Hint{YAML::ErrorMsg::MAP_VALUE, "put text that holds \": \" in quotes, and check the indentation"},
      Hint{YAML::ErrorMsg::BLOCK_ENTRY, "a list's \"- \" begins on a line of its own"},
      Hint{YAML::ErrorMsg::FLOW_END, "a } or ] without its opening { or ["},
      Hint{YAML::ErrorMsg::EOF_IN_SCALAR, "close the quote"},
      Hint{YAML::ErrorMsg::UNKNOWN_TOKEN, "put text that begins with %, @ or ` in quotes, and indent by spaces"},
      Hint{YAML::ErrorMsg::TAB_IN_INDENTATION, "indent by spaces"},
      Hint{YAML::ErrorMsg::INVALID_ESCAPE, "write \\\\ for a backslash, or use single quotes"},
      Hint{YAML::ErrorMsg::UNKNOWN_ANCHOR, "write the value out; aliases (*name) are not allowed"},
  };
  for (const Hint& hint : kHints) {
    if (problem.starts_with(hint.problem)) return fmt::format("not YAML ({}): {}", problem, hint.right);
  }
  return fmt::format("not YAML: {}", problem);
}

}  // namespace

std::optional<Node> parse(std::string_view text, std::string_view name, Mistakes& mistakes, const Limits& limits) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (text.size() > limits.bytes) {
    mistakes.add(Places({}, name).at_byte(0),
                 fmt::format("{} bytes are too many; at most {}", text.size(), limits.bytes));
    return std::nullopt;
  }
  Places places(text, name);
  if (const auto bad = find_bad_byte(text)) {
    mistakes.add(places.at_byte(bad->offset), bad->what);
    return std::nullopt;
  }
  TreeBuilder builder(places, limits, mistakes);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const TooMuch& too_much) {
    mistakes.add(too_much.where, too_much.what);
    return std::nullopt;
  } catch (const YAML::Exception& error) {
    // What is not closed is noticed far behind, often at the end of the text: say where it was opened.
    const bool unclosed = error.msg == YAML::ErrorMsg::END_OF_MAP_FLOW || error.msg == YAML::ErrorMsg::END_OF_SEQ_FLOW;
    const Source* const opened = unclosed ? builder.innermost() : nullptr;
    mistakes.add(opened != nullptr ? *opened : places.at(error.mark), explain(error.msg));
    return std::nullopt;
  }
  if (!builder.complete()) {
    mistakes.add(places.at_byte(0), "there is nothing in this document");
    return std::nullopt;
  }
  return builder.take_root();
}

Result<std::string> read_text(const std::filesystem::path& file, const Limits& limits) {
  // O_NONBLOCK so that a named pipe is told from a file instead of waiting for its writer.
  const Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.valid()) return fail(ErrorKind::kInput, "{}: {}", file.string(), errno_text(errno));
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return fail_errno(errno, "looking at {}", file.string());
  if (!S_ISREG(status.st_mode)) return fail(ErrorKind::kInput, "{}: not a regular file", file.string());
  std::string text;
  std::array<char, 65536> part{};
  while (text.size() <= limits.bytes) {
    const ssize_t got = ::read(fd.get(), part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(errno, "reading {}", file.string());
    if (got == 0) return text;
    text.append(part.data(), static_cast<std::size_t>(got));
  }
  return fail(ErrorKind::kInput, "{}: larger than {} bytes", file.string(), limits.bytes);
}

}  // namespace chamber::document
