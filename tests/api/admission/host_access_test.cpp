// A namespace's allowance of power over the hosts, where objects are written.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/admission/admission.h"
#include "api/base/text.h"
#include "api/types/builtin.h"
#include "api/types/cluster.h"
#include "api/types/host_access.h"
#include "api/types/task_run.h"

namespace muster {
namespace {

using ::testing::HasSubstr;

class HostAccessTest : public ::testing::Test {
 protected:
  HostAccessTest() {
    context_.now = Time(std::chrono::seconds(1'800'000'000));
    context_.new_uid = [this] { return hex(0, 16) + hex(++uids_, 16); };
    auto ns = make<Namespace>();
    ns.metadata.name = "prod";
    EXPECT_TRUE(write(create(share(ns))).ok());
    auto cluster = make<Cluster>();
    cluster.metadata.name = "default";
    EXPECT_TRUE(write(create(share(cluster))).ok());
  }
  Status write(Write write) {
    auto result = admit(state_, {std::move(write)}, context_);
    return result.ok() ? Status() : Status(std::move(result).error());
  }
  void allow(const std::string& words) {
    Namespace ns = *state_.get<Namespace>({}, "prod");
    ns.metadata.annotations[std::string(host_access_annotation)] = words;
    ASSERT_TRUE(write(update(share(ns))).ok());
  }
  static TaskDefinition definition() {
    auto out = make<TaskDefinition>();
    out.metadata.name = "web";
    out.metadata.ns = "prod";
    ContainerDefinition container;
    container.name = "app";
    container.image = "nginx";
    container.memory = 64;
    out.spec.container_definitions = {container};
    out.spec.network_mode = NetworkMode::host;
    return out;
  }
  template <class T>
  static T of_definition(const std::string& name) {
    auto out = make<T>();
    out.metadata.name = name;
    out.metadata.ns = "prod";
    out.spec.task_definition = "web";
    return out;
  }

  State state_;
  AdmissionContext context_;
  std::uint64_t uids_ = 0;
};

TEST_F(HostAccessTest, a_definition_needs_the_allowance) {
  const Status refused = write(create(share(definition())));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Code::invalid);
  ASSERT_EQ(refused.error().causes.size(), 1U);
  EXPECT_EQ(refused.error().causes[0].field, "spec.networkMode");
  EXPECT_THAT(refused.error().text(), HasSubstr("\"prod\""));
  EXPECT_THAT(refused.error().text(), HasSubstr("muster.dev/host-access=hostNetwork"));
  allow("hostNetwork");
  EXPECT_TRUE(write(create(share(definition()))).ok());
}

TEST_F(HostAccessTest, what_was_let_in_stays_but_gains_nothing) {
  allow("hostNetwork");
  ASSERT_TRUE(write(create(share(definition()))).ok());
  allow("none");
  TaskDefinition labelled = *state_.get<TaskDefinition>("prod", "web");
  labelled.metadata.labels["a"] = "b";
  EXPECT_TRUE(write(update(share(labelled))).ok());
  TaskDefinition changed = *state_.get<TaskDefinition>("prod", "web");
  changed.spec.container_definitions[0].image = "other";
  EXPECT_FALSE(write(update(share(changed))).ok());
  changed.spec.network_mode = NetworkMode::bridge;
  EXPECT_TRUE(write(update(share(changed))).ok());
}

TEST_F(HostAccessTest, tasks_and_runs_of_an_older_definition_are_refused) {
  allow("all");
  ASSERT_TRUE(write(create(share(definition()))).ok());
  EXPECT_TRUE(write(create(share(of_definition<Task>("allowed")))).ok());
  allow("none");
  for (const Status& refused :
       {write(create(share(of_definition<Task>("t")))), write(create(share(of_definition<TaskRun>("r"))))}) {
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().causes.at(0).field, "spec.taskDefinition");
    EXPECT_THAT(refused.error().text(), HasSubstr("networkMode"));
  }
  // Its controller is not held up; the scheduler refuses the task with a reason.
  Task owned = of_definition<Task>("owned");
  owned.metadata.owner_references = {OwnerReference{"muster.dev/v1beta1", "TaskSet", "web-1", "u", true, true}};
  EXPECT_TRUE(write(create(share(owned))).ok());
}

TEST_F(HostAccessTest, an_allowance_of_unknown_words_is_refused) {
  Namespace ns = *state_.get<Namespace>({}, "prod");
  ns.metadata.annotations[std::string(host_access_annotation)] = "everything";
  const Status refused = write(update(share(ns)));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().causes.at(0).field, "metadata.annotations[muster.dev/host-access]");
}

}  // namespace
}  // namespace muster
