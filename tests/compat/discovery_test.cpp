// What kubectl learns of the server: version, resources, documentation.
#include "api/base/text.h"
#include "tests/compat/kubectl.h"

namespace muster::testing {
namespace {

const char* const plurals[] = {"services", "taskdefinitions", "taskdefinitionrevisions", "tasksets",
                               "tasks",    "taskruns",        "containerinstances",      "clusters"};

bool has(const std::string& text, const std::string& words) {
  return text.find(words) != std::string::npos;
}

// The words of the line that begins with the word.
std::vector<std::string> row(const std::string& table, const std::string& first) {
  std::vector<std::string> words;
  for (const std::string_view line : split(table, '\n')) {
    words.clear();
    for (const std::string_view word : split(line, ' ')) {
      if (!word.empty()) words.emplace_back(word);
    }
    if (!words.empty() && words.front() == first) return words;
  }
  return {};
}

class KubectlDiscovery : public KubectlTest {};
FOR_EVERY_KUBECTL(KubectlDiscovery);

TEST_P(KubectlDiscovery, version) {
  EXPECT_TRUE(has(must({"version"}), "v1.33.0+muster."));
}

TEST_P(KubectlDiscovery, api_versions) {
  EXPECT_EQ(must({"api-versions"}),
            "apiextensions.k8s.io/v1\nauthentication.k8s.io/v1\nauthentication.k8s.io/v1alpha1\nauthentication.k8s.io/"
            "v1beta1\n"
            "authorization.k8s.io/v1\ncoordination.k8s.io/v1\ndiscovery.k8s.io/v1\nmetrics.k8s.io/v1beta1\n"
            "muster.dev/v1beta1\n"
            "rbac.authorization.k8s.io/v1\nv1\n");
}

TEST_P(KubectlDiscovery, api_resources) {
  const std::string table = must({"api-resources", "--api-group=muster.dev", "-o", "wide"});
  for (const char* plural : plurals) EXPECT_FALSE(row(table, plural).empty()) << plural << "\n" << table;
  const std::vector<std::string> services = row(table, "services");
  ASSERT_EQ(services.size(), 7U) << table;
  EXPECT_EQ(services[1], "svc");
  EXPECT_EQ(services[2], "muster.dev/v1beta1");
  EXPECT_EQ(services[3], "true");
  EXPECT_EQ(services[4], "Service");
  for (const char* verb : {"create", "delete", "get", "list", "patch", "update", "watch"})
    EXPECT_TRUE(has(services[5], verb)) << services[5];
  EXPECT_EQ(services[6], "all,muster");
  EXPECT_EQ(row(table, "clusters")[2], "false");
  EXPECT_TRUE(has(must({"api-resources", "--namespaced=false", "-o", "name"}), "clusters.muster.dev\n"));
}

TEST_P(KubectlDiscovery, explains_every_kind) {
  for (const char* plural : plurals) {
    const std::string kind = str(plural, ".muster.dev");
    const std::string text = must({"explain", kind});
    EXPECT_TRUE(has(text, "spec\t<") && has(text, "metadata\t<ObjectMeta>")) << text;
    EXPECT_TRUE(has(must({"explain", kind + ".spec"}), "FIELDS:")) << plural;
  }
  EXPECT_TRUE(has(must({"explain", "namespaces.metadata.labels"}), "Words to select objects by."));
}

TEST_P(KubectlDiscovery, explains_fields_with_their_documentation) {
  const std::string spec = must({"explain", "services.spec"});
  EXPECT_TRUE(has(spec, "desiredCount\t<integer>\n    How many tasks to keep running. Not with DAEMON. (0 to 100000"))
      << spec;
  EXPECT_TRUE(has(spec, "taskDefinition\t<string> -required-")) << spec;
  EXPECT_TRUE(has(spec, "placementConstraints\t<[]PlacementConstraint>")) << spec;
  const std::string deep = must({"explain", "td.spec.containerDefinitions.healthCheck.interval"});
  EXPECT_TRUE(has(deep, "Seconds between two runs.")) << deep;
  refused({"explain", "services.spec.bogus"}, "field \"bogus\" does not exist");
}

TEST_P(KubectlDiscovery, explains_recursively) {
  const std::string all = must({"explain", "taskdefinitions", "--recursive"});
  EXPECT_TRUE(has(all, "portMappings\t<[]PortMapping>")) << all;
  EXPECT_TRUE(has(all, "containerPort\t<integer>")) << all;
}

TEST_P(KubectlDiscovery, explains_by_the_second_version_of_openapi) {
  for (const char* plural : plurals) {
    const std::string text = must({"explain", str(plural, ".muster.dev.spec"), "--output", "plaintext-openapiv2"});
    EXPECT_TRUE(has(text, "RESOURCE: spec <Object>")) << text;
  }
  const std::string all = must({"explain", "services", "--recursive", "--output", "plaintext-openapiv2"});
  EXPECT_TRUE(has(all, "maximumPercent\t<integer>")) << all;
}

TEST_P(KubectlDiscovery, cluster_info) {
  const std::string text = must({"cluster-info"});
  EXPECT_TRUE(has(text, "control plane") && has(text, "is running at")) << text;
}

TEST_P(KubectlDiscovery, raw_paths) {
  EXPECT_TRUE(has(must({"get", "--raw", "/openapi/v3"}), "apis/muster.dev/v1beta1"));
  EXPECT_EQ(must({"get", "--raw", "/readyz"}), "ok");
  EXPECT_TRUE(has(must({"get", "--raw", "/apis/muster.dev/v1beta1"}), "APIResourceList"));
}

}  // namespace
}  // namespace muster::testing
