// Who may do what, over real requests: users, roles, impersonation, reviews, and what a protocol buffer may be.
#include <fstream>
#include <sstream>

#include "tests/runtime/server/running_api.h"
#include "tests/support/source_dir.h"

namespace muster::server {
namespace {

constexpr const char* tasks = "/apis/muster.dev/v1beta1/namespaces/default/tasks";
constexpr const char* roles = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles";
constexpr const char* bindings = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings";
constexpr const char* cluster_bindings = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings";
constexpr const char* secrets = "/api/v1/namespaces/default/secrets";

std::string bound(const std::string& name, const std::string& kind, const std::string& role, const std::string& user) {
  return str(R"({"metadata":{"name":")", name, R"("},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":")", kind,
             R"(","name":")", role, R"("},"subjects":[{"apiGroup":"rbac.authorization.k8s.io","kind":"User","name":")",
             user, R"("}]})");
}

// The user stands in a header; without it nobody is known.
class GateTest : public ServerTest {
 protected:
  GateTest() : ServerTest(by_header()) {
    EXPECT_EQ(as("root", "POST", bindings, bound("ann", "ClusterRole", "edit", "ann")).status, 201);
    EXPECT_EQ(as("root", "POST", bindings, bound("bob", "ClusterRole", "view", "bob")).status, 201);
    EXPECT_EQ(as("root", "POST", bindings, bound("adm", "ClusterRole", "admin", "adm")).status, 201);
    EXPECT_EQ(as("root", "POST", secrets, R"({"metadata":{"name":"db"},"data":{"a":"eA=="}})").status, 201);
  }
  static Authentication by_header() {
    Authentication out;
    out.user_of = [](const http::Exchange& exchange) -> Result<UserPtr> {
      access::User user;
      user.name = http::header(exchange.request().headers, "X-User");
      if (user.name == "liar") return Error{Code::unauthorized, "Unauthorized", {}};
      if (user.name.empty()) {
        user.name = access::anonymous_user;
        user.groups = {std::string(access::unauthenticated_group)};
      } else {
        user.groups = {std::string(access::authenticated_group)};
        if (user.name == "root") user.groups.emplace_back(access::masters_group);
      }
      return std::make_shared<const access::User>(user);
    };
    out.user_of_token = [](std::string_view token, const std::vector<std::string>&) -> Result<access::Proven> {
      if (token != "right") return Error{Code::unauthorized, "wrong", {}};
      return access::Proven{access::User{"ann", "7", {"team"}, {}}, {}};
    };
    return out;
  }
  http::Response as(const std::string& user, const std::string& method, const std::string& target,
                    const std::string& body = {}, http::Headers headers = {}) {
    // The tests leave out of an object what its address says.
    const std::string begin = R"({"metadata")";
    if (method == "POST" && body.starts_with(begin)) {
      const bool secret = target == secrets;
      const std::string_view kind = secret ? "Secret" : target == roles ? "Role" : "RoleBinding";
      return as(user, method, target,
                str(R"({"apiVersion":")", secret ? "v1" : "rbac.authorization.k8s.io/v1", R"(","kind":")", kind, "\",",
                    std::string_view(body).substr(1)),
                std::move(headers));
    }
    if (!user.empty()) headers.emplace_back("X-User", user);
    return send(method, target, body, std::move(headers));
  }
};

TEST_F(GateTest, lets_through_what_roles_allow) {
  const std::string task_names = R"({"metadata":{"name":"x"}})";
  const struct {
    const char *user, *method, *target;
    int status;
  } rows[] = {
      {"root", "GET", secrets, 200},
      {"ann", "GET", secrets, 200},
      {"bob", "GET", secrets, 403},
      {"eve", "GET", secrets, 403},
      {"", "GET", secrets, 403},
      {"liar", "GET", secrets, 401},
      {"liar", "GET", "/livez", 200},
      {"bob", "GET", "/api/v1/namespaces/default/secrets/db", 403},
      {"ann", "GET", "/api/v1/namespaces/default/secrets/db", 200},
      {"ann", "GET", "/api/v1/namespaces/other/secrets", 403},
      {"ann", "GET", "/api/v1/secrets", 403},
      {"bob", "GET", tasks, 200},
      {"bob", "DELETE", tasks, 403},
      {"ann", "DELETE", tasks, 200},
      {"bob", "GET", "/apis/muster.dev/v1beta1/namespaces/default/tasks/x", 404},
      {"eve", "GET", "/apis/muster.dev/v1beta1/namespaces/default/tasks/x", 403},
      {"eve", "GET", "/apis/muster.dev/v1beta1/namespaces/default/tasks/x/log", 403},
      {"bob", "GET", "/api/v1/namespaces/default", 200},
      {"bob", "GET", "/api/v1/namespaces", 403},
      {"ann", "GET", roles, 403},
      {"adm", "GET", roles, 200},
      {"adm", "GET", cluster_bindings, 403},
      {"ann", "GET", "/apis/muster.dev/v1beta1/commits", 403},
      {"ann", "GET", "/apis/muster.dev/v1beta1/containerinstances/i/agent", 403},
      {"eve", "GET", "/apis", 200},
      {"", "GET", "/apis", 403},
      {"", "GET", "/version", 200},
      {"", "GET", "/livez", 200},
      {"ann", "GET", "/metrics", 403},
      {"root", "GET", "/metrics", 200},
      {"eve", "GET", "/nothing", 403},
      {"root", "GET", "/nothing", 404},
      {"eve", "GET", "/apis/none.example/v1/things", 404},
  };
  for (const auto& row : rows) {
    const http::Response response = as(row.user, row.method, row.target);
    EXPECT_EQ(response.status, row.status)
        << row.user << " " << row.method << " " << row.target << " " << response.body.substr(0, 300);
  }
}

