// Proves lookups, order, paging and counts, and that the indexes after any sequence of writes are those of a state
// built anew from the objects that are left.
#include "api/state/state.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "api/types/builtin.h"
#include "api/types/cluster.h"
#include "api/types/service.h"
#include "api/types/task_run.h"

namespace muster {
namespace {

Task a_task(const std::string& ns, const std::string& name) {
  Task task = make<Task>();
  task.metadata.ns = ns;
  task.metadata.name = name;
  task.spec.cluster = "default";
  return task;
}

TaskDefinitionRevision a_revision(const std::string& ns, const std::string& name) {
  auto revision = make<TaskDefinitionRevision>();
  revision.metadata.ns = ns;
  revision.metadata.name = name;
  return revision;
}

std::vector<std::string> names(const State& state, Index index, std::string_view value) {
  std::vector<std::string> out;
  state.each(index, value, [&](const ObjectPtr& object) {
    EXPECT_NE(object, nullptr);
    out.push_back(object == nullptr ? "null" : object->metadata.ns + "/" + object->metadata.name);
    return true;
  });
  return out;
}

using Names = std::vector<std::string>;

TEST(State, finds_by_kind_namespace_and_name) {
  State state;
  const ObjectPtr task = share(a_task("default", "web"));
  EXPECT_EQ(state.put(task), nullptr);
  EXPECT_EQ(state.find(key_of(*task)), task);
  EXPECT_EQ(state.get<Task>("default", "web"), task);
  EXPECT_EQ(state.get<Task>("other", "web"), nullptr);
  EXPECT_EQ(state.get<Service>("default", "web"), nullptr);
  EXPECT_EQ(state.size(), 1U);
  EXPECT_EQ(state.count(kind_of<Task>()), 1U);
  EXPECT_EQ(state.count(kind_of<Service>()), 0U);
  EXPECT_EQ(state.erase(key_of(*task)), task);
  EXPECT_EQ(state.erase(key_of(*task)), nullptr);
  EXPECT_EQ(state.count(kind_of<Task>()), 0U);
}

TEST(State, lists_in_order_of_namespace_and_name) {
  State state;
  for (const char* ns : {"b", "a", "ab", "a-b"}) {
    for (const char* name : {"z", "y", "ya"}) state.put(share(a_task(ns, name)));
  }
  Names all;
  for (const auto& task : state.list<Task>()) all.push_back(task->metadata.ns + "/" + task->metadata.name);
  EXPECT_EQ(all,
            (Names{"a/y", "a/ya", "a/z", "a-b/y", "a-b/ya", "a-b/z", "ab/y", "ab/ya", "ab/z", "b/y", "b/ya", "b/z"}));
  EXPECT_EQ(state.list<Task>("a").size(), 3U);
  EXPECT_TRUE(state.list<Task>("c").empty());
}

TEST(State, continues_behind_an_object_that_need_not_exist) {
  State state;
  for (const char* name : {"a", "b", "d"}) state.put(share(a_task("one", name)));
  state.put(share(a_task("two", "a")));
  const auto after = [&](std::string_view ns, std::string_view after_ns, std::string_view after_name) {
    Names out;
    state.each_after(kind_of<Task>(), ns, after_ns, after_name, [&](const ObjectPtr& object) {
      out.push_back(object->metadata.ns + "/" + object->metadata.name);
      return true;
    });
    return out;
  };
  EXPECT_EQ(after("", "one", "b"), (Names{"one/d", "two/a"}));
  EXPECT_EQ(after("", "one", "c"), (Names{"one/d", "two/a"}));
  EXPECT_EQ(after("one", "one", "b"), (Names{"one/d"}));
  EXPECT_EQ(after("one", "one", "d"), (Names{}));
  EXPECT_EQ(after("", "", ""), (Names{"one/a", "one/b", "one/d", "two/a"}));
}

TEST(State, keys_cannot_reach_into_each_other) {
  State state;
  state.put(share(a_task(std::string("a\0b", 3), "c")));
  state.put(share(a_task("a", std::string("b\0c", 3))));
  state.put(share(a_task("a", std::string("b\1c", 3))));
  EXPECT_EQ(state.size(), 3U);
  EXPECT_EQ(state.list<Task>("a").size(), 2U);
  Task task = a_task("ns", "t");
  task.spec.container_instance = std::string(
      "i\0"
      "1",
      3);
  state.put(share(task));
  EXPECT_EQ(names(state, Index::instance,
                  std::string_view("i\0"
                                   "1",
                                   3)),
            Names{"ns/t"});
  EXPECT_EQ(names(state, Index::instance, "i"), Names{});
}

TEST(State, finds_tasks_by_owner_instance_group_and_label) {
  State state;
  Task task = a_task("default", "web-1");
  task.spec.container_instance = "host-1";
  task.spec.group = "service:web";
  task.metadata.labels["tier"] = "front";
  task.metadata.owner_references.push_back({"muster.dev/v1beta1", "TaskSet", "web-x", "uid-1", true, true});
  task.metadata.owner_references.push_back({"muster.dev/v1beta1", "Other", "other", "uid-2", false, {}});
  state.put(share(task));
  const Names expected{"default/web-1"};
  EXPECT_EQ(names(state, Index::owner, "uid-1"), expected);
  EXPECT_EQ(names(state, Index::owner, "uid-2"), Names{});  // does not control it
  EXPECT_EQ(names(state, Index::instance, "host-1"), expected);
  EXPECT_EQ(names(state, Index::instance, "host-"), Names{});
  EXPECT_EQ(names(state, Index::group, "default/service:web"), expected);
  EXPECT_EQ(names(state, Index::label, "tasks\ntier=front"), expected);
  EXPECT_EQ(names(state, Index::label, "services\ntier=front"), Names{});
  EXPECT_EQ(names(state, Index::unplaced, "default"), Names{});
  EXPECT_EQ(state.list<Task>(Index::owner, "uid-1").size(), 1U);
  EXPECT_TRUE(state.list<Service>(Index::owner, "uid-1").empty());
}

TEST(State, a_task_is_unplaced_until_it_has_an_instance_or_is_to_stop) {
  State state;
  Task task = a_task("default", "t");
  state.put(share(task));
  EXPECT_EQ(names(state, Index::unplaced, "default"), Names{"default/t"});
  Task stopping = task;
  stopping.spec.desired_status = DesiredStatus::stopped;
  state.put(share(stopping));
  EXPECT_EQ(names(state, Index::unplaced, "default"), Names{});
  Task stopped = task;
  stopped.status.last_status = LastStatus::stopped;
  state.put(share(stopped));
  EXPECT_EQ(names(state, Index::unplaced, "default"), Names{});
  state.put(share(task));
  Task placed = task;
  placed.spec.container_instance = "host";
  state.put(share(placed));
  EXPECT_EQ(names(state, Index::unplaced, "default"), Names{});
  EXPECT_EQ(names(state, Index::instance, "host"), Names{"default/t"});
}

TEST(State, revisions_come_in_the_order_of_their_numbers) {
  State state;
  for (const char* name : {"web:10", "web:2", "web:1", "web:100", "webs:3", "we:4"})
    state.put(share(a_revision("a", name)));
  state.put(share(a_revision("b", "web:5")));
  EXPECT_EQ(names(state, Index::family, "a/web"), (Names{"a/web:1", "a/web:2", "a/web:10", "a/web:100"}));
  EXPECT_EQ(names(state, Index::family, "b/web"), Names{"b/web:5"});
}

TEST(State, finds_who_names_a_definition_pinned_or_not) {
  State state;
  Service service = make<Service>();
  service.metadata.ns = "default";
  service.metadata.name = "front";
  service.spec.task_definition = "web:3";
  state.put(share(service));
  TaskRun run = make<TaskRun>();
  run.metadata.ns = "default";
  run.metadata.name = "once";
  run.spec.task_definition = "web";
  state.put(share(run));
  EXPECT_EQ(names(state, Index::definition, "default/web").size(), 2U);
  EXPECT_EQ(state.list<Service>(Index::definition, "default/web").size(), 1U);
  service.spec.task_definition = "api";
  state.put(share(service));
  EXPECT_EQ(names(state, Index::definition, "default/web"), Names{"default/once"});
  EXPECT_EQ(names(state, Index::definition, "default/api"), Names{"default/front"});
}

TEST(State, finds_instances_of_a_cluster_and_events_about_an_object) {
  State state;
  auto instance = make<ContainerInstance>();
  instance.metadata.name = "host";
  instance.spec.cluster = "default";
  state.put(share(instance));
  auto event = make<Event>();
  event.metadata.ns = "default";
  event.metadata.name = "e";
  event.involved_object.uid = "uid";
  state.put(share(event));
  EXPECT_EQ(names(state, Index::cluster, "default"), Names{"/host"});
  EXPECT_EQ(names(state, Index::involved, "uid"), Names{"default/e"});
}

TEST(State, a_callback_may_edit_the_state) {
  State state;
  for (int i = 0; i < 100; ++i) {
    Task task = a_task("default", "t" + std::to_string(i));
    task.spec.container_instance = "host";
    state.put(share(task));
  }
  int seen = 0;
  state.each(Index::instance, "host", [&](const ObjectPtr& object) {
    ++seen;
    EXPECT_NE(object, nullptr);
    state.erase(key_of(*object));
    return true;
  });
  EXPECT_EQ(seen, 100);
  EXPECT_EQ(state.size(), 0U);
}

// A random object with few possible values, so that values are shared, left and taken again.
ObjectPtr random_object(std::mt19937_64& random) {
  const auto pick = [&](const char* prefix, std::uint64_t count) { return prefix + std::to_string(random() % count); };
  const std::string ns = pick("ns", 3);
  const auto finish = [&](auto object) {
    if (random() % 2 == 0) object.metadata.labels["app"] = pick("app", 4);
    if (random() % 3 == 0) object.metadata.labels["app-b"] = pick("app", 4);
    if (random() % 2 == 0) {
      object.metadata.owner_references.push_back(
          {"muster.dev/v1beta1", "X", "x", pick("uid", 5), random() % 3 != 0, {}});
    }
    return share(std::move(object));
  };
  switch (random() % 5) {
    case 0: return finish(a_revision(ns, pick("f", 2) + ":" + std::to_string(1 + random() % 30)));
    case 1: {
      auto instance = make<ContainerInstance>();
      instance.metadata.name = pick("host", 5);
      instance.spec.cluster = pick("c", 2);
      return finish(instance);
    }
    case 2: {
      auto service = make<Service>();
      service.metadata.ns = ns;
      service.metadata.name = pick("s", 5);
      service.spec.task_definition = pick("f", 2) + (random() % 2 == 0 ? ":1" : "");
      return finish(service);
    }
    default: {
      Task task = a_task(ns, pick("t", 40));
      task.spec.cluster = pick("c", 2);
      task.spec.group = pick("service:s", 3);
      if (random() % 2 == 0) task.spec.container_instance = pick("host", 5);
      if (random() % 4 == 0) task.spec.desired_status = DesiredStatus::stopped;
      return finish(task);
    }
  }
}

// Everything that can be asked, as text.
std::map<std::string, Names> everything(const State& state) {
  std::map<std::string, Names> out;
  const auto ask = [&](Index index, const std::string& value) {
    out[std::to_string(static_cast<int>(index)) + " " + value] = names(state, index, value);
  };
  for (int i = 0; i < 5; ++i) {
    const std::string n = std::to_string(i);
    ask(Index::owner, "uid" + n);
    ask(Index::instance, "host" + n);
    ask(Index::unplaced, "c" + n);
    ask(Index::cluster, "c" + n);
    for (const std::string ns : {"ns0/", "ns1/", "ns2/"}) {
      ask(Index::group, ns + "service:s" + n);
      ask(Index::family, ns + "f" + n);
      ask(Index::definition, ns + "f" + n);
    }
    for (const char* plural : {"tasks", "services", "containerinstances", "taskdefinitionrevisions"}) {
      ask(Index::label, plural + ("\napp=app" + n));
      ask(Index::label, plural + ("\napp-b=app" + n));
    }
  }
  return out;
}

TEST(State, incremental_equals_rebuilt) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    std::mt19937_64 random(seed);
    State state;
    std::vector<std::pair<State, std::map<std::string, Names>>> copies;
    for (int step = 0; step < 1'200; ++step) {
      const ObjectPtr object = random_object(random);
      if (random() % 3 == 0) {
        state.erase(key_of(*object));
      } else {
        state.put(object);
      }
      if (step % 300 == 0) copies.emplace_back(state, everything(state));
    }
    State rebuilt;
    for (const Kind& kind : all_kinds()) {
      std::size_t count = 0;
      state.each(kind, {}, [&](const ObjectPtr& object) {
        rebuilt.put(object);
        ++count;
        return true;
      });
      EXPECT_EQ(state.count(kind), count);
    }
    ASSERT_EQ(everything(state), everything(rebuilt)) << "seed " << seed;
    for (const auto& [copy, expected] : copies) ASSERT_EQ(everything(copy), expected) << "seed " << seed;
    for (const Kind& kind : all_kinds()) {
      state.each(kind, {}, [&](const ObjectPtr& object) { return state.erase(key_of(*object)) != nullptr; });
    }
    for (const auto& [question, answer] : everything(state)) EXPECT_TRUE(answer.empty()) << question;
  }
}

TEST(Key, orders_by_kind_namespace_and_name) {
  const Key a{&kind_of<Task>(), "a", "z"};
  const Key b{&kind_of<Task>(), "b", "a"};
  EXPECT_TRUE(a < b);
  EXPECT_FALSE(b < a);
  EXPECT_FALSE(a < a);
}

}  // namespace
}  // namespace muster
