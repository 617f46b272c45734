// What a person sees while a matrix runs: on a terminal the lines of what has ended, and below them what runs, how far
// it is and when it will about be done; elsewhere one plain line an event.
#pragma once

#include <string>

#include "harness/base/clock.h"
#include "harness/cli/progress.h"
#include "matrix/run.h"

namespace chamber {

class MatrixView : public matrix::Watcher {
 public:
  explicit MatrixView(ProgressStyle style) : style_(style), begin_(now()) {}
  ~MatrixView() override { clear(); }
  MatrixView(const MatrixView&) = delete;
  MatrixView& operator=(const MatrixView&) = delete;

  void began(const matrix::Cell& cell, int attempt) override;
  void retried(const matrix::Cell& cell, const matrix::Attempt& attempt) override;
  void ended(const matrix::CellResult& cell) override;
  void look(const matrix::Progress& progress) override;

 private:
  void line(const std::string& text);
  void clear();
  void draw();

  ProgressStyle style_;
  Instant begin_;
  matrix::Progress progress_;
  std::size_t ended_ = 0;
  std::size_t lines_ = 0;  // that are drawn below
};

}  // namespace chamber
