// Every rule of ECS for task definitions, one row each: what breaks it and what is said.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/api/types/case.h"

namespace muster {
namespace {

using testing::Case;

constexpr std::string_view valid = R"({
  "apiVersion": "muster.dev/v1beta1", "kind": "TaskDefinition", "metadata": {"name": "web", "namespace": "default"},
  "spec": {"containerDefinitions": [{"name": "app", "image": "web:1", "memory": 64}]}})";

class TaskDefinitionRule : public ::testing::TestWithParam<Case> {};

TEST_P(TaskDefinitionRule, IsChecked) {
  testing::expect_case(valid, GetParam());
}

// The definition with two containers a and b, or with the container app, and further fields of them.
#define A_AND_B(a, b)                                                                \
  R"({"spec": {"containerDefinitions": [{"name": "a", "image": "i", "memory": 8 )" a \
  R"(}, {"name": "b", "image": "i", "memory": 8 )" b R"(}]}})"
#define APP(fields) R"({"spec": {"containerDefinitions": [{"name": "app", "image": "i", "memory": 64 )" fields R"(}]}})"
#define APP_IN(mode, fields)           \
  R"({"spec": {"networkMode": ")" mode \
  R"(", "containerDefinitions": [{"name": "app", "image": "i", "memory": 64 )" fields R"(}]}})"

INSTANTIATE_TEST_SUITE_P(
    KernelOptions, TaskDefinitionRule,
    ::testing::Values(
        Case{"all", APP(R"(, "ulimits": [{"name": "core"}, {"name": "nofile", "softLimit": 5, "hardLimit": -1}],
             "linuxParameters": {"sharedMemorySize": 8, "maxSwap": 0, "swappiness": 0,
             "tmpfs": [{"containerPath": "/run", "size": 4, "mountOptions": ["noexec", "mode=1777"]}]})"),
             "", ""},
        Case{"unknown_limit", APP(R"(, "ulimits": [{"name": "files"}])"),
             "spec.containerDefinitions[0].ulimits[0].name", "one of core"},
        Case{"same_limit", APP(R"(, "ulimits": [{"name": "core"}, {"name": "core"}])"),
             "spec.containerDefinitions[0].ulimits[1].name", "uplicate"},
        Case{"soft_above_hard", APP(R"(, "ulimits": [{"name": "core", "softLimit": 2, "hardLimit": 1}])"),
             "spec.containerDefinitions[0].ulimits[0].softLimit", "above hardLimit (1)"},
        Case{"soft_unlimited", APP(R"(, "ulimits": [{"name": "core", "softLimit": -1, "hardLimit": 1}])"),
             "spec.containerDefinitions[0].ulimits[0].softLimit", "above hardLimit (1)"},
        Case{"swap_without_memory", R"({"spec": {"containerDefinitions": [{"name": "a", "image": "i", "memory": null,
             "memoryReservation": 8, "linuxParameters": {"maxSwap": 1}}]}})",
             "spec.containerDefinitions[0].linuxParameters.maxSwap", "hard limit"},
        Case{"swappiness", APP(R"(, "linuxParameters": {"swappiness": 101})"),
             "spec.containerDefinitions[0].linuxParameters.swappiness", "100"},
        Case{"tmpfs_root", APP(R"(, "linuxParameters": {"tmpfs": [{"containerPath": "/", "size": 4}]})"),
             "spec.containerDefinitions[0].linuxParameters.tmpfs[0].containerPath", "absolute path"},
        Case{"tmpfs_up", APP(R"(, "linuxParameters": {"tmpfs": [{"containerPath": "/a/../b", "size": 4}]})"),
             "spec.containerDefinitions[0].linuxParameters.tmpfs[0].containerPath", "absolute path"},
        Case{"tmpfs_size", APP(R"(, "linuxParameters": {"tmpfs": [{"containerPath": "/a"}]})"),
             "spec.containerDefinitions[0].linuxParameters.tmpfs[0].size", "equired"},
        Case{"tmpfs_option", APP(R"(, "linuxParameters": {"tmpfs": [{"containerPath": "/a", "size": 4,
             "mountOptions": ["noexec,size=9g"]}]})"),
             "spec.containerDefinitions[0].linuxParameters.tmpfs[0].mountOptions[0]", "option of tmpfs"}),
    testing::name_of_case);

// The definition with these fields beside its containers, and the container app with further ones.
#define TASK(task, fields) \
  R"({"spec": {)" task R"(, "containerDefinitions": [{"name": "app", "image": "i", "memory": 64 )" fields R"(}]}})"

