// Bearer tokens over real requests: users' and service accounts', what makes them void, and who may give them out.
#include <algorithm>

#include "api/access/kept_token.h"
#include "api/base/base64.h"
#include "runtime/pki/token.h"
#include "tests/runtime/server/running_api.h"

namespace muster::server {
namespace {

constexpr const char* whoami = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
constexpr const char* token_reviews = "/apis/authentication.k8s.io/v1/tokenreviews";
constexpr const char* accounts = "/api/v1/namespaces/default/serviceaccounts";
constexpr const char* system_secrets = "/api/v1/namespaces/muster-system/secrets";
constexpr const char* secrets = "/api/v1/namespaces/default/secrets";
constexpr const char* roles = "/apis/rbac.authorization.k8s.io/v1/clusterroles";
constexpr const char* bindings = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings";

class TokensTest : public ServerTest {
 protected:
  http::Response as(const std::string& token, const std::string& method, const std::string& target,
                    const std::string& body = {}) {
    return send(method, target, body, {{"Authorization", "Bearer " + token}});
  }
  // The name that the server knows the bearer by; the reason why not otherwise.
  std::string name_of(const std::string& token) {
    const http::Response response = as(token, "POST", whoami, "{}");
    const Node node = json(response);
    if (response.status != 201) return std::string(node.text_of("reason"));
    return std::string(node.find("status")->find("userInfo")->text_of("username"));
  }
  void make(const std::string& collection, const std::string& body) {
    const http::Response response = send("POST", collection, body);
    EXPECT_EQ(response.status, 201) << response.body;
  }
  // The one that is asked for a WebSocket, by a page or anybody else.
  http::Response dial(const std::string& subprotocols, http::Headers more = {}) {
    http::Headers headers = {{"Connection", "Upgrade"},
                             {"Upgrade", "websocket"},
                             {"Sec-WebSocket-Version", "13"},
                             {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="},
                             {"Sec-WebSocket-Protocol", subprotocols}};
    headers.insert(headers.end(), more.begin(), more.end());
    return send("GET", str(secrets, "?watch=true"), {}, std::move(headers));
  }
  void make_account() { make(accounts, R"({"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"robot"}})"); }
  std::string account_token(const std::string& spec = "{}") {
    const http::Response response = send("POST", str(accounts, "/robot/token"), str("{\"spec\":", spec, "}"));
    EXPECT_EQ(response.status, 201) << response.body;
    return std::string(json(response).find("status")->text_of("token"));
  }
  access::KeptToken kept(const pki::Token& token, Duration life = std::chrono::hours(1)) {
    access::KeptToken out;
    out.id = token.id;
    out.hash = pki::token_hash(token);
    out.user = "ann";
    out.groups = {"team"};
    out.expiration = system_now() + life;
    return out;
  }
  static std::string body_of(const access::KeptToken& token) { return encode_object(access::secret_of(token)); }
  std::string user_token(const access::KeptToken& token) {
    make(system_secrets, body_of(token));
    return token.id;
  }
  void allow(const std::string& name, const std::string& rules, const std::string& user) {
    make(roles, str(R"({"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRole","metadata":{"name":")", name,
                    R"("},"rules":)", rules, "}"));
    make(bindings,
         str(R"({"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRoleBinding","metadata":{"name":")", name,
             R"("},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":")", name,
             R"("},"subjects":[{"apiGroup":"rbac.authorization.k8s.io","kind":"User","name":")", user, R"("}]})"));
  }

  pki::Token token_ = pki::make_token(random_);
};

