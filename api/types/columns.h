// The columns of `get`, by kind. What is shown by default fits 80 characters with names of usual length.
#pragma once

#include <vector>

#include "api/types/kinds.h"

namespace muster {

std::vector<Column> cluster_columns();
std::vector<Column> container_instance_columns();
std::vector<Column> task_definition_columns();
std::vector<Column> task_definition_revision_columns();
std::vector<Column> service_columns();
std::vector<Column> task_set_columns();
std::vector<Column> task_columns();
std::vector<Column> task_run_columns();
std::vector<Column> namespace_columns();
std::vector<Column> event_columns();
std::vector<Column> lease_columns();
std::vector<Column> secret_columns();
std::vector<Column> config_map_columns();
std::vector<Column> service_account_columns();
std::vector<Column> role_columns();
std::vector<Column> role_binding_columns();
std::vector<Column> cluster_role_binding_columns();
// Those of the views name their Age themselves.
std::vector<Column> pod_columns();
std::vector<Column> node_columns();
std::vector<Column> endpoint_slice_columns();
std::vector<Column> pod_metrics_columns();
std::vector<Column> node_metrics_columns();

}  // namespace muster