INSTANTIATE_TEST_SUITE_P(
    Volumes, TaskDefinitionRule,
    ::testing::Values(
        Case{"all_kinds",
             TASK(R"("volumes": [{"name": "fresh"}, {"name": "path", "host": {"sourcePath": "/"}},
             {"name": "own", "dockerVolumeConfiguration": {"labels": {"a": "b"}, "driverOpts": {"type": "nfs"}}},
             {"name": "shared", "dockerVolumeConfiguration": {"scope": "shared", "autoprovision": true}}])",
                  R"(, "mountPoints": [{"sourceVolume": "fresh", "containerPath": "/a"},
             {"sourceVolume": "fresh", "containerPath": "/b", "readOnly": true}])"),
             "", ""},
        Case{"same_name", TASK(R"("volumes": [{"name": "a"}, {"name": "a"}])", ""), "spec.volumes[1].name", "uplicate"},
        Case{"bad_name", TASK(R"("volumes": [{"name": "a b"}])", ""), "spec.volumes[0].name", "letters, digits"},
        Case{"relative_path", TASK(R"("volumes": [{"name": "a", "host": {"sourcePath": "srv"}}])", ""),
             "spec.volumes[0].host.sourcePath", "absolute path"},
        Case{"path_with_options", TASK(R"("volumes": [{"name": "a", "host": {"sourcePath": "/a:/b:rshared"}}])", ""),
             "spec.volumes[0].host.sourcePath", "and ':'"},
        Case{"path_upwards", TASK(R"("volumes": [{"name": "a", "host": {"sourcePath": "/srv/../etc"}}])", ""),
             "spec.volumes[0].host.sourcePath", "\"..\""},
        Case{"two_kinds",
             TASK(R"("volumes": [{"name": "a", "host": {"sourcePath": "/a"},
             "dockerVolumeConfiguration": {}}])",
                  ""),
             "spec.volumes[0].dockerVolumeConfiguration", "one or the other"},
        Case{"described", TASK(R"("volumes": [{"name": "a", "host": {}, "dockerVolumeConfiguration": {}}])", ""), "",
             ""},
        Case{"autoprovision_of_a_task",
             TASK(R"("volumes": [{"name": "a",
             "dockerVolumeConfiguration": {"autoprovision": true}}])",
                  ""),
             "spec.volumes[0].dockerVolumeConfiguration.autoprovision", "scope shared"},
        Case{"shared_name",
             TASK(R"("volumes": [{"name": "-a", "dockerVolumeConfiguration": {"scope": "shared"}}])", ""),
             "spec.volumes[0].name", "letter or digit"},
        Case{"shared_task_volume",
             TASK(R"("volumes": [{"name": "muster-web-1-data-0123",
             "dockerVolumeConfiguration": {"scope": "shared"}}])",
                  ""),
             "spec.volumes[0].name", "which those of tasks have"},
        Case{"reserved_label",
             TASK(R"("volumes": [{"name": "a",
             "dockerVolumeConfiguration": {"labels": {"muster.dev/task-uid": "x"}}}])",
                  ""),
             "spec.volumes[0].dockerVolumeConfiguration.labels", "reserved"},
        Case{"unknown_volume", APP(R"(, "mountPoints": [{"sourceVolume": "data", "containerPath": "/a"}])"),
             "spec.containerDefinitions[0].mountPoints[0].sourceVolume", "Not found: \"data\""},
        Case{"mounted_root",
             TASK(R"("volumes": [{"name": "a"}])", R"(, "mountPoints": [{"sourceVolume": "a", "containerPath": "/"}])"),
             "spec.containerDefinitions[0].mountPoints[0].containerPath", "absolute path"},
        Case{"mounted_twice",
             TASK(R"("volumes": [{"name": "a"}])",
                  R"(, "mountPoints": [{"sourceVolume": "a", "containerPath": "/a"},
             {"sourceVolume": "a", "containerPath": "/a/"}])"),
             "spec.containerDefinitions[0].mountPoints[1].containerPath", "Duplicate value"},
        Case{"mounted_over_tmpfs",
             TASK(R"("volumes": [{"name": "a"}])",
                  R"(, "linuxParameters": {"tmpfs": [{"containerPath": "/run", "size": 1}]},
             "mountPoints": [{"sourceVolume": "a", "containerPath": "/run"}])"),
             "spec.containerDefinitions[0].mountPoints[0].containerPath", "Duplicate value"},
        Case{"from_itself", APP(R"(, "volumesFrom": [{"sourceContainer": "app"}])"),
             "spec.containerDefinitions[0].volumesFrom[0].sourceContainer", "the container itself"},
        Case{"from_nobody", APP(R"(, "volumesFrom": [{"sourceContainer": "db"}])"),
             "spec.containerDefinitions[0].volumesFrom[0].sourceContainer", "Not found"},
        Case{"from_each_other", A_AND_B(R"(, "volumesFrom": [{"sourceContainer": "b"}])", R"(, "links": ["a"])"),
             "spec.containerDefinitions[0].volumesFrom", "a -> b -> a"}),
    testing::name_of_case);

