// Debian's own kubectl, 1.20: long out of support, and what `apt-get install` would give. A short list of rows, each of
// which a newer one runs in full elsewhere. Its package is unpacked, not installed: it collides with others.
#include <cstdlib>
#include <filesystem>

#include "api/base/text.h"
#include "tests/compat/kubectl.h"

namespace muster::testing {
namespace {

namespace fs = std::filesystem;

fs::path folder() {
  const char* named = std::getenv("MUSTER_DEBIAN_KUBECTL_DIR");
  return named != nullptr ? fs::path(named) : fs::temp_directory_path() / "muster-debian-kubectl";
}

std::string binary() {
  return folder() / "usr/bin/kubectl";
}

// Why it is not there; empty when it is. Fetched once.
std::string absent() {
  if (fs::exists(binary())) return "";
  std::error_code ignored;
  fs::create_directories(folder(), ignored);
  BackgroundProcess process(
      {"timeout", "170", "sh", "-c",
       str("cd '", folder().string(),
           "' && apt-get download -q kubernetes-client && dpkg-deb -x kubernetes-client_*.deb .")},
      {});
  const int code = process.wait(std::chrono::minutes(3));
  if (code == 0 && fs::exists(binary())) return "";
  return str("Debian's kubernetes-client cannot be fetched: ", process.err().substr(0, 500));
}

bool has(const std::string& text, const std::string& words) {
  return text.find(words) != std::string::npos;
}

class DebianKubectl : public KubectlTest {
 protected:
  void SetUp() override {
    static const std::string reason = absent();
    if (!reason.empty()) GTEST_SKIP() << "NOT APPLICABLE: " << reason;
    KubectlTest::SetUp();
  }
  std::string value(const std::string& object, const std::string& path) {
    return must({"get", object, "-o", "jsonpath={" + path + "}"});
  }
};
INSTANTIATE_TEST_SUITE_P(Debian, DebianKubectl, ::testing::Values(KubectlBinary{binary(), 20}), kubectl_name);

TEST_P(DebianKubectl, discovers) {
  EXPECT_TRUE(has(must({"version"}), "v1.33.0+muster."));
  EXPECT_TRUE(has(must({"api-versions"}), "muster.dev/v1beta1\n"));
  EXPECT_TRUE(has(must({"api-resources", "--api-group=muster.dev", "-o", "name"}), "services.muster.dev\n"));
  EXPECT_TRUE(has(must({"explain", "service.spec"}), "desiredCount"));
  EXPECT_TRUE(has(must({"cluster-info"}), "is running at"));
}

TEST_P(DebianKubectl, reads) {
  create_service("web", 0, "{app: web}");
  EXPECT_TRUE(has(must({"get", "svc"}), "DESIRED"));
  EXPECT_EQ(
      must({"get", "svc", "-A", "-l", "app in (web)", "--field-selector", "metadata.namespace=" + ns(), "-o", "name"}),
      "service.muster.dev/web\n");
  EXPECT_TRUE(has(must({"get", "svc", "web", "-o", "yaml"}), "apiVersion: muster.dev/v1beta1\nkind: Service\n"));
  refused({"get", "svc", "ghost"}, "services.muster.dev \"ghost\" not found");
  EXPECT_TRUE(has(must({"describe", "svc", "web"}), "Task Definition:"));
  must({"get", "events"});
}

TEST_P(DebianKubectl, applies) {
  must({"apply", "-f", "-"}, definition("web"));
  const std::string one = file("one.yaml", service("web", 1, "{a: b, c: d}"));
  EXPECT_EQ(must({"apply", "-f", one}), "service.muster.dev/web created\n");
  EXPECT_EQ(must({"apply", "-f", one}), "service.muster.dev/web unchanged\n");
  const std::string two = file("two.yaml", service("web", 2, "{a: b}"));
  EXPECT_EQ(run({"diff", "-f", two}).code, 1);
  EXPECT_EQ(must({"apply", "-f", two}), "service.muster.dev/web configured\n");
  EXPECT_EQ(value("service/web", ".metadata.labels.c"), "");
  refused({"apply", "--server-side", "--field-manager=other", "-f", one}, "Apply failed with ");
  EXPECT_EQ(must({"apply", "--server-side", "--force-conflicts", "-f", one}),
            "service.muster.dev/web serverside-applied\n");
  std::string text = service("other", 0);
  text.replace(text.find("desiredCount"), 12, "desiredCnt");
  refused({"create", "-f", "-"}, "unknown field", text);
}

TEST_P(DebianKubectl, changes_and_removes) {
  create_service("web", 1);
  must({"patch", "svc", "web", "--type=merge", "-p", R"({"spec":{"desiredCount":2}})"});
  must({"scale", "svc/web", "--replicas=1"});
  EXPECT_EQ(value("svc/web", ".spec.desiredCount"), "1");
  must({"label", "svc", "web", "x=y"});
  must({"annotate", "svc", "web", "note=hello"});
  must({"wait", "svc/web", "--for=condition=Ready", "--timeout=40s"});
  must({"replace", "-f", "-"}, must({"get", "svc", "web", "-o", "json"}));
  must({"delete", "svc", "web"});
  refused({"get", "svc", "web"}, "not found");
}

TEST_P(DebianKubectl, sees_pods_and_nodes) {
  create_service("web", 1, "{app: shop}");
  must({"wait", "svc/web", "--for=condition=Ready", "--timeout=40s"});
  EXPECT_TRUE(has(must({"get", "pods,nodes"}), "Ready"));
  must({"logs", "-l", "app=shop"});
  const std::string node = must({"get", "nodes", "-o", "jsonpath={.items[0].metadata.name}"});
  must({"cordon", node});
  EXPECT_TRUE(has(must({"get", "node", node}), "SchedulingDisabled"));
  must({"uncordon", node});
  must({"create", "secret", "generic", "db", "--from-literal=password=hunter2"});
  EXPECT_EQ(must({"auth", "can-i", "get", "tasks.muster.dev"}), "yes\n");
}

}  // namespace
}  // namespace muster::testing
