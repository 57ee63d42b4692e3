// Users that log in by a program (`exec` in a kubeconfig): it is asked for a token or a certificate, as kubectl asks.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/base/error.h"
#include "api/base/time.h"
#include "api/schema/node.h"
#include "runtime/pki/certificate.h"

namespace muster::client {

struct ExecPlugin {
  std::string api_version;  // client.authentication.k8s.io/v1 or v1beta1
  std::string command;
  std::vector<std::string> arguments;
  std::vector<std::pair<std::string, std::string>> environment;
  std::string install_hint;  // shown when the program is missing
  enum class Interaction { never, if_available, always } interaction = Interaction::if_available;
  std::optional<Node> cluster;  // what it is told of the cluster, when it wants that
};

// What the program answered; a token, a certificate, or both.
struct ExecCredential {
  std::string token;
  std::optional<pki::Pair> identity;
  Time expires{};  // not set: as long as this process lives
};

// The member `exec` of a user in the file at `path`. Code::malformed or Code::unsupported names what is wrong.
// `cluster`: as KUBERNETES_EXEC_INFO shows it.
Result<ExecPlugin> read_exec_plugin(const Node& exec, const std::string& path, Node cluster);
// The program's answer. Code::malformed says what is wrong, and never shows the text.
Result<ExecCredential> read_exec_credential(const std::string& text, const std::string& api_version);
// Runs it and reads the answer. Blocks: a minute, or five where a person may answer it.
Result<ExecCredential> log_in(const ExecPlugin& plugin);

}  // namespace muster::client
