#include "harness/net/wire/address.h"

#include <gtest/gtest.h>

namespace chamber {
namespace {

TEST(AddressTest, ParsesWhatItPrints) {
  for (const char* text : {"0.0.0.0", "198.18.0.1", "198.19.255.254", "255.255.255.255"}) {
    const Result<Ipv4> address = Ipv4::parse(text);
    ASSERT_TRUE(address.ok()) << text;
    EXPECT_EQ(to_string(*address), text);
  }
}

TEST(AddressTest, RefusesWhatIsNoAddress) {
  for (const char* text : {"", "1", "1.2.3", "1.2.3.4.5", "1.2.3.", ".1.2.3", "1.2.3.256", "01.2.3.4", "1.2.3.4 ",
                           "a.b.c.d", "1.-2.3.4", "1..3.4"}) {
    const Result<Ipv4> address = Ipv4::parse(text);
    ASSERT_FALSE(address.ok()) << text;
    EXPECT_EQ(address.error().kind(), ErrorKind::kInput);
  }
}

TEST(AddressTest, MacCarriesTheAddress) {
  EXPECT_EQ(mac_of(Ipv4::of(198, 18, 1, 255)), (Mac{0x02, 0x00, 198, 18, 1, 255}));
}

TEST(AddressTest, CellAddressesAreTheHostsOfTheBenchmarkNetwork) {
  EXPECT_TRUE(is_cell_address(Ipv4::of(198, 18, 0, 1)));
  EXPECT_TRUE(is_cell_address(Ipv4::of(198, 19, 255, 254)));
  EXPECT_FALSE(is_cell_address(Ipv4::of(198, 18, 0, 0)));
  EXPECT_FALSE(is_cell_address(Ipv4::of(198, 19, 255, 255)));
  EXPECT_FALSE(is_cell_address(Ipv4::of(198, 17, 255, 255)));
  EXPECT_FALSE(is_cell_address(Ipv4::of(198, 20, 0, 1)));
}

}  // namespace
}  // namespace chamber
