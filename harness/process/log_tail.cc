#include "harness/process/log_tail.h"

#include <deque>
#include <fstream>

namespace chamber {

std::string log_tail(const std::filesystem::path& file, int lines) {
  std::ifstream text(file);
  std::deque<std::string> tail;
  for (std::string line; std::getline(text, line);) {
    tail.push_back("  | " + line);
    if (tail.size() > static_cast<std::size_t>(lines)) tail.pop_front();
  }
  std::string all;
  for (const std::string& line : tail) all += line + "\n";
  return all.empty() ? "  (nothing)" : all;
}

}  // namespace chamber
