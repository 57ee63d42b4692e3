// Where the server is: a file in kubeconfig's format, or an address.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/base/error.h"
#include "runtime/client/exec_plugin.h"
#include "runtime/http/tls.h"

namespace muster::client {

// What a command talks to, and as whom.
struct Target {
  std::string server;  // "https://127.0.0.1:8700", "http://127.0.0.1:41000", "unix:///run/muster.sock"
  std::string ns = "default";
  std::string context;             // name of the context it came from; empty when the address was given
  http::TlsClientOptions tls;      // of an https:// server
  std::string token;               // sent as bearer token; empty: none
  std::optional<ExecPlugin> exec;  // to be asked for a token or a certificate, when there is neither above
};

// One cluster, user and context of a file; what Muster writes itself.
struct ContextEntry {
  std::string name;
  std::string server;
  std::string ns = "default";
  std::string authorities;            // PEM; empty for a server without TLS
  std::optional<pki::Pair> identity;  // the user's
};

// $MUSTER_CONFIG, else the first of $KUBECONFIG, else $XDG_CONFIG_HOME/muster/config, else ~/.config/muster/config.
// `environment` reads a variable.
std::string default_config_path(std::string (*environment)(const char* name));
// The same without $KUBECONFIG: what this program may write to. What kubectl is told to use is other programs' too.
std::string own_config_path(std::string (*environment)(const char* name));
// The current context of the file's text, or the one named. Reads the files that it names, relative to its own folder.
// Code::malformed names what is missing; Code::unsupported a way to log in that is not known here.
Result<Target> read_config(const std::string& text, const std::string& path, const std::string& context);
// The text with the entry added or replaced, and made the current context.
Result<std::string> with_context(const std::string& text, const ContextEntry& entry);

}  // namespace muster::client
