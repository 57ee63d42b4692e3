#include "runtime/client/config.h"

#include <algorithm>

#include "api/base/base64.h"
#include "api/base/text.h"
#include "api/schema/yaml.h"
#include "runtime/base/file.h"

namespace muster::client {
namespace {

const Node* named(const Node* list, std::string_view name) {
  if (list == nullptr || !list->is_list()) return nullptr;
  for (const Node& item : list->items) {
    if (item.text_of("name") == name) return &item;
  }
  return nullptr;
}

Result<Node> parse(const std::string& text, const std::string& path) {
  auto documents = parse_yaml(text);
  if (!documents.ok()) return std::move(documents).error().under(path);
  if (documents->empty()) return Node::map();
  if (documents->size() > 1 || !documents->front().is_map()) {
    return Error{Code::malformed, str(path, ": not a configuration in kubeconfig format"), {}};
  }
  return std::move(documents->front());
}

void replace_named(Node& list, std::string_view name, Node entry) {
  if (!list.is_list()) list = Node::list();
  const auto same = [&](const Node& item) { return item.text_of("name") == name; };
  const auto found = std::find_if(list.items.begin(), list.items.end(), same);
  if (found == list.items.end()) {
    list.items.push_back(std::move(entry));
  } else {
    *found = std::move(entry);
  }
}

Node entry_of(std::string_view name, std::string_view member, Node value) {
  Node entry = Node::map();
  entry.at("name") = Node::of(std::string(name));
  entry.at(member) = std::move(value);
  return entry;
}

constexpr std::size_t max_file_bytes = 1U << 20U;

// What stands in the file that the member names, relative to the configuration's own folder; empty without the member.
Result<std::string> named_file(const Node& node, std::string_view name, const std::string& path) {
  std::string file(node.text_of(name));
  if (file.empty()) return std::string();
  const std::size_t slash = path.rfind('/');
  if (file.front() != '/' && slash != std::string::npos) file = path.substr(0, slash + 1) + file;
  auto text = read_file(file, max_file_bytes);
  if (!text.ok()) return std::move(text).error().under(str(path, ": ", name));
  return text;
}

// What stands in the member NAME-data in base 64, or in the file that the member NAME names; empty without either.
Result<std::string> data_or_file(const Node& node, const std::string& name, const std::string& path) {
  if (const std::string_view data = node.text_of(name + "-data"); !data.empty()) {
    auto bytes = decode_base64(data);
    if (!bytes) return Error{Code::malformed, str(path, ": ", name, "-data is not base64"), {}};
    return std::move(*bytes);
  }
  return named_file(node, name, path);
}

Status read_cluster(const Node& cluster, const std::string& path, Target& target) {
  TRY(target.tls.authorities, data_or_file(cluster, "certificate-authority", path));
  target.tls.server_name = cluster.text_of("tls-server-name");
  const Node* insecure = cluster.find("insecure-skip-tls-verify");
  if (insecure != nullptr && insecure->boolean) target.tls.trust = http::Trust::anything;
  return {};
}

// What could not stand in a header must not come near one.
bool sendable(std::string_view token) {
  return std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

// What a program that logs in may want to know, as kubectl tells it.
Node cluster_info(const Node& cluster, const Target& target) {
  Node out = Node::map();
  out.at("server") = Node::of(target.server);
  if (!target.tls.server_name.empty()) out.at("tls-server-name") = Node::of(target.tls.server_name);
  if (target.tls.trust == http::Trust::anything) out.at("insecure-skip-tls-verify") = Node::of(true);
  if (!target.tls.authorities.empty()) {
    out.at("certificate-authority-data") = Node::of(encode_base64(target.tls.authorities));
  }
  const Node* extension = named(cluster.find("extensions"), "client.authentication.k8s.io/exec");
  const Node* config = extension == nullptr ? nullptr : extension->find("extension");
  if (config != nullptr) out.at("config") = *config;
  return out;
}

Status read_user(const Node& user, const Node& cluster, const std::string& path, Target& target) {
  TRY(std::string certificate, data_or_file(user, "client-certificate", path));
  TRY(std::string key, data_or_file(user, "client-key", path));
  if (certificate.empty() != key.empty()) {
    return Error{Code::malformed, str(path, ": a client-certificate and its client-key belong together"), {}};
  }
  if (!certificate.empty()) target.tls.identity = pki::Pair{std::move(certificate), std::move(key)};
  TRY(const std::string in_file, named_file(user, "tokenFile", path));
  target.token = in_file.empty() ? user.text_of("token") : trim(in_file);
  if (!sendable(target.token)) return Error{Code::malformed, str(path, ": the token is not one word of one line"), {}};
  if (const Node* exec = user.find("exec"); exec != nullptr && target.token.empty() && !target.tls.identity) {
    TRY(target.exec, read_exec_plugin(*exec, path, cluster_info(cluster, target)));
    return {};
  }
  for (const char* other : {"auth-provider", "username"}) {
    if (target.token.empty() && !target.tls.identity && user.find(other) != nullptr) {
      return Error{
          Code::unsupported,
          str(path, ": users that log in by \"", other, "\" are not supported: use a client certificate or a token"),
          {}};
    }
  }
  return {};
}

}  // namespace

std::string default_config_path(std::string (*environment)(const char* name)) {
  if (std::string path = environment("MUSTER_CONFIG"); !path.empty()) return path;
  if (const std::string paths = environment("KUBECONFIG"); !paths.empty()) {
    for (const std::string_view path : split(paths, ':')) {
      if (!path.empty()) return std::string(path);
    }
  }
  return own_config_path(environment);
}

std::string own_config_path(std::string (*environment)(const char* name)) {
  if (std::string path = environment("MUSTER_CONFIG"); !path.empty()) return path;
  if (const std::string home = environment("XDG_CONFIG_HOME"); !home.empty()) return home + "/muster/config";
  return environment("HOME") + "/.config/muster/config";
}

Result<Target> read_config(const std::string& text, const std::string& path, const std::string& context) {
  TRY(const Node config, parse(text, path));
  Target target;
  target.context = context.empty() ? std::string(config.text_of("current-context")) : context;
  if (target.context.empty()) return Error{Code::malformed, str(path, ": there is no current-context"), {}};
  const Node* entry = named(config.find("contexts"), target.context);
  const Node* body = entry == nullptr ? nullptr : entry->find("context");
  if (body == nullptr) return Error{Code::malformed, str(path, ": there is no context named ", target.context), {}};
  const std::string_view cluster = body->text_of("cluster");
  entry = named(config.find("clusters"), cluster);
  const Node* place = entry == nullptr ? nullptr : entry->find("cluster");
  if (place == nullptr)
    return Error{Code::malformed,
                 str(path, ": context ", target.context, " names cluster ", cluster, ", which is not there"),
                 {}};
  target.server = place->text_of("server");
  if (target.server.empty()) return Error{Code::malformed, str(path, ": cluster ", cluster, " has no server"), {}};
  TRY_VOID(read_cluster(*place, path, target));
  entry = named(config.find("users"), body->text_of("user"));
  const Node* user = entry == nullptr ? nullptr : entry->find("user");
  if (user != nullptr) TRY_VOID(read_user(*user, *place, path, target));
  if (const std::string_view ns = body->text_of("namespace"); !ns.empty()) target.ns = ns;
  return target;
}

Result<std::string> with_context(const std::string& text, const ContextEntry& entry) {
  TRY(Node config, parse(text, "the configuration"));
  config.at("apiVersion") = Node::of(std::string("v1"));
  config.at("kind") = Node::of(std::string("Config"));
  Node cluster = Node::map();
  cluster.at("server") = Node::of(entry.server);
  if (!entry.authorities.empty()) {
    cluster.at("certificate-authority-data") = Node::of(encode_base64(entry.authorities));
  }
  Node user = Node::map();
  if (entry.identity) {
    user.at("client-certificate-data") = Node::of(encode_base64(entry.identity->certificate));
    user.at("client-key-data") = Node::of(encode_base64(entry.identity->key));
  }
  replace_named(config.at("clusters"), entry.name, entry_of(entry.name, "cluster", std::move(cluster)));
  Node context = Node::map();
  context.at("cluster") = Node::of(entry.name);
  context.at("user") = Node::of(entry.name);
  context.at("namespace") = Node::of(entry.ns);
  replace_named(config.at("contexts"), entry.name, entry_of(entry.name, "context", std::move(context)));
  replace_named(config.at("users"), entry.name, entry_of(entry.name, "user", std::move(user)));
  config.at("current-context") = Node::of(entry.name);
  return write_yaml(config);
}

}  // namespace muster::client