INSTANTIATE_TEST_SUITE_P(
    Powers, TaskDefinitionRule,
    ::testing::Values(
        Case{"all", TASK(R"("pidMode": "host", "ipcMode": "none")", R"(, "privileged": true, "disableNetworking": true,
             "linuxParameters": {"capabilities": {"add": ["NET_ADMIN"], "drop": ["ALL"]},
             "devices": [{"hostPath": "/dev/fuse", "permissions": ["read", "write"]}]},
             "systemControls": [{"namespace": "net.ipv4.ip_forward", "value": "1"}],
             "dockerSecurityOptions": ["no-new-privileges", "apparmor:unconfined", "label:type:svirt_t"],
             "logConfiguration": {"logDriver": "local", "options": {"max-size": "1m"}},
             "restartPolicy": {"enabled": true, "ignoredExitCodes": [0, 255], "restartAttemptPeriod": 60})"),
             "", ""},
        Case{"unknown_capability", APP(R"(, "linuxParameters": {"capabilities": {"add": ["CAP_NET_ADMIN"]}})"),
             "spec.containerDefinitions[0].linuxParameters.capabilities.add[0]", "without CAP_"},
        Case{"device_path", APP(R"(, "linuxParameters": {"devices": [{"hostPath": "dev/fuse"}]})"),
             "spec.containerDefinitions[0].linuxParameters.devices[0].hostPath", "absolute path"},
        Case{"control_of_the_host", APP(R"(, "systemControls": [{"namespace": "kernel.core_pattern", "value": "|x"}])"),
             "spec.containerDefinitions[0].systemControls[0].namespace", "one of kernel.msgmax"},
        Case{"control_upwards", APP(R"(, "systemControls": [{"namespace": "net..kernel", "value": "x"}])"),
             "spec.containerDefinitions[0].systemControls[0].namespace", "net."},
        Case{"network_control_of_the_host", APP_IN("host", R"(, "systemControls":
             [{"namespace": "net.core.somaxconn", "value": "9"}])"),
             "spec.containerDefinitions[0].systemControls[0].namespace", "networkMode host"},
        Case{"ipc_control_of_the_host", TASK(R"("ipcMode": "host")", R"(, "systemControls":
             [{"namespace": "kernel.shmmax", "value": "9"}])"),
             "spec.containerDefinitions[0].systemControls[0].namespace", "ipcMode host"},
        Case{"credential_spec", APP(R"(, "dockerSecurityOptions": ["credentialspec:file://x.json"])"),
             "spec.containerDefinitions[0].dockerSecurityOptions[0]", "no-new-privileges"},
        Case{"seccomp", APP(R"(, "dockerSecurityOptions": ["seccomp=unconfined"])"),
             "spec.containerDefinitions[0].dockerSecurityOptions[0]", "no-new-privileges"},
        Case{"ports_without_network", APP(R"(, "disableNetworking": true, "portMappings": [{"containerPort": 80}])"),
             "spec.containerDefinitions[0].portMappings", "disableNetworking"},
        Case{"links_without_network", A_AND_B(R"(, "disableNetworking": true, "links": ["b"])", ""),
             "spec.containerDefinitions[0].links", "disableNetworking"},
        Case{"log_driver", APP(R"(, "logConfiguration": {"logDriver": "awsfirelens"})"),
             "spec.containerDefinitions[0].logConfiguration.logDriver", "one of json-file"},
        Case{"no_log_driver", APP(R"(, "logConfiguration": {"options": {"max-size": "1m"}})"),
             "spec.containerDefinitions[0].logConfiguration.logDriver", "required"},
        Case{"restart_unsaid", APP(R"(, "restartPolicy": {"restartAttemptPeriod": 60})"),
             "spec.containerDefinitions[0].restartPolicy.enabled", "required"},
        Case{"restart_too_soon", APP(R"(, "restartPolicy": {"enabled": true, "restartAttemptPeriod": 59})"),
             "spec.containerDefinitions[0].restartPolicy.restartAttemptPeriod", "from 60 to 1800"},
        Case{"restart_code", APP(R"(, "restartPolicy": {"enabled": true, "ignoredExitCodes": [256]})"),
             "spec.containerDefinitions[0].restartPolicy.ignoredExitCodes[0]", "255"},
        Case{"pid_of_one_container", TASK(R"("pidMode": "task", "ipcMode": "task")", ""), "", ""},
        Case{"pid_of_nobody", R"({"spec": {"pidMode": "task", "containerDefinitions": [
             {"name": "a", "image": "i", "memory": 8, "essential": false},
             {"name": "b", "image": "i", "memory": 8, "dependsOn": [{"containerName": "a"}]}]}})",
             "spec.pidMode", "an essential container without dependsOn"},
        Case{"pid_of_others", TASK(R"("pidMode": "pod")", ""), "spec.pidMode", "host"}),
    testing::name_of_case);

