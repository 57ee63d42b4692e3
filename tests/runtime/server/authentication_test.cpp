// Who asks: certificates as TLS has looked at them.
#include "runtime/server/authentication.h"

#include <gtest/gtest.h>

namespace muster::server {
namespace {

const Time now = Time(std::chrono::hours(24 * 365 * 56));

class Asked final : public http::Exchange {
 public:
  explicit Asked(std::shared_ptr<const http::TlsPeer> peer) : peer_(std::move(peer)) {}
  const http::Request& request() const override { return request_; }
  void respond(http::Response /*response*/) override {}
  std::shared_ptr<http::Stream> stream(http::Response /*head*/) override { return nullptr; }
  std::shared_ptr<http::WebSocket> upgrade(std::string_view /*subprotocol*/) override { return nullptr; }
  std::shared_ptr<http::ByteStream> take_over(http::Headers /*headers*/) override { return nullptr; }
  bool wants_upgrade() const override { return false; }
  std::string peer() const override { return "127.0.0.1:1"; }
  void on_close(std::function<void()> /*callback*/) override {}
  std::shared_ptr<const http::TlsPeer> tls() const override { return peer_; }

 private:
  std::shared_ptr<const http::TlsPeer> peer_;
  http::Request request_;
};

http::TlsPeer ann() {
  pki::Certificate certificate;
  certificate.subject = {"ann", {"dev"}};
  certificate.not_before = now - std::chrono::hours(1);
  certificate.not_after = now + std::chrono::hours(1);
  return {certificate, {}};
}

Result<UserPtr> asks(http::TlsPeer peer, Time when = now) {
  return identify(Asked(std::make_shared<http::TlsPeer>(std::move(peer))), when);
}

TEST(Authentication, a_certificate_is_a_user_and_its_groups) {
  const Result<UserPtr> user = asks(ann());
  ASSERT_TRUE(user.ok());
  EXPECT_EQ((*user)->name, "ann");
  EXPECT_EQ((*user)->groups, (std::vector<std::string>{"dev", "system:authenticated"}));
}

TEST(Authentication, this_machine_is_trusted_without_tls) {
  EXPECT_EQ((*identify(Asked(nullptr), now))->name, "system:admin");
}

TEST(Authentication, without_a_certificate_nobody_is_let_in) {
  EXPECT_EQ(asks({}).error().code, Code::unauthorized);
}

TEST(Authentication, what_is_wrong_with_it_is_told) {
  http::TlsPeer forged = ann();
  forged.problem = "it is forged";
  EXPECT_EQ(asks(forged).error().message, "it is forged");
  http::TlsPeer nameless = ann();
  nameless.certificate->subject.name.clear();
  EXPECT_EQ(asks(nameless).error().code, Code::unauthorized);
}

TEST(Authentication, a_connection_does_not_outlive_its_certificate) {
  EXPECT_TRUE(asks(ann(), now + std::chrono::minutes(59)).ok());
  EXPECT_EQ(asks(ann(), now + std::chrono::hours(1)).error().code, Code::unauthorized);
}

TEST(Authentication, health_is_for_everybody) {
  for (const char* path : {"/livez", "/healthz", "/readyz", "/version"}) EXPECT_TRUE(open_to_everybody(path)) << path;
  for (const char* path : {"/", "/api", "/metrics", "/livez/", "/apis"}) EXPECT_FALSE(open_to_everybody(path)) << path;
}

TEST(Authentication, the_refusal_says_how_to_ask) {
  const http::Response response = unauthorized(Error{Code::unauthorized, "no", {}});
  EXPECT_EQ(response.status, 401);
  EXPECT_EQ(http::header(response.headers, "WWW-Authenticate"), "Bearer realm=\"muster\"");
  EXPECT_NE(response.body.find("\"reason\":\"Unauthorized\""), std::string::npos) << response.body;
}

}  // namespace
}  // namespace muster::server
