// Where the server is: a file in kubeconfig's format, or an address.
#pragma once

#include <string>
#include <vector>

#include "api/base/error.h"

namespace muster::client {

// What a command talks to.
struct Target {
  std::string server;  // "http://127.0.0.1:8700", "unix:///run/muster.sock"
  std::string ns = "default";
  std::string context;  // name of the context it came from; empty when the address was given
};

// One cluster and one context of a file; what Muster writes itself.
struct ContextEntry {
  std::string name;
  std::string server;
  std::string ns = "default";
};

// $MUSTER_CONFIG, else $XDG_CONFIG_HOME/muster/config, else ~/.config/muster/config. `environment` reads a variable.
std::string default_config_path(std::string (*environment)(const char* name));
// The current context of the file's text, or the one named. Code::malformed names what is missing.
Result<Target> read_config(const std::string& text, const std::string& path, const std::string& context);
// The text with the entry added or replaced, and made the current context.
Result<std::string> with_context(const std::string& text, const ContextEntry& entry);

}  // namespace muster::client
