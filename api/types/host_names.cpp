#include "api/types/host_names.h"

#include <algorithm>
#include <array>

#include "api/base/text.h"
#include "api/types/names.h"

namespace muster {
namespace {

using Words = std::string_view;

constexpr std::size_t path_bytes = 4096;

// ECS's list; what it adds to Docker's own set is what Docker can add.
constexpr auto capabilities = std::to_array<Words>({
    "ALL",       "AUDIT_CONTROL", "AUDIT_WRITE",  "BLOCK_SUSPEND",    "CHOWN",      "DAC_OVERRIDE",
    "FOWNER",    "FSETID",        "IPC_LOCK",     "DAC_READ_SEARCH",  "IPC_OWNER",  "KILL",
    "LEASE",     "MAC_ADMIN",     "MAC_OVERRIDE", "LINUX_IMMUTABLE",  "MKNOD",      "NET_ADMIN",
    "NET_RAW",   "SETFCAP",       "SETGID",       "NET_BIND_SERVICE", "SETPCAP",    "SETUID",
    "SYS_ADMIN", "SYS_BOOT",      "SYS_CHROOT",   "NET_BROADCAST",    "SYS_MODULE", "SYS_NICE",
    "SYS_PACCT", "SYS_PTRACE",    "SYS_RAWIO",    "SYS_RESOURCE",     "SYS_TIME",   "SYS_TTY_CONFIG",
    "SYSLOG",    "WAKE_ALARM",
});
constexpr auto default_capabilities = std::to_array<Words>({
    "CHOWN",
    "DAC_OVERRIDE",
    "FSETID",
    "FOWNER",
    "MKNOD",
    "NET_RAW",
    "SETGID",
    "SETUID",
    "SETFCAP",
    "NET_BIND_SERVICE",
    "SYS_CHROOT",
    "KILL",
    "AUDIT_WRITE",
    "SETPCAP",
});
constexpr auto ipc_controls = std::to_array<Words>({
    "kernel.msgmax",
    "kernel.msgmnb",
    "kernel.msgmni",
    "kernel.sem",
    "kernel.shmall",
    "kernel.shmmax",
    "kernel.shmmni",
    "kernel.shm_rmid_forced",
});
constexpr auto log_drivers = std::to_array<Words>({
    "json-file",
    "local",
    "none",
    "syslog",
    "journald",
    "gelf",
    "fluentd",
    "awslogs",
    "splunk",
    "gcplogs",
    "logentries",
});

template <std::size_t N>
bool is_one_of(const std::array<Words, N>& known, std::string_view text) {
  return std::ranges::find(known, text) != known.end();
}

bool is_letter_or_digit(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9');
}

bool has_only(std::string_view text, std::string_view others) {
  return std::ranges::all_of(
      text, [&](char letter) { return is_letter_or_digit(letter) || others.find(letter) != std::string_view::npos; });
}

// A control's name behind its first part: words of lower case, joined by dots.
bool is_control_tail(std::string_view text) {
  return !text.empty() && text.size() <= 128 && text.front() != '.' && text.back() != '.' &&
         text.find("..") == std::string_view::npos && has_only(text, "._-");
}

}  // namespace

bool is_host_path(std::string_view text) {
  return !text.empty() && text.size() <= path_bytes && text.front() == '/' &&
         text.find('\0') == std::string_view::npos && text.find(':') == std::string_view::npos &&
         text.find("/../") == std::string_view::npos && !text.ends_with("/..");
}

bool is_mount_path(std::string_view text) {
  return is_host_path(text) && is_mount_directory(text);
}

bool is_capability(std::string_view text) {
  return is_one_of(capabilities, text);
}

bool is_default_capability(std::string_view text) {
  return is_one_of(default_capabilities, text);
}

bool is_ipc_control(std::string_view text) {
  constexpr std::string_view queues = "fs.mqueue.";
  if (text.starts_with(queues)) return is_control_tail(text.substr(queues.size()));
  return is_one_of(ipc_controls, text);
}

bool is_system_control(std::string_view text) {
  constexpr std::string_view network = "net.";
  if (text.starts_with(network)) return is_control_tail(text.substr(network.size()));
  return is_ipc_control(text);
}

bool is_log_driver(std::string_view text) {
  return is_one_of(log_drivers, text);
}

bool is_volume_driver(std::string_view text) {
  return !text.empty() && text.size() <= 255 && is_letter_or_digit(text.front()) && has_only(text, "._-/:");
}

bool is_volume_name(std::string_view text) {
  return text.size() >= 2 && is_ecs_name(text) && is_letter_or_digit(text.front());
}

bool is_security_option(std::string_view text) {
  if (text == "no-new-privileges" || text == "no-new-privileges:true" || text == "no-new-privileges=true") return true;
  for (const std::string_view word : {"apparmor", "label"}) {
    if (!text.starts_with(word)) continue;
    const std::string_view rest = text.substr(word.size());
    return rest.size() > 1 && rest.size() <= 255 && (rest.front() == ':' || rest.front() == '=') &&
           has_only(rest.substr(1), "._-/:,+");
  }
  return false;
}

std::optional<PortSpan> parse_port_span(std::string_view text) {
  const auto dash = text.find('-');
  if (dash == std::string_view::npos || !has_only(text, "-")) return std::nullopt;
  const auto first = parse_int(text.substr(0, dash)), last = parse_int(text.substr(dash + 1));
  if (!first || !last || *first < 1 || *first >= *last || *last > 65'535) return std::nullopt;
  return PortSpan{static_cast<std::int32_t>(*first), static_cast<std::int32_t>(*last)};
}

bool is_port_span(std::string_view text) {
  return parse_port_span(text).has_value();
}

}  // namespace muster
