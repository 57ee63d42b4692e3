// muster cp
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "api/base/text.h"
#include "runtime/cmd/archiver.h"
#include "runtime/cmd/remote_session.h"
#include "runtime/cmd/task_words.h"
#include "runtime/cmd/verbs.h"

namespace muster::cmd {
namespace {

namespace files = std::filesystem;

// A path without its last part, and that part: "/var/log", "nginx".
struct Place {
  std::string folder, name;
};

// "task/web:/path" or "web:/path"; nothing for a path of this machine.
struct Remote {
  std::string word, path;
};
std::optional<Remote> remote_of(const std::string& text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos || colon == 0 || text[0] == '.' || text[0] == '/') return std::nullopt;
  return Remote{text.substr(0, colon), text.substr(colon + 1)};
}

Result<Place> place_of(const std::string& path) {
  files::path clean = files::path(path).lexically_normal();
  if (!clean.has_filename()) clean = clean.parent_path();
  const std::string name = clean.filename().string();
  if (name.empty() || name == "." || name == "..") {
    return Error{Code::malformed, str("\"", path, "\": name a file or a folder below another"), {}};
  }
  const std::string folder = clean.parent_path().string();
  return Place{folder.empty() ? "." : folder, name};
}

class Copy {
 public:
  Copy(Session& session, std::string task, const Arguments& arguments)
      : session_(session), task_(std::move(task)), container_(arguments.get("container")) {}

  Status from_container(const std::string& source, const std::string& target) {
    TRY(const Place from, place_of(source));
    if (files::is_directory(target)) return unpack(from, target);
    TRY(const Place to, place_of(target));
    if (!files::is_directory(to.folder)) return Error{Code::not_found, str(to.folder, ": is no folder here"), {}};
    // Into a folder of its own first, so that nothing in the archive can reach beside it.
    std::string fresh = (files::path(to.folder) / ".muster-cp-XXXXXX").string();
    if (::mkdtemp(fresh.data()) == nullptr) return Error{Code::internal, str(to.folder, ": cannot be written"), {}};
    Status status = unpack(from, fresh);
    std::error_code error;
    if (status.ok()) {
      files::rename(files::path(fresh) / from.name, target, error);
      if (error) status = Error{Code::internal, str(target, ": ", error.message()), {}};
    }
    files::remove_all(fresh, error);
    return status;
  }

  Status to_container(const std::string& source, const std::string& target) {
    TRY(const Place from, place_of(files::absolute(source).string()));
    if (!files::exists(files::symlink_status(source))) return Error{Code::not_found, str(source, ": is not here"), {}};
    TRY(const int is_folder, run({"test", "-d", target}, {}));
    Place to{target, from.name};
    if (is_folder != 0) {
      TRY(to, place_of(target));
    }
    Archiver tar;
    TRY_VOID(tar.start(
        {"-cf", "-", "-C", from.folder,
         str("--transform=s,^", escaped(from.name, "\\.*[]^$,"), ",", escaped(to.name, "\\&,"), ",S"), "--", from.name},
        ArchiverEnd::writes));
    RemoteSession remote = session_of({"tar", "-xmf", "-", "-C", to.folder});
    remote.input = tar.descriptor();
    remote.on_output = &write_output;
    TRY(const int code, converse(session_, remote));
    TRY_VOID(tar.finish());
    return outcome(code, to.folder);
  }

 private:
  RemoteSession session_of(const std::vector<std::string>& command) const {
    RemoteSession remote;
    remote.path = str(task_path(session_, task_, "exec"), "?", command_query(command));
    if (!container_.empty()) remote.path += "&container=" + http::percent_encode(container_);
    remote.on_errors = &write_errors;
    return remote;
  }

  Result<int> run(const std::vector<std::string>& command, const std::function<bool(std::string_view)>& on_output) {
    RemoteSession remote = session_of(command);
    remote.on_output = on_output ? on_output : &write_output;
    return converse(session_, remote);
  }

  // The one entry of that name into the folder.
  Status unpack(const Place& from, const std::string& folder) {
    Archiver tar;
    TRY_VOID(tar.start({"-xf", "-", "-C", folder, "--no-same-owner", "--no-same-permissions"}, ArchiverEnd::reads));
    TRY(const int code, run({"tar", "-cf", "-", "-C", from.folder, "--", from.name},
                            [&](std::string_view bytes) { return tar.write(bytes); }));
    Status unpacked = tar.finish();
    TRY_VOID(outcome(code, from.folder));
    return unpacked;
  }

  Status outcome(int code, const std::string& folder) const {
    if (code == 0) return {};
    constexpr int not_found = 127, not_executable = 126;
    if (code == not_found || code == not_executable) {
      return Error{Code::unsupported, str("the container of ", task_, " has no tar, which copying needs"), {}};
    }
    return Error{Code::internal, str("tar in ", task_, " failed with exit code ", code, " (", folder, ")"), {}};
  }

  static std::string escaped(std::string_view text, std::string_view special) {
    std::string out;
    for (const char c : text) {
      if (special.find(c) != std::string_view::npos) out += '\\';
      out += c;
    }
    return out;
  }

  Session& session_;
  std::string task_, container_;
};

int run(const Arguments& arguments) {
  const auto wrong = [](std::string message) {
    return fail_usage(cp_verb(), Error{Code::malformed, std::move(message), {}});
  };
  if (arguments.words.size() != 2) return wrong("name a source and a target, one of them TASK:PATH");
  const auto source = remote_of(arguments.words[0]);
  const auto target = remote_of(arguments.words[1]);
  if (source.has_value() == target.has_value()) {
    return wrong(source ? "both are in tasks: copy by way of this machine" : "one of them must be TASK:PATH");
  }
  const Remote& remote = source ? *source : *target;
  if (remote.path.empty()) return wrong(str(remote.word, ": needs a path behind the colon"));
  if (const auto reference = parse_task_word(remote.word); !reference.ok()) {
    return fail_usage(cp_verb(), reference.error());
  }
  auto session = connect(arguments);
  if (!session.ok()) return fail(session.error());
  const auto name = running_task(*session, remote.word);
  if (!name.ok()) return fail(name.error());
  Copy copy(*session, *name, arguments);
  const Status status = source ? copy.from_container(remote.path, arguments.words[1])
                               : copy.to_container(arguments.words[0], remote.path);
  return status.ok() ? exit_code::ok : fail(status.error());
}

}  // namespace

const Verb& cp_verb() {
  static const Verb verb{"cp",
                         "TASK:PATH PATH | PATH TASK:PATH",
                         "copy files to and from a container",
                         "Copies a file or a folder with all below it. What is copied into a folder that\n"
                         "is there keeps its name. The container needs tar. A path of this machine that\n"
                         "has a colon is written ./a:b.\n\n"
                         "  muster cp task/web-0-0-1a2b3c4d:/var/log/app.log .\n"
                         "  muster cp ./site service/web:/www\n",
                         client_options({{"container", 'c', "NAME", "Which container, when the task has several."}}),
                         &run};
  return verb;
}

}  // namespace muster::cmd
