// Proves the grammar of Kubernetes' label and field selectors, what they match, and that bad ones say where they are
// bad.
#include "api/state/selector.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "api/types/builtin.h"
#include "api/types/cluster.h"
#include "api/types/configuration.h"
#include "api/types/node_view.h"
#include "api/types/pod.h"
#include "api/types/service.h"

namespace muster {
namespace {

struct Match {
  const char* selector;
  Labels labels;
  bool matches;
};

TEST(LabelSelector, matches) {
  const Labels web{{"app", "web"}, {"tier", "front"}, {"size", "7"}, {"muster.dev/service", "web"},
                   {"in", "x"},    {"e", ""}};
  const std::vector<Match> cases{
      {"", web, true},
      {"  ", web, true},
      {"", {}, true},
      {"app", web, true},
      {"other", web, false},
      {"!other", web, true},
      {"! app", web, false},
      {"app=web", web, true},
      {"app==web", web, true},
      {" app = web , tier=front ", web, true},
      {"app=web,tier=back", web, false},
      {"app!=web", web, false},
      {"app!=api", web, true},
      {"other!=api", web, true},
      {"app in (web,api)", web, true},
      {"app in(web)", web, true},
      {"app in (api)", web, false},
      {"other in (api)", web, false},
      {"app notin (api, x)", web, true},
      {"app notin (web)", web, false},
      {"other notin (web)", web, true},
      {"e=", web, true},
      {"e", web, true},
      {"e in ()", web, true},
      {"e in (,a)", web, true},
      {"app=", web, false},
      {"size>5", web, true},
      {"size>7", web, false},
      {"size<8", web, true},
      {"size<7", web, false},
      {"app>5", web, false},
      {"other>5", web, false},
      {"muster.dev/service=web", web, true},
      {"in in (x)", web, true},
      {"in=x,app", web, true},
  };
  for (const Match& test : cases) {
    const Result<LabelSelector> selector = parse_label_selector(test.selector);
    ASSERT_TRUE(selector) << test.selector << ": " << selector.error().message;
    EXPECT_EQ(selector->matches(test.labels), test.matches) << test.selector;
  }
}

TEST(LabelSelector, refuses_what_is_malformed) {
  for (const char* text :
       {"=",      "a=b=c",   "a b",         "a,",      ",a",  "a,,b", "!",     "!a=b", "a in",  "a in b",
        "a in (", "a in (b", "a in (b c)",  "a in (b", "a>",  "a>x",  "a<1.5", "-a",   "a/b/c", "a=-b",
        "a=b c",  "a = (b)", "A.b/UPPER!!", "a=\"b\"", "a;b", "/a",   "a/",    "x=é"}) {
    const Result<LabelSelector> selector = parse_label_selector(text);
    ASSERT_FALSE(selector) << text;
    EXPECT_EQ(selector.error().code, Code::malformed) << text;
    EXPECT_TRUE(selector.error().message.starts_with("unable to parse label selector: ")) << selector.error().message;
  }
  EXPECT_EQ(parse_label_selector("a in b").error().message,
            "unable to parse label selector: found 'b', expected '(' at byte 5");
  EXPECT_EQ(parse_label_selector("a,").error().message,
            "unable to parse label selector: found the end, expected a label key at byte 2");
}

TEST(LabelSelector, has_limits) {
  EXPECT_FALSE(parse_label_selector(std::string(20'000, 'a')));
  std::string many = "a";
  for (int i = 0; i < 300; ++i) many += ",a";
  EXPECT_FALSE(parse_label_selector(many));
  std::string set = "a in (";
  for (int i = 0; i < 1'100; ++i) set += "x,";
  EXPECT_FALSE(parse_label_selector(set + ")"));
  EXPECT_FALSE(parse_label_selector("a=" + std::string(64, 'x')));
}

// Any bytes give a selector or an error, never a crash.
TEST(LabelSelector, takes_any_bytes) {
  const std::string alphabet = "ab =!<>(),/in\t\\.-\0\x80";
  std::uint64_t state = 1;
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (int i = 0; i < 12; ++i) {
      state = state * 6364136223846793005U + 1442695040888963407U;
      text += alphabet[(state >> 33U) % alphabet.size()];
    }
    const auto labels = parse_label_selector(text);
    if (labels) labels->matches({{"a", "b"}});
    if (const auto fields = parse_field_selector("metadata.name=" + text, kind_of<Task>())) {
      EXPECT_FALSE(fields->requirements.empty());
    }
  }
}

Task a_task() {
  Task task = make<Task>();
  task.metadata.ns = "default";
  task.metadata.name = "web-1";
  task.spec.container_instance = "host";
  task.spec.group = "service:web";
  task.spec.task_definition = "web:3";
  task.status.last_status = LastStatus::running;
  return task;
}

TEST(FieldSelector, matches) {
  const Task task = a_task();
  const std::vector<std::pair<const char*, bool>> cases{
      {"", true},
      {"metadata.name=web-1", true},
      {"metadata.name==web-1", true},
      {"metadata.name=other", false},
      {"metadata.name!=other", true},
      {"metadata.namespace=default,metadata.name=web-1", true},
      {"metadata.namespace=default,metadata.name=other", false},
      {"spec.containerInstance=host", true},
      {"spec.containerInstance=", false},
      {"spec.containerInstance!=", true},
      {"spec.group=service:web", true},
      {"spec.taskDefinition=web:3", true},
      {"spec.desiredStatus=RUNNING,status.lastStatus=RUNNING", true},
      {"status.lastStatus!=STOPPED", true},
      {",metadata.name=web-1,", true},
  };
  for (const auto& [text, expected] : cases) {
    const auto selector = parse_field_selector(text, kind_of<Task>());
    ASSERT_TRUE(selector) << text << ": " << selector.error().message;
    EXPECT_EQ(selector->matches(task), expected) << text;
  }
}

TEST(FieldSelector, resolves_escapes) {
  auto event = make<Event>();
  event.reason = R"(a,b=c\d)";
  event.involved_object.name = "web";
  const auto selector = parse_field_selector(R"(reason=a\,b\=c\\d,involvedObject.name=web)", kind_of<Event>());
  ASSERT_TRUE(selector) << selector.error().message;
  EXPECT_TRUE(selector->matches(event));
  EXPECT_EQ(selector->value_of("reason"), R"(a,b=c\d)");
  EXPECT_EQ(selector->value_of("involvedObject.name"), "web");
  EXPECT_EQ(selector->value_of("type"), "");
  EXPECT_FALSE(parse_field_selector(R"(reason=a\x)", kind_of<Event>()));
  EXPECT_FALSE(parse_field_selector(R"(reason=a\)", kind_of<Event>()));
  EXPECT_FALSE(parse_field_selector("reason=a=b", kind_of<Event>()));
}

TEST(FieldSelector, gives_a_value_only_for_equality) {
  const auto selector = parse_field_selector("metadata.name!=a,metadata.namespace=b", kind_of<Task>());
  ASSERT_TRUE(selector);
  EXPECT_EQ(selector->value_of("metadata.name"), "");
  EXPECT_EQ(selector->value_of("metadata.namespace"), "b");
}

TEST(FieldSelector, names_the_field_that_is_not_supported) {
  const auto selector = parse_field_selector("spec.cluster=a", kind_of<Task>());
  ASSERT_FALSE(selector);
  EXPECT_EQ(selector.error().code, Code::malformed);
  EXPECT_TRUE(selector.error().message.starts_with("field label not supported: spec.cluster"))
      << selector.error().message;
  EXPECT_TRUE(parse_field_selector("spec.cluster=a", kind_of<ContainerInstance>()));
  EXPECT_TRUE(parse_field_selector("spec.service=a", kind_of<TaskSet>()));
  EXPECT_FALSE(parse_field_selector("status.lastStatus=a", kind_of<Service>()));
  EXPECT_FALSE(parse_field_selector("metadata.name", kind_of<Service>()));
  EXPECT_FALSE(parse_field_selector("metadata.name!web", kind_of<Service>()));
}

TEST(SelectableFields, what_kubernetes_serves_of_its_own_kinds) {
  Secret secret = make<Secret>();
  secret.type = "Opaque";
  EXPECT_EQ(field_value(secret, "type"), "Opaque");
  Namespace ns = make<Namespace>();
  ns.status.phase = "Active";
  EXPECT_EQ(field_value(ns, "status.phase"), "Active");
  view::Node node = make<view::Node>();
  node.spec.unschedulable = true;
  EXPECT_EQ(field_value(node, "spec.unschedulable"), "true");
  Event event = make<Event>();
  event.reporting_component = "new";
  EXPECT_EQ(field_value(event, "source"), "new");
  event.source.component = "old";
  EXPECT_EQ(field_value(event, "source"), "old");
  EXPECT_EQ(field_value(event, "reportingComponent"), "new");
  view::Pod pod = make<view::Pod>();
  EXPECT_EQ(field_value(pod, "spec.hostNetwork"), "false");
  EXPECT_EQ(field_value(pod, "spec.serviceAccountName"), "");
}

TEST(SelectableFields, every_kind_has_name_and_namespace) {
  for (const Kind& kind : all_kinds()) {
    const auto object = kind.make();
    object->metadata.name = "n";
    for (const SelectableField& field : selectable_fields(kind)) {
      EXPECT_EQ(field_value(*object, field.name), field.value(*object)) << kind.kind << " " << field.name;
    }
    EXPECT_EQ(field_value(*object, "metadata.name"), "n");
    EXPECT_EQ(field_value(*object, "nothing"), std::nullopt);
  }
}

}  // namespace
}  // namespace muster