// A browser can send no Authorization header with a WebSocket: Kubernetes takes the token among the subprotocols.
TEST_F(TokensTest, a_web_socket_may_carry_its_token_as_a_subprotocol) {
  const pki::Token token = pki::make_token(random_);
  user_token(kept(token));
  std::string text = encode_base64(token.text());
  text.resize(text.find_last_not_of('=') + 1);
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  const std::string bearer = "base64url.bearer.authorization.k8s.io." + text;
  // Known, and not allowed to.
  const http::Response known = dial(bearer + ", base64.binary.k8s.io");
  EXPECT_EQ(known.status, 403) << known.body;
  EXPECT_NE(known.body.find("User \\\"ann\\\""), std::string::npos) << known.body;
  EXPECT_EQ(dial(bearer + ", x", {{"Origin", "https://example.org"}}).body, known.body) << "a page that has the token";
  EXPECT_EQ(dial("x", {{"Origin", "https://example.org"}}).status, 403) << "a page that has none";
  EXPECT_EQ(dial(bearer).status, 401) << "none is left to choose";
  EXPECT_EQ(dial(str(bearer, ", ", bearer, ", x")).status, 401);
  EXPECT_EQ(dial(bearer + "AAAA, x").status, 401);
  EXPECT_EQ(dial("base64url.bearer.authorization.k8s.io., x").status, 401);
  EXPECT_EQ(dial("base64url.bearer.authorization.k8s.io.a+b/, x").status, 401);
  EXPECT_EQ(dial(bearer + ", x", {{"Authorization", "Bearer y"}}).status, 401) << "two at once";
  const http::Response plain = send("GET", secrets, {}, {{"Sec-WebSocket-Protocol", bearer + ", x"}});
  EXPECT_EQ(plain.status, 200) << "only a request for a WebSocket: this one is this machine's own";
}

TEST_F(TokensTest, a_users_token_lets_him_in) {
  user_token(kept(token_));
  EXPECT_EQ(name_of(token_.text()), "ann");
  const http::Response who = as(token_.text(), "POST", whoami, "{}");
  for (const char* word : {"\"team\"", "system:authenticated", "TOKEN="}) {
    EXPECT_NE(who.body.find(word), std::string::npos) << who.body;
  }
  EXPECT_EQ(who.body.find("system:masters"), std::string::npos) << "the open listener does not make him more";
  EXPECT_EQ(as(token_.text(), "GET", secrets).status, 403);
  EXPECT_EQ(send("GET", secrets).status, 200) << "without a token the listener is as it was";
  // Revoked: at once.
  EXPECT_EQ(send("DELETE", str(system_secrets, "/token-", token_.id)).status, 200);
  EXPECT_EQ(name_of(token_.text()), "Unauthorized");
}

TEST_F(TokensTest, what_is_no_good_token_is_never_anonymous) {
  user_token(kept(token_));
  const pki::Token expired = pki::make_token(random_);
  user_token(kept(expired, -std::chrono::seconds(1)));
  access::KeptToken joining = kept(pki::make_token(random_));
  const pki::Token join_token = pki::make_token(random_);
  joining.id = join_token.id;
  joining.hash = pki::token_hash(join_token);
  joining.purpose = access::KeptToken::Purpose::join;
  joining.uses_left = 1;
  user_token(joining);
  pki::Token guessed = token_;
  guessed.secret = std::string(64, '0');
  make(system_secrets, R"({"apiVersion":"v1","kind":"Secret","type":"muster.dev/token",
                           "metadata":{"name":"token-0000000000000000"}})");
  for (const std::string& text :
       {std::string(), std::string("nonsense"), guessed.text(), expired.text(), join_token.text(),
        "0000000000000000." + std::string(64, '0'), pki::make_token(random_).text(), std::string("a.b.c")}) {
    EXPECT_EQ(name_of(text), "Unauthorized") << text;
  }
  // Only its holder learns why.
  EXPECT_NE(as(expired.text(), "GET", secrets).body.find("expired"), std::string::npos);
  EXPECT_EQ(as(guessed.text(), "GET", secrets).body.find("expired"), std::string::npos);
  const http::Response refused = as("nonsense", "GET", secrets);
  EXPECT_EQ(refused.status, 401);
  EXPECT_FALSE(http::header(refused.headers, "WWW-Authenticate").empty());
  EXPECT_EQ(refused.body.find("nonsense"), std::string::npos);
  EXPECT_EQ(send("GET", secrets, {}, {{"Authorization", "Basic YTpi"}}).status, 401);
  const std::string good = "Bearer " + token_.text();
  EXPECT_EQ(send("GET", secrets, {}, {{"Authorization", good}, {"Authorization", good}}).status, 401);
  EXPECT_EQ(send("POST", whoami, "{}", {{"authorization", "bearer  " + token_.text()}}).status, 201);
  EXPECT_EQ(as("nonsense", "GET", "/livez").status, 200);
}

