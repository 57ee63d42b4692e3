// Making, changing and removing objects with kubectl.
#include "api/base/text.h"
#include "tests/compat/kubectl.h"

namespace muster::testing {
namespace {

bool has(const std::string& text, const std::string& words) {
  return text.find(words) != std::string::npos;
}

class KubectlWriting : public KubectlTest {
 protected:
  std::string value(const std::string& object, const std::string& path) {
    return must({"get", object, "-o", "jsonpath={" + path + "}"});
  }
};
FOR_EVERY_KUBECTL(KubectlWriting);

TEST_P(KubectlWriting, create) {
  const std::string manifest = file("td.yaml", definition("web"));
  EXPECT_EQ(must({"create", "-f", manifest}), "taskdefinition.muster.dev/web created\n");
  refused({"create", "-f", manifest}, "Error from server (AlreadyExists)");
  EXPECT_EQ(must({"create", "--dry-run=server", "-f", "-"}, definition("dry")),
            "taskdefinition.muster.dev/dry created (server dry run)\n");
  refused({"get", "td", "dry"}, "taskdefinitions.muster.dev \"dry\" not found");
}

TEST_P(KubectlWriting, apply) {
  must({"apply", "-f", "-"}, definition("web"));
  const std::string one = file("one.yaml", service("web", 1, "{a: b, c: d}"));
  EXPECT_EQ(must({"apply", "-f", one}), "service.muster.dev/web created\n");
  EXPECT_EQ(must({"apply", "-f", one}), "service.muster.dev/web unchanged\n");
  EXPECT_EQ(must({"diff", "-f", one}), "");
  const std::string revision = value("service/web", ".metadata.generation");

  const std::string two = file("two.yaml", service("web", 2, "{a: b}"));
  const Ran difference = run({"diff", "-f", two});
  EXPECT_EQ(difference.code, 1) << difference.err;
  EXPECT_TRUE(has(difference.out, "-  desiredCount: 1\n+  desiredCount: 2\n")) << difference.out;
  EXPECT_EQ(value("service/web", ".metadata.generation"), revision) << "diff stores nothing";

  EXPECT_EQ(must({"apply", "-f", two}), "service.muster.dev/web configured\n");
  EXPECT_EQ(value("service/web", ".spec.desiredCount"), "2");
  EXPECT_EQ(value("service/web", ".metadata.labels.c"), "") << "what the file no longer has, goes";
  EXPECT_EQ(must({"diff", "-f", two}), "");
}

TEST_P(KubectlWriting, apply_of_folders_lists_and_kustomizations) {
  const std::string list = R"({"apiVersion":"v1","kind":"List","items":[
    {"apiVersion":"muster.dev/v1beta1","kind":"TaskDefinition","metadata":{"name":"web"},
     "spec":{"containerDefinitions":[{"name":"app","image":"busybox","memory":16}]}},
    {"apiVersion":"muster.dev/v1beta1","kind":"Service","metadata":{"name":"web"},
     "spec":{"taskDefinition":"web","desiredCount":0}}]})";
  EXPECT_EQ(must({"apply", "-f", "-"}, list),
            "taskdefinition.muster.dev/web created\nservice.muster.dev/web created\n");
  // Lists are merged whole on the client's side: the defaults in a container make it send a patch, which changes
  // nothing.
  const std::string revision = value("td/web", ".metadata.resourceVersion");
  EXPECT_EQ(must({"apply", "-f", "-"}, list),
            "taskdefinition.muster.dev/web configured\nservice.muster.dev/web unchanged\n");
  EXPECT_EQ(value("td/web", ".metadata.resourceVersion"), revision);
  std::string bad = list;
  bad.replace(bad.find("desiredCount"), 12, "desiredCnt");
  refused({"apply", "-f", "-"}, "desiredCnt", bad);

  const TemporaryDirectory folder;
  write_text(folder / "service.yaml", service("web", 3));
  EXPECT_EQ(must({"apply", "-f", folder.path()}), "service.muster.dev/web configured\n");
  write_text(folder / "kustomization.yaml",
             "resources: [service.yaml]\nlabels:\n- pairs: {from: kustomize}\n  includeSelectors: false\n");
  EXPECT_EQ(must({"apply", "-k", folder.path()}), "service.muster.dev/web configured\n");
  EXPECT_EQ(value("service/web", ".metadata.labels.from"), "kustomize");
}

TEST_P(KubectlWriting, unknown_fields) {
  must({"create", "-f", "-"}, definition("web"));
  std::string text = service("web", 0);
  text.replace(text.find("desiredCount"), 12, "desiredCnt");
  const std::string bad = file("bad.yaml", text);
  for (const char* verb : {"create", "apply"}) refused({verb, "-f", bad}, "unknown field");
  refused({"get", "svc", "web"}, "not found");

  const Ran warned = run({"create", "--validate=warn", "-f", bad});
  EXPECT_EQ(warned.code, 0) << warned.err;
  EXPECT_TRUE(has(warned.err, "Warning: ") && has(warned.err, "spec.desiredCnt")) << warned.err;
  must({"delete", "-f", bad});

  const Ran ignored = run({"create", "--validate=false", "-f", bad});
  EXPECT_EQ(ignored.code, 0) << ignored.err;
  EXPECT_EQ(ignored.err, "");
  EXPECT_EQ(value("service/web", ".spec.desiredCnt"), "") << "it is pruned";

  must({"apply", "-f", "-"}, service("web", 1));
  refused({"apply", "-f", bad}, "unknown field");
}

