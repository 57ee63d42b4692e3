// The fixture of tests about a REPLICA service named web, over scripted hosts.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controllers/service/service.h"
#include "tests/support/cluster.h"
#include "tests/support/shell.h"

namespace muster::testing {

class Replicas : public ::testing::Test {
 protected:
  Replicas() {
    for (int n = 1; n <= 3; ++n) world.add(a_revision("web", n));
    shell.add(make_service_controller());
  }
  // Adds it and brings it to rest.
  void given(const a_service& service) {
    world.add(service);
    rest();
  }
  void rest() {
    for (int i = 0; i < 200; ++i) {
      shell.settle();
      const std::int64_t before = world.state.revision();
      hosts.work();
      if (world.state.revision() == before) break;
    }
  }
  std::vector<std::shared_ptr<const Task>> live() const {
    std::vector<std::shared_ptr<const Task>> out;
    for (const auto& task : world.all<Task>()) {
      if (!is_stopped(*task) && !wants_stop(*task)) out.push_back(task);
    }
    return out;
  }
  std::vector<std::shared_ptr<const Task>> live_of(const std::string& definition) const {
    std::vector<std::shared_ptr<const Task>> out;
    for (const auto& task : live()) {
      if (task->spec.task_definition == definition) out.push_back(task);
    }
    return out;
  }
  std::shared_ptr<const Service> service() const { return world.get<Service>("web"); }
  template <class Edit>
  void change(Edit edit) {
    world.edit<Service>("web", [&](Service& s) { edit(s.spec); });
  }
  std::vector<std::string> messages() const {
    std::vector<std::string> out;
    for (const Note& note : world.notes) out.push_back(note.message);
    return out;
  }

  World world;
  Hosts hosts{world, 4};
  Shell shell{world};
};

}  // namespace muster::testing
