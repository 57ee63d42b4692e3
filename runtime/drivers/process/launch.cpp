#include "runtime/drivers/process/launch.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <cerrno>

#include "api/base/text.h"

namespace muster::drivers {

namespace {

constexpr std::string_view default_path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

std::optional<std::string_view> variable(const ProcessRecord& record, std::string_view name) {
  std::optional<std::string_view> out;
  for (const auto& [key, value] : record.environment) {
    if (key == name) out = value;
  }
  return out;
}

std::vector<std::string> candidates_of(const std::string& program, std::string_view path) {
  if (program.find('/') != std::string::npos) return {program};
  std::vector<std::string> out;
  for (const std::string_view folder : split(path, ':'))
    out.push_back(str(folder.empty() ? "." : folder, "/", program));
  return out;
}

Result<std::int64_t> user_id(const std::string& name, std::optional<gid_t>& primary_group) {
  if (const std::optional<std::int64_t> id = parse_int(name)) return *id;
  struct passwd entry {};
  struct passwd* found = nullptr;
  std::vector<char> buffer(16384);
  if (::getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) {
    return Error{Code::invalid, "no such user: " + name, {}};
  }
  primary_group = entry.pw_gid;
  return static_cast<std::int64_t>(entry.pw_uid);
}

Result<std::int64_t> group_id(const std::string& name) {
  if (const std::optional<std::int64_t> id = parse_int(name)) return *id;
  struct group entry {};
  struct group* found = nullptr;
  std::vector<char> buffer(65536);
  if (::getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) {
    return Error{Code::invalid, "no such group: " + name, {}};
  }
  return static_cast<std::int64_t>(entry.gr_gid);
}

// "user", "uid", "user:group", "uid:gid"
Result<std::optional<Identity>> identity_of(const std::string& text) {
  if (text.empty()) return std::optional<Identity>{};
  const std::size_t colon = text.find(':');
  const std::string user = text.substr(0, colon);
  std::optional<gid_t> primary_group;
  TRY(const std::int64_t uid, user_id(user, primary_group));
  std::int64_t gid = primary_group.value_or(0);
  if (colon != std::string::npos) {
    TRY(gid, group_id(text.substr(colon + 1)));
  }
  constexpr std::int64_t most = 0xfffffffe;
  if (uid < 0 || uid > most || gid < 0 || gid > most) return Error{Code::invalid, "not a user: " + text, {}};
  Identity identity;
  identity.user = static_cast<uid_t>(uid);
  identity.group = static_cast<gid_t>(gid);
  identity.groups = {identity.group};
  if (primary_group && colon == std::string::npos) {
    int count = 256;
    identity.groups.resize(static_cast<std::size_t>(count));
    if (::getgrouplist(user.c_str(), identity.group, identity.groups.data(), &count) < 0) count = 1;
    identity.groups.resize(static_cast<std::size_t>(count));
    if (count == 1) identity.groups[0] = identity.group;
  }
  if (identity.user == ::geteuid() && identity.group == ::getegid() && ::geteuid() != 0)
    return std::optional<Identity>{};
  return std::optional<Identity>(std::move(identity));
}

}  // namespace

Result<Launch> make_launch(const ProcessRecord& record, const std::string& scratch) {
  if (!has_secrets(record)) {
    return Error{Code::invalid, "its secret variables were in memory only and are gone: the host was started anew", {}};
  }
  Launch launch;
  launch.arguments = record.arguments;
  launch.working_directory = record.working_directory.empty() ? scratch : record.working_directory;
  launch.candidates = candidates_of(launch.arguments[0], variable(record, "PATH").value_or(default_path));
  if (!variable(record, "PATH")) launch.environment.push_back(str("PATH=", default_path));
  if (!variable(record, "HOME")) launch.environment.push_back(str("HOME=", launch.working_directory));
  for (const auto& [name, value] : record.environment) launch.environment.push_back(str(name, "=", value));
  TRY(launch.identity, identity_of(record.user));
  return launch;
}

Result<Launch> make_health_launch(const ProcessRecord& record, const std::string& scratch) {
  ProcessRecord check = record;
  const std::vector<std::string>& test = record.health_check->test;
  if (test.size() >= 2 && test[0] == "CMD") {
    check.arguments.assign(test.begin() + 1, test.end());
  } else if (test.size() == 2 && test[0] == "CMD-SHELL") {
    check.arguments = {"/bin/sh", "-c", test[1]};
  } else {
    return Error{Code::invalid, "the health check must be CMD or CMD-SHELL with a command", {}};
  }
  return make_launch(check, scratch);
}

Result<Launch> make_command_launch(const ProcessRecord& record, const std::string& scratch,
                                   std::vector<std::string> command) {
  ProcessRecord beside = record;
  beside.arguments = std::move(command);
  return make_launch(beside, scratch);
}

std::string launch_error(const LaunchReport& report, const Launch& launch) {
  std::string why = error_text(report.error);
  switch (report.stage) {
    case LaunchReport::Stage::running: return {};
    case LaunchReport::Stage::fork: return str("fork: ", why);
    case LaunchReport::Stage::working_directory: return str("working directory ", launch.working_directory, ": ", why);
    case LaunchReport::Stage::identity: return str("cannot change the user: ", why);
    case LaunchReport::Stage::execute: return str("exec \"", launch.arguments[0], "\": ", why);
  }
  return why;
}

}  // namespace muster::drivers
