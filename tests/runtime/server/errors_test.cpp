// Every row of Kubernetes' table of errors: the code, the reason, and the details that clients look at.

#include "api/types/builtin.h"
#include "runtime/server/status.h"
#include "tests/runtime/server/running_api.h"

namespace muster::server {
namespace {

constexpr const char* services = "/apis/muster.dev/v1beta1/namespaces/default/services";
constexpr const char* merge = "application/merge-patch+json";
constexpr const char* definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

// The user stands in a header; without it an administrator asks.
Authentication by_header() {
  Authentication out;
  out.user_of = [](const http::Exchange& exchange) -> Result<UserPtr> {
    access::User user;
    user.name = http::header(exchange.request().headers, "X-User");
    if (user.name == "liar") return Error{Code::unauthorized, "no such token", {}};
    user.groups = {std::string(access::authenticated_group)};
    if (user.name.empty()) user.groups.emplace_back(access::masters_group);
    return std::make_shared<const access::User>(user);
  };
  return out;
}

class ErrorsTest : public ServerTest {
 protected:
  ErrorsTest()
      : ServerTest(by_header(), [](ApiServerOptions& options) {
          options.watch.window_changes = 2, options.flow.reads = 0, options.flow.waiting_per_user = 0;
        }) {
    EXPECT_EQ(send("POST", leases, lease("a")).status, 201);
  }
  static std::string service(int count) {
    return str(R"({"apiVersion":"muster.dev/v1beta1","kind":"Service","metadata":{"name":"web"},)",
               R"("spec":{"taskDefinition":"web","desiredCount":)", count, "}}");
  }
};

struct Row {
  const char* name;
  const char* method;
  std::string target;
  std::string body;
  http::Headers headers;
  int code;
  const char* reason;
  const char* message;  // a part of it
  const char* details;  // name/kind/cause, as far as there are
};

TEST_F(ErrorsTest, are_those_of_kubernetes) {
  const std::string one = str(leases, "/a");
  const std::string watch_past = str(leases, "?resourceVersion=1&resourceVersionMatch=Exact");
  const http::Headers patch = {{"Content-Type", merge}};
  const http::Headers json_patch = {{"Content-Type", "application/json-patch+json"}};
  const std::string strict = "?fieldValidation=Strict";
  const std::vector<Row> rows = {
      {"a body that cannot be read", "POST", leases, "{", {}, 400, "BadRequest", "", "/leases/"},
      {"another namespace",
       "POST",
       leases,
       R"({"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"x","namespace":"other"}})",
       {},
       400,
       "BadRequest",
       "the namespace of the provided object does not match the namespace sent on the request",
       "/leases/"},
      {"an unknown field",
       "POST",
       leases + strict,
       R"({"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"x"},"bogus":1})",
       {},
       400,
       "BadRequest",
       "strict decoding error: unknown field \"bogus\"",
       "/leases/FieldValueInvalid"},
      {"a field that cannot be selected",
       "GET",
       str(leases, "?fieldSelector=spec.foo%3Dx"),
       "",
       {},
       400,
       "BadRequest",
       "field label not supported: spec.foo",
       "//"},
      {"a malformed selector", "GET", str(leases, "?labelSelector=a%20in%20("), "", {}, 400, "BadRequest", "", "//"},
      {"bad credentials", "GET", leases, "", {{"X-User", "liar"}}, 401, "Unauthorized", "Unauthorized", "//"},
      {"no right",
       "DELETE",
       one,
       "",
       {{"X-User", "u"}},
       403,
       "Forbidden",
       R"(leases.coordination.k8s.io "a" is forbidden: User "u" cannot delete resource "leases" in API group )"
       R"("coordination.k8s.io" in the namespace "default")",
       "a/leases/"},
      {"no such object",
       "GET",
       str(leases, "/none"),
       "",
       {},
       404,
       "NotFound",
       R"(leases.coordination.k8s.io "none" not found)",
       "none/leases/"},
      {"no such namespace",
       "POST",
       "/apis/coordination.k8s.io/v1/namespaces/ghost/leases",
       lease("x"),
       {},
       404,
       "NotFound",
       R"(namespaces "ghost" not found)",
       "ghost/namespaces/"},
      {"no such namespace to apply in",
       "PATCH",
       "/apis/coordination.k8s.io/v1/namespaces/ghost/leases/x?fieldManager=m",
       R"({"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"x"}})",
       {{"Content-Type", "application/apply-patch+yaml"}},
       404,
       "NotFound",
       R"(namespaces "ghost" not found)",
       "ghost/namespaces/"},
      {"no such subresource",
       "GET",
       str(one, "/frob"),
       "",
       {},
       404,
       "NotFound",
       "the server could not find the requested resource",
       "//"},
      {"no such path",
       "GET",
       "/apis/coordination.k8s.io/v1/namespaces/default/nothings",
       "",
       {},
       404,
       "NotFound",
       "the server could not find the requested resource",
       "//"},
      {"no such method", "POST", one, lease("a"), {}, 405, "MethodNotAllowed", "", "a/leases/"},
      {"all namespaces at once", "DELETE", "/api/v1/namespaces", "", {}, 405, "MethodNotAllowed", "", "/namespaces/"},
      {"a definition is not written",
       "POST",
       definitions,
       R"({"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"x.y"}})",
       {},
       405,
       "MethodNotAllowed",
       "describe the kinds of this server",
       "/customresourcedefinitions/"},
      {"a form that is not served",
       "GET",
       one,
       "",
       {{"Accept", "text/html"}},
       406,
       "NotAcceptable",
       "only the following media types are accepted: application/json",
       "//"},
      {"a malformed Accept",
       "GET",
       one,
       "",
       {{"Accept", ";;,/"}},
       406,
       "NotAcceptable",
       "only the following media types are accepted: application/json",
       "//"},
      {"a body of another type",
       "POST",
       leases,
       "x",
       {{"Content-Type", "text/csv"}},
       415,
       "UnsupportedMediaType",
       "accepted media types include: application/json",
       "/leases/"},
      {"a patch that our kinds do not know",
       "PATCH",
       str(services, "/web"),
       "{}",
       {{"Content-Type", "application/strategic-merge-patch+json"}},
       415,
       "UnsupportedMediaType",
       "application/strategic-merge-patch+json is not supported by services.muster.dev",
       "web/services/"},
      {"a create of what is there",
       "POST",
       leases,
       lease("a"),
       {},
       409,
       "AlreadyExists",
       R"(leases.coordination.k8s.io "a" already exists)",
       "a/leases/"},
      {"an old revision", "PATCH", one, R"({"metadata":{"resourceVersion":"1"}})", patch, 409, "Conflict",
       "the object has been modified; please apply your changes to the latest version and try again", "a/leases/"},
      {"another uid",
       "DELETE",
       one,
       R"({"preconditions":{"uid":"other"}})",
       {},
       409,
       "Conflict",
       "Precondition failed: UID in precondition: other",
       "a/leases/"},
      {"a page that is too old",
       "GET",
       str(leases, "?continue=bm9uc2Vuc2U"),
       "",
       {},
       400,
       "BadRequest",
       "continue",
       "/leases/"},
      {"a value that is not allowed",
       "POST",
       services,
       service(-1),
       {},
       422,
       "Invalid",
       R"(Service.muster.dev "web" is invalid: spec.desiredCount: )",
       "/Service/FieldValueInvalid"},
      {"a test of a patch that fails", "PATCH", one, R"([{"op":"test","path":"/metadata/name","value":"b"}])",
       json_patch, 422, "Invalid", "", "a/Lease/FieldValueInvalid"},
      {"too many requests",
       "GET",
       leases,
       "",
       {{"X-User", "u"}},
       429,
       "TooManyRequests",
       "too many requests, please try again later",
       "//"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    const http::Response response = send(row.method, row.target, row.body, row.headers);
    EXPECT_EQ(response.status, row.code) << response.body;
    EXPECT_EQ(http::header(response.headers, "Content-Type"), "application/json");
    const Node status = json(response);
    EXPECT_EQ(status.text_of("kind"), "Status");
    EXPECT_EQ(status.text_of("apiVersion"), "v1");
    EXPECT_EQ(status.text_of("status"), "Failure");
    EXPECT_EQ(status.text_of("reason"), row.reason);
    EXPECT_NE(status.text_of("message").find(row.message), std::string_view::npos) << response.body;
    ASSERT_NE(status.find("code"), nullptr);
    EXPECT_EQ(status.find("code")->integer, row.code);
    const Node* details = status.find("details");
    const Node* causes = details != nullptr ? details->find("causes") : nullptr;
    EXPECT_EQ(details == nullptr ? "//"
                                 : str(details->text_of("name"), "/", details->text_of("kind"), "/",
                                       causes != nullptr ? causes->items.at(0).text_of("reason") : ""),
              row.details)
        << response.body;
    EXPECT_EQ(!http::header(response.headers, "Retry-After").empty(), row.code == 429);
  }
}

