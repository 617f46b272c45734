// Reads one HTTP/1.1 message from bytes as they come. Strict where leniency has led to request smuggling (RFC 9112,
// section 11): lines end in CRLF, no folded fields, no Content-Length beside Transfer-Encoding, no coding but chunked.
// Every size has a limit. Safe on hostile input; fuzzed by http_parser_fuzz.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "harness/base/result.h"
#include "harness/net/http_message.h"

namespace chamber::http {

struct Limits {
  std::size_t head_bytes = 64 * 1024;          // start line and headers; also the trailers
  std::size_t headers = 256;                   // number of fields
  std::size_t body_bytes = 256 * 1024 * 1024;  //
  int interim_responses = 16;                  // 1xx before the final one
};

class MessageParser {
 public:
  [[nodiscard]] static MessageParser for_request(const Limits& limits = {});
  // `to_head`: the request was HEAD, so no body follows whatever the headers say.
  [[nodiscard]] static MessageParser for_response(const Limits& limits = {}, bool to_head = false);

  // Consumes bytes of the message and says how many: fewer than given only when the message is complete.
  // Errors are kSystem (the peer sent something wrong); after one the parser is of no more use.
  Result<std::size_t> feed(std::string_view bytes);
  // The peer closed its side: completes a body that lasts until then, an error in any other place.
  Result<void> closed();

  [[nodiscard]] bool complete() const { return state_ == State::kComplete; }
  // The head of the (final) message is read; what has come of the body may be less than all.
  [[nodiscard]] bool head_complete() const { return state_ != State::kHead; }
  [[nodiscard]] bool started() const { return started_; }
  // Whether another message may follow on this connection; valid when complete.
  [[nodiscard]] bool keep_alive() const { return keep_alive_; }

  [[nodiscard]] const Headers& headers() const { return is_request_ ? request_.headers : response_.headers; }
  [[nodiscard]] Request take_request() { return std::move(request_); }
  [[nodiscard]] Response take_response() { return std::move(response_); }

 private:
  enum class State { kHead, kBody, kBodyUntilClosed, kChunkSize, kChunkData, kChunkEnd, kTrailers, kComplete };

  MessageParser(bool is_request, const Limits& limits, bool to_head)
      : limits_(limits), is_request_(is_request), to_head_(to_head) {}

  // Collects up to `end_mark` in line_; true when it is there, `line` is then the text before the mark.
  Result<bool> collect(std::string_view& bytes, std::string_view end_mark, std::string_view& line);
  Result<void> read_head(std::string_view head);
  Result<void> read_status_line(std::string_view line);
  Result<void> read_request_line(std::string_view line);
  Result<void> read_field(std::string_view line);
  Result<void> read_version(std::string_view version);
  Result<void> decide_body();
  Result<void> decide_length(bool chunked, const std::string* length);
  Result<void> read_chunk_size(std::string_view line);
  Result<void> take_body(std::string_view& bytes);
  Result<void> step(std::string_view& bytes);

  std::string& body() { return is_request_ ? request_.body : response_.body; }
  Headers& fields() { return is_request_ ? request_.headers : response_.headers; }

  Limits limits_;
  bool is_request_;
  bool to_head_;
  State state_ = State::kHead;
  bool started_ = false;
  bool keep_alive_ = true;
  bool http_1_0_ = false;
  int interim_seen_ = 0;
  std::size_t trailer_bytes_ = 0;
  std::uint64_t body_left_ = 0;  // of the body, or of the chunk
  std::string line_;             // a head or line of which a part has come
  bool line_done_ = false;       // line_ was handed out: forget it when the next one begins
  Request request_;
  Response response_;
};

}  // namespace chamber::http
