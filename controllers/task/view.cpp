#include "controllers/task/view.h"

#include <algorithm>

namespace muster::task {

View::View(const DesiredTask& desired, const std::vector<ObservedContainer>& observed, TaskMemory& memory) {
  std::vector<const ContainerDefinition*> definitions;
  if (desired.definition != nullptr) {
    holder = namespace_holder(*desired.definition);
    for (const ContainerDefinition& definition : desired.definition->container_definitions) {
      definitions.push_back(&definition);
    }
  }
  const auto known = [&](const std::string& name) {
    return std::ranges::any_of(definitions, [&](const ContainerDefinition* each) { return each->name == name; }) ||
           std::ranges::any_of(made_up_, [&](const ContainerDefinition& each) { return each.name == name; });
  };
  const auto make_up = [&](const std::string& name) {
    if (known(name)) return;
    ContainerDefinition& definition = made_up_.emplace_back();
    definition.name = name;
    definition.essential = false;
  };
  for (const ObservedContainer& container : observed) make_up(container.name);
  if (desired.definition == nullptr) {
    for (const ContainerStatus& container : memory.status.containers) make_up(container.name);
  }
  for (const ContainerDefinition& definition : made_up_) definitions.push_back(&definition);

  // First all names, so that the pointers taken afterwards stay.
  std::vector<std::size_t> indexes;
  indexes.reserve(definitions.size());
  for (const ContainerDefinition* definition : definitions) indexes.push_back(index_of(memory, definition->name));
  containers.reserve(definitions.size());
  for (std::size_t at = 0; at < definitions.size(); ++at) {
    containers.push_back(Container{definitions[at], &memory.status.containers[indexes[at]],
                                   &memory.containers[indexes[at]], task::find(observed, definitions[at]->name)});
  }
}

const Container* View::find(const std::string& name) const {
  const auto found = std::ranges::find_if(containers, [&](const Container& each) { return each.name() == name; });
  return found == containers.end() ? nullptr : &*found;
}

std::string link_target(const std::string& link) {
  return link.substr(0, link.find(':'));
}

}  // namespace muster::task
