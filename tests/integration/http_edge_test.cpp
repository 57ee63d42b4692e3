// What the server's edge refuses before any object is looked at.
#include <gtest/gtest.h>

#include "tests/support/http_call.h"
#include "tests/support/muster_process.h"

namespace muster::testing {
namespace {

constexpr const char* clusters = "/apis/muster.dev/v1beta1/clusters";

class HttpEdge : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    process_ = new MusterProcess;
    process_->start_server();
  }
  static void TearDownTestSuite() {
    process_->stop();
    delete process_;
  }
  static std::string url() { return process_->url(); }
  static MusterProcess* process_;
};

MusterProcess* HttpEdge::process_ = nullptr;

TEST_F(HttpEdge, BodyTooLarge) {
  const HttpAnswer answer = http_call(url(), "POST", clusters, std::string((3U << 20U) + 1, ' '));
  EXPECT_EQ(answer.status, 413) << answer.body;
  EXPECT_NE(answer.body.find("3145728"), std::string::npos) << answer.body;
}

TEST_F(HttpEdge, AnnouncedBodyTooLargeIsRefusedUnread) {
  const HttpAnswer answer = send_bytes(url(), std::string("POST ") + clusters + " HTTP/1.1\r\nHost: localhost\r\n" +
                                                  "Content-Type: application/json\r\nContent-Length: 99999999\r\n\r\n");
  EXPECT_EQ(answer.status, 413) << answer.body;
}

TEST_F(HttpEdge, HeaderTooLarge) {
  const HttpAnswer answer = http_call(url(), "GET", clusters, "", "X-Long: " + std::string(1U << 20U, 'x') + "\r\n");
  EXPECT_EQ(answer.status, 431) << answer.body;
}

TEST_F(HttpEdge, ForeignHostIsForbidden) {
  const HttpAnswer answer = send_bytes(
      url(), std::string("GET ") + clusters + " HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(answer.status, 403) << answer.body;
  EXPECT_NE(answer.body.find("loopback"), std::string::npos) << answer.body;
}

TEST_F(HttpEdge, OriginIsForbidden) {
  const HttpAnswer answer = http_call(url(), "GET", clusters, "", "Origin: http://evil.example\r\n");
  EXPECT_EQ(answer.status, 403) << answer.body;
  EXPECT_NE(answer.body.find("Origin"), std::string::npos) << answer.body;
}

TEST_F(HttpEdge, UnknownPathAndMethod) {
  EXPECT_EQ(http_call(url(), "GET", "/apis/muster.dev/v1beta1/wheels").status, 404);
  EXPECT_EQ(http_call(url(), "BREW", clusters).status, 405);
}

TEST_F(HttpEdge, MegabyteOfBracketsAsBody) {
  const HttpAnswer answer = http_call(url(), "POST", clusters, std::string(1U << 20U, '['));
  EXPECT_EQ(answer.status, 400) << answer.body.substr(0, 500);
}

TEST_F(HttpEdge, SecondObjectOfOneName) {
  const std::string body = R"({"apiVersion":"muster.dev/v1beta1","kind":"Cluster","metadata":{"name":"second"}})";
  EXPECT_EQ(http_call(url(), "POST", clusters, body).status, 201);
  const HttpAnswer answer = http_call(url(), "POST", clusters, body);
  EXPECT_EQ(answer.status, 409);
  EXPECT_NE(answer.body.find("AlreadyExists"), std::string::npos) << answer.body;
}

TEST_F(HttpEdge, GarbageInsteadOfHttp) {
  EXPECT_EQ(send_bytes(url(), "\x16\x03\x01 this is not HTTP\r\n\r\n").status, 400);
  EXPECT_EQ(http_call(url(), "GET", "/readyz").status, 200) << "and it goes on";
}

}  // namespace
}  // namespace muster::testing
