// The patterns of string fields, each with the words that complete "must be ...".
#pragma once

#include "api/schema/type.h"
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
inline constexpr Pattern app_protocol{
    [](std::string_view text) { return text == "http" || text == "http2" || text == "grpc"; },
    "one of http, http2, grpc"};

}  // namespace muster::patterns
