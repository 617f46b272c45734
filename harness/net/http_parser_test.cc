#include "harness/net/http_parser.h"

#include <gtest/gtest.h>

#include "harness/base/random.h"

namespace chamber::http {
namespace {

// Feeds the text in pieces of `piece` bytes; the number of bytes that were taken.
Result<std::size_t> feed(MessageParser& parser, std::string_view text, std::size_t piece) {
  std::size_t taken = 0;
  while (taken < text.size() && !parser.complete()) {
    taken += CHAMBER_TRY(parser.feed(text.substr(taken, piece)));
  }
  return taken;
}

Result<Response> parse_response(std::string_view text, std::size_t piece = 1 << 20, bool to_head = false) {
  MessageParser parser = MessageParser::for_response({}, to_head);
  CHAMBER_TRY(feed(parser, text, piece));
  if (!parser.complete()) CHAMBER_CHECK(parser.closed());
  return parser.take_response();
}

constexpr std::string_view kChunked =
    "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Two:  a\t \r\nX-Empty:\r\n\r\n"
    "5\r\nhello\r\n6;name=\"v\"\r\n world\r\n0\r\nTrailer: t\r\n\r\n";

TEST(ResponseParser, ReadsTheSameInPiecesOfAnySize) {
  for (std::size_t piece = 1; piece <= kChunked.size(); ++piece) {
    const auto response = parse_response(kChunked, piece);
    ASSERT_TRUE(response.ok()) << piece << ": " << response.error().message();
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->body, "hello world");
    EXPECT_EQ(response->headers.get("x-two"), "a");
    ASSERT_NE(response->headers.find("x-empty"), nullptr);
    EXPECT_EQ(response->headers.find("link"), nullptr) << "of the interim response";
  }
}

TEST(ResponseParser, TakesNoByteOfTheNextMessage) {
  const std::string first = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  MessageParser parser = MessageParser::for_response();
  EXPECT_EQ(parser.feed(first + "HTTP/1.1 500").value(), first.size());
  EXPECT_TRUE(parser.complete());
  EXPECT_TRUE(parser.keep_alive());
}

TEST(ResponseParser, KnowsResponsesWithoutBody) {
  EXPECT_EQ(parse_response("HTTP/1.1 204 No Content\r\n\r\n")->body, "");
  EXPECT_EQ(parse_response("HTTP/1.1 304 x\r\nContent-Length: 9\r\n\r\n")->body, "");
  EXPECT_EQ(parse_response("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", 1 << 20, true)->body, "");
  EXPECT_EQ(parse_response("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n")->status, 200);
}

TEST(ResponseParser, ReadsUntilClosedOnlyWhereNothingElseIsSaid) {
  MessageParser parser = MessageParser::for_response();
  ASSERT_TRUE(parser.feed("HTTP/1.1 200 OK\r\n\r\nall of").ok());
  EXPECT_FALSE(parser.complete());
  ASSERT_TRUE(parser.feed(" it").ok());
  ASSERT_TRUE(parser.closed().ok());
  EXPECT_FALSE(parser.keep_alive());
  EXPECT_EQ(parser.take_response().body, "all of it");

  for (const char* cut : {"", "HTTP/1.1 20", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc",
                          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
                          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n"}) {
    const auto response = parse_response(cut);
    ASSERT_FALSE(response.ok()) << cut;
    EXPECT_EQ(response.error().kind(), ErrorKind::kUnavailable) << cut;
  }
}

TEST(ResponseParser, KnowsWhetherTheConnectionGoesOn) {
  const auto goes_on = [](std::string_view head) {
    MessageParser parser = MessageParser::for_response();
    EXPECT_TRUE(parser.feed(head).ok()) << head;
    EXPECT_TRUE(parser.complete()) << head;
    return parser.keep_alive();
  };
  EXPECT_TRUE(goes_on("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
  EXPECT_FALSE(goes_on("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: foo, Close\r\n\r\n"));
  EXPECT_FALSE(goes_on("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"));
  EXPECT_TRUE(goes_on("HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n"));
}

class Malformed : public testing::TestWithParam<const char*> {};

TEST_P(Malformed, IsRefused) {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{1} << 20}) {
    const auto response = parse_response(GetParam(), piece);
    ASSERT_FALSE(response.ok());
    EXPECT_EQ(response.error().kind(), ErrorKind::kSystem) << response.error().message();
  }
}

INSTANTIATE_TEST_SUITE_P(
    Responses, Malformed,
    testing::Values("HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 2x0 OK\r\n\r\n", "HTTP/1.1 099 x\r\n\r\n", "SSH-2.0-x\r\n\r\n",
                    "HTTP/1.1 200OK\r\n\r\n", "HTTP/1.1 200 OK\r\n folded: x\r\n\r\n",
                    "HTTP/1.1 200 OK\r\nA: x\r\n continued\r\n\r\n", "HTTP/1.1 200 OK\r\nA : x\r\n\r\n",
                    "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "HTTP/1.1 200 OK\r\nA: x\ny\r\n\r\n",
                    "HTTP/1.1 200 OK\r\n: x\r\n\r\n", "HTTP/1.1 101 Switching\r\n\r\n",
                    "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\n",
                    "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 0x1\r\n\r\n",
                    "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n",
                    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
                    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
                    "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n",
                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x1\r\n",
                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n"));

TEST(ResponseParser, KeepsItsLimits) {
  const Limits limits{.head_bytes = 100, .headers = 3, .body_bytes = 10, .interim_responses = 2};
  const auto refused = [&](std::string_view text) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{1} << 20}) {
      MessageParser parser = MessageParser::for_response(limits);
      if (feed(parser, text, piece).ok()) return false;
    }
    return true;
  };
  EXPECT_TRUE(refused("HTTP/1.1 200 OK\r\nA: " + std::string(100, 'x') + "\r\n\r\n"));
  EXPECT_TRUE(refused("HTTP/1.1 200 OK\r\nA: " + std::string(100, 'x')));
  EXPECT_TRUE(refused("HTTP/1.1 200 OK\r\nA:1\r\nB:2\r\nC:3\r\nD:4\r\n\r\n"));
  EXPECT_TRUE(refused("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n"));
  EXPECT_TRUE(refused("HTTP/1.1 200 OK\r\n\r\n12345678901"));
  EXPECT_TRUE(refused("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n12345678\r\n3\r\n123\r\n"));
  std::string trailers = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n";
  for (int i = 0; i < 20; ++i) trailers += "Trailer: 1\r\n";
  EXPECT_TRUE(refused(trailers));
  EXPECT_TRUE(refused("HTTP/1.1 100 C\r\n\r\nHTTP/1.1 100 C\r\n\r\nHTTP/1.1 100 C\r\n\r\n"));
  EXPECT_FALSE(refused("HTTP/1.1 100 C\r\n\r\nHTTP/1.1 100 C\r\n\r\nHTTP/1.1 200 C\r\nContent-Length: 10\r\n\r\n"));
}

TEST(ResponseParser, SurvivesMutations) {
  Random random(7);
  int refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string text(kChunked);
    for (std::uint64_t i = 0; i <= random.below(4); ++i) {
      text[random.below(text.size())] = static_cast<char>(random.below(256));
    }
    if (!parse_response(text, 1 + random.below(64)).ok()) ++refused;
  }
  EXPECT_GT(refused, 1000);
}