TEST_F(TokensTest, a_service_account_is_who_its_token_says) {
  make_account();
  const std::string token = account_token();
  EXPECT_EQ(name_of(token), "system:serviceaccount:default:robot");
  const http::Response who = as(token, "POST", whoami, "{}");
  for (const char* word : {"system:serviceaccounts:default", "\"system:serviceaccounts\"", "JTI="}) {
    EXPECT_NE(who.body.find(word), std::string::npos) << who.body;
  }
  EXPECT_EQ(as(token, "GET", secrets).status, 403);
  std::string changed = token;
  changed.back() = changed.back() == 'A' ? 'B' : 'A';
  EXPECT_EQ(name_of(changed), "Unauthorized");
  // Deleted, and made anew: it is another account of the same name.
  EXPECT_EQ(send("DELETE", str(accounts, "/robot")).status, 200);
  EXPECT_EQ(name_of(token), "Unauthorized");
  make_account();
  EXPECT_EQ(name_of(token), "Unauthorized");
  EXPECT_EQ(name_of(account_token()), "system:serviceaccount:default:robot");
}

TEST_F(TokensTest, a_token_request_is_answered_as_kubernetes_does) {
  make_account();
  const std::string target = str(accounts, "/robot/token");
  const http::Response response =
      send("POST", target,
           R"({"kind":"TokenRequest","apiVersion":"authentication.k8s.io/v1","spec":{"expirationSeconds":7200}})");
  ASSERT_EQ(response.status, 201) << response.body;
  const Node node = json(response);
  EXPECT_EQ(node.text_of("kind"), "TokenRequest");
  EXPECT_FALSE(node.find("status")->text_of("expirationTimestamp").empty());
  EXPECT_EQ(node.find("spec")->find("expirationSeconds")->integer, 7200);
  EXPECT_EQ(send("POST", target, R"({"spec":{"expirationSeconds":60}})").status, 422);
  EXPECT_EQ(send("POST", str(accounts, "/nobody/token"), "{}").status, 404);
  EXPECT_EQ(send("GET", target).status, 405);
  const http::Response dry = send("POST", target + "?dryRun=All", "{}");
  EXPECT_EQ(json(dry).find("status")->text_of("token"), "");
  EXPECT_NE(send("GET", "/api/v1").body.find("serviceaccounts/token"), std::string::npos);
}

TEST_F(TokensTest, a_token_is_for_its_audience) {
  make_account();
  const std::string token = account_token(R"({"audiences":["vault"]})");
  EXPECT_EQ(name_of(token), "Unauthorized") << "it is not meant for this server";
  const auto review = [&](const std::string& text, const std::string& audiences) {
    const http::Response response =
        send("POST", token_reviews, str(R"({"spec":{"token":")", text, R"(","audiences":)", audiences, "}}"));
    EXPECT_EQ(response.status, 201) << response.body;
    return write_json(*json(response).find("status"));
  };
  const std::string known = review(token, R"(["vault","other"])");
  EXPECT_NE(known.find(R"("authenticated":true)"), std::string::npos) << known;
  EXPECT_NE(known.find(R"("audiences":["vault"])"), std::string::npos) << known;
  EXPECT_NE(known.find("system:serviceaccount:default:robot"), std::string::npos) << known;
  EXPECT_NE(review(token, "[]").find(R"("authenticated":false)"), std::string::npos);
  EXPECT_NE(review("a.b.c", "[]").find(R"("error":"the token is not valid")"), std::string::npos);
  user_token(kept(token_));
  EXPECT_NE(review(token_.text(), "[]").find(R"("username":"ann")"), std::string::npos);
  EXPECT_NE(review(token_.text(), R"(["vault"])").find(R"("authenticated":false)"), std::string::npos);
}