INSTANTIATE_TEST_SUITE_P(
    PortRanges, TaskDefinitionRule,
    ::testing::Values(
        Case{"some", APP(R"(, "portMappings": [{"containerPort": 80}, {"containerPortRange": "8000-8009"},
             {"containerPortRange": "8000-8009", "protocol": "udp"}, {"containerPortRange": "9000-9001"}])"),
             "", ""},
        Case{"backwards", APP(R"(, "portMappings": [{"containerPortRange": "8009-8000"}])"),
             "spec.containerDefinitions[0].portMappings[0].containerPortRange", "the lower one first"},
        Case{"one_port", APP(R"(, "portMappings": [{"containerPortRange": "80-80"}])"),
             "spec.containerDefinitions[0].portMappings[0].containerPortRange", "the lower one first"},
        Case{"with_port", APP(R"(, "portMappings": [{"containerPort": 80, "containerPortRange": "90-91"}])"),
             "spec.containerDefinitions[0].portMappings[0].containerPort", "the first port of containerPortRange (90)"},
        Case{"with_first_port", APP(R"(, "portMappings": [{"containerPort": 90, "containerPortRange": "90-91"}])"), "",
             ""},
        Case{"with_host_port", APP(R"(, "portMappings": [{"hostPort": 80, "containerPortRange": "90-91"}])"),
             "spec.containerDefinitions[0].portMappings[0].hostPort", "the agent picks"},
        Case{"of_the_host", APP_IN("host", R"(, "portMappings": [{"containerPortRange": "90-91"}])"),
             "spec.containerDefinitions[0].portMappings[0].containerPortRange", "networkMode host"},
        Case{"over_each_other", APP(R"(, "portMappings": [{"containerPortRange": "90-95"},
             {"containerPortRange": "95-99"}])"),
             "spec.containerDefinitions[0].portMappings[1].containerPortRange", "overlaps the ports 90 to 95"},
        Case{"over_a_port", APP(R"(, "portMappings": [{"containerPortRange": "90-95"}, {"containerPort": 92}])"),
             "spec.containerDefinitions[0].portMappings[1].containerPort", "overlaps the ports 90 to 95"},
        Case{"too_many_ports", APP(R"(, "portMappings": [{"containerPortRange": "1000-2000"}])"),
             "spec.containerDefinitions[0].portMappings", "at most 1000"}),
    testing::name_of_case);

