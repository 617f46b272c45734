// The client against our own server and against servers that misbehave on purpose.
#include "harness/net/http.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <barrier>
#include <chrono>
#include <filesystem>
#include <latch>
#include <optional>
#include <thread>
#include <vector>

#include "harness/net/address.h"
#include "harness/net/http_json.h"
#include "harness/net/http_server.h"
#include "harness/net/test_peer.h"

namespace chamber::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Deadline soon() {
  return Deadline::in(seconds(20));
}

std::unique_ptr<Server> echo_server(const ServerOptions& options = {}) {
  const auto echo = [](const Request& request) {
    return Response{.status = 200,
                    .headers = {{"X-Method", request.method}, {"X-Host", std::string(request.headers.get("host"))}},
                    .body = request.target + " " + request.body};
  };
  return Server::start(echo, options).value();
}

// Answers each request with 200 and the number of its connection.
void answer_all(Peer& peer, int number) {
  while (!peer.read_until("\r\n\r\n").empty()) {
    peer.write(fmt::format("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{}", number % 10));
  }
}

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

TEST(Client, MakesCallsOverOneConnection) {
  const auto server = echo_server();
  Client client({.port = server->port()});
  for (int i = 0; i < 5; ++i) {
    const auto response = client.call({.method = "POST", .target = "/x", .body = "hello"}, soon());
    ASSERT_TRUE(response.has_value()) << response.error().message();
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->body, "/x hello");
    EXPECT_EQ(response->headers.get("x-host"), fmt::format("127.0.0.1:{}", server->port()));
  }
  EXPECT_EQ(client.connections_opened(), 1U);
  client.drop_idle();
  ASSERT_TRUE(client.call({}, soon()).has_value());
  EXPECT_EQ(client.connections_opened(), 2U);
}

TEST(Client, SendsTheHostItWasGiven) {
  const auto server = echo_server();
  Client client({.port = server->port(), .host = "auth.example"});
  EXPECT_EQ(client.call({}, soon())->headers.get("x-host"), "auth.example");
  EXPECT_EQ(client.call({.headers = {{"Host", "other"}}}, soon())->headers.get("x-host"), "other");
}

TEST(Client, MakesHeadCallsAndLargeOnes) {
  const auto server = echo_server();
  Client client({.port = server->port()});
  EXPECT_EQ(client.call({.method = "HEAD", .target = "/h"}, soon())->body, "");
  const std::string body(5'000'000, 'b');
  EXPECT_EQ(client.call({.method = "PUT", .target = "/p", .body = body}, soon())->body.size(), body.size() + 3);
  EXPECT_EQ(client.connections_opened(), 1U);
}

TEST(Client, OpensAConnectionForEachCallUnderWay) {
  std::barrier together(4);
  const auto server = Server::start([&](const Request&) {
                        together.arrive_and_wait();
                        return Response{.status = 204};
                      }).value();
  Client client({.port = server->port()});
  std::vector<std::thread> callers;
  std::atomic<int> done = 0;
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([&] { done += client.call({}, soon()).has_value() ? 1 : 0; });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(done, 4);
  EXPECT_EQ(client.connections_opened(), 4U);
}

TEST(Client, SaysNotSentWhenNobodyListens) {
  const DeadPort dead;
  Client client({.port = dead.port()});
  const auto outcome = client.call({}, soon());
  ASSERT_FALSE(outcome.has_value());
  EXPECT_FALSE(outcome.error().sent());
  EXPECT_EQ(outcome.error().kind(), ErrorKind::kUnavailable);
}

TEST(Client, SaysNotSentForMistakesOfItsUser) {
  Client no_address({.ip = "not an address", .port = 1});
  EXPECT_EQ(no_address.call({}, soon()).error().kind(), ErrorKind::kInput);
  const auto server = echo_server();
  Client client({.port = server->port()});
  const auto outcome = client.call({.target = "/a b"}, soon());
  ASSERT_FALSE(outcome.has_value());
  EXPECT_FALSE(outcome.error().sent());
  EXPECT_EQ(outcome.error().kind(), ErrorKind::kHarness);
}

