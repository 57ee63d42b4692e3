// Hosts join: certificates for a token, renewals, and what an agent's certificate is good for.
#include <gtest/gtest.h>

#include <chrono>

#include "api/access/kept_token.h"
#include "runtime/pki/token.h"
#include "runtime/pki/vault.h"
#include "runtime/server/enrolment.h"
#include "runtime/store/commit_text.h"
#include "tests/runtime/server/running_api.h"
#include "tests/support/temporary_directory.h"

namespace muster::server {
namespace {

const std::string instances = "/apis/muster.dev/v1beta1/containerinstances/";

class JoinTest : public ServerTest {
 protected:
  JoinTest() : JoinTest(std::make_shared<Signer>()) {}
  ~JoinTest() override {
    io_.run([&] { server_.reset(); });  // before its signer
  }

  struct Signer {
    testing::TemporaryDirectory folder;
    SystemRandom random;
    std::optional<pki::Vault> vault;
    Signer() {
      auto opened = pki::Vault::open({folder / "pki", {"localhost", "127.0.0.1"}, {}}, random, system_now());
      EXPECT_TRUE(opened.ok());
      vault.emplace(std::move(opened).value());
    }
  };
  explicit JoinTest(const std::shared_ptr<Signer>& signer)
      : ServerTest({}, [signer](ApiServerOptions& options) { options.certificates.vault = &*signer->vault; }),
        keep_alive_(signer) {
    secure_ = "https://" + io_.run([&] {
      return server_->listen("127.0.0.1:0", http::TlsServer::make({vault().server(), vault().bundle()}).value())
          .value();
    });
  }
  const pki::Vault& vault() const { return *keep_alive_->vault; }

  // A token that is kept as `muster token create` would have it.
  std::string token(access::KeptToken kept) {
    const pki::Token made = pki::make_token(random_);
    kept.id = made.id;
    kept.hash = pki::token_hash(made);
    const http::Response stored =
        send("POST", "/api/v1/namespaces/muster-system/secrets", encode_object(access::secret_of(kept)));
    EXPECT_EQ(stored.status, 201) << stored.body;
    return made.text();
  }
  std::string join_token(std::int64_t uses = 1, Duration life = std::chrono::hours(1)) {
    access::KeptToken kept;
    kept.purpose = access::KeptToken::Purpose::join;
    kept.expiration = system_now() + life;
    kept.uses_left = uses;
    return token(kept);
  }
  static std::string request(const std::string& key, const pki::Subject& subject) {
    Node body = Node::map();
    body.at("request") = Node::of(pki::make_signing_request(key, subject).value());
    return write_json(body);
  }
  http::Response join(const std::string& name, const std::string& token, const std::string& key) {
    return send("POST", instances + name + "/certificate", request(key, agent_subject(name)),
                {{"Authorization", "Bearer " + token}});
  }
  // What a host has that has joined.
  pki::Pair joined(const std::string& name) {
    const std::string key = pki::make_key().value();
    return pair(join(name, join_token(), key), key);
  }
  pki::Pair pair(const http::Response& answer, const std::string& key) {
    EXPECT_EQ(answer.status, 201) << answer.body;
    return {std::string(json(answer).text_of("certificate")), key};
  }
  // A request over TLS by whoever has the pair.
  http::Response as(const pki::Pair& pair, const std::string& method, const std::string& target,
                    const std::string& body = {}, http::Headers headers = {}) {
    http::Request request;
    request.method = method;
    request.target = target;
    request.body = body;
    request.headers = std::move(headers);
    if (!body.empty()) {
      request.headers.emplace_back("Content-Type",
                                   method == "PATCH" ? "application/merge-patch+json" : "application/json");
    }
    http::ClientOptions options;
    options.tls = http::TlsClient::make({http::Trust::authorities, vault().bundle(), {}, {}, pair}).value();
    auto response = http::fetch(secure_, std::move(request), http::patience, std::move(options));
    EXPECT_TRUE(response.ok()) << (response.ok() ? "" : response.error().text());
    return response.ok() ? std::move(response).value() : http::Response{};
  }
  std::string message(const http::Response& response) { return std::string(json(response).text_of("message")); }
  void refused(const http::Response& response, int status, const std::string& why) {
    EXPECT_EQ(response.status, status) << response.body;
    EXPECT_NE(message(response).find(why), std::string::npos) << response.body;
  }

