#include "harness/net/http_parser.h"

#include <algorithm>
#include <charconv>
#include <limits>

namespace chamber::http {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kHeadEnd = "\r\n\r\n";
// What is set aside at once for a body of an announced length: a hostile length must not cost memory before bytes come.
constexpr std::uint64_t kReserveLongest = 1024 * 1024;

tl::unexpected<Error> malformed(std::string_view what, std::string_view text) {
  std::string shown;
  for (const char c : text.substr(0, 80)) shown += (c >= ' ' && c < 0x7f) ? c : '?';
  return fail(ErrorKind::kSystem, "malformed HTTP: {}: '{}'", what, shown);
}

bool digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

MessageParser MessageParser::for_request(const Limits& limits) {
  return MessageParser(true, limits, false);
}

MessageParser MessageParser::for_response(const Limits& limits, bool to_head) {
  return MessageParser(false, limits, to_head);
}

Result<std::size_t> MessageParser::feed(std::string_view bytes) {
  const std::size_t given = bytes.size();
  if (given > 0) started_ = true;
  while (!complete()) {
    const std::size_t before = bytes.size();
    const State was = state_;
    CHAMBER_CHECK(step(bytes));
    if (bytes.size() == before && state_ == was) break;  // needs more than there is
  }
  return given - bytes.size();
}

Result<void> MessageParser::closed() {
  if (state_ == State::kBodyUntilClosed) state_ = State::kComplete;
  if (complete()) return {};
  if (!started_) return fail(ErrorKind::kUnavailable, "the peer closed the connection before it answered");
  return fail(ErrorKind::kUnavailable, "the peer closed the connection in the middle of a message");
}

Result<void> MessageParser::step(std::string_view& bytes) {
  std::string_view line;
  switch (state_) {
    case State::kHead:
      if (!CHAMBER_TRY(collect(bytes, kHeadEnd, line))) return {};
      return read_head(line);
    case State::kBody:
    case State::kBodyUntilClosed:
    case State::kChunkData:
      return take_body(bytes);
    case State::kChunkSize:
      if (!CHAMBER_TRY(collect(bytes, kLineEnd, line))) return {};
      return read_chunk_size(line);
    case State::kChunkEnd:
      if (!CHAMBER_TRY(collect(bytes, kLineEnd, line))) return {};
      if (!line.empty()) return malformed("a chunk is longer than it said", line);
      state_ = State::kChunkSize;
      return {};
    case State::kTrailers:
      if (!CHAMBER_TRY(collect(bytes, kLineEnd, line))) return {};
      trailer_bytes_ += line.size() + kLineEnd.size();
      if (trailer_bytes_ > limits_.head_bytes) return malformed("too many trailers", line);
      if (line.empty()) state_ = State::kComplete;
      return {};
    case State::kComplete:
      return {};
  }
  return {};
}

Result<bool> MessageParser::collect(std::string_view& bytes, std::string_view end_mark, std::string_view& line) {
  if (line_done_) {
    line_.clear();
    line_done_ = false;
  }
  if (line_.empty()) {
    const std::size_t at = bytes.substr(0, limits_.head_bytes + end_mark.size()).find(end_mark);
    if (at != std::string_view::npos) {
      line = bytes.substr(0, at);
      bytes.remove_prefix(at + end_mark.size());
      return true;
    }
  }
  const std::size_t had = line_.size();
  const std::size_t take = std::min(bytes.size(), limits_.head_bytes + end_mark.size() - had);
  line_.append(bytes.substr(0, take));
  const std::size_t overlap = std::min(had, end_mark.size() - 1);
  const std::size_t at = line_.find(end_mark, had - overlap);
  if (at == std::string::npos) {
    if (line_.size() >= limits_.head_bytes + end_mark.size()) return malformed("a head or line is too long", line_);
    bytes.remove_prefix(take);
    return false;
  }
  bytes.remove_prefix(at + end_mark.size() - had);
  line_.resize(at);
  line_done_ = true;
  line = line_;
  return true;
}

Result<void> MessageParser::read_head(std::string_view head) {
  std::size_t end = head.find(kLineEnd);
  const std::string_view first = head.substr(0, end);
  CHAMBER_CHECK(is_request_ ? read_request_line(first) : read_status_line(first));
  while (end != std::string_view::npos) {
    head.remove_prefix(end + kLineEnd.size());
    end = head.find(kLineEnd);
    CHAMBER_CHECK(read_field(head.substr(0, end)));
  }
  if (!is_request_ && response_.status < 200) {
    if (response_.status == 101) return malformed("switched protocols unasked", first);
    if (++interim_seen_ > limits_.interim_responses) return malformed("too many interim responses", first);
    response_ = Response();
    return {};
  }
  return decide_body();
}

Result<void> MessageParser::read_version(std::string_view version) {
  if (version == "HTTP/1.0") {
    http_1_0_ = true;
  } else if (version != "HTTP/1.1") {
    return malformed("not HTTP/1.1", version);
  }
  return {};
}

Result<void> MessageParser::read_status_line(std::string_view line) {
  CHAMBER_CHECK(read_version(line.substr(0, 8)));
  const std::string_view rest = line.substr(std::min<std::size_t>(8, line.size()));
  const bool well_formed = rest.size() >= 4 && rest[0] == ' ' && digits(rest.substr(1, 3)) && rest[1] != '0' &&
                           (rest.size() == 4 || rest[4] == ' ') && is_field_value(rest);
  if (!well_formed) return malformed("no status line", line);
  response_.status = (rest[1] - '0') * 100 + (rest[2] - '0') * 10 + (rest[3] - '0');
  return {};
}

Result<void> MessageParser::read_request_line(std::string_view line) {
  const std::size_t first = line.find(' ');
  const std::size_t second = first == std::string_view::npos ? first : line.find(' ', first + 1);
  if (second == std::string_view::npos) return malformed("no request line", line);
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, second - first - 1);
  const bool visible =
      !target.empty() && std::none_of(target.begin(), target.end(), [](char c) { return c <= ' ' || c == 0x7f; });
  if (!is_token(method) || !visible) return malformed("no request line", line);
  CHAMBER_CHECK(read_version(line.substr(second + 1)));
  request_.method = method;
  request_.target = target;
  return {};
}

