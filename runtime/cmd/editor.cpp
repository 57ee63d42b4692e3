#include "runtime/cmd/editor.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "api/base/limits.h"
#include "api/base/text.h"
#include "runtime/cmd/client_verb.h"

namespace muster::cmd {
namespace {

// A folder of mode 0700, gone with this.
class PrivateFolder {
 public:
  PrivateFolder() {
    std::string form = (std::filesystem::temp_directory_path() / "muster-edit-XXXXXX").string();
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

Status run_editor(const std::string& path) {
  const std::string command = editor_command();
  std::string script = command + " \"$1\"";
  std::string shell = "sh", option = "-c", zero = "muster-edit", file = path;
  const std::array<char*, 6> arguments{shell.data(), option.data(), script.data(), zero.data(), file.data(), nullptr};
  pid_t pid = 0;
  if (const int failure = ::posix_spawnp(&pid, "sh", nullptr, nullptr, arguments.data(), environ); failure != 0) {
    return Error{Code::internal, str("cannot start a shell: ", std::system_category().message(failure)), {}};
  }
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return Error{Code::internal, "the editor is lost", {}};
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return Error{Code::internal,
               str("the editor \"", command, "\" did not end well; MUSTER_EDITOR, VISUAL or EDITOR names another one"),
               {}};
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
  TRY_VOID(run_editor(path));
  std::error_code failure;
  const auto size = std::filesystem::file_size(path, failure);
  if (failure) return Error{Code::internal, str("the editor has removed ", path), {}};
  if (size > limits::manifest_bytes) {
    return Error{Code::too_large, str("the text has more than ", limits::manifest_bytes, " bytes"), {}};
  }
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

}  // namespace muster::cmd
