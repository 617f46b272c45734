#include "harness/net/wire/address.h"

#include <charconv>

namespace chamber {

Result<Ipv4> Ipv4::parse(std::string_view text) {
  std::uint32_t value = 0;
  std::string_view rest = text;
  for (int part = 0; part < 4; ++part) {
    const std::size_t dot = part < 3 ? rest.find('.') : rest.size();
    if (dot == std::string_view::npos) return fail(ErrorKind::kInput, "'{}' is not an IPv4 address", text);
    const std::string_view digits = rest.substr(0, dot);
    std::uint8_t byte = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), byte);
    const bool whole = error == std::errc() && end == digits.data() + digits.size();
    if (!whole || (digits.size() > 1 && digits.front() == '0')) {
      return fail(ErrorKind::kInput, "'{}' is not an IPv4 address", text);
    }
    value = value << 8 | byte;
    rest.remove_prefix(part < 3 ? dot + 1 : dot);
  }
  return Ipv4{value};
}

std::string to_string(Ipv4 address) {
  return fmt::format("{}.{}.{}.{}", address.value >> 24, address.value >> 16 & 0xff, address.value >> 8 & 0xff,
                     address.value & 0xff);
}

}  // namespace chamber
