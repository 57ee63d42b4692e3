// Tasks whose namespace does not allow what their definition has of power over the hosts are not placed.
#include <gmock/gmock.h>

#include "api/types/builtin.h"
#include "api/types/host_access.h"
#include "tests/controllers/scheduler/scheduling.h"

namespace muster::testing {
namespace {

using ::testing::HasSubstr;

class HostAccessScheduling : public Scheduling {
 protected:
  void allow(const std::string& words) {
    const auto stored = world.state.get<Namespace>({}, "default");
    Namespace ns = stored != nullptr ? *stored : make<Namespace>();
    ns.metadata.name = "default";
    ns.metadata.annotations[std::string(host_access_annotation)] = words;
    world.put(share(std::move(ns)));
  }
};

TEST_F(HostAccessScheduling, a_task_waits_for_the_allowance) {
  allow("none");
  world.add(an_instance("n1"));
  TaskDefinitionRevision revision = static_cast<const TaskDefinitionRevision&>(*a_revision("web", 1).shared());
  revision.spec.network_mode = NetworkMode::host;
  world.put(share(std::move(revision)));
  tasks("web", 1);
  settle();
  EXPECT_EQ(where("web-000"), "");
  EXPECT_THAT(refusal("web-000"), HasSubstr("networkMode"));
  EXPECT_THAT(refusal("web-000"), HasSubstr("muster.dev/host-access=hostNetwork"));
  allow("devices");
  settle();
  EXPECT_EQ(where("web-000"), "");
  allow("hostNetwork");
  settle();
  EXPECT_EQ(where("web-000"), "n1");
}

}  // namespace
}  // namespace muster::testing