TEST_F(TokensTest, nobody_gives_out_a_token_of_somebody_else) {
  user_token(kept(token_));
  allow("keeper", R"([{"apiGroups":[""],"resources":["secrets"],"verbs":["create","update","patch","get"]}])", "ann");
  const pki::Token other = pki::make_token(random_);
  access::KeptToken root = kept(other);
  root.user = "root";
  root.groups = {"system:masters"};
  EXPECT_EQ(as(token_.text(), "POST", system_secrets, body_of(root)).status, 403);
  // By values in plain text, under a name still to be made, or by taking over what is there: no.
  const http::Response plain =
      as(token_.text(), "POST", system_secrets,
         str(R"({"apiVersion":"v1","kind":"Secret","type":"muster.dev/token","metadata":{"name":"token-)", other.id,
             R"("},"stringData":{"id":")", other.id, R"(","hash":")", pki::token_hash(other),
             R"(","user":"root","groups":"system:masters","expiration":"2099-01-01T00:00:00Z"}})"));
  EXPECT_EQ(plain.status, 403) << plain.body;
  std::string generated = body_of(root);
  const std::string name = str("\"name\":\"token-", other.id, '"');
  ASSERT_NE(generated.find(name), std::string::npos) << generated;
  generated.replace(generated.find(name), name.size(), "\"generateName\":\"token-\"");
  EXPECT_EQ(as(token_.text(), "POST", system_secrets, generated).status, 403);
  user_token(root);
  const pki::Token hijacker = pki::make_token(random_);
  const http::Response hijack = as(token_.text(), "PATCH", str(system_secrets, "/token-", other.id),
                                   str(R"({"stringData":{"hash":")", pki::token_hash(hijacker), "\"}}"));
  EXPECT_EQ(hijack.status, 403) << hijack.body;
  EXPECT_EQ(as(token_.text(), "PATCH", str(system_secrets, "/token-", other.id), R"({"metadata":{"labels":{"a":"b"}}})")
                .status,
            200);
  // One for joining hosts takes the right to make container instances.
  access::KeptToken joining = kept(pki::make_token(random_));
  joining.purpose = access::KeptToken::Purpose::join;
  joining.uses_left = 1;
  EXPECT_EQ(as(token_.text(), "POST", system_secrets, body_of(joining)).status, 403);
  // Whoever may impersonate, may.
  allow("actor", R"([{"apiGroups":[""],"resources":["users"],"resourceNames":["bob"],"verbs":["impersonate"]}])",
        "ann");
  access::KeptToken bob = kept(pki::make_token(random_));
  bob.user = "bob";
  EXPECT_EQ(as(token_.text(), "POST", system_secrets, body_of(bob)).status, 403) << "the group is not his to give";
  bob.groups.clear();
  EXPECT_EQ(as(token_.text(), "POST", system_secrets, body_of(bob)).status, 201);
}

TEST_F(TokensTest, what_was_revoked_does_not_pass_once_its_writer_knows) {
  user_token(kept(token_));
  for (int i = 0; i < 20; ++i) {
    const std::string name = str("reader-", i);
    allow(name, R"([{"apiGroups":[""],"resources":["secrets"],"verbs":["list"]}])", "ann");
    EXPECT_EQ(as(token_.text(), "GET", secrets).status, 200);
    EXPECT_EQ(send("DELETE", str(bindings, "/", name)).status, 200);
    ASSERT_EQ(as(token_.text(), "GET", secrets).status, 403) << i;
  }
}

}  // namespace
}  // namespace muster::server
