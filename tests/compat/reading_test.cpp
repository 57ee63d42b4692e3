// Looking at objects with kubectl: tables, selectors, pages, watches, waits.
#include "api/base/text.h"
#include "tests/compat/kubectl.h"

namespace muster::testing {
namespace {

bool has(const std::string& text, const std::string& words) {
  return text.find(words) != std::string::npos;
}

std::size_t lines(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

class KubectlReading : public KubectlTest {};
FOR_EVERY_KUBECTL(KubectlReading);

TEST_P(KubectlReading, tables) {
  create_service("web", 0, "{app: web}");
  const std::string table = must({"get", "services"});
  EXPECT_TRUE(table.starts_with("NAME ")) << table;
  for (const char* column : {"DESIRED", "RUNNING", "PENDING", "DEFINITION", "AGE"}) EXPECT_TRUE(has(table, column));
  EXPECT_FALSE(has(table, "STRATEGY")) << table;
  EXPECT_TRUE(has(must({"get", "services", "-o", "wide"}), "STRATEGY"));
  EXPECT_TRUE(has(must({"get", "svc", "-A"}), ns()));
  EXPECT_TRUE(has(must({"get", "svc", "--show-labels"}), "app=web"));
  EXPECT_TRUE(has(must({"get", "svc", "-L", "app"}), "APP"));
  EXPECT_TRUE(has(must({"get", "svc,td"}), "taskdefinition.muster.dev/web"));
  EXPECT_TRUE(has(must({"get", "muster"}), "service.muster.dev/web"));
  EXPECT_TRUE(has(must({"get", "all"}), "service.muster.dev/web"));
  EXPECT_TRUE(has(must({"get", "clusters"}), "default"));
}

TEST_P(KubectlReading, other_forms) {
  create_service("web", 0);
  EXPECT_EQ(must({"get", "services", "-o", "name"}), "service.muster.dev/web\n");
  const std::string yaml = must({"get", "service/web", "-o", "yaml"});
  EXPECT_TRUE(yaml.starts_with("apiVersion: muster.dev/v1beta1\nkind: Service\n")) << yaml;
  EXPECT_TRUE(has(must({"get", "services", "-o", "json"}), "\"kind\": \"List\""));
  EXPECT_EQ(must({"get", "svc", "web", "-o", "jsonpath={.spec.taskDefinition}"}), "web");
  EXPECT_EQ(must({"get", "svc", "-o", "custom-columns=N:.metadata.name,D:.spec.desiredCount"}), "N     D\nweb   0\n");
  EXPECT_EQ(must({"get", "service", "ghost", "--ignore-not-found"}), "");
  refused({"get", "service", "ghost"}, "Error from server (NotFound): services.muster.dev \"ghost\" not found");
  refused({"get", "ghosts"}, "the server doesn't have a resource type \"ghosts\"");
}

TEST_P(KubectlReading, selectors) {
  for (const char* name : {"a", "b", "c"}) must({"create", "-f", "-"}, definition(name, str("{app: ", name, "}")));
  must({"label", "td/c", "x=y"});
  EXPECT_EQ(must({"get", "td", "-o", "name", "-l", "app in (a,c),!x"}), "taskdefinition.muster.dev/a\n");
  EXPECT_EQ(must({"get", "td", "-o", "name", "-l", "app!=a,x"}), "taskdefinition.muster.dev/c\n");
  EXPECT_EQ(must({"get", "td", "-o", "name", "--field-selector", "metadata.name=b"}), "taskdefinition.muster.dev/b\n");
  EXPECT_EQ(must({"get", "td", "-o", "name", "--field-selector", "metadata.name!=b"}),
            "taskdefinition.muster.dev/a\ntaskdefinition.muster.dev/c\n");
  refused({"get", "td", "--field-selector", "spec.bogus=1"}, "field label not supported");
  refused({"get", "td", "-l", "a==b==c"}, "");
}

TEST_P(KubectlReading, pages) {
  for (const char* name : {"a", "b", "c", "d", "e"}) must({"create", "-f", "-"}, definition(name));
  EXPECT_EQ(lines(must({"get", "td", "--chunk-size=2", "-o", "name"})), 5U);
  EXPECT_EQ(lines(must({"get", "td", "--chunk-size=2"})), 6U) << "one heading and five rows";
}

TEST_P(KubectlReading, sorted) {
  for (const char* name : {"a", "b", "c"}) must({"create", "-f", "-"}, definition(name));
  for (const auto& [name, desired] : {std::pair("a", 0), {"b", 0}, {"c", 0}})
    must({"create", "-f", "-"}, service(name, desired));
  must({"scale", "svc/a", "--replicas=2"});
  must({"scale", "svc/c", "--replicas=1"});
  EXPECT_EQ(must({"get", "svc", "--sort-by=.spec.desiredCount", "-o", "name"}),
            "service.muster.dev/b\nservice.muster.dev/c\nservice.muster.dev/a\n");
  EXPECT_EQ(lines(must({"get", "svc", "--sort-by=.metadata.creationTimestamp"})), 4U);
}

TEST_P(KubectlReading, watch) {
  must({"create", "-f", "-"}, definition("a"));
  const auto watch = start({"get", "td", "-w", "--show-labels"});
  const auto shows = [&](const std::string& words) { return eventually([&] { return has(watch->out(), words); }); };
  ASSERT_TRUE(shows("<none>")) << watch->out() << watch->err();
  must({"label", "td/a", "x=one"});
  EXPECT_TRUE(shows("x=one")) << watch->out() << watch->err();
  must({"label", "td/a", "--overwrite", "x=two"});
  EXPECT_TRUE(shows("x=two")) << watch->out() << watch->err();
  must({"create", "-f", "-"}, definition("b", "{tier: web}"));
  EXPECT_TRUE(shows("tier=web")) << watch->out() << watch->err();
  EXPECT_EQ(lines(watch->out()), 5U) << watch->out();
}

TEST_P(KubectlReading, watch_of_events_only) {
  const auto watch = start({"get", "td", "--watch-only", "--output-watch-events"});
  // The watch begins after the command's start; changes go on until it has seen one.
  int changes = 0;
  must({"create", "-f", "-"}, definition("a"));
  EXPECT_TRUE(eventually([&] {
    must({"label", "td/a", "--overwrite", str("n=", ++changes)});
    return has(watch->out(), "MODIFIED") || !watch->running();
  })) << watch->out()
      << watch->err();
  must({"delete", "td/a"});
  EXPECT_TRUE(eventually([&] { return has(watch->out(), "DELETED"); })) << watch->out() << watch->err();
}

TEST_P(KubectlReading, watch_of_one) {
  must({"create", "-f", "-"}, definition("a"));
  must({"create", "-f", "-"}, definition("b"));
  const auto watch = start({"get", "td", "a", "-w", "-o", "name"});
  ASSERT_TRUE(eventually([&] { return has(watch->out(), "a\n"); })) << watch->err();
  must({"label", "td/b", "x=y"});
  must({"label", "td/a", "x=y"});
  EXPECT_TRUE(eventually([&] { return lines(watch->out()) >= 2; })) << watch->out() << watch->err();
  EXPECT_FALSE(has(watch->out(), "/b")) << watch->out();
}

TEST_P(KubectlReading, wait) {
  create_service("web", 2);
  must({"wait", "service/web", "--for=jsonpath={.status.runningCount}=2", "--timeout=40s"});
  must({"wait", "service/web", "--for=condition=Ready", "--timeout=40s"});
  must({"wait", "service", "--all", "--for=condition=Ready=true", "--timeout=40s"});
  refused({"wait", "service/web", "--for=jsonpath={.spec.desiredCount}=9", "--timeout=1s"}, "timed out waiting");
  const auto gone = start({"wait", "service/web", "--for=delete", "--timeout=40s"});
  must({"delete", "service/web"});
  EXPECT_EQ(gone->wait(), 0) << gone->err();
}

TEST_P(KubectlReading, wait_for_creation) {
  if (minor() < 31) NOT_APPLICABLE("has no wait --for=create");
  const auto there = start({"wait", "taskdefinition/late", "--for=create", "--timeout=40s"});
  must({"create", "-f", "-"}, definition("late"));
  EXPECT_EQ(there->wait(), 0) << there->err();
}

TEST_P(KubectlReading, describe_and_events) {
  create_service("web", 1);
  must({"wait", "service/web", "--for=jsonpath={.status.runningCount}=1", "--timeout=40s"});
  const auto described = [&] { return must({"describe", "service/web"}); };
  EXPECT_TRUE(has(described(), "Task Definition:")) << described();
  EXPECT_TRUE(eventually([&] { return has(described(), "TasksStarted"); })) << described();
  const std::string named = minor() < 28 ? "service/web" : "services.muster.dev/web";
  const std::string events = must({"events", "--for", named});
  EXPECT_TRUE(has(events, "TasksStarted")) << events;
  EXPECT_TRUE(has(must({"get", "events"}), "TasksStarted"));
}

}  // namespace
}  // namespace muster::testing
