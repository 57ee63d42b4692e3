// What names may look like: ECS's rule, Kubernetes' rules, and those of ports, attributes and images. All pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace muster {

// ECS: 1 to 255 letters of both cases, digits, '-' and '_'.
bool is_ecs_name(std::string_view text);
// DNS-1123 label: at most 63 of [a-z0-9-], alphanumeric at both ends.
bool is_dns_label(std::string_view text);
// DNS-1123 subdomain: labels joined by dots, at most 253 bytes.
bool is_dns_subdomain(std::string_view text);
// Kubernetes' path segment, the names of RBAC's kinds: at most 253 bytes, not "." or "..", without '/' and '%'.
bool is_path_segment(std::string_view text);
// A key of a Secret or ConfigMap: 1 to 253 letters, digits, '-', '_' and '.', not ".", not beginning with "..".
bool is_config_key(std::string_view text);
// Kubernetes' qualified name: [prefix/]name, the key of a label or annotation, a finalizer.
bool is_qualified_name(std::string_view text);
// At most 63 of [A-Za-z0-9_.-], alphanumeric at both ends; may be empty.
bool is_label_value(std::string_view text);
// ECS: 1 to 64 of [a-z0-9_-], not beginning with '-'.
bool is_port_name(std::string_view text);
// ECS: 1 to 128 letters, digits and -_./\ .
bool is_attribute_name(std::string_view text);
// ECS: at most 128 letters, digits and -_.@/\: and inner spaces; may be empty.
bool is_attribute_value(std::string_view text);
// 1 to 255 letters, digits and -_:./#@ : "repo[:tag]" or "repo@sha256:...".
bool is_image(std::string_view text);
// Not empty, without '=' and NUL.
bool is_environment_name(std::string_view text);
// An absolute path that is not "/" and has no part "..".
bool is_mount_directory(std::string_view text);
// An option of mount(8) that means something for tmpfs and cannot turn it into another mount.
bool is_tmpfs_option(std::string_view text);
// A limit of setrlimit, in ECS's and Docker's spelling.
bool is_ulimit_name(std::string_view text);
// Digits and dots or hexadecimal groups, as far as Docker would take it: IPv4 or IPv6.
bool is_ip_address(std::string_view text);

// A reference to a task definition: "web" (the newest active revision) or "web:3".
struct DefinitionReference {
  std::string_view family;
  std::int64_t revision = 0;  // 0: the newest active one
};
// Views into `text`. Nothing when it is neither of the two forms.
std::optional<DefinitionReference> parse_definition_reference(std::string_view text);
bool is_definition_reference(std::string_view text);
// "web:3" only.
bool is_revision_name(std::string_view text);
std::string revision_name(std::string_view family, std::int64_t revision);

}  // namespace muster
