// How objects come, go and are owned, with kubectl: generated names, finalizers, dependants, namespaces, sets that are
// pruned, and watches that the server ends.
#include <filesystem>

#include "api/base/text.h"
#include "tests/compat/kubectl.h"

namespace muster::testing {
namespace {

bool has(const std::string& text, const std::string& words) {
  return text.find(words) != std::string::npos;
}

class KubectlLifecycle : public KubectlTest {
 protected:
  std::string value(const std::string& object, const std::string& path) {
    return must({"get", object, "-o", "jsonpath={" + path + "}"});
  }
  bool there(const std::string& object) { return !must({"get", object, "--ignore-not-found", "-o", "name"}).empty(); }
  // A config map "below" that is owned by one called "above".
  void create_family() {
    must({"create", "configmap", "above"});
    must({"create", "-f", "-"},
         str("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: below\n  ownerReferences:\n"
             "  - {apiVersion: v1, kind: ConfigMap, name: above, blockOwnerDeletion: true, uid: ",
             value("cm/above", ".metadata.uid"), "}\n"));
  }
};
FOR_EVERY_KUBECTL(KubectlLifecycle);

TEST_P(KubectlLifecycle, generated_names) {
  std::string text = definition("web");
  text.replace(text.find("name: web,"), 10, "generateName: web-,");
  const std::string made = must({"create", "-f", "-"}, text);
  EXPECT_TRUE(made.starts_with("taskdefinition.muster.dev/web-") && made.ends_with(" created\n")) << made;
  EXPECT_NE(must({"create", "-f", "-"}, text), made);
}

TEST_P(KubectlLifecycle, finalizers_hold_an_object) {
  must({"create", "-f", "-"}, definition("web"));
  must({"patch", "td/web", "--type=merge", "-p", R"({"metadata":{"finalizers":["example.com/held"]}})"});
  const auto removal = start({"delete", "td/web"});
  EXPECT_TRUE(eventually([&] { return !value("td/web", ".metadata.deletionTimestamp").empty(); }));
  EXPECT_TRUE(removal->running());
  refused({"patch", "td/web", "--type=merge", "-p", R"({"metadata":{"finalizers":["example.com/held","a.b/new"]}})"},
          "finalizers");
  must({"patch", "td/web", "--type=json", "-p", R"([{"op":"remove","path":"/metadata/finalizers"}])"});
  EXPECT_EQ(removal->wait(), 0) << removal->err();
  EXPECT_FALSE(there("td/web"));
}

TEST_P(KubectlLifecycle, dependants_go_or_stay) {
  create_family();
  must({"delete", "cm/above"});
  EXPECT_TRUE(eventually([&] { return !there("cm/below"); })) << "in the background";

  create_family();
  must({"delete", "cm/above", "--cascade=foreground"});
  EXPECT_FALSE(there("cm/below")) << "before its owner";

  create_family();
  must({"delete", "cm/above", "--cascade=orphan"});
  EXPECT_TRUE(there("cm/below"));
  EXPECT_EQ(value("cm/below", ".metadata.ownerReferences"), "");
}

TEST_P(KubectlLifecycle, deletion_at_once) {
  create_service("web", 0);
  EXPECT_TRUE(has(must({"delete", "svc/web", "--now"}), "deleted"));
  const Ran forced = run({"delete", "td/web", "--force", "--grace-period=0"});
  EXPECT_EQ(forced.code, 0) << forced.err;
  EXPECT_TRUE(has(forced.err, "Immediate deletion does not wait")) << forced.err;
  EXPECT_FALSE(there("td/web"));
}

TEST_P(KubectlLifecycle, a_namespace_empties_itself) {
  const std::string other = ns() + "-x";
  must({"create", "namespace", other});
  must({"create", "-n", other, "-f", "-"}, definition("web") + service("web", 1));
  must({"create", "-n", other, "configmap", "web"});
  must({"delete", "namespace", other, "--timeout=100s"});
  refused({"get", "namespace", other}, "not found");
  EXPECT_EQ(must({"get", "svc,td,tasks,cm", "-n", other, "-o", "name"}), "");
}

TEST_P(KubectlLifecycle, a_set_is_pruned) {
  const Environment alpha{{"KUBECTL_APPLYSET", "true"}};
  const TemporaryDirectory folder;
  write_text(folder / "a.yaml", definition("a", "{set: one}"));
  write_text(folder / "b.yaml", definition("b", "{set: one}"));
  const Command apply{"apply", "--prune", "--applyset=shop", "-f", folder.path()};
  must(apply, "", alpha);
  std::filesystem::remove(folder / "b.yaml");
  EXPECT_TRUE(has(must(apply, "", alpha), "taskdefinition.muster.dev/b pruned"));
  EXPECT_TRUE(there("td/a"));
  EXPECT_FALSE(there("td/b"));
  EXPECT_TRUE(has(value("secret/shop", ".metadata.annotations"), "applyset.kubernetes.io/contains-group-"));

  write_text(folder / "b.yaml", definition("b", "{set: one}"));
  const Command older{"apply", "--prune",    "-l", "set=one", "--prune-allowlist=muster.dev/v1beta1/TaskDefinition",
                      "-f",    folder.path()};
  must(older);
  std::filesystem::remove(folder / "b.yaml");
  EXPECT_TRUE(has(must(older), "taskdefinition.muster.dev/b pruned"));
}

TEST_P(KubectlLifecycle, items_of_a_list_have_owners) {
  const auto with = [](const std::string& container) {
    return str("apiVersion: muster.dev/v1beta1\nkind: TaskDefinition\nmetadata: {name: web}\nspec:\n",
               "  containerDefinitions:\n  - {name: ", container, ", image: busybox, memory: 16}\n");
  };
  const auto names = [&] { return value("td/web", ".spec.containerDefinitions[*].name"); };
  must({"apply", "--server-side", "--field-manager=one", "-f", "-"}, with("a"));
  must({"apply", "--server-side", "--field-manager=two", "-f", "-"}, with("b"));
  EXPECT_EQ(names(), "a b");
  must({"apply", "--server-side", "--field-manager=two", "-f", "-"}, with("c"));
  EXPECT_EQ(names(), "a c");
}

TEST_P(KubectlLifecycle, an_edit_that_is_refused_is_opened_again) {
  create_service("web", 0);
  const std::string editor = file("editor", "");
  write_text(editor,
             str("#!/bin/sh\nif [ -e ", editor, ".again ]; then sed -i 's/desiredCount: -1/desiredCount: 2/' \"$1\"\n",
                 "else touch ", editor, ".again; sed -i 's/desiredCount: 0/desiredCount: -1/' \"$1\"; fi\n"));
  EXPECT_TRUE(has(must({"edit", "svc/web"}, "", {{"KUBE_EDITOR", "sh " + editor}}), "edited"));
  EXPECT_EQ(value("svc/web", ".spec.desiredCount"), "2");
}

TEST_P(KubectlLifecycle, the_status_is_a_resource_of_its_own) {
  create_service("web", 0);
  must({"patch", "svc/web", "--subresource=status", "--type=merge", "-p",
        R"({"spec":{"desiredCount":7},"status":{"runningCount":0}})"});
  EXPECT_EQ(value("svc/web", ".spec.desiredCount"), "0");
  EXPECT_TRUE(has(must({"get", "svc/web", "--subresource=status", "-o", "name"}), "web"));
}

TEST_P(KubectlLifecycle, events_are_watched) {
  const auto watch = start({"get", "events", "-w"});
  create_service("web", 1);
  EXPECT_TRUE(eventually([&] { return has(watch->out(), "TasksStarted"); })) << watch->out() << watch->err();
}

TEST_P(KubectlLifecycle, lists_come_by_watch) {
  if (minor() < 30) NOT_APPLICABLE("cannot be told to list by watch");
  create_service("web", 0);
  must({"wait", "svc/web", "--for=jsonpath={.spec.desiredCount}=0", "--timeout=20s"}, "",
       {{"KUBE_FEATURE_WatchListClient", "true"}});
}

TEST_P(KubectlLifecycle, a_server_of_an_unknown_authority_is_not_believed) {
  std::string config = read_text(shared_server().data() + "/kubeconfig");
  const std::size_t begin = config.find("certificate-authority-data:");
  ASSERT_NE(begin, std::string::npos);
  config.erase(begin, config.find('\n', begin) - begin);
  refused({"get", "ns", "--kubeconfig", file("config", config)}, "certificate signed by unknown authority");
}

// kubectl knows how to roll out Kubernetes' own kinds only.
TEST_P(KubectlLifecycle, rollout_is_not_for_custom_kinds) {
  create_service("web", 0);
  for (const char* verb : {"status", "restart", "history"}) {
    EXPECT_EQ(run({"rollout", verb, "services.muster.dev/web"}).code, 1) << verb;
  }
}

TEST_P(KubectlLifecycle, a_watch_ends_with_the_server) {
  MusterProcess own;
  own.start_dev({"--driver", "simulated"});
  own.apply(definition("web"));
  BackgroundProcess watch({GetParam().path, "--kubeconfig", own.data() + "/kubeconfig", "get", "td", "-w"},
                          {{"HOME", own.home()}, {"KUBECONFIG", ""}});
  ASSERT_TRUE(eventually([&] { return has(watch.out(), "web"); })) << watch.err();
  own.must({"get", "td"});
  EXPECT_EQ(own.stop(), 0);
  EXPECT_EQ(watch.wait(), 0) << watch.err();
}

}  // namespace
}  // namespace muster::testing
