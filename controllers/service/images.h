// Which images the tasks of a deployment run: what the first of them found its images to be holds for all (ECS:
// software version consistency).
#pragma once

#include <cstdint>
#include <vector>

#include "api/types/service.h"
#include "controllers/service/facts.h"

namespace muster::service {

// What is established already, and what tasks have reported of containers for which nothing is. Of several tasks that
// reported at once the one of the lowest slot holds. In the order of the definition.
std::vector<ContainerImage> establish_images(const std::vector<ContainerImage>& established,
                                             const TaskDefinitionSpec& definition, const std::vector<TaskFacts>& tasks);

// Of what the task reports, the same for tasks with the same images; 0: nothing yet.
std::uint64_t images_hash(const Task& task);
std::uint64_t images_hash(const std::vector<ContainerImage>& established);

// The task runs, or is about to, another image than its deployment.
bool differs(const Task& task, const std::vector<ContainerImage>& established);

}  // namespace muster::service
