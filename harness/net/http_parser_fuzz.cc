// Whatever a server sends, and in whatever pieces it comes, the parser neither crashes nor disagrees with itself.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "harness/net/http_parser.h"

namespace {

using chamber::http::Limits;
using chamber::http::MessageParser;

struct Outcome {
  bool ok = false;
  bool complete = false;
  std::size_t taken = 0;
  std::string body;
};

Outcome parse(std::string_view text, bool request, bool to_head, std::size_t piece) {
  const Limits limits{.head_bytes = 2048, .headers = 32, .body_bytes = 4096, .interim_responses = 4};
  MessageParser parser = request ? MessageParser::for_request(limits) : MessageParser::for_response(limits, to_head);
  Outcome outcome;
  while (outcome.taken < text.size() && !parser.complete()) {
    const auto used = parser.feed(text.substr(outcome.taken, piece));
    if (!used) return outcome;
    outcome.taken += *used;
  }
  outcome.ok = true;
  outcome.complete = parser.complete();
  outcome.body = request ? parser.take_request().body : parser.take_response().body;
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const bool request = (data[0] & 1) != 0;
  const bool to_head = (data[0] & 2) != 0;
  const std::size_t piece = 1U + data[1];
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  const Outcome whole = parse(text, request, to_head, text.size() + 1);
  const Outcome pieces = parse(text, request, to_head, piece);
  // A mistake after the end of a message is not seen, so both agree on all that was read before it.
  if (whole.ok != pieces.ok) std::abort();
  if (whole.ok && (whole.complete != pieces.complete || whole.taken != pieces.taken || whole.body != pieces.body)) {
    std::abort();
  }
  return 0;
}