INSTANTIATE_TEST_SUITE_P(
    Containers, TaskDefinitionRule,
    ::testing::Values(
        Case{"valid", "{}", "", ""},
        Case{"no_containers", R"({"spec": {"containerDefinitions": []}})", "spec.containerDefinitions", "required"},
        Case{"eleven_containers", R"({"spec": {"containerDefinitions": [
             {"name": "a", "image": "i", "memory": 8}, {"name": "b", "image": "i", "memory": 8},
             {"name": "c", "image": "i", "memory": 8}, {"name": "d", "image": "i", "memory": 8},
             {"name": "e", "image": "i", "memory": 8}, {"name": "f", "image": "i", "memory": 8},
             {"name": "g", "image": "i", "memory": 8}, {"name": "h", "image": "i", "memory": 8},
             {"name": "i", "image": "i", "memory": 8}, {"name": "j", "image": "i", "memory": 8},
             {"name": "k", "image": "i", "memory": 8}]}})",
             "spec.containerDefinitions", "at most 10"},
        Case{"same_name", R"({"spec": {"containerDefinitions": [{"name": "a", "image": "i", "memory": 8},
             {"name": "a", "image": "i", "memory": 8}]}})",
             "spec.containerDefinitions[1].name", "uplicate"},
        Case{"no_name", R"({"spec": {"containerDefinitions": [{"image": "i", "memory": 8}]}})",
             "spec.containerDefinitions[0].name", "required"},
        Case{"bad_name", R"({"spec": {"containerDefinitions": [{"name": "a.b", "image": "i", "memory": 8}]}})",
             "spec.containerDefinitions[0].name", "letters, digits"},
        Case{"no_image", R"({"spec": {"containerDefinitions": [{"name": "a", "memory": 8}]}})",
             "spec.containerDefinitions[0].image", "required"},
        Case{"bad_image", R"({"spec": {"containerDefinitions": [{"name": "a", "image": "a b", "memory": 8}]}})",
             "spec.containerDefinitions[0].image", "an image"},
        Case{"none_essential", APP(R"(, "essential": false)"), "spec.containerDefinitions", "must be essential"},
        Case{"one_essential", A_AND_B(R"(, "essential": false)", ""), "", ""},
        Case{"other_family", R"({"spec": {"family": "other"}})", "spec.family", "equal to metadata.name"}),
    testing::name_of_case);

INSTANTIATE_TEST_SUITE_P(
    Memory, TaskDefinitionRule,
    ::testing::Values(
        Case{"none_given", R"({"spec": {"containerDefinitions": [{"name": "app", "image": "i"}]}})",
             "spec.containerDefinitions[0].memory",
             "Invalid setting for container 'app'. At least one of 'memory' or 'memoryReservation' must be specified."},
        Case{"of_the_task", R"({"spec": {"memory": "64", "containerDefinitions": [{"name": "app", "image": "i"}]}})",
             "", ""},
        Case{"reservation_only",
             R"({"spec": {"containerDefinitions": [{"name": "app", "image": "i", "memoryReservation": 64}]}})", "", ""},
        Case{"not_above_reservation", APP(R"(, "memoryReservation": 64)"), "spec.containerDefinitions[0].memory",
             "64: must be greater than memoryReservation (64)"},
        Case{"above_reservation", APP(R"(, "memoryReservation": 63)"), "", ""},
        Case{"too_little", R"({"spec": {"containerDefinitions": [{"name": "app", "image": "i", "memory": 5}]}})",
             "spec.containerDefinitions[0].memory", "from 6"},
        Case{"sum_over_task", R"({"spec": {"memory": "63"}})", "spec.memory", "sum of the containers' memory (64 MiB)"},
        Case{"sum_fits_task", R"({"spec": {"memory": "64"}})", "", ""},
        Case{"task_in_gigabytes", R"({"spec": {"memory": "0.5 GB"}})", "", ""},
        Case{"task_unreadable", R"({"spec": {"memory": "1 MB"}})", "spec.memory", "MiB or gigabytes"},
        Case{
            "reservation_over_task",
            R"({"spec": {"memory": "64", "containerDefinitions": [{"name": "app", "image": "i", "memoryReservation": 65}]}})",
            "spec.containerDefinitions[0].memoryReservation", "memory of the task"},
        Case{"cpu_over_task", R"({"spec": {"cpu": "0.25 vCPU", "containerDefinitions": [
             {"name": "app", "image": "i", "memory": 64, "cpu": 257}]}})",
             "spec.cpu", "sum of the containers' cpu (257)"},
        Case{"cpu_fits_task", R"({"spec": {"cpu": "0.25 vCPU", "containerDefinitions": [
             {"name": "app", "image": "i", "memory": 64, "cpu": 256}]}})",
             "", ""},
        Case{"cpu_unreadable", R"({"spec": {"cpu": "lots"}})", "spec.cpu", "vCPUs"},
        Case{"cpu_negative", APP(R"(, "cpu": -1)"), "spec.containerDefinitions[0].cpu", "from 0"}),
    testing::name_of_case);

