#include "runtime/client/exec_plugin.h"

#include <unistd.h>

#include <algorithm>

#include "api/base/text.h"
#include "api/schema/json.h"
#include "runtime/client/program.h"

namespace muster::client {
namespace {

constexpr std::size_t max_answer_bytes = 256U << 10U;
constexpr std::size_t max_words = 256;
constexpr Duration personal_patience = std::chrono::minutes(5);

Error malformed(std::string_view where, std::string_view why) {
  return Error{Code::malformed, str(where, ": ", why), {}};
}

Status read_words(const Node& exec, const std::string& where, ExecPlugin& out) {
  if (const Node* arguments = exec.find("args"); arguments != nullptr && arguments->is_list()) {
    if (arguments->items.size() > max_words) return malformed(where, "too many args");
    for (const Node& each : arguments->items) {
      if (!each.is_string()) return malformed(where, "args must be texts");
      out.arguments.push_back(each.text);
    }
  }
  if (const Node* variables = exec.find("env"); variables != nullptr && variables->is_list()) {
    if (variables->items.size() > max_words) return malformed(where, "too many variables in env");
    for (const Node& each : variables->items) {
      const std::string name(each.text_of("name"));
      if (name.empty() || name.find('=') != std::string::npos)
        return malformed(where, "env: a name is missing or wrong");
      out.environment.emplace_back(name, each.text_of("value"));
    }
  }
  return {};
}

}  // namespace

Result<ExecPlugin> read_exec_plugin(const Node& exec, const std::string& path, Node cluster) {
  const std::string where = path + ": exec";
  if (!exec.is_map()) return malformed(where, "must be a map");
  ExecPlugin out;
  out.api_version = exec.text_of("apiVersion");
  if (out.api_version != "client.authentication.k8s.io/v1" &&
      out.api_version != "client.authentication.k8s.io/v1beta1") {
    return Error{Code::unsupported,
                 str(where, ": apiVersion \"", out.api_version,
                     "\" is not supported: client.authentication.k8s.io/v1 and v1beta1 are"),
                 {}};
  }
  out.command = exec.text_of("command");
  if (out.command.empty()) return malformed(where, "command is missing");
  // A path that is not absolute begins where the file is; a mere name is looked for in the PATH.
  const std::size_t slash = path.rfind('/');
  if (out.command.front() != '/' && out.command.find('/') != std::string::npos && slash != std::string::npos) {
    out.command = path.substr(0, slash + 1) + out.command;
  }
  TRY_VOID(read_words(exec, where, out));
  out.install_hint = exec.text_of("installHint");
  const std::string_view mode = exec.text_of("interactiveMode");
  if (mode == "Never") {
    out.interaction = ExecPlugin::Interaction::never;
  } else if (mode == "Always") {
    out.interaction = ExecPlugin::Interaction::always;
  } else if (!mode.empty() && mode != "IfAvailable") {
    return malformed(where, "interactiveMode must be Never, IfAvailable or Always");
  }
  const Node* wants = exec.find("provideClusterInfo");
  if (wants != nullptr && wants->boolean) out.cluster = std::move(cluster);
  return out;
}

Result<ExecCredential> read_exec_credential(const std::string& text, const std::string& api_version) {
  const auto node = parse_json(text);
  if (!node.ok() || !node->is_map() || node->text_of("kind") != "ExecCredential") {
    return malformed("its answer", "it is no ExecCredential");
  }
  if (node->text_of("apiVersion") != api_version) {
    return malformed("its answer", str("its apiVersion is not ", api_version, ", which the configuration asks for"));
  }
  const Node* status = node->find("status");
  if (status == nullptr || !status->is_map()) return malformed("its answer", "there is no status");
  ExecCredential out;
  out.token = status->text_of("token");
  const std::string_view certificate = status->text_of("clientCertificateData");
  const std::string_view key = status->text_of("clientKeyData");
  if (certificate.empty() != key.empty()) {
    return malformed("its answer", "clientCertificateData and clientKeyData belong together");
  }
  if (!certificate.empty()) out.identity = pki::Pair{std::string(certificate), std::string(key)};
  if (out.token.empty() && !out.identity) return malformed("its answer", "there is neither a token nor a certificate");
  if (const std::string_view end = status->text_of("expirationTimestamp"); !end.empty()) {
    const auto time = parse_time(end);
    if (!time.ok()) return malformed("its answer", "expirationTimestamp is no time of RFC 3339");
    out.expires = *time;
  }
  return out;
}

Result<ExecCredential> log_in(const ExecPlugin& plugin) {
  const bool person = ::isatty(STDIN_FILENO) == 1;
  if (plugin.interaction == ExecPlugin::Interaction::always && !person) {
    return Error{
        Code::unauthorized, str("exec: ", plugin.command, " has to ask, and standard input is no terminal"), {}};
  }
  const bool asks = person && plugin.interaction != ExecPlugin::Interaction::never;
  Node info = Node::map();
  info.at("kind") = Node::of(std::string("ExecCredential"));
  info.at("apiVersion") = Node::of(plugin.api_version);
  Node& spec = info.at("spec");
  spec = Node::map();
  if (plugin.cluster) spec.at("cluster") = *plugin.cluster;
  spec.at("interactive") = Node::of(asks);
  Program program{plugin.command, plugin.arguments, plugin.environment, Program::Input::none, max_answer_bytes};
  program.environment.emplace_back("KUBERNETES_EXEC_INFO", write_json(info));
  if (asks) {
    program.input = Program::Input::own;
    program.patience = personal_patience;
  }
  const auto text = output_of(program);
  if (!text.ok()) {
    std::string hint;
    if (text.error().code == Code::not_found) {
      hint = plugin.install_hint.empty() ? "; the configuration logs in by this program, which is not installed"
                                         : str("\n\n", plugin.install_hint);
    }
    return Error{Code::unauthorized, str("exec: ", text.error().message, hint), {}};
  }
  auto credential = read_exec_credential(*text, plugin.api_version);
  if (!credential.ok()) return std::move(credential).error().under(str("exec: ", plugin.command));
  return credential;
}

}  // namespace muster::client
