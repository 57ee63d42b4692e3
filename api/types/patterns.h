// The patterns of string fields, each with the words that complete "must be ...".
#pragma once

#include "api/schema/type.h"
#include "api/types/config_source.h"
#include "api/types/host_names.h"
#include "api/types/names.h"
#include "api/types/task_size.h"

namespace muster::patterns {

inline constexpr Pattern ecs_name{is_ecs_name, "1 to 255 letters, digits, '-' and '_'"};
inline constexpr Pattern qualified_name{
    is_qualified_name,
    "a qualified name: an optional DNS subdomain and '/', then at most 63 letters, digits, '-', '_' and '.', "
    "beginning and ending with a letter or digit"};
inline constexpr Pattern label_value{
    is_label_value,
    "empty or at most 63 letters, digits, '-', '_' and '.', beginning and ending with a letter or digit"};
inline constexpr Pattern config_key{is_config_key,
                                    "1 to 253 letters, digits, '-', '_' and '.', not '.', not beginning with '..'"};
inline constexpr Pattern config_value{
    is_config_value,
    "NAME:KEY of a Secret, secret/NAME:KEY or configmap/NAME:KEY, in the task's namespace; there are no ARNs here"};
inline constexpr Pattern object_name{is_dns_subdomain, "the name of an object: a lowercase RFC 1123 subdomain"};
inline constexpr Pattern file_mode{is_file_mode, "permissions in octal digits, as in \"0400\""};
inline constexpr Pattern file_path{is_file_path, "a relative path without empty parts, \".\" and \"..\""};
inline constexpr Pattern file_owner{is_file_owner, "numbers: \"uid\" or \"uid:gid\""};
inline constexpr Pattern port_name{is_port_name,
                                   "1 to 64 lower-case letters, digits, '-' and '_', not beginning with '-'"};
inline constexpr Pattern attribute_name{is_attribute_name, "1 to 128 letters, digits, '-', '_', '.', '/' and '\\'"};
inline constexpr Pattern attribute_value{
    is_attribute_value,
    "at most 128 letters, digits, spaces, '-', '_', '.', '@', ':', '/' and '\\', without spaces at the ends"};
inline constexpr Pattern image{is_image, "an image: 1 to 255 letters, digits, '-', '_', ':', '.', '/', '#' and '@'"};
inline constexpr Pattern environment_name{is_environment_name, "a name without '='"};
inline constexpr Pattern ip_address{is_ip_address, "an IPv4 or IPv6 address"};
inline constexpr Pattern definition_reference{is_definition_reference,
                                              "a family, or family and revision as in \"web:3\""};
inline constexpr Pattern revision_name{is_revision_name, "a family and revision as in \"web:3\""};
inline constexpr Pattern cpu{is_cpu, "CPU units or vCPUs, as in \"512\" or \"0.5 vCPU\", at most 196608 units"};
inline constexpr Pattern memory{is_memory, "MiB or gigabytes, as in \"512\" or \"1GB\""};
inline constexpr Pattern gpu_count{is_gpu_count, "a number of GPUs, 1 to 128, as in \"1\""};
inline constexpr Pattern condition_status{
    [](std::string_view text) { return text == "True" || text == "False" || text == "Unknown"; },
    "one of True, False, Unknown"};
inline constexpr Pattern mount_directory{is_mount_directory,
                                         "the absolute path of a directory, other than \"/\" and without \"..\""};
inline constexpr Pattern tmpfs_option{is_tmpfs_option,
                                      "an option of tmpfs: one of defaults, ro, rw, suid, nosuid, dev, nodev, exec, "
                                      "noexec, sync, async, dirsync, atime, noatime, diratime, nodiratime, relatime, "
                                      "norelatime, strictatime, nostrictatime, or mode=, uid=, gid=, nr_inodes= and a "
                                      "number"};
inline constexpr Pattern ulimit_name{is_ulimit_name,
                                     "one of core, cpu, data, fsize, locks, memlock, msgqueue, nice, nofile, nproc, "
                                     "rss, rtprio, rttime, sigpending, stack"};
inline constexpr Pattern host_path{is_host_path, "an absolute path of at most 4096 bytes without \"..\" and ':'"};
inline constexpr Pattern mount_path{is_mount_path,
                                    "an absolute path of at most 4096 bytes, other than \"/\", without \"..\" and ':'"};
inline constexpr Pattern capability{is_capability,
                                    "ALL or a capability of the kernel without CAP_, as in \"NET_ADMIN\""};
inline constexpr Pattern system_control{
    is_system_control,
    "one of kernel.msgmax, kernel.msgmnb, kernel.msgmni, kernel.sem, kernel.shmall, kernel.shmmax, kernel.shmmni, "
    "kernel.shm_rmid_forced, or begin with fs.mqueue. or net."};
inline constexpr Pattern log_driver{is_log_driver,
                                    "one of json-file, local, none, syslog, journald, gelf, fluentd, awslogs, splunk, "
                                    "gcplogs, logentries"};
inline constexpr Pattern volume_driver{is_volume_driver, "the name of a volume driver, as in \"local\""};
inline constexpr Pattern security_option{is_security_option, "no-new-privileges, apparmor:PROFILE or label:OPTION"};
inline constexpr Pattern port_span{is_port_span, "two ports from 1 to 65535, the lower one first, as in \"8000-8009\""};
inline constexpr Pattern app_protocol{
    [](std::string_view text) { return text == "http" || text == "http2" || text == "grpc"; },
    "one of http, http2, grpc"};

}  // namespace muster::patterns
