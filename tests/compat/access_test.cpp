// Built-in kinds as typed clients write them, and who may do what, with kubectl.
#include <algorithm>

#include "tests/compat/kubectl.h"

namespace muster::testing {
namespace {

bool has(const std::string& text, const std::string& words) {
  return text.find(words) != std::string::npos;
}

class KubectlAccess : public KubectlTest {
 protected:
  std::string value(const std::string& object, const std::string& path) {
    return must({"get", object, "-o", "jsonpath={" + path + "}"});
  }
  // What `kubectl auth can-i` answers; its exit code must agree.
  std::string can_i(const Command& arguments) {
    Command all = {"auth", "can-i"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const Ran ran = run(all);
    const std::string word = ran.out.substr(0, ran.out.find_first_of(" \n"));
    EXPECT_EQ(ran.code, word == "yes" ? 0 : 1) << ran.out << ran.err;
    return word;
  }
};
FOR_EVERY_KUBECTL(KubectlAccess);

// From 1.32 on kubectl sends these as protocol buffers.
TEST_P(KubectlAccess, create_of_built_in_kinds) {
  const std::string other = ns() + "-made";
  EXPECT_EQ(must({"create", "namespace", other}), "namespace/" + other + " created\n");
  EXPECT_EQ(must({"create", "secret", "generic", "db", "--from-literal=password=hunter2"}), "secret/db created\n");
  EXPECT_EQ(value("secret/db", ".data.password"), "aHVudGVyMg==");
  EXPECT_EQ(value("secret/db", ".type"), "Opaque");
  EXPECT_EQ(must({"create", "configmap", "web", "--from-literal=LEVEL=info"}), "configmap/web created\n");
  EXPECT_EQ(value("configmap/web", ".data.LEVEL"), "info");
  EXPECT_EQ(must({"create", "serviceaccount", "robot"}), "serviceaccount/robot created\n");
  refused({"create", "secret", "generic", "db", "--from-literal=password=x"}, "already exists");
  refused({"create", "configmap", "Bad_Name", "--from-literal=a=b"}, "Bad_Name");
  must({"create", "secret", "generic", "dry", "--from-literal=a=b", "--dry-run=server"});
  refused({"get", "secret", "dry"}, "not found");
  must({"delete", "secret", "db"});
  must({"delete", "namespace", other, "--wait=false"});
}

TEST_P(KubectlAccess, roles_and_can_i) {
  must({"create", "role", "reader", "--verb=get,list", "--resource=secrets"});
  must({"create", "rolebinding", "ann", "--role=reader", "--user=ann"});
  must({"create", "rolebinding", "team", "--clusterrole=view", "--group=team"});
  EXPECT_EQ(can_i({"get", "secrets"}), "yes");
  EXPECT_EQ(can_i({"get", "secrets", "--as=ann"}), "yes");
  EXPECT_EQ(can_i({"delete", "secrets", "--as=ann"}), "no");
  EXPECT_EQ(can_i({"get", "secrets", "--as=bob"}), "no");
  EXPECT_EQ(can_i({"list", "tasks.muster.dev", "--as=bob", "--as-group=team"}), "yes");
  EXPECT_EQ(can_i({"list", "secrets", "--as=bob", "--as-group=team"}), "no");
  EXPECT_EQ(can_i({"get", "/metrics", "--as=bob"}), "no");
  must({"get", "secrets", "--as=ann"});
  refused({"get", "secrets", "--as=bob"}, "User \"bob\" cannot list resource \"secrets\" in API group \"\"");
  refused({"get", "secrets", "--as=ann", "-n", "default"}, "Error from server (Forbidden)");
  const std::string all = must({"auth", "can-i", "--list", "--as=ann"});
  EXPECT_TRUE(has(all, "secrets")) << all;
}

TEST_P(KubectlAccess, whoami) {
  if (minor() < 27) NOT_APPLICABLE("has no `auth whoami`");
  const std::string self = must({"auth", "whoami"});
  // Whom the certificate in the kubeconfig names.
  EXPECT_TRUE(has(self, "admin") && has(self, "system:masters") && has(self, "system:authenticated")) << self;
  const std::string other = must({"auth", "whoami", "--as=ann", "--as-group=team"});
  EXPECT_TRUE(has(other, "ann") && has(other, "team") && has(other, "system:authenticated")) << other;
  EXPECT_FALSE(has(other, "system:masters")) << other;
}

// kubectl knows whose token it holds; the token goes before the certificate of its configuration.
TEST_P(KubectlAccess, tokens_of_service_accounts) {
  if (minor() < 24) NOT_APPLICABLE("has no `create token`");
  must({"create", "serviceaccount", "robot"});
  std::string token = must({"create", "token", "robot", "--duration=1h"});
  ASSERT_EQ(std::count(token.begin(), token.end(), '.'), 2) << token;
  if (token.back() == '\n') token.pop_back();  // some versions write one
  must({"create", "rolebinding", "robot", "--clusterrole=view", "--serviceaccount=" + ns() + ":robot"});
  must({"get", "services.muster.dev", "--token=" + token});
  refused({"get", "secrets", "--token=" + token},
          "User \"system:serviceaccount:" + ns() + ":robot\" cannot list resource \"secrets\"");
  if (minor() >= 27) {
    const std::string self = must({"auth", "whoami", "--token=" + token});
    EXPECT_TRUE(has(self, "system:serviceaccount:" + ns() + ":robot") && has(self, "system:serviceaccounts:" + ns()))
        << self;
  }
  refused({"create", "token", "robot", "--duration=1s"}, "10 minutes");
  refused({"create", "token", "nobody"}, "not found");
  must({"delete", "serviceaccount", "robot"});
  refused({"get", "services.muster.dev", "--token=" + token}, "You must be logged in to the server");
  refused({"get", "services.muster.dev", "--token=nonsense"}, "You must be logged in to the server");
}

}  // namespace
}  // namespace muster::testing
