#include "api/types/pod.h"

#include "api/types/describe_kind.h"

namespace muster {

template <>
Type Describe<view::ContainerPort>::type() {
  using view::ContainerPort;
  return object<ContainerPort>("ContainerPort", "A port of a container.",
                               field<&ContainerPort::name>("name", "Its name."),
                               field<&ContainerPort::container_port>("containerPort", "The port inside the container."),
                               field<&ContainerPort::host_port>("hostPort", "The port of the host where it answers."),
                               field<&ContainerPort::protocol>("protocol", "TCP or UDP."));
}

template <>
Type Describe<view::EnvVar>::type() {
  return object<view::EnvVar>("EnvVar", "A variable of a container's environment.",
                              field<&view::EnvVar::name>("name", "Its name.").required(),
                              field<&view::EnvVar::value>("value", "Its value."));
}

template <>
Type Describe<view::ResourceRequirements>::type() {
  return object<view::ResourceRequirements>(
      "ResourceRequirements", "What a container may use, as quantities.",
      field<&view::ResourceRequirements::limits>("limits", "The most it may use."),
      field<&view::ResourceRequirements::requests>("requests", "What is reserved for it."));
}

template <>
Type Describe<view::Container>::type() {
  using view::Container;
  return object<Container>(
      "Container", "A container of the task's definition, with the task's overrides.",
      field<&Container::name>("name", "Its name.").required(), field<&Container::image>("image", "The image it runs."),
      field<&Container::command>("command", "The entry point; that of the image when absent.").atomic(),
      field<&Container::args>("args", "The arguments of the entry point.").atomic(),
      field<&Container::working_dir>("workingDir", "The directory it starts in."),
      field<&Container::ports>("ports", "The ports it opens."),
      field<&Container::env>("env", "Its environment.").keyed_by("name"),
      field<&Container::resources>("resources", "What it may use."),
      field<&Container::is_stdin>("stdin", "Whether its standard input stays open."),
      field<&Container::tty>("tty", "Whether it has a terminal."));
}

template <>
Type Describe<view::PodSpec>::type() {
  using view::PodSpec;
  return object<PodSpec>(
      "PodSpec", "What runs, and where.",
      field<&PodSpec::containers>("containers", "The containers of the task.").keyed_by("name"),
      field<&PodSpec::restart_policy>(
          "restartPolicy", "Always for the task of a service, which replaces a task that ends; Never for others."),
      field<&PodSpec::termination_grace_period_seconds>(
          "terminationGracePeriodSeconds", "How long the containers may take to stop before they are killed."),
      field<&PodSpec::node_name>("nodeName", "The container instance; empty until the task is placed."),
      field<&PodSpec::host_network>("hostNetwork", "Whether the containers use the network of the host."));
}

template <>
Type Describe<view::ContainerStateWaiting>::type() {
  using view::ContainerStateWaiting;
  return object<ContainerStateWaiting>("ContainerStateWaiting", "The container does not run yet.",
                                       field<&ContainerStateWaiting::reason>("reason", "Why, as one word."),
                                       field<&ContainerStateWaiting::message>("message", "Why, as a sentence."));
}

template <>
Type Describe<view::ContainerStateRunning>::type() {
  return object<view::ContainerStateRunning>(
      "ContainerStateRunning", "The container runs.",
      field<&view::ContainerStateRunning::started_at>("startedAt", "Since when.").whole_seconds());
}

template <>
Type Describe<view::ContainerStateTerminated>::type() {
  using view::ContainerStateTerminated;
  return object<ContainerStateTerminated>(
      "ContainerStateTerminated", "The container has ended.",
      field<&ContainerStateTerminated::exit_code>("exitCode", "The code it ended with.").keep_zero(),
      field<&ContainerStateTerminated::reason>("reason", "Why, as one word."),
      field<&ContainerStateTerminated::message>("message", "Why, as a sentence."),
      field<&ContainerStateTerminated::started_at>("startedAt", "When it began.").whole_seconds(),
      field<&ContainerStateTerminated::finished_at>("finishedAt", "When it ended.").whole_seconds(),
      field<&ContainerStateTerminated::container_id>("containerID", "Its id in the container engine."));
}

template <>
Type Describe<view::ContainerState>::type() {
  using view::ContainerState;
  return object<ContainerState>("ContainerState", "Waiting, running or terminated: one of them is set.",
                                field<&ContainerState::waiting>("waiting", "It does not run yet."),
                                field<&ContainerState::running>("running", "It runs."),
                                field<&ContainerState::terminated>("terminated", "It has ended."));
}

template <>
Type Describe<view::ContainerStatus>::type() {
  using view::ContainerStatus;
  return object<ContainerStatus>(
      "ContainerStatus", "What is observed of a container.",
      field<&ContainerStatus::name>("name", "Its name.").required(),
      field<&ContainerStatus::state>("state", "What it does."),
      field<&ContainerStatus::ready>("ready", "Whether it runs and is not unhealthy.").keep_zero(),
      field<&ContainerStatus::started>("started", "Whether it runs.").keep_zero(),
      field<&ContainerStatus::restart_count>("restartCount",
                                             "How many tasks of the same slot failed in a row just before this one.")
          .keep_zero(),
      field<&ContainerStatus::image>("image", "The image it runs.").keep_zero(),
      field<&ContainerStatus::image_id>("imageID", "The digest of the image.").keep_zero(),
      field<&ContainerStatus::container_id>("containerID", "Its id in the container engine."));
}

template <>
Type Describe<view::PodCondition>::type() {
  using view::PodCondition;
  return object<PodCondition>(
      "PodCondition", "An observation about the pod.",
      field<&PodCondition::type>("type", "What it is about.").required(),
      field<&PodCondition::status>("status", "True, False or Unknown."),
      field<&PodCondition::last_transition_time>("lastTransitionTime", "Since when.").whole_seconds(),
      field<&PodCondition::reason>("reason", "Why, as one word."),
      field<&PodCondition::message>("message", "Why, as a sentence."));
}

template <>
Type Describe<view::PodIp>::type() {
  return object<view::PodIp>("PodIP", "An address of the pod.",
                             field<&view::PodIp::ip>("ip", "The address.").required());
}

template <>
Type Describe<view::PodStatus>::type() {
  using view::PodStatus;
  return object<PodStatus>(
      "PodStatus", "What is observed of the task.",
      field<&PodStatus::phase>("phase", "Pending, Running, Succeeded or Failed."),
      field<&PodStatus::conditions>("conditions", "PodScheduled, Initialized, ContainersReady and Ready.")
          .keyed_by("type"),
      field<&PodStatus::message>("message", "Why it is not simply running, as a sentence."),
      field<&PodStatus::reason>("reason", "Why it is not simply running, as one word."),
      field<&PodStatus::host_ip>("hostIP", "The address of the host."),
      field<&PodStatus::pod_ip>("podIP", "The address where its host ports answer: the host's."),
      field<&PodStatus::pod_ips>("podIPs", "The same as a list.").keyed_by("ip"),
      field<&PodStatus::start_time>("startTime", "When it was created on its host.").whole_seconds(),
      field<&PodStatus::container_statuses>("containerStatuses", "Its containers.").keyed_by("name"),
      field<&PodStatus::qos_class>("qosClass", "Burstable when something is reserved for it, else BestEffort."));
}

template <>
Type Describe<view::Pod>::type() {
  using view::Pod;
  return kind_object<Pod>(
      "Pod",
      "A Task as tools of Kubernetes read it. A view: deleting it stops the task, all other changes "
      "are made to tasks, task runs and services.",
      field<&Pod::metadata>("metadata", "The name is the task's."), field<&Pod::spec>("spec", "What runs, and where."),
      field<&Pod::status>("status", "What is observed.").written_by(Writer::server));
}

}  // namespace muster