  std::shared_ptr<Signer> keep_alive_;
  std::string secure_;
};

TEST_F(JoinTest, ATokenIsWorthACertificateForTheHostsOwnName) {
  const std::string token = join_token();
  const std::string key = pki::make_key().value();
  const http::Response answer = join("host-1", token, key);
  const pki::Pair own = pair(answer, key);
  EXPECT_EQ(json(answer).text_of("authorities"), vault().bundle());
  const auto certificates = pki::parse_certificates(own.certificate);
  ASSERT_TRUE(certificates.ok());
  EXPECT_EQ(certificates->front().subject, (pki::Subject{"system:node:host-1", {"system:nodes"}}));
  EXPECT_TRUE(pki::check_pair(own).ok());
  const http::Response api = as(own, "GET", "/api");
  EXPECT_EQ(api.status, 200) << api.body;
  // Whoever asks again with the same key is the same host, to which the answer was lost.
  const http::Response again = join("host-1", token, key);
  EXPECT_EQ(again.status, 201) << again.body;
  refused(join("host-2", token, pki::make_key().value()), 401, "used up");
  const std::string two = join_token(2);
  EXPECT_EQ(join("host-2", two, pki::make_key().value()).status, 201);
  EXPECT_EQ(join("host-3", two, pki::make_key().value()).status, 201);
  refused(join("host-4", two, pki::make_key().value()), 401, "used up");
}

TEST_F(JoinTest, TokensThatAreNotValidSaySo) {
  const std::string key = pki::make_key().value();
  const std::string good = join_token();
  std::string wrong = good;
  wrong.back() = wrong.back() == '0' ? '1' : '0';
  std::string unknown = good;
  unknown.front() = unknown.front() == '0' ? '1' : '0';
  for (const std::string& each :
       {wrong, unknown, std::string("x"), good + "0", std::string(100'000, 'a').substr(0, 9000)}) {
    refused(join("host-1", each, key), 401, "the join token is not valid");
  }
  refused(join("host-1", join_token(1, -std::chrono::seconds(1)), key), 401, "the join token expired at ");
  access::KeptToken user;
  user.user = "ann";
  user.expiration = system_now() + std::chrono::hours(1);
  refused(join("host-1", token(user), key), 401, "lets a user in");
  EXPECT_EQ(join("host-1", good, key).status, 201);
}

TEST_F(JoinTest, RequestsThatAreNotTheHostsOwnAreRefused) {
  const std::string token = join_token();
  const std::string key = pki::make_key().value();
  const http::Headers bearer{{"Authorization", "Bearer " + token}};
  const std::string path = instances + "host-1/certificate";
  const auto asked = [&](const pki::Subject& subject) { return send("POST", path, request(key, subject), bearer); };
  refused(asked({"system:node:host-2", {"system:nodes"}}), 422, "gets one for its own name alone");
  refused(asked({"system:node:host-1", {"system:nodes", "system:masters"}}), 422, "gets one for its own name alone");
  refused(asked({"admin", {"system:masters"}}), 422, "gets one for its own name alone");
  refused(send("POST", path, R"({"request":"-----BEGIN CERTIFICATE REQUEST-----\nx\n"})", bearer), 400,
          "cannot be read");
  refused(send("POST", path, R"({"request":""})", bearer), 400, "the body must be");
  refused(send("POST", path, "[]", bearer), 400, "the body must be");
  refused(send("POST", path, "{", bearer), 400, "");
  refused(send("POST", path, R"({"request":")" + std::string(70'000, 'a') + "\"}", bearer), 413, "at most");
  refused(send("GET", path, {}, bearer), 405, "only POST");
  refused(send("POST", instances + "a%2Fb/certificate", request(key, agent_subject("a/b")), bearer), 422,
          "cannot be the name");
  // None of this has used the token.
  EXPECT_EQ(join("host-1", token, key).status, 201);
  // Without one, nobody but the agent gets its certificate, however mighty.
  refused(send("POST", path, request(key, agent_subject("host-1"))), 403, "only the agent of");
}

TEST_F(JoinTest, ANameThatIsTakenIsNotGivenAway) {
  const pki::Pair first = joined("host-1");
  ContainerInstance instance = make<ContainerInstance>();
  instance.metadata.name = "host-1";
  EXPECT_EQ(send("POST", "/apis/muster.dev/v1beta1/containerinstances", encode_object(instance)).status, 201);
  const std::string status = instances + "host-1/status";
  EXPECT_EQ(send("PATCH", status, R"({"status":{"connection":"Connected"}})").status, 200);
  refused(join("host-1", join_token(), pki::make_key().value()), 409, "give this one another --name");
  EXPECT_EQ(as(first, "GET", "/api").status, 200);
  EXPECT_EQ(send("PATCH", status, R"({"status":{"connection":"Lost"}})").status, 200);
  const pki::Pair second = joined("host-1");
  EXPECT_EQ(as(second, "GET", "/api").status, 200);
  refused(as(first, "GET", "/api"), 401, "has to join again");
}

TEST_F(JoinTest, AnAgentMayConnectAsItselfAndNothingElse) {
  const pki::Pair own = joined("host-1");
  const pki::Pair other = joined("host-2");
  const http::Headers upgrade{{"Connection", "Upgrade"},
                              {"Upgrade", "websocket"},
                              {"Sec-WebSocket-Version", "13"},
                              {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}};
  EXPECT_EQ(as(own, "GET", instances + "host-1/agent", {}, upgrade).status, 101);
  EXPECT_EQ(as(own, "GET", instances + "host-2/agent", {}, upgrade).status, 403);
  EXPECT_EQ(as(own, "GET", instances + "host-1/streams/x").status, 404) << "nobody waits for this stream";
  EXPECT_EQ(as(own, "GET", instances + "host-2/streams/x").status, 403);
  const std::string key = pki::make_key().value();
  EXPECT_EQ(as(own, "POST", instances + "host-2/certificate", request(key, agent_subject("host-2"))).status, 403);
  int tried = 0;
  const auto forbidden = [&](const std::string& method, const std::string& path, const std::string& body = {}) {
    const http::Response response = as(own, method, path, body);
    EXPECT_EQ(response.status, 403) << method << ' ' << path << ' ' << response.body;
    ++tried;
  };
  for (const Kind& kind : all_kinds()) {
    const std::string base =
        kind.group.empty() ? str("/api/", kind.version) : str("/apis/", kind.group, '/', kind.version);
    const bool spaced = kind.scope == Scope::namespaced;
    const std::string list = str(base, spaced ? "/namespaces/default/" : "/", kind.plural);
    const std::string one = list + "/host-1";
    forbidden("GET", list);
    forbidden("GET", list + "?watch=true");
    forbidden("POST", list, "{}");
    forbidden("DELETE", list);
    forbidden("GET", one);
    forbidden("PUT", one, "{}");
    forbidden("PATCH", one, "{}");
    forbidden("DELETE", one);
    forbidden("PATCH", one + "/status", "{}");
    if (spaced) forbidden("GET", str(base, '/', kind.plural));
  }
  EXPECT_GT(tried, 100);
  forbidden("GET", "/metrics");
  forbidden("GET", std::string(store::commits_path));
  forbidden("POST", std::string(store::commits_path), "{}");
  refused(as(own, "GET", "/api", {}, {{"Impersonate-User", "admin"}}), 403, "cannot impersonate");
}

TEST_F(JoinTest, RenewalsKeepTheOldKeyUntilTheNewOneIsUsed) {
  const pki::Pair first = joined("host-1");
  const auto renew = [&](const pki::Pair& by) {
    const std::string key = pki::make_key().value();
    return pair(as(by, "POST", instances + "host-1/certificate", request(key, agent_subject("host-1"))), key);
  };
  const pki::Pair lost = renew(first);    // its answer never came
  const pki::Pair second = renew(first);  // so it asked again
  EXPECT_EQ(as(first, "GET", "/api").status, 200);
  EXPECT_EQ(as(second, "GET", "/api").status, 200);
  EXPECT_EQ(as(lost, "GET", "/api").status, 401);
  const pki::Pair third = renew(second);
  EXPECT_EQ(as(first, "GET", "/api").status, 401);
  EXPECT_EQ(as(second, "GET", "/api").status, 200);
  EXPECT_EQ(as(third, "GET", "/api").status, 200);
}

TEST_F(JoinTest, WhatIsRevokedIsRefusedAtOnce) {
  const pki::Pair own = joined("host-1");
  EXPECT_EQ(as(own, "GET", "/api").status, 200);
  const std::string secret = "/api/v1/namespaces/muster-system/secrets/" + enrolment_name("host-1");
  EXPECT_EQ(send("DELETE", secret).status, 200);
  refused(as(own, "GET", "/api"), 401, "has to join again");
  refused(as(own, "GET", instances + "host-1/agent"), 401, "has to join again");
  // A certificate that was signed for an agent but never by way of a token.
  const auto forged = vault().issue_client(agent_subject("host-9"), std::chrono::hours(1), system_now());
  ASSERT_TRUE(forged.ok());
  refused(as(*forged, "GET", "/api"), 401, "has to join again");
  const pki::Pair again = joined("host-1");
  EXPECT_EQ(as(again, "GET", "/api").status, 200);
  refused(as(own, "GET", "/api"), 401, "has to join again");
}

}  // namespace
}  // namespace muster::server
