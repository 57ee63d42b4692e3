// What agents are told of the deployments of their tasks: the images of the first task, once, and nothing of others.
#include <gtest/gtest.h>

#include "api/schema/json.h"
#include "api/types/service.h"
#include "tests/runtime/server/hub.h"

namespace muster::server {
namespace {

using testing::AgentHubTest;
using testing::milliseconds;

class AgentTaskSetsTest : public AgentHubTest {
 protected:
  AgentTaskSetsTest() {
    define("web");
    auto set = std::make_shared<TaskSet>(make<TaskSet>());
    set->metadata.ns = "default";
    set->metadata.name = "web-1";
    set->spec.service = "web";
    set->spec.task_definition = "web:1";
    set->spec.cluster = "default";
    commit({create(std::move(set))});
    boot();
  }
  std::shared_ptr<const TaskSet> stored() { return store_->state().get<TaskSet>("default", "web-1"); }
  void write(const std::function<void(TaskSetStatus&)>& change) {
    auto set = std::make_shared<TaskSet>(*stored());
    change(set->status);
    commit({update_status(std::move(set))});
    pass(milliseconds(5));
  }
  void find_image(const std::string& digest) {
    write([&](TaskSetStatus& status) { status.container_images = {{"main", "web:v1", digest, ""}}; });
  }
  void run(const std::string& name) {
    auto task = std::make_shared<Task>(make<Task>());
    task->metadata.ns = "default";
    task->metadata.name = name;
    task->metadata.owner_references = {owner_reference(*stored())};
    task->spec.cluster = "default";
    task->spec.task_definition = "web:1";
    task->spec.container_instance = "host-1";
    commit({create(std::move(task))});
    pass(milliseconds(5));
  }
  // The digests of the sets that were sent since the last call; "-" for every task.
  std::vector<std::string> sent(testing::Socket& socket) {
    std::vector<std::string> out;
    for (const protocol::Down& each : std::exchange(socket.sent, {})) {
      const auto* put = std::get_if<protocol::Put>(&each);
      if (put == nullptr) continue;
      DecodeOptions options;
      options.unknown = Unknown::ignore;
      const auto object = decode_object(parse_json(put->object.json).value(), nullptr, options, nullptr).value();
      if (const auto* set = as<TaskSet>(object.get())) {
        EXPECT_EQ(set->metadata.uid, stored()->metadata.uid);
        EXPECT_EQ(set->metadata.ns, "default");
        for (const ContainerImage& image : set->status.container_images) out.push_back(image.image_digest);
      }
      if (as<Task>(object.get()) != nullptr) out.emplace_back("-");
    }
    return out;
  }
  using Texts = std::vector<std::string>;
};

TEST_F(AgentTaskSetsTest, known_images_are_told_with_the_first_task_of_the_set) {
  find_image("sha256:1");
  const auto socket = connect("a");
  pass(milliseconds(5));
  EXPECT_EQ(sent(*socket), Texts{});
  run("one");
  const Texts first = sent(*socket);
  EXPECT_EQ(std::multiset<std::string>(first.begin(), first.end()), (std::multiset<std::string>{"-", "sha256:1"}));
  run("two");
  EXPECT_EQ(sent(*socket), Texts{"-"});
}

TEST_F(AgentTaskSetsTest, images_found_later_are_told_to_whoever_has_tasks_of_the_set) {
  const auto socket = connect("a");
  pass(milliseconds(5));
  sent(*socket);
  run("one");
  EXPECT_EQ(sent(*socket), Texts{"-"});
  write([](TaskSetStatus& status) { status.running_count = 1; });
  EXPECT_EQ(sent(*socket), Texts{});
  find_image("sha256:1");
  EXPECT_EQ(sent(*socket), Texts{"sha256:1"});
  write([](TaskSetStatus& status) { status.running_count = 2; });
  EXPECT_EQ(sent(*socket), Texts{});
}

}  // namespace
}  // namespace muster::server