TEST_F(GateTest, refuses_in_kubernetes_words) {
  const Node status = json(as("bob", "GET", "/api/v1/namespaces/default/secrets/db"));
  EXPECT_EQ(status.text_of("reason"), "Forbidden");
  EXPECT_EQ(status.text_of("message"),
            "secrets \"db\" is forbidden: User \"bob\" cannot get resource \"secrets\" in API group \"\" in the "
            "namespace \"default\"");
  EXPECT_EQ(json(as("eve", "GET", "/metrics")).text_of("message"),
            "forbidden: User \"eve\" cannot get path \"/metrics\"");
}

TEST_F(GateTest, follows_roles_as_they_change) {
  for (int round = 0; round < 20; ++round) {
    const std::string name = str("eve-", round);
    EXPECT_EQ(as(name, "GET", tasks).status, 403);
    ASSERT_EQ(as("root", "POST", bindings, bound(name, "ClusterRole", "view", name)).status, 201);
    EXPECT_EQ(as(name, "GET", tasks).status, 200) << "whoever was told that he may, may";
  }
  ASSERT_EQ(as("root", "DELETE", str(bindings, "/eve-0")).status, 200);
  for (int tries = 0; as("eve-0", "GET", tasks).status != 403; ++tries) ASSERT_LT(tries, 1'000);
}

TEST_F(GateTest, lets_nobody_grant_what_he_lacks) {
  const std::string role =
      R"({"metadata":{"name":"r"},"rules":[{"apiGroups":[""],"resources":["nodes"],"verbs":["get"]}]})";
  const std::string held =
      R"({"metadata":{"name":"r"},"rules":[{"apiGroups":[""],"resources":["secrets"],"verbs":["get"]}]})";
  const http::Response refused = as("adm", "POST", roles, role);
  EXPECT_EQ(refused.status, 403);
  EXPECT_NE(refused.body.find("attempting to grant RBAC permissions not currently held"), std::string::npos);
  EXPECT_EQ(as("adm", "POST", roles, held).status, 201);
  EXPECT_EQ(
      as("adm", "PATCH", str(roles, "/r"), R"({"rules":[{"apiGroups":["*"],"resources":["*"],"verbs":["*"]}]})").status,
      403);
  EXPECT_EQ(as("adm", "PATCH", str(roles, "/r"), R"([{"op":"add","path":"/rules/0/verbs/-","value":"sing"}])",
               {{"Content-Type", "application/json-patch+json"}})
                .status,
            403);
  const http::Headers apply = {{"Content-Type", "application/apply-patch+yaml"}};
  const std::string wide = R"({"apiVersion":"rbac.authorization.k8s.io/v1","kind":"Role","metadata":{"name":"s"},)"
                           R"("rules":[{"apiGroups":["*"],"resources":["*"],"verbs":["*"]}]})";
  EXPECT_EQ(as("adm", "PATCH", str(roles, "/s?fieldManager=m"), wide, apply).status, 403);
  EXPECT_EQ(as("root", "GET", str(roles, "/s")).status, 404);
  const std::string same =
      R"({"metadata":{"name":"wide"},"rules":[{"apiGroups":["*"],"resources":["*"],"verbs":["*"]}]})";
  ASSERT_EQ(as("root", "POST", roles, same).status, 201);
  EXPECT_EQ(as("adm", "POST", roles, same).status, 403) << "it could be gone when its turn comes";
  EXPECT_EQ(as("adm", "PATCH", str(roles, "/wide"), R"({"metadata":{"labels":{"a":"b"}}})").status, 200)
      << "the rules stay as they are";
  const std::string labelled = R"({"apiVersion":"rbac.authorization.k8s.io/v1","kind":"Role",)"
                               R"("metadata":{"name":"wide","labels":{"c":"d"}}})";
  EXPECT_EQ(as("adm", "PATCH", str(roles, "/wide?fieldManager=m"), labelled, apply).status, 200);
  EXPECT_EQ(as("adm", "POST", bindings, bound("me", "ClusterRole", "cluster-admin", "adm")).status, 403);
  EXPECT_EQ(as("adm", "POST", bindings, bound("me", "ClusterRole", "edit", "eve")).status, 201);
}

TEST_F(GateTest, an_apply_that_makes_is_a_create) {
  ASSERT_EQ(
      as("root", "POST", roles,
         R"({"metadata":{"name":"patcher"},"rules":[{"apiGroups":[""],"resources":["configmaps"],"verbs":["patch"]}]})")
          .status,
      201);
  ASSERT_EQ(as("root", "POST", bindings, bound("pat", "Role", "patcher", "pat")).status, 201);
  const std::string map = R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"m"},"data":{"a":"b"}})";
  const http::Headers apply = {{"Content-Type", "application/apply-patch+yaml"}};
  const std::string target = "/api/v1/namespaces/default/configmaps/m?fieldManager=m";
  EXPECT_EQ(as("pat", "PATCH", target, map, apply).status, 403);
  EXPECT_EQ(as("ann", "PATCH", target, map, apply).status, 201);
  EXPECT_EQ(as("pat", "PATCH", target + "&force=true", map, apply).status, 200);
}