INSTANTIATE_TEST_SUITE_P(
    Ports, TaskDefinitionRule,
    ::testing::Values(
        Case{"none_mode", APP_IN("none", R"(, "portMappings": [{"containerPort": 80}])"),
             "spec.containerDefinitions[0].portMappings", "networkMode none"},
        Case{"host_mode_other", APP_IN("host", R"(, "portMappings": [{"containerPort": 80, "hostPort": 8080}])"),
             "spec.containerDefinitions[0].portMappings[0].hostPort", "equal to containerPort (80)"},
        Case{"host_mode_equal", APP_IN("host", R"(, "portMappings": [{"containerPort": 80, "hostPort": 80}])"), "", ""},
        Case{"host_mode_reserved", APP_IN("host", R"(, "portMappings": [{"containerPort": 22}])"),
             "spec.containerDefinitions[0].portMappings[0].containerPort", "reserved"},
        Case{"bridge_container_port_22", APP(R"(, "portMappings": [{"containerPort": 22}])"), "", ""},
        Case{"bridge_reserved", APP(R"(, "portMappings": [{"containerPort": 80, "hostPort": 51678}])"),
             "spec.containerDefinitions[0].portMappings[0].hostPort", "reserved"},
        Case{"docker_port", APP(R"(, "portMappings": [{"containerPort": 80, "hostPort": 2375}])"),
             "spec.containerDefinitions[0].portMappings[0].hostPort", "reserved"},
        Case{"twice_in_container",
             APP(R"(, "portMappings": [{"containerPort": 80}, {"containerPort": 80, "protocol": "tcp"}])"),
             "spec.containerDefinitions[0].portMappings[1].containerPort", "uplicate"},
        Case{"same_host_port",
             A_AND_B(R"(, "portMappings": [{"containerPort": 80, "hostPort": 8080}])",
                     R"(, "portMappings": [{"containerPort": 81, "hostPort": 8080}])"),
             "spec.containerDefinitions[1].portMappings[0].hostPort", "Duplicate value: 8080"},
        Case{"same_host_port_other_protocol",
             A_AND_B(R"(, "portMappings": [{"containerPort": 80, "hostPort": 8080}])",
                     R"(, "portMappings": [{"containerPort": 81, "hostPort": 8080, "protocol": "udp"}])"),
             "", ""},
        Case{"same_port_name",
             A_AND_B(R"(, "portMappings": [{"containerPort": 80, "name": "http"}])",
                     R"(, "portMappings": [{"containerPort": 81, "name": "http"}])"),
             "spec.containerDefinitions[1].portMappings[0].name", "Duplicate value: \"http\""},
        Case{"bad_port_name", APP(R"(, "portMappings": [{"containerPort": 80, "name": "-x"}])"),
             "spec.containerDefinitions[0].portMappings[0].name", "lower-case"},
        Case{"no_container_port", APP(R"(, "portMappings": [{"hostPort": 80}])"),
             "spec.containerDefinitions[0].portMappings[0].containerPort", "or containerPortRange"},
        Case{"port_too_high", APP(R"(, "portMappings": [{"containerPort": 65536}])"),
             "spec.containerDefinitions[0].portMappings[0].containerPort", "65535"},
        Case{"bad_app_protocol", APP(R"(, "portMappings": [{"containerPort": 80, "appProtocol": "smtp"}])"),
             "spec.containerDefinitions[0].portMappings[0].appProtocol", "http2"}),
    testing::name_of_case);

