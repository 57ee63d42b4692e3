// The rules of each kind that go over several fields, and its defaults that depend on other fields. All pure; they
// report everything at once.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/base/error.h"
#include "api/types/builtin.h"
#include "api/types/cluster.h"
#include "api/types/configuration.h"
#include "api/types/findings.h"
#include "api/types/rbac.h"
#include "api/types/service.h"
#include "api/types/task_run.h"

namespace muster {

struct Kind;

// Name, namespace, labels, annotations, finalizers and owners of an object of that kind.
void check_metadata(const Kind& kind, const Meta& metadata, const Findings& findings);

// ECS's rules for a task definition; `findings` is at "spec".
void check_task_definition(const TaskDefinitionSpec& spec, const Findings& findings);
// Its parts that have files of their own; called by check_task_definition().
void check_ports(const TaskDefinitionSpec& spec, const Findings& findings);
void check_volumes(const TaskDefinitionSpec& spec, const Findings& findings);
// What a container takes from Secrets and ConfigMaps; `at` is at the container. Called by check_task_definition().
void check_config_sources(const ContainerDefinition& container, const Findings& at);
void check_placement(const std::vector<PlacementConstraint>& constraints,
                     const std::vector<PlacementStrategy>& strategies, const Findings& findings);

// One function a kind, for the table of kinds.
void check(const TaskDefinition& object, const Findings& findings);
void check(const TaskDefinitionRevision& object, const Findings& findings);
void check(const Service& object, const Findings& findings);
void check(const TaskSet& object, const Findings& findings);
void check(const Task& object, const Findings& findings);
void check(const TaskRun& object, const Findings& findings);
void check(const ContainerInstance& object, const Findings& findings);
void check(const Namespace& object, const Findings& findings);
void check(const Event& object, const Findings& findings);
void check(const Secret& object, const Findings& findings);
void check(const ConfigMap& object, const Findings& findings);
void check(const Role& object, const Findings& findings);
void check(const ClusterRole& object, const Findings& findings);
void check(const RoleBinding& object, const Findings& findings);
void check(const ClusterRoleBinding& object, const Findings& findings);

void apply_defaults(TaskDefinition& object);
void apply_defaults(Service& object);
void apply_defaults(Task& object);
void apply_defaults(TaskRun& object);
void apply_defaults(ContainerInstance& object);
void apply_defaults(Secret& object);
void apply_defaults(ConfigMap& object);
void apply_defaults(RoleBinding& object);
void apply_defaults(ClusterRoleBinding& object);

}  // namespace muster
