// Where the kernel shows control groups, and which of them a process is in. Version 2 is one tree, version 1 one for
// each controller: cgroups(7).
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace muster::cgroup {

inline constexpr std::string_view standard_root = "/sys/fs/cgroup";

// What is mounted there: 2, 1, or 0 for nothing. A version 2 without controllers beside those of version 1 is 1.
int mounted_version(const std::string& root);

// The folder of a group ("/muster/UID", or empty for the topmost) below a controller of version 1, or, without a
// controller, in the tree of version 2.
std::string folder_of(const std::string& root, std::string_view controller, std::string_view group);

// The contents of /proc/PID/cgroup.
struct Membership {
  std::string unified;                                          // the group in version 2's tree; empty: none
  std::map<std::string, std::string, std::less<>> controllers;  // "memory" -> the group in its tree
};
Membership parse_membership(std::string_view text);

// The part of the group's path that ends with the folder whose name has `id` in it: what a container has made below its
// own group is not another one. Empty when there is no such folder, or the group is outside of what this process sees.
std::string group_of(std::string_view group, std::string_view id);

}  // namespace muster::cgroup