INSTANTIATE_TEST_SUITE_P(
    Order, TaskDefinitionRule,
    ::testing::Values(
        Case{"link", A_AND_B(R"(, "links": ["b:db"])", ""), "", ""},
        Case{"link_in_host_mode", APP_IN("host", R"(, "links": ["app"])"), "spec.containerDefinitions[0].links",
             "networkMode host"},
        Case{"link_to_nobody", APP(R"(, "links": ["ghost"])"), "spec.containerDefinitions[0].links[0]",
             "Not found: \"ghost\""},
        Case{"link_to_itself", APP(R"(, "links": ["app"])"), "spec.containerDefinitions[0].links[0]", "itself"},
        Case{"link_malformed", APP(R"(, "links": ["a:b:c"])"), "spec.containerDefinitions[0].links[0]", "name:alias"},
        Case{"links_in_a_circle", A_AND_B(R"(, "links": ["b"])", R"(, "links": ["a"])"),
             "spec.containerDefinitions[0].links", "a -> b -> a"},
        Case{"depends", A_AND_B(R"(, "dependsOn": [{"containerName": "b", "condition": "START"}])", ""), "", ""},
        Case{"depends_on_nobody", APP(R"(, "dependsOn": [{"containerName": "x", "condition": "START"}])"),
             "spec.containerDefinitions[0].dependsOn[0].containerName", "Not found: \"x\""},
        Case{"depends_on_itself", APP(R"(, "dependsOn": [{"containerName": "app", "condition": "START"}])"),
             "spec.containerDefinitions[0].dependsOn[0].containerName", "itself"},
        Case{"depends_twice", A_AND_B(R"(, "dependsOn": [{"containerName": "b"}, {"containerName": "b"}])", ""),
             "spec.containerDefinitions[0].dependsOn[1].containerName", "uplicate"},
        Case{"circle",
             A_AND_B(R"(, "dependsOn": [{"containerName": "b"}])", R"(, "dependsOn": [{"containerName": "a"}])"),
             "spec.containerDefinitions[0].dependsOn", "a -> b -> a"},
        Case{"circle_of_link_and_dependency",
             A_AND_B(R"(, "links": ["b"])", R"(, "dependsOn": [{"containerName": "a"}])"),
             "spec.containerDefinitions[0].links", "circle"},
        Case{"success_of_essential", A_AND_B(R"(, "dependsOn": [{"containerName": "b", "condition": "SUCCESS"}])", ""),
             "spec.containerDefinitions[0].dependsOn[0].condition", "essential container \"b\""},
        Case{"complete_of_essential",
             A_AND_B(R"(, "dependsOn": [{"containerName": "b", "condition": "COMPLETE"}])", ""),
             "spec.containerDefinitions[0].dependsOn[0].condition", "essential container \"b\""},
        Case{"success_of_other",
             A_AND_B(R"(, "dependsOn": [{"containerName": "b", "condition": "SUCCESS"}])", R"(, "essential": false)"),
             "", ""},
        Case{"healthy_without_check", A_AND_B(R"(, "dependsOn": [{"containerName": "b", "condition": "HEALTHY"}])", ""),
             "spec.containerDefinitions[0].dependsOn[0].condition", "has no healthCheck"},
        Case{"healthy_with_check",
             A_AND_B(R"(, "dependsOn": [{"containerName": "b", "condition": "HEALTHY"}])",
                     R"(, "healthCheck": {"command": ["CMD", "true"]})"),
             "", ""},
        Case{"unknown_condition", A_AND_B(R"(, "dependsOn": [{"containerName": "b", "condition": "READY"}])", ""),
             "spec.containerDefinitions[0].dependsOn[0].condition", "START, COMPLETE, SUCCESS, HEALTHY"},
        Case{"start_timeout", APP(R"(, "startTimeout": 0)"), "spec.containerDefinitions[0].startTimeout", "from 1"},
        Case{"stop_timeout", APP(R"(, "stopTimeout": 0)"), "spec.containerDefinitions[0].stopTimeout", "from 1"}),
    testing::name_of_case);