TEST_F(ErrorsTest, history_that_is_gone_has_expired) {
  for (int i = 0; i < 5; ++i) ASSERT_EQ(send("POST", leases, lease(str("l", i))).status, 201);
  const http::Response list = send("GET", str(leases, "?resourceVersion=1&resourceVersionMatch=Exact"));
  EXPECT_EQ(list.status, 410) << list.body;
  EXPECT_EQ(reason(list), "Expired");
  const http::Response watch = send("GET", str(leases, "?watch=true&timeoutSeconds=1&resourceVersion=1"));
  EXPECT_EQ(watch.status, 200);
  const Node event = json(watch);
  ASSERT_EQ(event.text_of("type"), "ERROR") << watch.body;
  EXPECT_EQ(event.find("object")->text_of("reason"), "Expired");
  EXPECT_EQ(event.find("object")->find("code")->integer, 410);
}

TEST_F(ErrorsTest, a_full_disk_is_a_time_to_wait) {
  set_disk_full(*disk_, true);
  const http::Response response = send("POST", leases, lease("b"));
  EXPECT_EQ(response.status, 503) << response.body;
  EXPECT_EQ(reason(response), "ServiceUnavailable");
  EXPECT_FALSE(http::header(response.headers, "Retry-After").empty());
  set_disk_full(*disk_, false);
  EXPECT_EQ(send("POST", leases, lease("b")).status, 201);
}

