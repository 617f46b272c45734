#include "harness/cli/matrix_view.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "reports/escape.h"
#include "reports/figures.h"

namespace chamber {
namespace {

constexpr std::size_t kMostLines = 12;  // of running cells

std::size_t terminal_width() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 100;
}

std::string cut(const std::string& text, std::size_t width) {
  return columns(text) <= width ? text : text.substr(0, width - 1);
}

std::string_view colour(matrix::Status status) {
  switch (status) {
    case matrix::Status::kPassed:
      return "\x1b[32m";
    case matrix::Status::kFailed:
    case matrix::Status::kError:
      return "\x1b[31m";
    case matrix::Status::kInconclusive:
    case matrix::Status::kNotRun:
      break;
  }
  return "\x1b[33m";
}

}  // namespace

void MatrixView::clear() {
  for (; lines_ > 0; --lines_) std::fputs("\x1b[1A\x1b[2K", stderr);
}

void MatrixView::line(const std::string& text) {
  if (style_ == ProgressStyle::kQuiet || style_ == ProgressStyle::kJson) return;
  clear();
  std::fputs(fmt::format("{:7.1f}s  {}\n", seconds(now() - begin_), text).c_str(), stderr);
  draw();
}

void MatrixView::draw() {
  if (style_ != ProgressStyle::kTerminal) return;
  clear();
  const std::size_t width = terminal_width();
  const double share =
      progress_.total == 0 ? 1 : static_cast<double>(progress_.done) / static_cast<double>(progress_.total);
  constexpr std::size_t kBar = 24;
  const auto full = static_cast<std::size_t>(share * kBar);
  std::string bar(full, '#');
  bar.resize(kBar, '.');
  const std::string head = fmt::format("[{}] {} of {}, {} not passed, about {} left", bar, progress_.done,
                                       progress_.total, progress_.failed, seconds_text(progress_.remaining_s));
  std::fputs((cut(head, width) + "\n").c_str(), stderr);
  ++lines_;
  for (const matrix::RunningCell& cell : progress_.running) {
    if (lines_ > kMostLines) break;
    const std::string again = cell.attempt > 1 ? fmt::format(", attempt {}", cell.attempt) : "";
    std::fputs((cut(fmt::format("  {:6.1f}s  {}{}", cell.seconds, cell.id, again), width) + "\n").c_str(), stderr);
    ++lines_;
  }
  std::fflush(stderr);
}

void MatrixView::began(const matrix::Cell& cell, int attempt) {
  if (style_ != ProgressStyle::kPlain) return;
  line(fmt::format("begin         {}{}", cell.id, attempt > 1 ? fmt::format(" (attempt {})", attempt) : ""));
}

void MatrixView::retried(const matrix::Cell& cell, const matrix::Attempt& attempt) {
  line(fmt::format("{:13} {} ({}): {}; it is run again", to_string(attempt.status), cell.id,
                   seconds_text(attempt.seconds), escape_terminal(attempt.why)));
}

void MatrixView::ended(const matrix::CellResult& cell) {
  ++ended_;
  const matrix::Attempt* const last = cell.last();
  const std::string why = last == nullptr || last->why.empty() ? "" : ": " + escape_terminal(last->why);
  const std::string word = cell.flaky() ? "flaky" : std::string(to_string(cell.status));
  const bool colours = style_ == ProgressStyle::kTerminal;
  line(fmt::format("{}{:13}{} {} ({}){}", colours ? colour(cell.status) : "", word, colours ? "\x1b[0m" : "", cell.id,
                   seconds_text(cell.seconds()), why));
}

void MatrixView::look(const matrix::Progress& progress) {
  progress_ = progress;
  draw();
}

}  // namespace chamber
