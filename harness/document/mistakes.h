// What is wrong with a document: collected while it is read, told in one go, in the order of the text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/result.h"
#include "harness/document/source.h"

namespace chamber::document {

class Mistakes {
 public:
  // `what` says what is wrong and what would be right: "unknown key "rat"; did you mean "rate"?".
  void add(const Source& where, std::string what);

  [[nodiscard]] bool none() const { return found_.empty(); }
  [[nodiscard]] std::size_t count() const { return found_.size() + left_out_; }

  // One line a mistake, "file:line:column: what", sorted, each once; kInput. At most 50 lines, then how many are left.
  [[nodiscard]] Error error() const;
  // The error, or nothing when there are no mistakes.
  [[nodiscard]] Result<void> result() const;

 private:
  struct Mistake {
    Source where;
    std::string what;
  };
  std::vector<Mistake> found_;
  std::size_t left_out_ = 0;  // a hostile document must not fill the memory with its mistakes
};

// The user's own text in a message: in quotes, control characters shown, cut to a readable length.
[[nodiscard]] std::string quote(std::string_view text);

// The known name nearest to what was written (optimal string alignment distance, at most a third of its length);
// empty when none is near.
[[nodiscard]] std::string closest(std::string_view written, const std::vector<std::string>& known);

// `; did you mean "rate"?`, or `; known: keys, rate, workload` when none is near.
[[nodiscard]] std::string did_you_mean(std::string_view written, const std::vector<std::string>& known);

}  // namespace chamber::document
