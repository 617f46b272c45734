#include "harness/net/sigv4.h"

#include <gtest/gtest.h>

#include <chrono>
#include <ctime>

namespace chamber {
namespace {

std::chrono::system_clock::time_point utc(int year, int month, int day, int hour, int minute, int second) {
  std::tm parts = {};
  parts.tm_year = year - 1900;
  parts.tm_mon = month - 1;
  parts.tm_mday = day;
  parts.tm_hour = hour;
  parts.tm_min = minute;
  parts.tm_sec = second;
  return std::chrono::system_clock::from_time_t(timegm(&parts));
}

std::string signature_of(const http::Request& request) {
  const std::string_view value = request.headers.get("authorization");
  const std::size_t at = value.find("Signature=");
  return at == std::string_view::npos ? "" : std::string(value.substr(at + 10));
}

// The examples of "Authenticating Requests: Using the Authorization Header", Amazon S3 API Reference.
struct S3Example {
  const char* name;
  http::Request request;
  const char* signed_headers;
  const char* signature;
};

class S3Vectors : public testing::TestWithParam<S3Example> {};

TEST_P(S3Vectors, AreSignedAsPublished) {
  http::Request request = GetParam().request;
  const SigningCredentials credentials{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"};
  ASSERT_TRUE(sign_v4(request, credentials, {"us-east-1", "s3"}, utc(2013, 5, 24, 0, 0, 0)).ok());
  EXPECT_EQ(signature_of(request), GetParam().signature) << sigv4::canonical_request(request, {"us-east-1", "s3"});
  EXPECT_NE(request.headers.get("authorization").find(GetParam().signed_headers), std::string_view::npos);
}

constexpr const char* kBucketHost = "examplebucket.s3.amazonaws.com";

INSTANTIATE_TEST_SUITE_P(
    Published, S3Vectors,
    testing::Values(S3Example{"GetObject",
                              {.target = "/test.txt", .headers = {{"Host", kBucketHost}, {"Range", "bytes=0-9"}}},
                              "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,",
                              "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"},
                    S3Example{"PutObject",
                              {.method = "PUT",
                               .target = "/test$file.text",
                               .headers = {{"Host", kBucketHost},
                                           {"Date", "Fri, 24 May 2013 00:00:00 GMT"},
                                           {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
                               .body = "Welcome to Amazon S3."},
                              "SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class,",
                              "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"},
                    S3Example{"GetBucketLifecycle",
                              {.target = "/?lifecycle", .headers = {{"Host", kBucketHost}}},
                              "SignedHeaders=host;x-amz-content-sha256;x-amz-date,",
                              "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"},
                    S3Example{"ListObjects",
                              {.target = "/?max-keys=2&prefix=J", .headers = {{"Host", kBucketHost}}},
                              "SignedHeaders=host;x-amz-content-sha256;x-amz-date,",
                              "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"}),
    [](const auto& test) { return test.param.name; });

// From AWS's "Signature Version 4 test suite" (service "service", 2015-08-30T12:36:00Z). Its requests come as they were
// typed, not as they stand on the wire, so targets here are not all percent-encoded.
struct SuiteExample {
  const char* name;
  http::Request request;
  const char* signature;
};

class SuiteVectors : public testing::TestWithParam<SuiteExample> {};

TEST_P(SuiteVectors, AreSignedAsPublished) {
  http::Request request = GetParam().request;
  const SigningCredentials credentials{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"};
  request.headers.add("Host", "example.amazonaws.com");
  ASSERT_TRUE(sign_v4(request, credentials, {"us-east-1", "service"}, utc(2015, 8, 30, 12, 36, 0)).ok());
  EXPECT_EQ(signature_of(request), GetParam().signature) << sigv4::canonical_request(request, {"us-east-1", "service"});
}

constexpr const char* kVanilla = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";

INSTANTIATE_TEST_SUITE_P(
    Published, SuiteVectors,
    testing::Values(
        SuiteExample{"get_vanilla", {.target = "/"}, kVanilla},
        SuiteExample{"get_relative", {.target = "/example/.."}, kVanilla},
        SuiteExample{"get_relative_relative", {.target = "/example1/example2/../.."}, kVanilla},
        SuiteExample{"get_slash", {.target = "//"}, kVanilla},
        SuiteExample{"get_slash_dot_slash", {.target = "/./"}, kVanilla},
        SuiteExample{"get_slashes",
                     {.target = "//example//"},
                     "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84"},
        SuiteExample{"get_slash_pointless_dot",
                     {.target = "/./example"},
                     "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5"},
        SuiteExample{"get_space",
                     {.target = "/example space/"},
                     "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741"},
        SuiteExample{"get_unreserved",
                     {.target = "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"},
                     "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"},
        SuiteExample{"get_utf8",
                     {.target = "/\xe1\x88\xb4"},
                     "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"},
        SuiteExample{"get_vanilla_query_order_key_case",
                     {.target = "/?Param2=value2&Param1=value1"},
                     "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
        SuiteExample{"get_vanilla_empty_query_key",
                     {.target = "/?Param1=value1"},
                     "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"},
        SuiteExample{"get_vanilla_utf8_query",
                     {.target = "/?\xe1\x88\xb4=bar"},
                     "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"},
        SuiteExample{"get_header_value_trim",
                     {.target = "/", .headers = {{"My-Header1", " value1"}, {"My-Header2", " \"a   b   c\""}}},
                     "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
        SuiteExample{
            "get_header_key_duplicate",
            {.target = "/", .headers = {{"My-Header1", "value2"}, {"My-Header1", "value2"}, {"My-Header1", "value1"}}},
            "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"},
        SuiteExample{"post_vanilla",
                     {.method = "POST", .target = "/"},
                     "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
        SuiteExample{"post_vanilla_query",
                     {.method = "POST", .target = "/?Param1=value1"},
                     "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11"},
        SuiteExample{"post_x_www_form_urlencoded",
                     {.method = "POST",
                      .target = "/",
                      .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
                      .body = "Param1=value1"},
                     "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"}),
    [](const auto& test) { return test.param.name; });

TEST(SignV4, SignsTheTokenOfTemporaryCredentials) {
  http::Request request{.headers = {{"Host", "minio"}}};
  ASSERT_TRUE(sign_v4(request, {"key", "secret", "the token"}, {}).ok());
  EXPECT_EQ(request.headers.get("x-amz-security-token"), "the token");
  EXPECT_NE(request.headers.get("authorization").find("x-amz-security-token"), std::string_view::npos);
}

TEST(SignV4, SortsAndCompletesQueries) {
  const http::Request request{.target = "/bucket/a%2Fb+c?prefix=x%2Fy&empty", .headers = {{"Host", "h"}}};
  const std::string canonical = sigv4::canonical_request(request, {"us-east-1", "s3"});
  EXPECT_NE(canonical.find("\nempty=&prefix=x%2Fy\n"), std::string::npos) << canonical;
}

TEST(SignV4, RefusesWhatCannotBeSigned) {
  http::Request no_host;
  EXPECT_EQ(sign_v4(no_host, {"a", "b"}, {}).error().kind(), ErrorKind::kHarness);
  http::Request request{.headers = {{"Host", "h"}}};
  EXPECT_FALSE(sign_v4(request, {"", "b"}, {}).ok());
  EXPECT_EQ(request.headers.find("authorization"), nullptr);
}

TEST(UriEncode, FollowsRfc3986) {
  EXPECT_EQ(uri_encode("a b/c~d_é"), "a%20b%2Fc~d_%C3%A9");
  EXPECT_EQ(uri_encode("a b/c", true), "a%20b/c");
}

}  // namespace
}  // namespace chamber
