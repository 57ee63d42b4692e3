// The predefined roles verb by verb, and what an agent may do with its own and with others'.
#include "api/access/authorizer.h"

#include <gtest/gtest.h>

#include "api/access/bootstrap.h"
#include "api/base/text.h"
#include "api/types/cluster.h"
#include "api/types/task.h"
#include "tests/api/access/world.h"

namespace muster::access {
namespace {

using namespace testing;

class AuthorizerTest : public ::testing::Test {
 protected:
  AuthorizerTest() {
    for (const auto& object : bootstrap_policy()) state_.put(object);
    for (const char* name : {"admin", "edit", "view"}) {
      state_.put(share(binding("default", name, "ClusterRole", name, {user(name)})));
    }
    policy_ = Policy(state_);
  }
  bool may(const User& who, const Question& question) const {
    return decide(state_, policy_, asked(who, question)).allowed;
  }

  State state_;
  Policy policy_;
};

TEST_F(AuthorizerTest, ObjectsOfTheFirstDayAreValid) {
  std::set<std::string> names;
  for (const auto& object : bootstrap_policy()) {
    EXPECT_TRUE(validate_object(*object).ok()) << validate_object(*object).error().text();
    const std::string before = encode_object(*object);
    object->kind->defaults(*object);
    EXPECT_EQ(encode_object(*object), before) << "a default changes it, so it would be mended for ever";
    EXPECT_TRUE(names.insert(str(object->kind->kind, ' ', object->metadata.name)).second);
    if (const auto* bound = as<ClusterRoleBinding>(object.get())) {
      EXPECT_NE(policy_.rules_of_role(bound->role_ref, ""), nullptr) << bound->metadata.name;
    }
  }
}

TEST_F(AuthorizerTest, UsersRoles) {
  struct Row {
    Question question;
    bool view, edit, admin;
  };
  const Row rows[] = {
      {{"get", "muster.dev", "services", "", "default", "web"}, true, true, true},
      {{"watch", "muster.dev", "tasks", "", "default"}, true, true, true},
      {{"get", "muster.dev", "tasks", "log", "default", "t"}, true, true, true},
      {{"get", "", "pods", "log", "default", "t"}, true, true, true},
      {{"list", "", "events", "", "default"}, true, true, true},
      {{"get", "", "configmaps", "", "default", "c"}, true, true, true},
      {{"get", "", "secrets", "", "default", "s"}, false, true, true},
      {{"list", "", "secrets", "", "default"}, false, true, true},
      {{"create", "muster.dev", "services", "", "default"}, false, true, true},
      {{"patch", "muster.dev", "services", "scale", "default", "web"}, false, true, true},
      {{"delete", "muster.dev", "tasks", "", "default", "t"}, false, true, true},
      {{"create", "muster.dev", "tasks", "exec", "default", "t"}, false, true, true},
      {{"get", "muster.dev", "tasks", "exec", "default", "t"}, false, true, true},
      {{"create", "", "pods", "eviction", "default", "t"}, false, true, true},
      {{"update", "", "configmaps", "", "default", "c"}, false, true, true},
      {{"create", "rbac.authorization.k8s.io", "rolebindings", "", "default"}, false, false, true},
      {{"get", "rbac.authorization.k8s.io", "roles", "", "default", "r"}, false, false, true},
      {{"create", "authorization.k8s.io", "localsubjectaccessreviews", "", "default"}, false, false, true},
      {{"escalate", "rbac.authorization.k8s.io", "roles", "", "default", "r"}, false, false, false},
      {{"update", "muster.dev", "services", "status", "default", "web"}, false, false, false},
      {{"update", "muster.dev", "tasks", "status", "default", "t"}, false, false, false},
      {{"place", "muster.dev", "tasks", "", "default", "t"}, false, false, false},
      {{"create", "muster.dev", "tasksets", "", "default"}, false, false, false},
      {{"get", "muster.dev", "services", "", "other", "web"}, false, false, false},
      {{"list", "muster.dev", "containerinstances"}, false, false, false},
      {{"delete", "", "namespaces", "", "default", "default"}, false, false, false},
      {{"get", "", "", "", "", "", "/metrics"}, false, false, false},
  };
  for (const Row& row : rows) {
    const User users[] = {person("view"), person("edit"), person("admin")};
    EXPECT_EQ(may(users[0], row.question), row.view) << denial(asked(users[0], row.question));
    EXPECT_EQ(may(users[1], row.question), row.edit) << denial(asked(users[1], row.question));
    EXPECT_EQ(may(users[2], row.question), row.admin) << denial(asked(users[2], row.question));
    EXPECT_TRUE(may(person("root", {"system:masters"}), row.question));
    EXPECT_FALSE(may(person("nobody", {"system:authenticated"}), row.question));
  }
}

TEST_F(AuthorizerTest, EverybodyMayLookAround) {
  const User user = person("x", {"system:authenticated"});
  const User stranger = person("system:anonymous", {"system:unauthenticated"});
  for (const char* path : {"/version", "/healthz", "/livez", "/readyz"}) {
    EXPECT_TRUE(may(user, {"get", "", "", "", "", "", path}));
    EXPECT_TRUE(may(stranger, {"get", "", "", "", "", "", path}));
  }
  for (const char* path : {"/api", "/apis/muster.dev/v1beta1", "/openapi/v3"}) {
    EXPECT_TRUE(may(user, {"get", "", "", "", "", "", path}));
    EXPECT_FALSE(may(stranger, {"get", "", "", "", "", "", path}));
  }
  EXPECT_TRUE(may(user, {"create", "authorization.k8s.io", "selfsubjectaccessreviews"}));
  EXPECT_FALSE(may(user, {"create", "authorization.k8s.io", "subjectaccessreviews"}));
  EXPECT_FALSE(may(stranger, {"create", "authorization.k8s.io", "selfsubjectaccessreviews"}));
  EXPECT_TRUE(may(person("p", {"system:monitoring"}), {"get", "", "", "", "", "", "/metrics"}));
  EXPECT_FALSE(may(person("p", {"system:monitoring"}), {"list", "muster.dev", "tasks"}));
}

TEST_F(AuthorizerTest, ControllersWriteTheirOwn) {
  const User scheduler = person("system:controller:scheduler", {"system:controllers"});
  EXPECT_TRUE(may(scheduler, {"list", "muster.dev", "tasks"}));
  EXPECT_TRUE(may(scheduler, {"place", "muster.dev", "tasks", "", "default", "t"}));
  EXPECT_TRUE(may(scheduler, {"update", "muster.dev", "tasks", "status", "default", "t"}));
  EXPECT_TRUE(may(scheduler, {"create", "", "events", "", "default"}));
  EXPECT_FALSE(may(scheduler, {"create", "muster.dev", "tasks", "", "default"}));
  EXPECT_FALSE(may(scheduler, {"get", "", "secrets", "", "default", "s"}));
  const User service = person("system:controller:service", {"system:controllers"});
  EXPECT_TRUE(may(service, {"create", "muster.dev", "tasks", "", "default"}));
  EXPECT_FALSE(may(service, {"place", "muster.dev", "tasks", "", "default", "t"}));
  EXPECT_FALSE(may(service, {"update", "muster.dev", "containerinstances", "status", "", "h"}));
}

TEST_F(AuthorizerTest, AnAgentHasItsOwnAndNothingElse) {
  for (const char* host : {"host-1", "host-2"}) {
    Task task = named<Task>(str("task-on-", host), "default");
    task.spec.container_instance = host;
    task.spec.task_definition = str("family-", host, ":1");
    state_.put(share(task));
  }
  const User agent = person("system:node:host-1", {"system:nodes", "system:authenticated"});
  const Question allowed[] = {
      {"connect", "muster.dev", "containerinstances", "agent", "", "host-1"},
      {"connect", "muster.dev", "containerinstances", "streams", "", "host-1"},
      {"create", "muster.dev", "containerinstances", "certificate", "", "host-1"},
  };
  for (const Question& question : allowed) EXPECT_TRUE(may(agent, question)) << denial(asked(agent, question));
  // Every verb on every kind, of its own and of others.
  std::size_t refused = 0;
  for (const Kind& kind : all_kinds()) {
    for (const char* verb : {"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection",
                             "connect", "place", "bind", "escalate", "impersonate"}) {
      for (const char* name :
           {"", "host-1", "host-2", "task-on-host-1", "task-on-host-2", "family-host-1:1", "family-host-2:1"}) {
        for (const char* subresource : {"", "status", "agent", "streams", "certificate", "log", "exec"}) {
          const std::string group(kind.group), plural(kind.plural);
          const Question question{
              verb, group.c_str(), plural.c_str(), subresource, kind.scope == Scope::cluster ? "" : "default", name};
          const auto is_same = [&](const Question& other) {
            return std::string_view(other.verb) == verb && other.resource == plural &&
                   std::string_view(other.subresource) == subresource && std::string_view(other.name) == name;
          };
          const bool right = std::any_of(std::begin(allowed), std::end(allowed), is_same);
          EXPECT_EQ(may(agent, question), right) << denial(asked(agent, question)) << ' ' << name;
          refused += right ? 0 : 1;
        }
      }
    }
  }
  EXPECT_GT(refused, 5'000U);
  EXPECT_FALSE(may(agent, {"get", "muster.dev", "tasks", "", "other", "task-on-host-1"}));
  EXPECT_FALSE(may(person("system:node:host-1"), allowed[0])) << "the name without the group";
  EXPECT_FALSE(may(person("host-1", {"system:nodes"}), allowed[0])) << "the group without the name";
  EXPECT_FALSE(
      may(person("system:node:", {"system:nodes"}), {"connect", "muster.dev", "containerinstances", "agent", "", ""}));
}

TEST_F(AuthorizerTest, MendsWhatWasTakenAway) {
  EXPECT_TRUE(missing_policy(state_).empty());
  EXPECT_EQ(missing_policy(State()).size(), bootstrap_policy().size());
  ClusterRole view = *state_.get<ClusterRole>("", "view");
  view.metadata.resource_version = 7;
  view.rules.erase(view.rules.begin());
  view.rules.push_back(on({"get"}, {""}, {"secrets"}));
  state_.put(share(view));
  ClusterRoleBinding basic = *state_.get<ClusterRoleBinding>("", "system:basic-user");
  basic.subjects = {user("ann")};
  state_.put(share(basic));
  state_.erase(Key{&kind_of<ClusterRole>(), "", "edit"});
  auto missing = missing_policy(state_);
  ASSERT_EQ(missing.size(), 3U);
  EXPECT_EQ(missing[0]->metadata.name, "edit");
  EXPECT_EQ(missing[1]->metadata.resource_version, 7);
  EXPECT_EQ(static_cast<const ClusterRole&>(*missing[1]).rules.size(), view.rules.size() + 1) << "additions stay";
  EXPECT_EQ(static_cast<const ClusterRoleBinding&>(*missing[2]).subjects.size(), 2U);
  for (const auto& object : missing) state_.put(object);
  EXPECT_TRUE(missing_policy(state_).empty());

  view.metadata.annotations["rbac.authorization.kubernetes.io/autoupdate"] = "false";
  state_.put(share(view));
  EXPECT_TRUE(missing_policy(state_).empty());
}

TEST_F(AuthorizerTest, RefusalsAreWordedAsInKubernetes) {
  const User ann = person("ann");
  const Error error = forbidden(asked(ann, {"get", "muster.dev", "tasks", "", "n", "x"}));
  EXPECT_EQ(error.code, Code::forbidden);
  EXPECT_EQ(error.message,
            "tasks.muster.dev \"x\" is forbidden: User \"ann\" cannot get resource \"tasks\" in API group "
            "\"muster.dev\" in the namespace \"n\"");
  EXPECT_EQ(forbidden(asked(ann, {"get", "", "", "", "", "", "/metrics"})).message,
            "forbidden: User \"ann\" cannot get path \"/metrics\"");
}

}  // namespace
}  // namespace muster::access