TEST_F(ErrorsTest, what_is_our_own_fault_says_so) {
  const http::Response response =
      error_response(Error{Code::internal, "the unexpected", {}}, Subject{&kind_of<Lease>(), "a"});
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(reason(response), "InternalError");
  EXPECT_EQ(json(response).find("details")->text_of("name"), "a");
  EXPECT_TRUE(http::header(response.headers, "Retry-After").empty()) << "nothing says that a moment helps";
}

TEST_F(ErrorsTest, a_revision_of_the_future_times_out) {
  const http::Response response = send("GET", str(leases, "?resourceVersion=99999999"));
  EXPECT_EQ(response.status, 504) << response.body;
  EXPECT_EQ(reason(response), "Timeout");
  EXPECT_EQ(json(response).find("details")->find("causes")->items.at(0).text_of("reason"), "ResourceVersionTooLarge");
}

// A watcher that does not read is ended, whatever it has missed; the others hear everything.
class SlowWatcherTest : public ServerTest {
 protected:
  SlowWatcherTest() : ServerTest({}, [](ApiServerOptions& options) { options.watch.backlog_bytes = 256U << 10U; }) {}
};

TEST_F(SlowWatcherTest, is_cut) {
  http::RawSocket slow(base_.substr(std::string("http://").size()), 4096);
  slow.send(str("GET ", leases, "?watch=true HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  slow.receive_until("\r\n\r\n");
  const std::string large(60'000, 'x');
  std::int64_t cut = 0;
  for (int i = 0; i < 400 && cut == 0; ++i) {
    ASSERT_EQ(send("POST", leases, lease(str("l", i), "h", str(R"({},"annotations":{"a":")", large, "\"}"))).status,
              201);
    cut = io_.run([&] { return server_->watches().streams_cut(); });
  }
  EXPECT_EQ(cut, 1);
  EXPECT_EQ(io_.run([&] { return server_->watches().streams(); }), 0U);
}

// Two users, one of whom floods the server with lists: the other is served between them.
class FloodTest : public ServerTest {
 protected:
  FloodTest()
      : ServerTest(by_header(), [](ApiServerOptions& options) {
          options.flow.slice = std::chrono::microseconds(1);
          options.flow.waiting_per_user = 20;
        }) {}
};

TEST_F(FloodTest, does_not_keep_another_user_out) {
  const std::string role =
      R"({"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRoleBinding","metadata":{"name":"all"},)"
      R"("roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"cluster-admin"},)"
      R"("subjects":[{"apiGroup":"rbac.authorization.k8s.io","kind":"Group","name":"system:authenticated"}]})";
  ASSERT_EQ(send("POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", role).status, 201);
  const std::string address = base_.substr(std::string("http://").size());
  std::vector<std::unique_ptr<http::RawSocket>> flood;
  for (int i = 0; i < 60; ++i) flood.push_back(std::make_unique<http::RawSocket>(address));
  // All at once: the loop finds them together.
  io_.run([&] {
    for (const auto& socket : flood)
      socket->send(str("GET ", leases, " HTTP/1.1\r\nHost: localhost\r\nX-User: flood\r\n\r\n"));
  });
  EXPECT_EQ(send("GET", leases, {}, {{"X-User", "other"}}).status, 200);
  int served = 0, refused = 0;
  for (const auto& socket : flood) {
    const std::string line = socket->receive_until("\r\n\r\n");
    if (line.starts_with("HTTP/1.1 200")) ++served;
    if (!line.starts_with("HTTP/1.1 429")) continue;
    ++refused;
    EXPECT_NE(line.find("Retry-After: 1\r\n"), std::string::npos) << line;
  }
  EXPECT_EQ(served + refused, 60);
  EXPECT_GE(served, 20);
  EXPECT_EQ(io_.run([&] { return server_->flow().under_way(Lane::reads) + server_->flow().waiting(Lane::reads); }), 0U);
}

}  // namespace
}  // namespace muster::server
