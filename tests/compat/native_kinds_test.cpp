// What kubectl does by itself with kinds that it has types for, the definitions of ours, and a namespace that goes.
#include "tests/compat/kubectl.h"

namespace muster::testing {
namespace {

bool has(const std::string& text, const std::string& words) {
  return text.find(words) != std::string::npos;
}

class KubectlNativeKinds : public KubectlTest {
 protected:
  std::string value(const std::string& object, const std::string& path) {
    return must({"get", object, "-o", "jsonpath={" + path + "}"});
  }
};
FOR_EVERY_KUBECTL(KubectlNativeKinds);

TEST_P(KubectlNativeKinds, are_patched_strategically) {
  const auto account = [&](const std::string& secrets) {
    return file("account.yaml",
                "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: bot}\nsecrets: " + secrets + "\n");
  };
  EXPECT_EQ(must({"apply", "-f", account("[{name: a}, {name: b}]")}), "serviceaccount/bot created\n");
  EXPECT_EQ(must({"patch", "serviceaccount", "bot", "-p", R"({"secrets":[{"name":"theirs"}]})"}),
            "serviceaccount/bot patched\n");
  EXPECT_EQ(must({"apply", "-f", account("[{name: b}, {name: c}]")}), "serviceaccount/bot configured\n");
  const std::string secrets = value("serviceaccount/bot", ".secrets[*].name");
  EXPECT_TRUE(has(secrets, "theirs") && has(secrets, "b") && has(secrets, "c")) << secrets;
  EXPECT_FALSE(has(secrets, "a")) << secrets;
  // kubectl sends the order again for a list that others add to; there is nothing to change.
  const std::string revision = value("serviceaccount/bot", ".metadata.resourceVersion");
  must({"apply", "-f", account("[{name: b}, {name: c}]")});
  EXPECT_EQ(value("serviceaccount/bot", ".metadata.resourceVersion"), revision);
  refused({"patch", "serviceaccount", "bot", "-p", R"({"$patch":"mix"})"}, "unknown patch type");
}

TEST_P(KubectlNativeKinds, our_kinds_are_defined) {
  const std::string table = must({"get", "crd"});
  EXPECT_TRUE(has(table, "CREATED AT")) << table;
  EXPECT_TRUE(has(table, "services.muster.dev")) << table;
  EXPECT_EQ(value("crd/tasks.muster.dev", ".spec.names.kind"), "Task");
  EXPECT_TRUE(has(must({"wait", "--for=condition=Established", "crd/tasks.muster.dev"}), "condition met"));
  refused({"delete", "crd", "tasks.muster.dev"}, "describe the kinds of this server");
}

TEST_P(KubectlNativeKinds, a_namespace_empties_itself) {
  const std::string space = ns() + "-gone";
  must({"create", "namespace", space});
  must({"create", "-f", "-", "-n", space}, definition("web") + service("web", 2));
  must({"create", "configmap", "held", "-n", space});
  must({"patch", "configmap", "held", "-n", space, "-p", R"({"metadata":{"finalizers":["example.com/me"]}})"});
  must({"delete", "namespace", space, "--wait=false"});
  EXPECT_TRUE(has(must({"wait", "namespace", space, "--for=jsonpath={.status.phase}=Terminating"}), "condition met"));
  must({"wait", "namespace", space, "--for=condition=NamespaceFinalizersRemaining", "--timeout=30s"});
  refused({"create", "configmap", "late", "-n", space}, "because it is being terminated");
  must({"patch", "configmap", "held", "-n", space, "--type=merge", "-p", R"({"metadata":{"finalizers":null}})"});
  must({"wait", "namespace", space, "--for=delete", "--timeout=30s"});
  refused({"delete", "namespace", "default"}, "this namespace may not be deleted");
}

}  // namespace
}  // namespace muster::testing
