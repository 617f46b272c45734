#include "harness/document/mistakes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <tuple>

namespace chamber::document {
namespace {

constexpr std::size_t kKept = 1000;
constexpr std::size_t kShown = 50;
constexpr std::size_t kQuotedBytes = 80;
constexpr std::size_t kNamesListed = 24;

// Optimal string alignment: insert, delete, replace, and swap of two neighbours each cost one.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), previous(b.size() + 1), current(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) previous[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    current[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      current[j] = std::min({previous[j] + 1, current[j - 1] + 1, change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        current[j] = std::min(current[j], before[j - 2] + 1);
      }
    }
    std::swap(before, previous);
    std::swap(previous, current);
  }
  return previous[b.size()];
}

}  // namespace

void Mistakes::add(const Source& where, std::string what) {
  if (found_.size() < kKept) {
    found_.push_back({where, std::move(what)});
  } else {
    ++left_out_;
  }
}

Error Mistakes::error() const {
  std::vector<Mistake> sorted = found_;
  const auto less = [](const Mistake& a, const Mistake& b) {
    return std::tie(a.where, a.what) < std::tie(b.where, b.what);
  };
  const auto same = [](const Mistake& a, const Mistake& b) { return a.where == b.where && a.what == b.what; };
  std::stable_sort(sorted.begin(), sorted.end(), less);
  sorted.erase(std::unique(sorted.begin(), sorted.end(), same), sorted.end());
  std::string text;
  for (std::size_t i = 0; i < std::min(sorted.size(), kShown); ++i) {
    text += fmt::format("{}{}: {}", i == 0 ? "" : "\n", sorted[i].where.text(), sorted[i].what);
  }
  const std::size_t rest = sorted.size() - std::min(sorted.size(), kShown) + left_out_;
  if (rest > 0) text += fmt::format("\nand {} more mistakes", rest);
  return {ErrorKind::kInput, text};
}

Result<void> Mistakes::result() const {
  if (none()) return {};
  return tl::unexpected(error());
}

std::string quote(std::string_view text) {
  std::string shown = "\"";
  std::size_t used = 0;
  for (const char c : text) {
    // Cut between code points, never inside one.
    const bool continues = (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
    if (used >= kQuotedBytes && !continues) return shown + "…\"";
    ++used;
    if (c == '\n') {
      shown += "\\n";
    } else if (c == '\t') {
      shown += "\\t";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      shown += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      shown += c;
    }
  }
  return shown + "\"";
}

std::string closest(std::string_view written, const std::vector<std::string>& known) {
  constexpr std::size_t kLongestName = 100;  // bounds the work for hostile text
  if (written.size() > kLongestName) return {};
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(1, written.size() / 3) + 1;
  for (const std::string& name : known) {
    const std::size_t d = distance(written, name);
    if (d < best_distance) {
      best_distance = d;
      best = name;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view written, const std::vector<std::string>& known) {
  const std::string near = closest(written, known);
  if (!near.empty()) return fmt::format("; did you mean {}?", quote(near));
  if (known.empty()) return {};
  std::vector<std::string> listed(known.begin(), known.begin() + std::ptrdiff_t(std::min(known.size(), kNamesListed)));
  std::sort(listed.begin(), listed.end());
  return fmt::format("; known: {}{}", fmt::join(listed, ", "), listed.size() < known.size() ? ", …" : "");
}

}  // namespace chamber::document