Result<void> MessageParser::read_field(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return malformed("no header field", line);
  std::string_view value = line.substr(colon + 1);
  while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
  while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
  if (!is_field_value(value)) return malformed("control characters in a header field", line);
  if (fields().size() >= limits_.headers) return malformed("too many header fields", line);
  fields().add(line.substr(0, colon), value);
  return {};
}

Result<void> MessageParser::decide_body() {
  bool chunked = false;
  const std::string* length = nullptr;
  bool close_token = false;
  bool keep_token = false;
  for (const Header& field : fields()) {
    if (equals_ignoring_case(field.name, "content-length")) {
      if (!digits(field.value) || (length && *length != field.value)) return malformed("Content-Length", field.value);
      length = &field.value;
    } else if (equals_ignoring_case(field.name, "transfer-encoding")) {
      if (chunked || !equals_ignoring_case(field.value, "chunked")) return malformed("Transfer-Encoding", field.value);
      chunked = true;
    } else if (equals_ignoring_case(field.name, "connection")) {
      close_token = fields().has_token("connection", "close");
      keep_token = fields().has_token("connection", "keep-alive");
    }
  }
  keep_alive_ = !close_token && (!http_1_0_ || keep_token);
  if (chunked && (length || http_1_0_)) return malformed("Transfer-Encoding beside Content-Length or HTTP/1.0", "");
  const bool bodiless = !is_request_ && (to_head_ || response_.status == 204 || response_.status == 304);
  if (bodiless) {
    state_ = State::kComplete;
    return {};
  }
  return decide_length(chunked, length);
}

Result<void> MessageParser::decide_length(bool chunked, const std::string* length) {
  if (chunked) {
    state_ = State::kChunkSize;
  } else if (length) {
    const auto parsed = std::from_chars(length->data(), length->data() + length->size(), body_left_);
    if (parsed.ec != std::errc() || body_left_ > limits_.body_bytes) return malformed("the body is too long", *length);
    body().reserve(static_cast<std::size_t>(std::min(body_left_, kReserveLongest)));
    state_ = body_left_ == 0 ? State::kComplete : State::kBody;
  } else if (is_request_) {
    state_ = State::kComplete;
  } else {
    keep_alive_ = false;
    body_left_ = limits_.body_bytes;
    state_ = State::kBodyUntilClosed;
  }
  return {};
}

Result<void> MessageParser::read_chunk_size(std::string_view line) {
  std::string_view size = line.substr(0, line.find(';'));
  while (!size.empty() && (size.back() == ' ' || size.back() == '\t')) size.remove_suffix(1);
  const char* end = size.data() + size.size();
  const auto parsed = std::from_chars(size.data(), end, body_left_, 16);
  if (size.empty() || parsed.ec != std::errc() || parsed.ptr != end || !is_field_value(line)) {
    return malformed("chunk size", line);
  }
  if (body_left_ > limits_.body_bytes - body().size()) return malformed("the body is too long", line);
  state_ = body_left_ == 0 ? State::kTrailers : State::kChunkData;
  return {};
}

Result<void> MessageParser::take_body(std::string_view& bytes) {
  if (state_ == State::kBodyUntilClosed && bytes.size() > body_left_) return malformed("the body is too long", "");
  const auto take = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), body_left_));
  body().append(bytes.substr(0, take));
  bytes.remove_prefix(take);
  body_left_ -= take;
  if (body_left_ == 0 && state_ == State::kBody) state_ = State::kComplete;
  if (body_left_ == 0 && state_ == State::kChunkData) state_ = State::kChunkEnd;
  return {};
}

}  // namespace chamber::http
