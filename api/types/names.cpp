#include "api/types/names.h"

#include <algorithm>
#include <array>

#include "api/base/text.h"

namespace muster {
namespace {

bool is_digit(char letter) {
  return letter >= '0' && letter <= '9';
}
bool is_lower(char letter) {
  return letter >= 'a' && letter <= 'z';
}
bool is_upper(char letter) {
  return letter >= 'A' && letter <= 'Z';
}
bool is_alphanumeric(char letter) {
  return is_digit(letter) || is_lower(letter) || is_upper(letter);
}

// Letters and digits of both cases, and what `extra` holds.
bool consists_of(std::string_view text, std::string_view extra) {
  return std::all_of(text.begin(), text.end(), [extra](char letter) {
    return is_alphanumeric(letter) || extra.find(letter) != std::string_view::npos;
  });
}

bool has_length(std::string_view text, std::size_t lowest, std::size_t highest) {
  return text.size() >= lowest && text.size() <= highest;
}

// A non-empty word of the alphabet of labels with alphanumeric ends.
bool is_label_word(std::string_view text) {
  return has_length(text, 1, 63) && is_alphanumeric(text.front()) && is_alphanumeric(text.back()) &&
         consists_of(text, "-_.");
}

bool is_ipv4(std::string_view text) {
  const auto parts = split(text, '.');
  return parts.size() == 4 && std::all_of(parts.begin(), parts.end(), [](std::string_view part) {
           const auto number = parse_int(part);
           return has_length(part, 1, 3) && is_digit(part.front()) && number && *number <= 255;
         });
}

bool is_hex_group(std::string_view text) {
  return has_length(text, 1, 4) && std::all_of(text.begin(), text.end(), [](char letter) {
           return is_digit(letter) || (letter >= 'a' && letter <= 'f') || (letter >= 'A' && letter <= 'F');
         });
}

// Counts the 16-bit groups of one side of an IPv6 address; an IPv4 tail counts two. Nothing when malformed.
std::optional<std::size_t> count_groups(std::string_view text) {
  if (text.empty()) return 0;
  const auto parts = split(text, ':');
  std::size_t groups = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i + 1 == parts.size() && is_ipv4(parts[i])) {
      groups += 2;
    } else if (is_hex_group(parts[i])) {
      groups += 1;
    } else {
      return std::nullopt;
    }
  }
  return groups;
}

bool is_ipv6(std::string_view text) {
  const auto gap = text.find("::");
  if (gap == std::string_view::npos) return count_groups(text) == std::size_t{8};
  const auto left = count_groups(text.substr(0, gap));
  const auto right = count_groups(text.substr(gap + 2));
  return left && right && *left + *right <= 7;
}

}  // namespace

bool is_ecs_name(std::string_view text) {
  return has_length(text, 1, 255) && consists_of(text, "-_");
}

bool is_dns_label(std::string_view text) {
  return has_length(text, 1, 63) && text.front() != '-' && text.back() != '-' && consists_of(text, "-") &&
         std::none_of(text.begin(), text.end(), is_upper);
}

bool is_dns_subdomain(std::string_view text) {
  if (!has_length(text, 1, 253)) return false;
  const auto parts = split(text, '.');
  return std::all_of(parts.begin(), parts.end(), [](std::string_view part) {
    // A part of a subdomain may be longer than a label.
    return !part.empty() && part.front() != '-' && part.back() != '-' && consists_of(part, "-") &&
           std::none_of(part.begin(), part.end(), is_upper);
  });
}

bool is_path_segment(std::string_view text) {
  return has_length(text, 1, 253) && text != "." && text != ".." && valid_utf8(text) &&
         std::none_of(text.begin(), text.end(), [](char letter) {
           return letter == '/' || letter == '%' || static_cast<unsigned char>(letter) < 0x20;
         });
}

bool is_config_key(std::string_view text) {
  return has_length(text, 1, 253) && text != "." && !text.starts_with("..") && consists_of(text, "-_.");
}

bool is_qualified_name(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return is_label_word(text);
  return is_dns_subdomain(text.substr(0, slash)) && is_label_word(text.substr(slash + 1));
}

bool is_label_value(std::string_view text) {
  return text.empty() || is_label_word(text);
}

bool is_port_name(std::string_view text) {
  return has_length(text, 1, 64) && text.front() != '-' && consists_of(text, "-_") &&
         std::none_of(text.begin(), text.end(), is_upper);
}

bool is_mount_directory(std::string_view text) {
  if (text.size() < 2 || text.front() != '/' || text.find('\0') != std::string_view::npos) return false;
  return text.find_first_not_of('/') != std::string_view::npos && text.find("/../") == std::string_view::npos &&
         !text.ends_with("/..");
}

bool is_tmpfs_option(std::string_view text) {
  constexpr std::array<std::string_view, 20> flags = {
      "defaults", "ro",         "rw",       "suid",       "nosuid",      "dev",          "nodev",
      "exec",     "noexec",     "sync",     "async",      "dirsync",     "atime",        "noatime",
      "diratime", "nodiratime", "relatime", "norelatime", "strictatime", "nostrictatime"};
  if (std::ranges::find(flags, text) != flags.end()) return true;
  for (const std::string_view key : {"mode=", "uid=", "gid=", "nr_inodes="}) {
    if (!text.starts_with(key)) continue;
    const std::string_view number = text.substr(key.size());
    return has_length(number, 1, 10) && number.find_first_not_of("0123456789") == std::string_view::npos;
  }
  return false;
}

bool is_ulimit_name(std::string_view text) {
  constexpr std::array<std::string_view, 15> known = {"core",    "cpu",      "data",   "fsize",      "locks",
                                                      "memlock", "msgqueue", "nice",   "nofile",     "nproc",
                                                      "rss",     "rtprio",   "rttime", "sigpending", "stack"};
  return std::ranges::find(known, text) != known.end();
}

bool is_attribute_name(std::string_view text) {
  return has_length(text, 1, 128) && consists_of(text, "-_./\\");
}

bool is_attribute_value(std::string_view text) {
  return text.size() <= 128 && consists_of(text, "-_.@/\\: ") && trim(text).size() == text.size();
}

bool is_image(std::string_view text) {
  return has_length(text, 1, 255) && consists_of(text, "-_:./#@");
}

bool is_environment_name(std::string_view text) {
  return !text.empty() && text.find('=') == std::string_view::npos && text.find('\0') == std::string_view::npos;
}

bool is_ip_address(std::string_view text) {
  return is_ipv4(text) || is_ipv6(text);
}

std::optional<DefinitionReference> parse_definition_reference(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) {
    if (!is_ecs_name(text)) return std::nullopt;
    return DefinitionReference{text, 0};
  }
  const std::string_view family = text.substr(0, colon);
  const std::string_view number = text.substr(colon + 1);
  // One spelling per revision: no sign and no leading zero.
  if (!is_ecs_name(family) || number.empty() || !is_digit(number.front()) || number.front() == '0') return std::nullopt;
  const auto revision = parse_int(number);
  if (!revision) return std::nullopt;
  return DefinitionReference{family, *revision};
}

bool is_definition_reference(std::string_view text) {
  return parse_definition_reference(text).has_value();
}

bool is_revision_name(std::string_view text) {
  const auto reference = parse_definition_reference(text);
  return reference && reference->revision > 0;
}

std::string revision_name(std::string_view family, std::int64_t revision) {
  return str(family, ':', revision);
}

}  // namespace muster