INSTANTIATE_TEST_SUITE_P(
    Rest, TaskDefinitionRule,
    ::testing::Values(
        Case{"health_word", APP(R"(, "healthCheck": {"command": ["curl", "x"]})"),
             "spec.containerDefinitions[0].healthCheck.command[0]", "CMD or CMD-SHELL"},
        Case{"health_nothing_to_run", APP(R"(, "healthCheck": {"command": ["CMD-SHELL"]})"),
             "spec.containerDefinitions[0].healthCheck.command[1]", "after CMD-SHELL"},
        Case{"health_no_command", APP(R"(, "healthCheck": {"interval": 5})"),
             "spec.containerDefinitions[0].healthCheck.command", "required"},
        Case{"health_interval", APP(R"(, "healthCheck": {"command": ["CMD", "x"], "interval": 4})"),
             "spec.containerDefinitions[0].healthCheck.interval", "from 5 to 300"},
        Case{"health_timeout", APP(R"(, "healthCheck": {"command": ["CMD", "x"], "timeout": 61})"),
             "spec.containerDefinitions[0].healthCheck.timeout", "from 2 to 60"},
        Case{"health_retries", APP(R"(, "healthCheck": {"command": ["CMD", "x"], "retries": 0})"),
             "spec.containerDefinitions[0].healthCheck.retries", "from 1 to 10"},
        Case{"health_start_period", APP(R"(, "healthCheck": {"command": ["CMD", "x"], "startPeriod": 301})"),
             "spec.containerDefinitions[0].healthCheck.startPeriod", "from 0 to 300"},
        Case{"hostname_in_host_mode", APP_IN("host", R"(, "hostname": "x")"), "spec.containerDefinitions[0].hostname",
             "networkMode host"},
        Case{"hostname", APP(R"(, "hostname": "x")"), "", ""},
        Case{"label_of_ecs", APP(R"(, "dockerLabels": {"com.amazonaws.ecs.cluster": "x"})"),
             "spec.containerDefinitions[0].dockerLabels", "com.amazonaws.ecs. are reserved"},
        Case{"label_of_ours", APP(R"(, "dockerLabels": {"muster.dev/task": "x"})"),
             "spec.containerDefinitions[0].dockerLabels", "muster.dev/ are reserved"},
        Case{"environment_no_name", APP(R"(, "environment": [{"name": "", "value": "x"}])"),
             "spec.containerDefinitions[0].environment[0].name", "required"},
        Case{"environment_name_with_equals", APP(R"(, "environment": [{"name": "A=B", "value": "x"}])"),
             "spec.containerDefinitions[0].environment[0].name", "without '='"},
        Case{"environment_empty_value", APP(R"(, "environment": [{"name": "A", "value": ""}])"), "", ""},
        Case{"environment_twice", APP(R"(, "environment": [{"name": "A", "value": "x"}, {"name": "A", "value": "y"}])"),
             "spec.containerDefinitions[0].environment[1].name", "uplicate"},
        Case{"nul_in_command", APP(R"(, "command": ["sh", "a\u0000b"])"), "spec.containerDefinitions[0].command[1]",
             "NUL"},
        Case{"nul_in_environment", APP(R"(, "environment": [{"name": "A", "value": "a\u0000b"}])"),
             "spec.containerDefinitions[0].environment[0].value", "NUL"},
        Case{"dns_server", APP(R"(, "dnsServers": ["dns.example.com"])"), "spec.containerDefinitions[0].dnsServers[0]",
             "IPv4 or IPv6"},
        Case{"extra_host", APP(R"(, "extraHosts": [{"hostname": "x", "ipAddress": "nowhere"}])"),
             "spec.containerDefinitions[0].extraHosts[0].ipAddress", "IPv4 or IPv6"},
        Case{"constraint_distinct", R"({"spec": {"placementConstraints": [{"type": "distinctInstance"}]}})",
             "spec.placementConstraints[0].type", "only have memberOf"},
        Case{"constraint_without_expression", R"({"spec": {"placementConstraints": [{"type": "memberOf"}]}})",
             "spec.placementConstraints[0].expression", "needs an expression"},
        Case{"toleration_exists_with_value",
             R"({"spec": {"tolerations": [{"key": "a", "operator": "Exists", "value": "b"}]}})",
             "spec.tolerations[0].value", "may not be used with operator Exists"},
        Case{"toleration_of_every_value", R"({"spec": {"tolerations": [{"value": "b"}]}})", "spec.tolerations[0].key",
             "only operator Exists can leave it out"}),
    testing::name_of_case);

TEST(TaskDefinition, MayNotBeLargerThanEcsAllows) {
  for (const std::size_t bytes : {std::size_t{60'000}, std::size_t{66'000}}) {
    const std::string patch =
        R"({"spec": {"containerDefinitions": [{"name": "app", "image": "i", "memory": 64, "command": [")" +
        std::string(bytes, 'x') + R"("]}]}})";
    const Status status = testing::admit_text(valid, patch);
    EXPECT_EQ(status.ok(), bytes == 60'000);
    if (!status.ok()) {
      ASSERT_EQ(status.error().causes.size(), 1U);
      EXPECT_EQ(status.error().causes[0].field, "spec");
      EXPECT_EQ(status.error().causes[0].reason, "FieldValueTooLong");
    }
  }
}

TEST(TaskDefinition, EverythingWrongIsSaidAtOnceAsKubernetesDoes) {
  const Status status = testing::admit_text(valid, R"({"spec": {"networkMode": "host", "containerDefinitions": [
      {"name": "app", "image": "i", "hostname": "x", "portMappings": [{"containerPort": 80, "hostPort": 81}]}]}})");
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().causes.size(), 3U);
  EXPECT_THAT(status.error().message, ::testing::StartsWith("TaskDefinition.muster.dev \"web\" is invalid: ["));
  EXPECT_THAT(
      status.error().message,
      ::testing::HasSubstr("spec.containerDefinitions[0].hostname: Forbidden: may not be used with networkMode host"));
}

}  // namespace
}  // namespace muster