TEST(RequestParser, ReadsRequests) {
  MessageParser parser = MessageParser::for_request();
  const std::string text =
      "PUT /a?b=c HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.1\r\nHost: h\r\n\r\n";
  const std::size_t used = parser.feed(text).value();
  const Request put = parser.take_request();
  EXPECT_EQ(put.method, "PUT");
  EXPECT_EQ(put.target, "/a?b=c");
  EXPECT_EQ(put.body, "abc");
  MessageParser next = MessageParser::for_request();
  ASSERT_TRUE(next.feed(std::string_view(text).substr(used)).ok());
  EXPECT_TRUE(next.complete());
  EXPECT_EQ(next.take_request().method, "GET");
}

TEST(RequestParser, RefusesWhatIsNoRequest) {
  for (const char* text : {"GET /\r\n\r\n", "GET  / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1 \r\n\r\n",
                           "G(T / HTTP/1.1\r\n\r\n", "GET /a b HTTP/1.1\r\n\r\n", " / HTTP/1.1\r\n\r\n"}) {
    MessageParser parser = MessageParser::for_request();
    EXPECT_FALSE(parser.feed(text).ok()) << text;
  }
}

TEST(Messages, AreWrittenAndReadBack) {
  const Request request{.method = "POST", .target = "/x", .headers = {{"X-A", "1"}}, .body = "payload"};
  std::string wire;
  ASSERT_TRUE(append_request(request, "host:1", wire).ok());
  EXPECT_EQ(wire, "POST /x HTTP/1.1\r\nHost: host:1\r\nX-A: 1\r\nContent-Length: 7\r\n\r\npayload");
  MessageParser parser = MessageParser::for_request();
  EXPECT_EQ(parser.feed(wire).value(), wire.size());
  EXPECT_EQ(parser.take_request().body, "payload");

  wire.clear();
  ASSERT_TRUE(append_request({.headers = {{"host", "other"}}}, "host:1", wire).ok());
  EXPECT_EQ(wire, "GET / HTTP/1.1\r\nhost: other\r\n\r\n");
}

TEST(Messages, RefuseWhatWouldBreakOutOfItsPlace) {
  std::string wire;
  EXPECT_FALSE(append_request({.method = "GE T"}, "h", wire).ok());
  EXPECT_FALSE(append_request({.target = "/a b"}, "h", wire).ok());
  EXPECT_FALSE(append_request({.target = ""}, "h", wire).ok());
  EXPECT_FALSE(append_request({.headers = {{"A", "x\r\nB: y"}}}, "h", wire).ok());
  EXPECT_FALSE(append_request({.headers = {{"A:", "x"}}}, "h", wire).ok());
  EXPECT_FALSE(append_request({.headers = {{"Content-Length", "5"}}}, "h", wire).ok());
  EXPECT_FALSE(append_response({.status = 99}, false, false, wire).ok());
}

TEST(Headers, CompareNamesWithoutCase) {
  Headers headers{{"Content-Type", "a"}, {"X", "1"}, {"content-type", "b"}};
  EXPECT_EQ(headers.get("CONTENT-TYPE"), "a");
  headers.set("content-Type", "c");
  EXPECT_EQ(headers.size(), 2U);
  EXPECT_EQ(headers.get("content-type"), "c");
  EXPECT_EQ(headers.find("Y"), nullptr);
  headers.add("Connection", "upgrade ,  KEEP-alive");
  EXPECT_TRUE(headers.has_token("connection", "keep-alive"));
  EXPECT_FALSE(headers.has_token("connection", "keep"));
}

}  // namespace
}  // namespace chamber::http