TEST(Client, SaysSentWhenTheAnswerNeverComes) {
  ScriptedServer server([](Peer& peer, int) {
    peer.read_until("\r\n\r\n");
    peer.wait_for_end();
  });
  Client client({.port = server.port()});
  const auto outcome = client.call({}, Deadline::in(milliseconds(50)));
  ASSERT_FALSE(outcome.has_value());
  EXPECT_TRUE(outcome.error().sent());
  EXPECT_EQ(outcome.error().kind(), ErrorKind::kTimeout);
}

TEST(Client, SaysSentWhenTheServerDiesAfterTheRequest) {
  for (const bool reset : {false, true}) {
    ScriptedServer server([&](Peer& peer, int) {
      peer.read_until("\r\n\r\n");
      if (reset) peer.reset();
    });
    Client client({.port = server.port()});
    const auto outcome = client.call({}, soon());
    ASSERT_FALSE(outcome.has_value());
    EXPECT_TRUE(outcome.error().sent());
    EXPECT_EQ(outcome.error().kind(), ErrorKind::kUnavailable);
    EXPECT_EQ(server.accepted(), 1) << "it must not try again";
  }
}

TEST(Client, SaysSentWhenTheResponseIsCutOrBroken) {
  for (const std::string_view answer :
       {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", "HTTP/1.1 2", "nonsense\r\n\r\n"}) {
    ScriptedServer server([&](Peer& peer, int) {
      peer.read_until("\r\n\r\n");
      peer.write(answer);
    });
    Client client({.port = server.port()});
    const auto outcome = client.call({}, soon());
    ASSERT_FALSE(outcome.has_value()) << answer;
    EXPECT_TRUE(outcome.error().sent());
  }
}

TEST(Client, GoesOnWithAnotherConnectionWhenAnIdleOneWasClosed) {
  std::latch closed(1);
  ScriptedServer server([&](Peer& peer, int number) {
    if (number > 0) return answer_all(peer, number);
    peer.read_until("\r\n\r\n");
    peer.write(kOk);
    peer.close();
    closed.count_down();
  });
  Client client({.port = server.port()});
  ASSERT_TRUE(client.call({}, soon()).has_value());
  closed.wait();
  const auto outcome = client.call({.method = "POST"}, soon());
  ASSERT_TRUE(outcome.has_value()) << outcome.error().message();
  EXPECT_EQ(outcome->body, "1");
  EXPECT_EQ(client.connections_opened(), 2U);
}

TEST(Client, DoesNotReuseWhatTheServerWillClose) {
  ScriptedServer server([](Peer& peer, int) {
    peer.read_until("\r\n\r\n");
    peer.write("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    peer.wait_for_end();
  });
  Client client({.port = server.port()});
  ASSERT_TRUE(client.call({}, soon()).has_value());
  ASSERT_TRUE(client.call({}, soon()).has_value());
  EXPECT_EQ(server.accepted(), 2);
}

TEST(Client, NeverTakesAnAnswerThatWasNotAskedFor) {
  std::latch said(1);
  ScriptedServer server([&](Peer& peer, int number) {
    if (number > 0) return answer_all(peer, number);
    peer.read_until("\r\n\r\n");
    peer.write(kOk);
    peer.read_until("\r\n\r\n");
    peer.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nokHTTP/1.1 500 Late\r\nContent-Length: 0\r\n\r\n");
    said.count_down();
    peer.wait_for_end();
  });
  Client client({.port = server.port()});
  ASSERT_TRUE(client.call({}, soon()).has_value());
  const auto second = client.call({}, soon());
  said.wait();
  ASSERT_FALSE(second.has_value()) << "more came than was asked for";
  EXPECT_EQ(client.call({}, soon())->body, "1");
}

TEST(Client, TakesTheAnswerThatComesBeforeTheRequestIsThrough) {
  ScriptedServer server([](Peer& peer, int) {
    peer.read_until("\r\n\r\n");
    peer.write("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig");
    peer.end_writing();
    peer.wait_for_end();
  });
  Client client({.port = server.port()});
  const auto outcome = client.call({.method = "PUT", .body = std::string(20'000'000, 'x')}, soon());
  ASSERT_TRUE(outcome.has_value()) << outcome.error().message();
  EXPECT_EQ(outcome->status, 413);
}

TEST(Client, TakesInterimAndUntilClosedResponses) {
  ScriptedServer server([](Peer& peer, int) {
    peer.read_until("\r\n\r\n");
    peer.write("HTTP/1.1 102 Processing\r\n\r\n");
    peer.write("HTTP/1.1 200 OK\r\n\r\nuntil the end");
  });
  Client client({.port = server.port()});
  EXPECT_EQ(client.call({}, soon())->body, "until the end");
}

TEST(Client, DoesNotFollowRedirects) {
  const auto server = Server::start([](const Request&) {
                        return Response{.status = 307, .headers = {{"Location", "/elsewhere"}}};
                      }).value();
  Client client({.port = server->port()});
  const auto outcome = client.call({}, soon());
  EXPECT_EQ(outcome->status, 307);
  EXPECT_EQ(outcome->headers.get("location"), "/elsewhere");
}

TEST(Client, SpeaksOverUnixSockets) {
  const auto path = std::filesystem::temp_directory_path() / fmt::format("chamber-http-{}.sock", getpid());
  const SocketAddress address = SocketAddress::unix_path(path).value();
  Fd listener(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(bind(listener.get(), address.data(), address.size()), 0);
  ASSERT_EQ(listen(listener.get(), 8), 0);
  const auto server = Server::start(std::move(listener), [](const Request& request) {
                        return Response{.status = 200, .body = std::string(request.headers.get("host"))};
                      }).value();
  Client client({.unix_path = path});
  EXPECT_EQ(client.call({}, soon())->body, "localhost");
  std::filesystem::remove(path);
}

TEST(Server, ClosesWithoutAnswerWhenAskedTo) {
  const auto server = Server::start([](const Request&) { return std::nullopt; }).value();
  Client client({.port = server->port()});
  const auto outcome = client.call({}, soon());
  ASSERT_FALSE(outcome.has_value());
  EXPECT_TRUE(outcome.error().sent());
}

TEST(Server, AnswersExpectContinue) {
  const auto server = echo_server();
  Client client({.port = server->port()});
  const auto outcome =
      client.call({.method = "PUT", .target = "/", .headers = {{"Expect", "100-continue"}}, .body = "b"}, soon());
  EXPECT_EQ(outcome->body, "/ b");
}

TEST(Json, GoesBothWays) {
  const auto server = Server::start([](const Request& request) {
                        if (request.target == "/bad") return Response{.status = 200, .body = "{"};
                        if (request.target == "/down") return Response{.status = 503, .body = "sealed"};
                        if (request.target == "/no") return Response{.status = 404, .body = "{}"};
                        if (request.target == "/empty") return Response{.status = 204};
                        return Response{.status = 200, .body = request.body};
                      }).value();
  Client client({.port = server->port()});
  const nlohmann::json body = {{"keys", {1, 2}}};
  EXPECT_EQ(call_json(client, json_request("POST", "/", body), soon()).value(), body);
  EXPECT_TRUE(call_json(client, {.target = "/empty"}, soon()).value().is_null());
  EXPECT_EQ(call_json(client, {.target = "/bad"}, soon()).error().kind(), ErrorKind::kSystem);
  EXPECT_EQ(call_json(client, {.target = "/no"}, soon()).error().kind(), ErrorKind::kSystem);
  const auto down = call_json(client, {.target = "/down"}, soon());
  EXPECT_EQ(down.error().kind(), ErrorKind::kUnavailable);
  EXPECT_NE(down.error().message().find("GET /down: status 503: sealed"), std::string::npos);
}

}  // namespace
}  // namespace chamber::http
