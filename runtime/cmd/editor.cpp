#include "runtime/cmd/editor.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "api/base/limits.h"
#include "api/base/text.h"
#include "runtime/cmd/client_verb.h"

namespace muster::cmd {
namespace {

// In memory where there is such a place: the text may be a Secret's.
std::filesystem::path folder_of_user() {
  const std::string runtime = environment("XDG_RUNTIME_DIR");
  std::error_code ignored;
  if (!runtime.empty() && std::filesystem::is_directory(runtime, ignored)) return runtime;
  return std::filesystem::temp_directory_path();
}

// A folder of mode 0700, gone with this.
class PrivateFolder {
 public:
  PrivateFolder() {
    std::string form = (folder_of_user() / "muster-edit-XXXXXX").string();
    if (::mkdtemp(form.data()) != nullptr) path_ = form;
  }
  ~PrivateFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  PrivateFolder(const PrivateFolder&) = delete;
  PrivateFolder& operator=(const PrivateFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string editor_command() {
  for (const char* name : {"MUSTER_EDITOR", "VISUAL", "EDITOR"}) {
    if (std::string command = environment(name); !command.empty()) return command;
  }
  return "vi";
}

volatile std::sig_atomic_t ended_by = 0;

// While the editor runs: the terminal's signals are its own, and those that end this program end it first, so that no
// text stays behind.
class EditorSignals {
 public:
  EditorSignals() {
    struct sigaction ignore = {};
    ignore.sa_handler = SIG_IGN;
    struct sigaction note = {};
    note.sa_handler = [](int signal) { ended_by = signal; };
    ended_by = 0;
    for (std::size_t i = 0; i < signals.size(); ++i) {
      const bool terminal = signals[i] == SIGINT || signals[i] == SIGQUIT;
      ::sigaction(signals[i], terminal ? &ignore : &note, &before_[i]);
    }
  }
  ~EditorSignals() {
    for (std::size_t i = 0; i < signals.size(); ++i) ::sigaction(signals[i], &before_[i], nullptr);
  }
  EditorSignals(const EditorSignals&) = delete;
  EditorSignals& operator=(const EditorSignals&) = delete;

  static constexpr std::array<int, 4> signals = {SIGINT, SIGQUIT, SIGTERM, SIGHUP};

 private:
  std::array<struct sigaction, 4> before_{};
};

// The editor gets the signals as they are by default.
int spawn(const char* const* arguments, pid_t& pid) {
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t all;
  ::sigemptyset(&all);
  for (const int signal : EditorSignals::signals) ::sigaddset(&all, signal);
  ::posix_spawnattr_setsigdefault(&attributes, &all);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  const int failure =
      ::posix_spawnp(&pid, "sh", nullptr, &attributes, const_cast<char* const*>(arguments), environ);  // NOLINT: POSIX
  ::posix_spawnattr_destroy(&attributes);
  return failure;
}

Status run_editor(const std::string& path) {
  const std::string command = editor_command();
  const std::string script = command + " \"$1\"";
  const std::array<const char*, 6> arguments{"sh", "-c", script.c_str(), "muster-edit", path.c_str(), nullptr};
  const EditorSignals guard;
  pid_t pid = 0;
  if (const int failure = spawn(arguments.data(), pid); failure != 0) {
    return Error{Code::internal, str("cannot start a shell: ", std::system_category().message(failure)), {}};
  }
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return Error{Code::internal, "the editor is lost", {}};
    if (ended_by != 0) ::kill(pid, SIGTERM);
  }
  if (ended_by != 0) return Error{Code::unavailable, "interrupted", {}};
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return Error{Code::internal,
               str("the editor \"", command, "\" did not end well; MUSTER_EDITOR, VISUAL or EDITOR names another one"),
               {}};
}

Result<std::string> read_edited(const std::string& path) {
  std::error_code failure;
  const auto size = std::filesystem::file_size(path, failure);
  if (failure) return Error{Code::internal, str("the editor has removed ", path), {}};
  if (size > limits::manifest_bytes) {
    return Error{Code::too_large, str("the text has more than ", limits::manifest_bytes, " bytes"), {}};
  }
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

}  // namespace

Result<std::string> edited(const std::string& text) {
  const PrivateFolder folder;
  if (folder.path().empty()) return Error{Code::internal, "cannot make a temporary folder", {}};
  const std::string path = folder.path() + "/object.yaml";
  std::ofstream out(path, std::ios::binary);
  out << text;
  out.close();
  if (!out) return Error{Code::internal, str("cannot write ", path), {}};
  if (Status status = run_editor(path); !status.ok()) {
    Error error = std::move(status).error();
    // What was written before it went wrong.
    const auto written = read_edited(path);
    if (written.ok() && *written != text && ended_by == 0) {
      if (const auto place = kept(*written); place.ok()) error.message += str("\nYour text is in ", *place);
    }
    return error;
  }
  return read_edited(path);
}

Result<std::string> kept(const std::string& text) {
  std::string form = (folder_of_user() / "muster-edit-XXXXXX.yaml").string();
  const int file = ::mkstemps(form.data(), 5);  // mode 0600
  if (file < 0) return Error{Code::internal, str("your text could not be kept in ", form), {}};
  ::close(file);
  std::ofstream out(form, std::ios::binary);
  out << text;
  out.close();
  if (!out) return Error{Code::internal, str("your text could not be kept in ", form), {}};
  return form;
}

}  // namespace muster::cmd
