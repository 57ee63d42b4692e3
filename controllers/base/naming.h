// Names and labels of what controllers create (design.md section 4).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "api/types/kinds.h"

namespace muster {

// `<owner's name, cut to 40>-<slot>-<attempt>-<8 hex digits of a hash of owner kind, owner uid and slot>`. A slot that
// is not a number (a DAEMON slot is the instance's uid) stands only in the hash.
std::string derived_name(const Object& owner, std::string_view slot, std::int64_t attempt);

namespace labels {
inline constexpr std::string_view own_domain = "muster.dev/";  // what controllers set begins so
inline constexpr std::string_view service = "muster.dev/service";
inline constexpr std::string_view task_set = "muster.dev/task-set";
inline constexpr std::string_view task_run = "muster.dev/task-run";
inline constexpr std::string_view restarted_at = "muster.dev/restartedAt";  // annotation
// Annotation of a Service: "DEPLOYMENT/STEP", after which somebody lets the rollout go on.
inline constexpr std::string_view promote = "muster.dev/promote";
// Annotation of a Service: the id of a deployment that somebody gives up.
inline constexpr std::string_view abort = "muster.dev/abort";
inline constexpr std::string_view cluster = "muster.dev/cluster";  // annotation of a namespace
// Annotation of a TaskSet: its number among the deployments of its service, from 1; the highest is the PRIMARY.
inline constexpr std::string_view rollout = "muster.dev/rollout";
// Annotation of a TaskSet that was rolled back to: the name of the one that failed.
inline constexpr std::string_view rolled_back_from = "muster.dev/rolled-back-from";
// Annotation of a DAEMON's task: the uid of the instance it is for, which is its slot.
inline constexpr std::string_view daemon_instance = "muster.dev/daemon-instance";
// True when a label may carry the text.
bool legal_value(std::string_view text);
}  // namespace labels

namespace finalizers {
// Of a Task that has been placed: its containers may exist. The scheduler's binding adds it, garbage takes it away.
inline constexpr std::string_view containers = "muster.dev/containers";
// Kubernetes' two ways of deleting an owner.
inline constexpr std::string_view foreground = "foregroundDeletion";
inline constexpr std::string_view orphan = "orphan";
}  // namespace finalizers

}  // namespace muster
