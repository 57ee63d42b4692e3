// Tasks as pods and container instances as nodes: what kubectl does with no other kinds.
#include <algorithm>
#include <cstdlib>

#include "api/base/text.h"
#include "tests/compat/kubectl.h"

namespace muster::testing {
namespace {

bool has(const std::string& text, const std::string& words) {
  return text.find(words) != std::string::npos;
}

// The first line of a table in single spaces.
std::string heading(const std::string& table) {
  std::string out;
  for (const char c : table.substr(0, table.find('\n'))) {
    if (c != ' ' || (!out.empty() && out.back() != ' ')) out += c;
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

class KubectlViews : public KubectlTest {
 protected:
  // The service and that many pods, ready.
  void run_service(int desired, const std::string& more = {}) {
    must({"create", "-f", "-"},
         definition("web") +
             str("apiVersion: muster.dev/v1beta1\nkind: Service\nmetadata: {name: web, labels: {app: shop}}",
                 "\nspec: {taskDefinition: web, desiredCount: ", desired, more, "}\n"));
    must({"wait", "service/web", str("--for=jsonpath={.status.runningCount}=", desired), "--timeout=40s"});
    must({"wait", "pod", "--all", "--for=condition=Ready", "--timeout=40s"});
  }
  std::vector<std::string> pods() {
    const std::string names = must({"get", "pods", "-l", "app=shop", "-o", "name"});
    std::vector<std::string> out;
    for (const std::string_view each : split(names, '\n')) {
      if (!each.empty()) out.emplace_back(each);
    }
    return out;
  }
  // One of them.
  std::string a_pod() {
    const std::vector<std::string> all = pods();
    EXPECT_FALSE(all.empty());
    return all.empty() ? "pod/none" : all.front();
  }
  std::string node_of(const std::string& pod) { return must({"get", pod, "-o", "jsonpath={.spec.nodeName}"}); }
};
FOR_EVERY_KUBECTL(KubectlViews);

TEST_P(KubectlViews, view_tables) {
  run_service(2);
  EXPECT_EQ(heading(must({"get", "pods"})), "NAME READY STATUS RESTARTS AGE");
  const std::string wide = must({"get", "po", "-o", "wide"});
  EXPECT_EQ(heading(wide), "NAME READY STATUS RESTARTS AGE IP NODE NOMINATED NODE READINESS GATES");
  EXPECT_TRUE(has(wide, "1/1     Running   0")) << wide;
  EXPECT_EQ(heading(must({"get", "nodes"})), "NAME STATUS ROLES AGE VERSION");
  const std::string nodes = must({"get", "no", "-o", "wide"});
  EXPECT_EQ(heading(nodes),
            "NAME STATUS ROLES AGE VERSION INTERNAL-IP EXTERNAL-IP OS-IMAGE KERNEL-VERSION CONTAINER-RUNTIME");
  EXPECT_TRUE(has(nodes, "Ready")) << nodes;
  EXPECT_EQ(pods().size(), 2U) << "by the service's label";
  EXPECT_TRUE(has(must({"get", "pods,nodes"}), "node/"));
  const std::string node = node_of(a_pod());
  EXPECT_TRUE(has(must({"get", "pods", "-A", "--field-selector", "spec.nodeName=" + node, "-o", "name"}), a_pod()));
  EXPECT_TRUE(has(must({"get", "endpointslices", "-l", "kubernetes.io/service-name=web"}), "IPv4"));
  EXPECT_TRUE(has(must({"get", "pods", "-o", "yaml"}), "apiVersion: v1\n  kind: Pod"));
  EXPECT_TRUE(has(must({"explain", "pod.spec.containers"}), "image"));
  EXPECT_TRUE(has(must({"api-resources"}), "endpointslices"));
}

TEST_P(KubectlViews, view_descriptions) {
  run_service(1);
  const std::string pod = a_pod();
  const std::string described = must({"describe", pod});
  for (const char* words : {"Controlled By:  Task/", "Image:          busybox", "Ready:          True", "Status:"})
    EXPECT_TRUE(has(described, words)) << described;
  const std::string node = must({"describe", "node", node_of(pod)});
  for (const char* words : {"Unschedulable:      false", "Non-terminated Pods:", "Connected"})
    EXPECT_TRUE(has(node, words)) << node;
  EXPECT_TRUE(has(node, pod.substr(4))) << node;
}

TEST_P(KubectlViews, pod_watch) {
  run_service(1);
  const std::string pod = a_pod();
  const auto watch = start({"get", "pods", "-w", "--output-watch-events"});
  ASSERT_TRUE(eventually([&] { return has(watch->out(), pod.substr(4)); })) << watch->err();
  must({"delete", pod, "--timeout=40s"});
  EXPECT_TRUE(eventually([&] { return has(watch->out(), "DELETED"); })) << watch->out() << watch->err();
  EXPECT_TRUE(eventually([&] {
    const std::vector<std::string> all = pods();
    return !all.empty() && all.front() != pod;
  })) << "its service has started another";
}

TEST_P(KubectlViews, pod_logs) {
  run_service(1);
  const std::string pod = a_pod();
  must({"logs", pod, "--tail=3", "--timestamps", "--since=1h"});
  must({"logs", pod, "-c", "app"});
  must({"logs", "-l", "app=shop"});
  const auto follow = start({"logs", "-f", pod});
  EXPECT_EQ(run({"logs", pod, "-c", "other"}).code, 1);
  EXPECT_EQ(run({"logs", pod, "--previous"}).code, 1);
  must({"delete", pod, "--timeout=40s"});
  EXPECT_EQ(follow->wait(), 0) << follow->err();
}

TEST_P(KubectlViews, top) {
  run_service(2);
  const std::string pod = a_pod().substr(4), node = node_of(a_pod());
  // An agent looks twice before it says anything.
  ASSERT_TRUE(eventually([&] { return has(run({"top", "pods"}).out, pod); })) << run({"top", "pods"}).err;
  const std::string usage = must({"top", "pods", "-l", "app=shop"});
  EXPECT_EQ(heading(usage), "NAME CPU(cores) MEMORY(bytes)");
  // The simulated driver's tenth of a core, as near as two looks at a busy machine come to it.
  const std::string cell = usage.substr(usage.find(pod) + pod.size());
  const int millicores = std::atoi(cell.c_str());
  EXPECT_TRUE(millicores > 10 && millicores < 1000) << usage;
  EXPECT_TRUE(has(usage, "16Mi")) << usage;
  EXPECT_TRUE(has(must({"top", "pod", pod, "--containers"}), "app"));
  EXPECT_TRUE(has(must({"top", "pods", "-A", "--sort-by=memory"}), pod));
  EXPECT_TRUE(eventually([&] { return has(run({"top", "nodes"}).out, node); })) << run({"top", "nodes"}).err;
  EXPECT_TRUE(has(must({"top", "node", node}), "%"));
  EXPECT_EQ(run({"top", "pod", "nobody"}).code, 1);
}

TEST_P(KubectlViews, nodes_are_written_as_instances) {
  const std::string node = must({"get", "nodes", "-o", "jsonpath={.items[0].metadata.name}"});
  const auto instance = [&](const std::string& path) {
    return must({"get", "containerinstance", node, "-o", str("jsonpath={", path, "}")});
  };
  EXPECT_TRUE(has(must({"cordon", node}), "cordoned"));
  EXPECT_TRUE(has(must({"get", "node", node}), "SchedulingDisabled"));
  EXPECT_EQ(instance(".spec.unschedulable"), "true");
  EXPECT_EQ(instance(".spec.status"), "ACTIVE");
  must({"uncordon", node});
  EXPECT_EQ(instance(".spec.unschedulable"), "");
  must({"taint", "node", node, "a=b:NoSchedule", "c:NoExecute"});
  EXPECT_TRUE(has(instance(".spec.taints"), "NoExecute"));
  must({"taint", "node", node, "a:NoSchedule-", "c-"});
  EXPECT_EQ(instance(".spec.taints"), "");
  must({"label", "node", node, "rack=7"});
  EXPECT_EQ(instance(".metadata.labels.rack"), "7");
  must({"label", "node", node, "rack-"});
  must({"annotate", "node", node, "note=x"});
  must({"annotate", "node", node, "note-"});
  must({"patch", "node", node, "-p", R"({"metadata":{"labels":{"rack":null}}})"});
  refused({"delete", "node", node}, "nodes are a view of containerinstances.muster.dev");
}

TEST_P(KubectlViews, node_drain) {
  run_service(1);
  const std::string pod = a_pod();
  const std::string node = node_of(pod);
  // The service must keep its one task: another is started first.
  must({"drain", node, "--pod-selector=app=shop", "--timeout=100s"});
  const std::vector<std::string> now = pods();
  must({"uncordon", node});
  EXPECT_EQ(std::ranges::count(now, pod), 0);
  ASSERT_FALSE(now.empty());
  EXPECT_NE(node_of(now.back()), node);
}

TEST_P(KubectlViews, refuse_what_is_not_theirs) {
  const std::string sentence = "pods are a view of tasks.muster.dev: create a TaskRun or a Service instead";
  refused({"run", "x", "--image=busybox"}, sentence);
  const std::string pod =
      "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\n"
      "spec: {containers: [{name: a, image: b, securityContext: {privileged: true}}]}\n";
  refused({"create", "-f", "-"}, sentence, pod);
  refused({"apply", "-f", "-"}, sentence, pod);
  refused({"apply", "--server-side", "-f", "-"}, sentence, pod);
  run_service(1);
  refused({"label", a_pod(), "a=b"}, sentence);
}

}  // namespace
}  // namespace muster::testing
