// Every write passes admission: defaults, validation, preconditions, generation, finalizers, and what one write makes
// of others.
#include "api/admission/admission.h"

#include <gtest/gtest.h>

#include <limits>

#include "api/base/text.h"
#include "api/types/builtin.h"
#include "api/types/cluster.h"
#include "api/types/configuration.h"
#include "api/types/rbac.h"
#include "api/types/service.h"
#include "api/types/task_run.h"

namespace muster {
namespace {

class AdmissionTest : public ::testing::Test {
 protected:
  AdmissionTest() {
    context_.now = Time(std::chrono::seconds(1'800'000'000));
    context_.new_uid = [this] { return hex(0, 16) + hex(++uids_, 16); };
    auto ns = make<Namespace>();
    ns.metadata.name = "default";
    must({create(share(ns))});
    auto cluster = make<Cluster>();
    cluster.metadata.name = "default";
    must({create(share(cluster))});
  }

  Admission must(std::vector<Write> writes) {
    auto result = admit(state_, writes, context_);
    EXPECT_TRUE(result.ok()) << (result.ok() ? "" : result.error().text());
    return result.ok() ? std::move(result).value() : Admission{};
  }
  Error must_fail(std::vector<Write> writes) {
    const std::int64_t before = state_.revision();
    const auto objects = everything();
    auto result = admit(state_, writes, context_);
    EXPECT_FALSE(result.ok());
    EXPECT_EQ(state_.revision(), before) << "a refused batch must change nothing";
    EXPECT_EQ(everything(), objects) << "a refused batch must change nothing";
    return result.ok() ? Error{} : std::move(result).error();
  }
  // The objects themselves, and what the indexes find of each namespace's families and each cluster's tasks.
  std::vector<ObjectPtr> everything() const {
    std::vector<ObjectPtr> out;
    const auto add = [&](const ObjectPtr& object) {
      out.push_back(object);
      return true;
    };
    for (const Kind& kind : all_kinds()) {
      out.resize(out.size() + state_.count(kind));
      state_.each(kind, {}, add);
    }
    state_.each(Index::family, "default/web", add);
    state_.each(Index::unplaced, "default", add);
    state_.each(Index::instance, "host", add);
    return out;
  }
  static TaskDefinition definition(std::string image = "nginx") {
    auto out = make<TaskDefinition>();
    out.metadata.name = "web";
    out.metadata.ns = "default";
    ContainerDefinition container;
    container.name = "app";
    container.image = std::move(image);
    container.memory = 64;
    out.spec.container_definitions = {container};
    return out;
  }
  static Service service(std::string name = "web") {
    auto out = make<Service>();
    out.metadata.name = std::move(name);
    out.metadata.ns = "default";
    out.spec.task_definition = "web";
    return out;
  }
  // Writes the definition "web" until it has this many revisions.
  void make_web_revisions(int count) {
    for (int n = 1; n <= count; ++n) {
      if (state_.get<TaskDefinitionRevision>("default", str("web:", n)) != nullptr) continue;
      const auto stored = state_.get<TaskDefinition>("default", "web");
      TaskDefinition next = stored == nullptr ? definition() : *stored;
      next.spec.container_definitions[0].image = str("image", n);
      must({stored == nullptr ? create(share(next)) : update(share(next))});
    }
  }
  Task placed_task() {
    must({create(share(definition()))});
    auto task = make<Task>();
    task.metadata.name = "t";
    task.metadata.ns = "default";
    task.spec.task_definition = "web";
    must({create(share(task))});
    auto placed = *state_.get<Task>("default", "t");
    placed.spec.container_instance = "host";
    placed.metadata.finalizers = {"muster.dev/containers"};
    must({update(share(placed))});
    return *state_.get<Task>("default", "t");
  }

  State state_;
  AdmissionContext context_;
  std::uint64_t uids_ = 0;
};

TEST_F(AdmissionTest, fills_what_the_server_owns) {
  auto given = service();
  given.metadata.uid = "forged";
  given.metadata.generation = 7;
  given.metadata.deletion_timestamp = context_.now;
  given.status.running_count = 9;
  must({create(share(given))});
  const auto stored = state_.get<Service>("default", "web");
  EXPECT_EQ(stored->metadata.uid.size(), 36U);
  EXPECT_EQ(stored->metadata.generation, 1);
  EXPECT_EQ(stored->metadata.creation_timestamp, context_.now);
  EXPECT_FALSE(stored->metadata.deleting());
  EXPECT_EQ(stored->metadata.resource_version, state_.revision());
  EXPECT_EQ(stored->status.running_count, 0) << "the main endpoint does not take status";
  EXPECT_EQ(stored->spec.cluster, "default");
}

TEST_F(AdmissionTest, refuses_a_revision_on_a_new_object) {
  auto given = service();
  given.metadata.resource_version = 3;
  EXPECT_EQ(must_fail({create(share(given))}).code, Code::malformed);
}

TEST_F(AdmissionTest, names_are_taken_once) {
  must({create(share(service()))});
  const Error error = must_fail({create(share(service()))});
  EXPECT_EQ(error.code, Code::already_exists);
  EXPECT_EQ(error.message, "services.muster.dev \"web\" already exists");
}

TEST_F(AdmissionTest, generates_names) {
  auto given = service("");
  given.metadata.generate_name = "web-";
  const auto first = must({create(share(given))}).results.front().object->metadata.name;
  const auto second = must({create(share(given))}).results.front().object->metadata.name;
  EXPECT_EQ(first.size(), 9U);
  EXPECT_NE(first, second);
}

TEST_F(AdmissionTest, needs_its_namespace) {
  auto given = service();
  given.metadata.ns = "ghost";
  EXPECT_EQ(must_fail({create(share(given))}).code, Code::not_found);
}

TEST_F(AdmissionTest, refuses_what_breaks_a_rule_of_the_kind) {
  auto given = service();
  given.spec.desired_count = -1;
  const Error error = must_fail({create(share(given))});
  EXPECT_EQ(error.code, Code::invalid);
  ASSERT_FALSE(error.causes.empty());
  EXPECT_EQ(error.causes.front().field, "spec.desiredCount");
}

TEST_F(AdmissionTest, update_is_conditional_on_the_revision) {
  must({create(share(service()))});
  const Service read = *state_.get<Service>("default", "web");
  Service first = read;
  first.spec.desired_count = 2;
  must({update(share(first))});
  Service second = read;
  second.spec.desired_count = 3;
  EXPECT_EQ(must_fail({update(share(second))}).code, Code::conflict);
  second.metadata.resource_version = 0;
  must({update(share(second))});
  EXPECT_EQ(state_.get<Service>("default", "web")->spec.desired_count, 3);
}

TEST_F(AdmissionTest, an_own_object_is_kept_and_any_other_copied) {
  must({create(share(definition()))});
  auto own = std::make_shared<Service>(service());
  const ObjectPtr made = must({create_own(own)}).results[0].object;
  EXPECT_EQ(made, own);
  EXPECT_EQ(state_.get<Service>("default", "web"), own);
  auto changed = std::make_shared<Service>(*own);
  changed->spec.desired_count = 7;
  EXPECT_EQ(must({update_own(changed)}).results[0].object, changed);
  EXPECT_EQ(changed->metadata.generation, 2);
  const ObjectPtr other = share(service("other"));
  EXPECT_NE(must({create(other)}).results[0].object, other);
  EXPECT_TRUE(other->metadata.uid.empty());
}

TEST_F(AdmissionTest, a_batch_that_fails_late_is_undone) {
  Task placed = placed_task();
  must({create(share(service()))});
  auto other = make<Task>();
  other.metadata.name = "other";
  other.metadata.ns = "default";
  other.spec.task_definition = "web";
  Task changed = placed;
  changed.metadata.labels["changed"] = "yes";
  Task running = placed;
  running.status.last_status = LastStatus::running;
  const Service stored = *state_.get<Service>("default", "web");
  // Created, changed twice, a new revision, removed, removed and created again: then a service that is there already.
  const Error error = must_fail({create(share(other)), update(share(changed)), update_status(share(running)),
                                 update(share(definition("nginx:2"))), remove(stored), create(share(service())),
                                 create(share(service("second"))), create(share(service()))});
  EXPECT_EQ(error.code, Code::already_exists);
  must({update(share(changed)), update_status(share(running)), create(share(other))});
}

TEST_F(AdmissionTest, uid_is_identity) {
  must({create(share(service()))});
  Service other = *state_.get<Service>("default", "web");
  other.metadata.uid = "another";
  EXPECT_EQ(must_fail({update(share(other))}).code, Code::conflict);
  EXPECT_EQ(must_fail({remove(other)}).code, Code::conflict);
}

TEST_F(AdmissionTest, generation_counts_changes_of_the_spec_only) {
  must({create(share(service()))});
  Service changed = *state_.get<Service>("default", "web");
  changed.metadata.labels["a"] = "b";
  must({update(share(changed))});
  EXPECT_EQ(state_.get<Service>("default", "web")->metadata.generation, 1);
  changed = *state_.get<Service>("default", "web");
  changed.status.running_count = 1;
  must({update_status(share(changed))});
  EXPECT_EQ(state_.get<Service>("default", "web")->metadata.generation, 1);
  changed = *state_.get<Service>("default", "web");
  changed.spec.desired_count = 5;
  must({update(share(changed))});
  EXPECT_EQ(state_.get<Service>("default", "web")->metadata.generation, 2);
}

TEST_F(AdmissionTest, a_write_that_changes_nothing_is_not_stored) {
  must({create(share(service()))});
  const std::int64_t before = state_.revision();
  const Admission again = must({update(share(Service(*state_.get<Service>("default", "web"))))});
  EXPECT_FALSE(again.results.front().changed);
  EXPECT_TRUE(again.changes.empty());
  EXPECT_EQ(state_.revision(), before);
}

TEST_F(AdmissionTest, status_and_spec_have_their_own_writes) {
  must({create(share(service()))});
  Service both = *state_.get<Service>("default", "web");
  both.spec.desired_count = 4;
  both.status.running_count = 4;
  must({update_status(share(both))});
  EXPECT_EQ(state_.get<Service>("default", "web")->spec.desired_count, 1);
  EXPECT_EQ(state_.get<Service>("default", "web")->status.running_count, 4);
}

TEST_F(AdmissionTest, two_writes_of_one_object_in_a_batch_are_one_change) {
  must({create(share(definition()))});
  auto task = make<Task>();
  task.metadata.name = "t";
  task.metadata.ns = "default";
  task.spec.task_definition = "web";
  must({create(share(task))});
  // As the scheduler binds: both writes carry the revision that was read.
  Task bound = *state_.get<Task>("default", "t");
  bound.spec.container_instance = "host";
  bound.status.last_status = LastStatus::pending;
  const Admission admission = must({update(share(bound)), update_status(share(bound))});
  ASSERT_EQ(admission.changes.size(), 1U);
  const auto stored = state_.get<Task>("default", "t");
  EXPECT_EQ(stored->spec.container_instance, "host");
  EXPECT_EQ(stored->status.last_status, LastStatus::pending);
  EXPECT_EQ(stored->metadata.resource_version, state_.revision());
}

TEST_F(AdmissionTest, a_batch_is_all_or_nothing_and_its_revisions_increase) {
  const Admission admission = must({create(share(service("a"))), create(share(service("b")))});
  ASSERT_EQ(admission.changes.size(), 2U);
  EXPECT_EQ(admission.changes[0].after->metadata.resource_version + 1,
            admission.changes[1].after->metadata.resource_version);
  EXPECT_EQ(must_fail({create(share(service("c"))), create(share(service("a")))}).code, Code::already_exists);
  EXPECT_EQ(state_.get<Service>("default", "c"), nullptr);
}

TEST_F(AdmissionTest, a_definition_makes_its_revisions) {
  must({create(share(definition("one")))});
  ASSERT_NE(state_.get<TaskDefinitionRevision>("default", "web:1"), nullptr);
  EXPECT_EQ(state_.get<TaskDefinition>("default", "web")->status.latest_revision, 1);

  TaskDefinition labelled = *state_.get<TaskDefinition>("default", "web");
  labelled.metadata.labels["x"] = "y";
  must({update(share(labelled))});
  EXPECT_EQ(state_.get<TaskDefinitionRevision>("default", "web:2"), nullptr) << "only the spec makes a revision";

  TaskDefinition changed = *state_.get<TaskDefinition>("default", "web");
  changed.spec.container_definitions[0].image = "two";
  must({update(share(changed))});
  EXPECT_EQ(state_.get<TaskDefinitionRevision>("default", "web:2")->spec.container_definitions[0].image, "two");
  EXPECT_EQ(state_.get<TaskDefinitionRevision>("default", "web:1")->spec.container_definitions[0].image, "one");
}

TEST_F(AdmissionTest, revision_numbers_outlive_the_family) {
  must({create(share(definition("one")))});
  must({remove(*state_.get<TaskDefinition>("default", "web"))});
  EXPECT_EQ(state_.get<TaskDefinitionRevision>("default", "web:1")->status.status, RevisionState::inactive);
  must({create(share(definition("one")))});
  EXPECT_NE(state_.get<TaskDefinitionRevision>("default", "web:2"), nullptr);
}

TEST_F(AdmissionTest, revision_numbers_outlive_a_family_held_by_a_finalizer) {
  must({create(share(definition("one")))});
  Write foreground = remove(*state_.get<TaskDefinition>("default", "web"));
  foreground.propagation = Propagation::foreground;
  must({foreground});
  EXPECT_EQ(state_.get<TaskDefinitionRevision>("default", "web:1")->status.status, RevisionState::active)
      << "the family is still there";
  TaskDefinition released = *state_.get<TaskDefinition>("default", "web");
  released.metadata.finalizers.clear();
  must({update(share(released))});
  EXPECT_EQ(state_.get<TaskDefinition>("default", "web"), nullptr);
  EXPECT_EQ(state_.get<TaskDefinitionRevision>("default", "web:1")->status.status, RevisionState::inactive);
}

TEST_F(AdmissionTest, the_newest_revision_keeps_the_count) {
  make_web_revisions(2);
  const auto newest = [&] { return *state_.get<TaskDefinitionRevision>("default", "web:2"); };
  const Error error = must_fail({remove(newest())});
  EXPECT_EQ(error.code, Code::forbidden);
  EXPECT_NE(error.text().find("newest revision"), std::string::npos) << error.text();
  must({remove(*state_.get<TaskDefinitionRevision>("default", "web:1"))});
  must({remove(*state_.get<TaskDefinition>("default", "web"))});
  EXPECT_EQ(must_fail({remove(newest())}).code, Code::forbidden) << "it is all that is left to count from";
}

TEST_F(AdmissionTest, a_number_is_not_used_again_after_its_revision_has_gone) {
  make_web_revisions(3);
  state_.erase(key_of(*state_.get<TaskDefinitionRevision>("default", "web:3")));
  TaskDefinition changed = *state_.get<TaskDefinition>("default", "web");
  changed.spec.container_definitions[0].image = "other";
  must({update(share(changed))});
  EXPECT_EQ(state_.get<TaskDefinitionRevision>("default", "web:3"), nullptr);
  EXPECT_NE(state_.get<TaskDefinitionRevision>("default", "web:4"), nullptr);
}

TEST_F(AdmissionTest, a_forged_count_gives_no_impossible_number) {
  make_web_revisions(1);
  TaskDefinition forged = *state_.get<TaskDefinition>("default", "web");
  forged.status.latest_revision = std::numeric_limits<std::int64_t>::max();
  must({update_status(share(forged))});
  TaskDefinition changed = *state_.get<TaskDefinition>("default", "web");
  changed.spec.container_definitions[0].image = "other";
  must({update(share(changed))});
  EXPECT_EQ(state_.get<TaskDefinition>("default", "web")->status.latest_revision, 2);
}

TEST_F(AdmissionTest, a_revision_in_use_stays) {
  make_web_revisions(1);
  auto task = make<Task>();
  task.metadata.name = "t";
  task.metadata.ns = "default";
  task.spec.task_definition = "web:1";
  task.spec.group = "anything";
  must({create(share(task))});
  make_web_revisions(2);
  const auto first = [&] { return *state_.get<TaskDefinitionRevision>("default", "web:1"); };
  const Error error = must_fail({remove(first())});
  EXPECT_EQ(error.code, Code::forbidden);
  EXPECT_NE(error.text().find("\"t\""), std::string::npos) << error.text();

  Task stopped = *state_.get<Task>("default", "t");
  stopped.status.last_status = LastStatus::stopped;
  must({update_status(share(stopped))});
  auto set = make<TaskSet>();
  set.metadata.name = "set";
  set.metadata.ns = "default";
  set.spec.service = "web";
  set.spec.task_definition = "web:1";
  must({create(share(set))});
  EXPECT_EQ(must_fail({remove(first())}).code, Code::forbidden);
  must({remove(*state_.get<TaskSet>("default", "set"))});

  auto pinned = service();
  pinned.spec.task_definition = "web:1";
  must({create(share(pinned))});
  EXPECT_EQ(must_fail({remove(first())}).code, Code::forbidden);
  must({remove(*state_.get<Service>("default", "web"))});
  must({remove(first())});
}

TEST_F(AdmissionTest, a_namespace_that_ends_takes_its_revisions_along) {
  make_web_revisions(1);
  Namespace ending = *state_.get<Namespace>({}, "default");
  ending.metadata.deletion_timestamp = context_.now;
  state_.put(share(ending));
  must({remove(*state_.get<TaskDefinitionRevision>("default", "web:1"))});
}

TEST_F(AdmissionTest, revisions_are_immutable_and_not_made_by_users) {
  must({create(share(definition("one")))});
  TaskDefinitionRevision revision = *state_.get<TaskDefinitionRevision>("default", "web:1");
  revision.spec.container_definitions[0].image = "other";
  EXPECT_EQ(must_fail({update(share(revision))}).code, Code::invalid);
  auto forged = make<TaskDefinitionRevision>();
  forged.metadata.ns = "default";
  forged.metadata.name = "web:9";
  forged.spec = definition().spec;
  EXPECT_EQ(must_fail({create(share(forged))}).code, Code::forbidden);
}

TEST_F(AdmissionTest, a_task_names_a_revision) {
  auto task = make<Task>();
  task.metadata.name = "t";
  task.metadata.ns = "default";
  task.spec.task_definition = "web";
  EXPECT_EQ(must_fail({create(share(task))}).code, Code::invalid);
  must({create(share(definition()))});
  must({create(share(task))});
  const auto stored = state_.get<Task>("default", "t");
  EXPECT_EQ(stored->spec.task_definition, "web:1");
  EXPECT_EQ(stored->spec.group, "family:web");
  EXPECT_EQ(stored->metadata.uid.size(), 32U) << "a task's uid is its ECS id";
}

TEST_F(AdmissionTest, overrides_name_containers_of_the_definition) {
  TaskOverride overrides;
  overrides.container_overrides.resize(2);
  overrides.container_overrides[0].name = "app";
  overrides.container_overrides[1].name = "wheel";
  auto run = make<TaskRun>();
  run.metadata.name = "run";
  run.metadata.ns = "default";
  run.spec.task_definition = "web";
  run.spec.overrides = overrides;
  auto early = run;
  early.metadata.name = "early";
  must({create(share(early))});  // its definition is not known yet

  must({create(share(definition()))});
  auto task = make<Task>();
  task.metadata.name = "t";
  task.metadata.ns = "default";
  task.spec.task_definition = "web";
  task.spec.overrides = overrides;
  for (const ObjectPtr& object : {share(task), share(run)}) {
    const Error error = must_fail({create(object)});
    EXPECT_EQ(error.code, Code::invalid);
    ASSERT_EQ(error.causes.size(), 1U);
    EXPECT_EQ(error.causes[0].field, "spec.overrides.containerOverrides[1].name");
    EXPECT_NE(error.text().find("\"wheel\": is not a container of the task definition web:1, which has app"),
              std::string::npos)
        << error.text();
  }
  overrides.container_overrides.pop_back();
  task.spec.overrides = overrides;
  run.spec.overrides = overrides;
  must({create(share(task)), create(share(run))});
}

TEST_F(AdmissionTest, a_task_never_moves_and_never_wants_to_run_again) {
  Task moved = placed_task();
  moved.spec.container_instance = "other";
  EXPECT_EQ(must_fail({update(share(moved))}).code, Code::invalid);
  Task stopped = *state_.get<Task>("default", "t");
  stopped.spec.desired_status = DesiredStatus::stopped;
  must({update(share(stopped))});
  EXPECT_EQ(state_.get<Task>("default", "t")->spec.stop_code, StopCode::user_initiated);
  stopped = *state_.get<Task>("default", "t");
  stopped.spec.desired_status = DesiredStatus::running;
  EXPECT_EQ(must_fail({update(share(stopped))}).code, Code::invalid);
}

TEST_F(AdmissionTest, last_status_moves_forward_only) {
  Task task = placed_task();
  task.status.last_status = LastStatus::running;
  must({update_status(share(task))});
  task = *state_.get<Task>("default", "t");
  task.status.last_status = LastStatus::pending;
  EXPECT_EQ(must_fail({update_status(share(task))}).code, Code::invalid);
}

TEST_F(AdmissionTest, finalizers_hold_a_removal) {
  placed_task();
  must({remove(*state_.get<Task>("default", "t"))});
  Task waiting = *state_.get<Task>("default", "t");
  EXPECT_TRUE(waiting.metadata.deleting());
  waiting.metadata.finalizers.emplace_back("late/one");
  EXPECT_EQ(must_fail({update(share(waiting))}).code, Code::invalid);
  waiting.metadata.finalizers.clear();
  const Admission gone = must({update(share(waiting))});
  EXPECT_TRUE(gone.results.front().deleted);
  EXPECT_EQ(state_.get<Task>("default", "t"), nullptr);
}

TEST_F(AdmissionTest, propagation_policies_leave_their_finalizer) {
  must({create(share(service()))});
  Write write = remove(*state_.get<Service>("default", "web"));
  write.propagation = Propagation::foreground;
  must({write});
  EXPECT_EQ(state_.get<Service>("default", "web")->metadata.finalizers, std::vector<std::string>{"foregroundDeletion"});
}

TEST_F(AdmissionTest, the_default_cluster_and_namespace_stay) {
  EXPECT_EQ(must_fail({remove(*state_.get<Cluster>("", "default"))}).code, Code::forbidden);
  const Error error = must_fail({remove(*state_.get<Namespace>("", "default"))});
  EXPECT_EQ(error.code, Code::forbidden);
  EXPECT_EQ(error.message, "namespaces \"default\" is forbidden: this namespace may not be deleted");
  for (const std::string_view name : {"kube-system", "kube-public", "muster-system"}) {
    auto ns = make<Namespace>();
    ns.metadata.name = name;
    must({create(share(ns))});
    EXPECT_EQ(must_fail({remove(*state_.get<Namespace>("", name))}).code, Code::forbidden) << name;
  }
}

TEST_F(AdmissionTest, what_holds_a_namespace_stays_until_it_is_empty) {
  auto ns = make<Namespace>();
  ns.metadata.name = "shop";
  must({create(share(ns))});
  auto web = service();
  web.metadata.ns = "shop";
  must({create(share(web))});
  const auto let_go = [&] {
    Namespace next = *state_.get<Namespace>("", "shop");
    next.spec.finalizers.clear();
    next.metadata.labels["by"] = "hand";
    must({update(share(next))});
  };
  let_go();
  EXPECT_EQ(state_.get<Namespace>("", "shop")->spec.finalizers, std::vector<std::string>{"kubernetes"});
  EXPECT_EQ(state_.get<Namespace>("", "shop")->metadata.labels.at("by"), "hand");
  must({remove(*state_.get<Namespace>("", "shop"))});
  let_go();
  ASSERT_NE(state_.get<Namespace>("", "shop"), nullptr) << "the service would be left without its namespace";
  must({remove(*state_.get<Service>("shop", "web"))});
  let_go();
  EXPECT_EQ(state_.get<Namespace>("", "shop"), nullptr);
}

TEST_F(AdmissionTest, a_namespace_belongs_to_one_cluster) {
  auto cluster = make<Cluster>();
  cluster.metadata.name = "blue";
  must({create(share(cluster))});
  auto ns = make<Namespace>();
  ns.metadata.name = "shop";
  ns.metadata.annotations["muster.dev/cluster"] = "blue";
  must({create(share(ns))});
  auto web = service();
  web.metadata.ns = "shop";
  must({create(share(web))});
  EXPECT_EQ(state_.get<Service>("shop", "web")->spec.cluster, "blue");
  auto other = service("other");
  other.metadata.ns = "shop";
  other.spec.cluster = "default";
  EXPECT_EQ(must_fail({create(share(other))}).code, Code::invalid);
  Namespace moved = *state_.get<Namespace>("", "shop");
  moved.metadata.annotations.clear();
  EXPECT_EQ(must_fail({update(share(moved))}).code, Code::invalid);
}

TEST_F(AdmissionTest, a_terminating_namespace_takes_nothing_new) {
  auto ns = make<Namespace>();
  ns.metadata.name = "shop";
  must({create(share(ns))});
  must({remove(*state_.get<Namespace>("", "shop"))});
  EXPECT_EQ(state_.get<Namespace>("", "shop")->status.phase, "Terminating");
  auto web = service();
  web.metadata.ns = "shop";
  const Error error = must_fail({create(share(web))});
  EXPECT_EQ(error.code, Code::forbidden);
  EXPECT_EQ(error.message,
            "services.muster.dev \"web\" is forbidden: unable to create new content in namespace shop because it is "
            "being terminated");
  ASSERT_EQ(error.causes.size(), 1U);
  EXPECT_EQ(error.causes[0].reason, "NamespaceTerminating");
  Namespace emptied = *state_.get<Namespace>("", "shop");
  emptied.spec.finalizers.clear();
  must({update(share(emptied))});
  EXPECT_EQ(state_.get<Namespace>("", "shop"), nullptr);
}

TEST_F(AdmissionTest, a_cluster_with_instances_stays) {
  auto cluster = make<Cluster>();
  cluster.metadata.name = "blue";
  must({create(share(cluster))});
  auto instance = make<ContainerInstance>();
  instance.metadata.name = "host";
  instance.spec.cluster = "blue";
  must({create(share(instance))});
  EXPECT_EQ(must_fail({remove(*state_.get<Cluster>("", "blue"))}).code, Code::forbidden);
}

TEST_F(AdmissionTest, plain_text_of_a_secret_is_stored_as_data) {
  auto secret = make<Secret>();
  secret.metadata.name = "db";
  secret.metadata.ns = "default";
  secret.string_data["password"] = "old";
  must({create(share(secret))});
  EXPECT_EQ(state_.get<Secret>("default", "db")->data.at("password"), "b2xk");
  EXPECT_TRUE(state_.get<Secret>("default", "db")->string_data.empty());
  Secret changed = *state_.get<Secret>("default", "db");
  changed.string_data["password"] = "new";
  must({update(share(changed))});
  EXPECT_EQ(state_.get<Secret>("default", "db")->data.at("password"), "bmV3");
  EXPECT_FALSE(must({update(share(changed = *state_.get<Secret>("default", "db")))}).results[0].changed);
  changed.type = "kubernetes.io/basic-auth";
  const Error error = must_fail({update(share(changed))});
  EXPECT_EQ(error.code, Code::invalid);
  EXPECT_EQ(error.message, "Secret \"db\" is invalid: type: field is immutable");
}

TEST_F(AdmissionTest, an_immutable_secret_keeps_its_values) {
  auto secret = make<Secret>();
  secret.metadata.name = "db";
  secret.metadata.ns = "default";
  secret.string_data["password"] = "hunter2";
  secret.immutable = true;
  must({create(share(secret))});
  Secret changed = *state_.get<Secret>("default", "db");
  changed.string_data["password"] = "hunter3";
  const Error error = must_fail({update(share(changed))});
  EXPECT_EQ(error.causes.at(0).field, "data");
  EXPECT_NE(error.message.find("is immutable"), std::string::npos);
  EXPECT_EQ(error.text().find("hunter"), std::string::npos);
  changed = *state_.get<Secret>("default", "db");
  changed.immutable.reset();
  EXPECT_EQ(must_fail({update(share(changed))}).causes.at(0).field, "immutable");
  changed.immutable = true;
  changed.metadata.labels["a"] = "b";
  changed.string_data["password"] = "hunter2";
  must({update(share(changed))});
}

TEST_F(AdmissionTest, an_immutable_config_map_keeps_its_values) {
  auto map = make<ConfigMap>();
  map.metadata.name = "web";
  map.metadata.ns = "default";
  map.data["a"] = "1";
  must({create(share(map))});
  ConfigMap changed = *state_.get<ConfigMap>("default", "web");
  changed.data["a"] = "2";
  changed.immutable = true;
  must({update(share(changed))});
  changed = *state_.get<ConfigMap>("default", "web");
  changed.binary_data["b"] = "eA==";
  EXPECT_EQ(must_fail({update(share(changed))}).causes.at(0).field, "binaryData");
}

TEST_F(AdmissionTest, a_binding_keeps_its_role) {
  auto binding = make<RoleBinding>();
  binding.metadata.name = "team";
  binding.metadata.ns = "default";
  binding.role_ref = {"", "ClusterRole", "view"};
  must({create(share(binding))});
  RoleBinding changed = *state_.get<RoleBinding>("default", "team");
  changed.subjects = {{"User", "", "ann", ""}};
  must({update(share(changed))});
  changed = *state_.get<RoleBinding>("default", "team");
  changed.role_ref.name = "admin";
  const Error error = must_fail({update(share(changed))});
  EXPECT_EQ(error.message, "RoleBinding.rbac.authorization.k8s.io \"team\" is invalid: roleRef: field is immutable");
}

}  // namespace
}  // namespace muster