TEST_P(KubectlWriting, labels_and_annotations) {
  create_service("web", 0);
  EXPECT_EQ(must({"label", "service/web", "a=b"}), "service.muster.dev/web labeled\n");
  refused({"label", "service/web", "a=c"}, "already has a value (b), and --overwrite is false");
  must({"label", "--overwrite", "service/web", "a=c"});
  EXPECT_EQ(must({"label", "service/web", "--list"}), "a=c\n");
  EXPECT_EQ(must({"label", "service/web", "a-"}), "service.muster.dev/web unlabeled\n");
  EXPECT_EQ(value("service/web", ".metadata.labels"), "");
  must({"label", "services", "--all", "x=y"});
  EXPECT_EQ(value("service/web", ".metadata.labels.x"), "y");
  must({"annotate", "service/web", "note=hello"});
  EXPECT_EQ(value("service/web", ".metadata.annotations.note"), "hello");
  must({"annotate", "service/web", "note-"});
  EXPECT_EQ(value("service/web", ".metadata.annotations.note"), "");
}

TEST_P(KubectlWriting, scale) {
  create_service("web", 1);
  const std::string before = value("service/web", ".metadata.generation");
  EXPECT_EQ(must({"scale", "service/web", "--replicas=3"}), "service.muster.dev/web scaled\n");
  EXPECT_EQ(value("service/web", ".spec.desiredCount"), "3");
  EXPECT_EQ(parse_int(value("service/web", ".metadata.generation")), *parse_int(before) + 1);
  refused({"scale", "service/web", "--current-replicas=9", "--replicas=1"}, "Expected replicas to be 9, was 3");
  must({"scale", "service/web", "--current-replicas=3", "--replicas=2"});
  EXPECT_EQ(value("service/web", ".spec.desiredCount"), "2");
  must({"scale", "service/web", "--replicas=1", "--timeout=30s"});
  refused({"scale", "taskdefinition/web", "--replicas=1"}, "Error from server (NotFound)");
}

TEST_P(KubectlWriting, patch) {
  create_service("web", 1);
  const std::string change = R"({"spec":{"desiredCount":2}})";
  EXPECT_EQ(must({"patch", "service/web", "--type=merge", "-p", change}), "service.muster.dev/web patched\n");
  EXPECT_EQ(must({"patch", "service/web", "--type=merge", "-p", change}),
            "service.muster.dev/web patched (no change)\n");
  refused({"patch", "service/web", "-p", change}, "application/strategic-merge-patch+json is not supported");
}

TEST_P(KubectlWriting, replace_and_edit) {
  create_service("web", 0);
  const std::string stored = must({"get", "service/web", "-o", "yaml"});
  EXPECT_EQ(must({"replace", "-f", "-"}, stored), "service.muster.dev/web replaced\n")
      << "what was read can be written";
  must({"label", "service/web", "newer=yes"});
  refused({"replace", "-f", "-"}, "Error from server (Conflict)", stored);
  EXPECT_EQ(must({"replace", "-f", "-"}, service("web", 1)), "service.muster.dev/web replaced\n");

  const std::string uid = value("service/web", ".metadata.uid");
  must({"replace", "--force", "-f", "-"}, service("web", 1));
  EXPECT_NE(value("service/web", ".metadata.uid"), uid);

  EXPECT_EQ(must({"edit", "service/web"}, "", {{"KUBE_EDITOR", "sed -i 's/desiredCount: 1/desiredCount: 2/'"}}),
            "service.muster.dev/web edited\n");
  EXPECT_EQ(value("service/web", ".spec.desiredCount"), "2");
}

TEST_P(KubectlWriting, remove) {
  create_service("a", 0, "{app: web}");
  create_service("b", 0, "{app: db}");
  EXPECT_TRUE(has(must({"delete", "service/a", "--dry-run=server"}), "deleted (server dry run)"));
  EXPECT_TRUE(has(must({"delete", "services", "-l", "app=web"}), "service.muster.dev \"a\" deleted"));
  EXPECT_EQ(must({"get", "services", "-o", "name"}), "service.muster.dev/b\n");
  refused({"delete", "service/a"}, "services.muster.dev \"a\" not found");
  EXPECT_EQ(must({"delete", "service/a", "--ignore-not-found"}), "");
  must({"delete", "services,taskdefinitions", "--all"});
  EXPECT_EQ(must({"get", "services,taskdefinitions", "-o", "name"}), "");
}

}  // namespace
}  // namespace muster::testing