TEST_F(GateTest, takes_a_user_for_another_when_he_may) {
  EXPECT_EQ(as("root", "GET", secrets, {}, {{"Impersonate-User", "ann"}}).status, 200);
  const http::Response bob = as("root", "GET", secrets, {}, {{"Impersonate-User", "bob"}});
  EXPECT_EQ(bob.status, 403);
  EXPECT_NE(bob.body.find("bob"), std::string::npos);
  EXPECT_EQ(
      as("root", "GET", "/metrics", {}, {{"Impersonate-User", "x"}, {"Impersonate-Group", "system:monitoring"}}).status,
      200);
  const http::Response eve = as("eve", "GET", secrets, {}, {{"Impersonate-User", "ann"}});
  EXPECT_EQ(eve.status, 403);
  EXPECT_NE(eve.body.find("cannot impersonate resource \\\"users\\\""), std::string::npos) << eve.body;
  EXPECT_EQ(
      as("eve", "GET", secrets, {}, {{"Impersonate-User", "eve"}, {"Impersonate-Group", "system:masters"}}).status,
      403);
  EXPECT_EQ(as("root", "GET", secrets, {}, {{"Impersonate-Group", "team"}}).status, 400);
  EXPECT_EQ(as("root", "GET", secrets, {}, {{"impersonate-extra-Team%2Fx", "a"}, {"Impersonate-Uid", "1"}}).status,
            400);
  // A role for service accounts is one for being one of them.
  const http::Headers account = {{"Impersonate-User", "system:serviceaccount:default:robot"}};
  EXPECT_EQ(as("ann", "GET", tasks, {}, account).status, 403) << "the robot has no role";
  EXPECT_NE(as("ann", "GET", tasks, {}, account).body.find("robot\\\" cannot list"), std::string::npos);
  EXPECT_NE(as("bob", "GET", tasks, {}, account).body.find("cannot impersonate"), std::string::npos);
  // What only looks like one is a user.
  for (const char* name : {"system:serviceaccount:default:robot:x", "system:serviceaccount:default:",
                           "system:serviceaccount::robot", "system:serviceaccount:default:No"}) {
    const http::Response looks_like_one = as("ann", "GET", tasks, {}, {{"Impersonate-User", name}});
    EXPECT_EQ(looks_like_one.status, 403);
    EXPECT_NE(looks_like_one.body.find("cannot impersonate resource \\\"users\\\""), std::string::npos)
        << name << ": " << looks_like_one.body;
  }
}

