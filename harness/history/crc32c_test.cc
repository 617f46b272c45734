#include "harness/history/crc32c.h"

#include <gtest/gtest.h>

#include <numeric>
#include <string_view>
#include <vector>

namespace chamber {
namespace {

std::vector<std::uint8_t> bytes_of(std::string_view text) {
  return {text.begin(), text.end()};
}

TEST(Crc32c, MatchesPublishedVectors) {
  // RFC 3720, appendix B.4, and the check value of the catalogue of CRCs.
  EXPECT_EQ(crc32c(bytes_of("123456789")), 0xE3069283U);
  EXPECT_EQ(crc32c(std::vector<std::uint8_t>(32, 0x00)), 0x8A9136AAU);
  EXPECT_EQ(crc32c(std::vector<std::uint8_t>(32, 0xFF)), 0x62A8AB43U);
  std::vector<std::uint8_t> ascending(32);
  std::iota(ascending.begin(), ascending.end(), std::uint8_t{0});
  EXPECT_EQ(crc32c(ascending), 0x46DD794EU);
}

TEST(Crc32c, BothFormsAgreeAtEveryLengthAndCanBeContinued) {
  std::vector<std::uint8_t> bytes;
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(crc32c(bytes), crc32c_portable(bytes)) << bytes.size();
    const auto head = std::span(bytes).first(bytes.size() / 3);
    const auto tail = std::span(bytes).subspan(head.size());
    EXPECT_EQ(crc32c(tail, crc32c(head)), crc32c(bytes)) << bytes.size();
    bytes.push_back(static_cast<std::uint8_t>(i * 37));
  }
}

}  // namespace
}  // namespace chamber
