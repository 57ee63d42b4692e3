// All tasks of a deployment run the image that the first of them reported.
#include "controllers/service/images.h"

#include "tests/controllers/service/replicas.h"

namespace muster {
namespace {

using namespace testing;
using ::testing::HasSubstr;

class ImagesOfReplicas : public Replicas {
 protected:
  void report(const std::string& task, const std::string& digest, const std::string& id = "") {
    world.edit<Task>(task, [&](Task& t) {
      t.status.containers.resize(1);
      t.status.containers[0].name = definition().container_definitions[0].name;
      t.status.containers[0].image_digest = digest;
      t.status.containers[0].image_id = id;
    });
  }
  const TaskDefinitionSpec& definition() { return world.get<TaskDefinitionRevision>("web:3")->spec; }
  std::vector<ContainerImage> established() const { return world.all<TaskSet>().front()->status.container_images; }
};

TEST_F(ImagesOfReplicas, the_first_report_holds) {
  given(a_service("web").desired(2));
  EXPECT_TRUE(established().empty());
  const auto tasks = live();
  report(tasks[1]->metadata.name, "sha256:b");
  rest();
  ASSERT_EQ(established().size(), 1U);
  EXPECT_EQ(established()[0].image_digest, "sha256:b");
  EXPECT_EQ(established()[0].image, definition().container_definitions[0].image);
  report(tasks[0]->metadata.name, "sha256:b");
  rest();
  EXPECT_EQ(live().size(), 2U);
  EXPECT_EQ(live()[0]->metadata.name, tasks[0]->metadata.name) << "nothing was replaced";
}

TEST_F(ImagesOfReplicas, of_two_that_differ_the_later_is_replaced_start_first) {
  given(a_service("web").desired(2));
  const auto tasks = live();
  report(tasks[0]->metadata.name, "sha256:a");
  report(tasks[1]->metadata.name, "sha256:b");
  shell.settle();
  EXPECT_EQ(established()[0].image_digest, "sha256:a") << "said at once: the lower slot";
  EXPECT_FALSE(wants_stop(*world.get<Task>(tasks[0]->metadata.name)));
  EXPECT_FALSE(wants_stop(*world.get<Task>(tasks[1]->metadata.name))) << "its replacement does not run yet";
  EXPECT_EQ(live().size(), 3U);
  rest();
  const auto gone = world.get<Task>(tasks[1]->metadata.name);
  EXPECT_TRUE(wants_stop(*gone));
  EXPECT_EQ(live().size(), 2U);
  EXPECT_EQ(established()[0].image_digest, "sha256:a");
}

TEST_F(ImagesOfReplicas, another_build_of_a_local_image_is_another_image) {
  given(a_service("web").desired(2));
  const auto tasks = live();
  report(tasks[0]->metadata.name, "", "sha256:1");
  report(tasks[1]->metadata.name, "", "sha256:2");
  rest();
  EXPECT_EQ(established()[0].image_id, "sha256:1");
  EXPECT_TRUE(wants_stop(*world.get<Task>(tasks[1]->metadata.name)));
}

TEST_F(ImagesOfReplicas, without_room_it_stops_first) {
  given(a_service("web").desired(2).percent(50, 100));
  const auto tasks = live();
  report(tasks[0]->metadata.name, "sha256:a");
  report(tasks[1]->metadata.name, "sha256:b");
  shell.settle();
  const auto gone = world.get<Task>(tasks[1]->metadata.name);
  EXPECT_TRUE(wants_stop(*gone));
  EXPECT_THAT(gone->spec.stopped_reason, HasSubstr("another image"));
}

TEST_F(ImagesOfReplicas, a_restart_asks_anew) {
  given(a_service("web").desired(1));
  report(live()[0]->metadata.name, "sha256:a");
  rest();
  world.edit<Service>("web", [](Service& s) { s.metadata.annotations["muster.dev/restartedAt"] = "now"; });
  rest();
  for (const auto& set : world.all<TaskSet>()) {
    if (set->status.status == DeploymentStatus::primary) {
      EXPECT_TRUE(set->status.container_images.empty());
    }
  }
}

TEST(EstablishImages, LeavesOutWhatNeedNotBeConsistent) {
  TaskDefinitionSpec definition;
  for (const char* name : {"a", "b", "c"}) {
    definition.container_definitions.emplace_back().name = name;
    definition.container_definitions.back().image = "i";
  }
  definition.container_definitions[1].version_consistency = VersionConsistency::disabled;
  auto task = std::make_shared<Task>(make<Task>());
  for (const char* name : {"c", "b", "a"}) {
    task->status.containers.emplace_back().name = name;
    task->status.containers.back().image_digest = std::string("sha256:") + name;
  }
  service::TaskFacts facts;
  facts.task = task;
  facts.images = service::images_hash(*task);
  const auto found = service::establish_images({ContainerImage{"c", "i", "sha256:0", ""}}, definition, {facts});
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].image_digest, "sha256:a");
  EXPECT_EQ(found[1].image_digest, "sha256:0") << "never changed once it is known";
  EXPECT_TRUE(service::differs(*task, found));
  EXPECT_FALSE(service::differs(*task, {found[0]}));
}

}  // namespace
}  // namespace muster