TEST_F(GateTest, answers_reviews) {
  const std::string self = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
  const std::string question =
      R"({"spec":{"resourceAttributes":{"namespace":"default","verb":"list","resource":"secrets"}}})";
  const auto allowed = [&](const http::Response& response) {
    EXPECT_EQ(response.status, 201) << response.body;
    const Node answer = json(response);
    const Node* status = answer.find("status");
    const Node* value = status != nullptr ? status->find("allowed") : nullptr;
    return value != nullptr && value->boolean;
  };
  EXPECT_TRUE(allowed(as("ann", "POST", self, question)));
  EXPECT_FALSE(allowed(as("bob", "POST", self, question)));
  EXPECT_EQ(as("", "POST", self, question).status, 403);
  EXPECT_EQ(as("ann", "GET", self).status, 405);
  EXPECT_EQ(as("root", "GET", self).status, 405);
  EXPECT_EQ(as("ann", "POST", self, "{}").status, 422);
  EXPECT_EQ(as("ann", "POST", self, "{").status, 400);
  const std::string subject = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
  const std::string about_bob =
      R"({"spec":{"user":"bob","resourceAttributes":{"namespace":"default","verb":"list","resource":"secrets"}}})";
  EXPECT_EQ(as("ann", "POST", subject, about_bob).status, 403);
  EXPECT_FALSE(allowed(as("root", "POST", subject, about_bob)));
  const std::string local = "/apis/authorization.k8s.io/v1/namespaces/default/localsubjectaccessreviews";
  EXPECT_FALSE(allowed(as("adm", "POST", local, about_bob)));
  const http::Response who = as("ann", "POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", "{}");
  EXPECT_NE(who.body.find("\"username\":\"ann\""), std::string::npos) << who.body;
  const http::Response rules =
      as("ann", "POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", R"({"spec":{"namespace":"default"}})");
  EXPECT_NE(rules.body.find("\"secrets\""), std::string::npos) << rules.body;
  const std::string token = "/apis/authentication.k8s.io/v1/tokenreviews";
  EXPECT_NE(as("root", "POST", token, R"({"spec":{"token":"right"}})").body.find("\"username\":\"ann\""),
            std::string::npos);
  EXPECT_EQ(as("root", "POST", token, R"({"spec":{"token":"wrong"}})").body.find("\"username\""), std::string::npos);
  EXPECT_EQ(as("ann", "POST", token, R"({"spec":{"token":"right"}})").status, 403);
}

TEST_F(GateTest, has_reviews_in_discovery) {
  const Node list = json(as("root", "GET", "/apis/authorization.k8s.io/v1"));
  EXPECT_NE(write_json(list).find("selfsubjectaccessreviews"), std::string::npos);
  const Node groups = json(as("root", "GET", "/apis"));
  std::size_t found = 0;
  for (const Node& group : groups.find("groups")->items) found += group.text_of("name") == "authentication.k8s.io";
  EXPECT_EQ(found, 1U) << "a group stands there once, with all its versions";
  const Node group = json(as("root", "GET", "/apis/authentication.k8s.io"));
  EXPECT_EQ(group.find("versions")->items.size(), 3U);
  EXPECT_EQ(group.find("preferredVersion")->text_of("version"), "v1");
  const http::Response all = as("root", "GET", "/apis", {},
                                {{"Accept", "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"}});
  EXPECT_NE(all.body.find("\"resource\":\"selfsubjectreviews\""), std::string::npos);
}

TEST_F(GateTest, keeps_predefined_roles) {
  const std::string path = "/apis/rbac.authorization.k8s.io/v1/clusterroles/";
  for (const char* name : {"cluster-admin", "admin", "edit", "view", "system:basic-user"}) {
    EXPECT_EQ(as("root", "GET", path + name).status, 200) << name;
  }
}

TEST_F(GateTest, reads_protocol_buffers_of_built_in_kinds) {
  const http::Headers protobuf = {{"Content-Type", "application/vnd.kubernetes.protobuf"}};
  const auto sample = [](const std::string& name) {
    std::ifstream file(testing::source_dir() / "tests/fuzz/protobuf_corpus" / (name + ".pb"), std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  };
  const http::Response made = as("root", "POST", "/api/v1/namespaces", sample("namespace"), protobuf);
  EXPECT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.body.front(), '{');
  EXPECT_EQ(as("root", "POST", "/api/v1/namespaces/default/configmaps", sample("configmap"), protobuf).status, 201);
  EXPECT_EQ(as("root", "POST", "/api/v1/namespaces/default/configmaps", sample("secret"), protobuf).status, 400)
      << "another kind than the path's";
  EXPECT_EQ(as("root", "POST", "/api/v1/namespaces/default/configmaps", "no message", protobuf).status, 400);
  const std::string foreign("k8s\0\x0a\x0a\x0a\x02v9\x12\x04None\x12\x00", 18);
  EXPECT_EQ(as("root", "POST", "/api/v1/namespaces/default/configmaps", foreign, protobuf).status, 415);
  EXPECT_EQ(as("root", "POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
               sample("selfsubjectaccessreview"), protobuf)
                .status,
            201);
}

}  // namespace
}  // namespace muster::server
