#include "runtime/cmd/client_verb.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "api/base/text.h"
#include "runtime/base/file.h"
#include "runtime/client/config.h"

namespace muster::cmd {
namespace {

constexpr std::size_t config_bytes = 1U << 20U;

// Also the views: find_kind() knows only what is stored.
const Kind* find_served(std::string_view word) {
  if (const Kind* kind = find_kind(word)) return kind;
  const std::string lower = to_lower(word);
  const std::string_view name = std::string_view(lower).substr(0, lower.find('.'));
  for (const Kind& kind : served_kinds()) {
    if (kind.source == nullptr) continue;
    const bool called = name == kind.plural || name == kind.singular ||
                        std::find(kind.short_names.begin(), kind.short_names.end(), name) != kind.short_names.end();
    if (called && (name == lower || lower == kind.resource())) return &kind;
  }
  return nullptr;
}

Result<const Kind*> kind_named(std::string_view word) {
  if (const Kind* kind = find_served(word)) return kind;
  std::vector<std::string_view> words;
  for (const Kind& kind : served_kinds()) {
    words.push_back(kind.plural);
    words.push_back(kind.singular);
  }
  std::string message = str("there is no kind \"", word, "\"");
  if (const auto near = nearest(to_lower(word), words)) {
    message += str(", did you mean ", *near, "?");
  } else {
    message += " (an object is named KIND/NAME); there are:";
    for (const Kind& kind : served_kinds()) message += str(" ", kind.plural);
  }
  return Error{Code::malformed, std::move(message), {}};
}

}  // namespace

std::vector<Option> client_options(std::vector<Option> own) {
  std::vector<Option> all = std::move(own);
  all.push_back(
      {"namespace", 'n', "NAME", "Namespace to work in (default: the context's, else \"default\"; MUSTER_NAMESPACE)."});
  all.push_back({"server", 0, "URL", "Address of the server, instead of a context (MUSTER_SERVER)."});
  all.push_back({"config", 0, "FILE",
                 "Configuration in kubeconfig format (MUSTER_CONFIG, KUBECONFIG, ~/.config/muster/config)."});
  all.push_back({"kubeconfig", 0, "FILE", "The same, by kubectl's name."});
  all.push_back({"context", 0, "NAME", "Context of the configuration (default: its current-context)."});
  return all;
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): read before any thread is started
  return value == nullptr ? std::string() : std::string(value);
}

Result<client::Target> find_target(const Arguments& arguments) {
  client::Target target;
  const std::string address = arguments.get(
      "server", arguments.has("config") || arguments.has("kubeconfig") ? "" : environment("MUSTER_SERVER"));
  if (!address.empty()) {
    target.server = address;
  } else {
    const std::string path =
        arguments.get("config", arguments.get("kubeconfig", client::default_config_path(&environment)));
    const auto text = read_file(path, config_bytes);
    if (!text.ok() && text.error().code == Code::not_found) {
      return Error{Code::not_found,
                   str("no server is known: ", path,
                       " does not exist. Start one with 'muster dev', or name one with --server URL"),
                   {}};
    }
    if (!text.ok()) return text.error();
    TRY(target, client::read_config(*text, path, arguments.get("context")));
  }
  return target;
}

Result<Session> connect(const Arguments& arguments) {
  TRY(const client::Target target, find_target(arguments));
  Session session;
  session.ns = arguments.get("namespace", environment("MUSTER_NAMESPACE"));
  if (session.ns.empty()) session.ns = target.ns;
  TRY(session.api, client::ApiClient::open(target));
  session.api->on_warning = [](const std::string& text) { std::fprintf(stderr, "Warning: %s\n", text.c_str()); };
  return session;
}

Result<std::vector<Reference>> parse_references(const std::vector<std::string>& words) {
  if (words.empty())
    return Error{Code::malformed, "name a kind: for example services, task/NAME, or tasks,services", {}};
  std::vector<Reference> out;
  if (words[0].find('/') != std::string::npos) {
    for (const std::string& word : words) {
      const std::size_t slash = word.find('/');
      if (slash == std::string::npos || slash + 1 == word.size()) {
        return Error{Code::malformed, str("\"", word, "\": when one word is KIND/NAME, all must be"), {}};
      }
      TRY(const Kind* kind, kind_named(word.substr(0, slash)));
      out.push_back({kind, word.substr(slash + 1)});
    }
    return out;
  }
  const std::vector<std::string_view> kinds = split(words[0], ',');
  if (kinds.size() > 1 && words.size() > 1) return Error{Code::malformed, "names can follow one kind only", {}};
  for (const std::string_view word : kinds) {
    if (word == "all") {
      for (const Kind& kind : all_kinds()) {
        for (const std::string_view category : kind.categories) {
          if (category == "all") out.push_back({&kind, {}});
        }
      }
      continue;
    }
    TRY(const Kind* kind, kind_named(word));
    if (words.size() == 1) out.push_back({kind, {}});
    for (std::size_t i = 1; i < words.size(); ++i) out.push_back({kind, words[i]});
  }
  return out;
}

Result<Reference> parse_reference(const std::vector<std::string>& words) {
  std::vector<Reference> references;
  if (!words.empty()) {
    TRY(references, parse_references(words));
  }
  if (references.size() != 1 || references.front().name.empty()) {
    return Error{Code::malformed, "name exactly one object: KIND/NAME, for example service/web", {}};
  }
  return std::move(references.front());
}

std::string_view namespace_for(const Kind& kind, const Session& session) {
  return kind.scope == Scope::namespaced ? std::string_view(session.ns) : std::string_view();
}

Result<std::shared_ptr<Object>> fetch(Session& session, const Kind& kind, const std::string& name) {
  TRY(const Node node, session.api->get(client::path_of(kind, namespace_for(kind, session), name)));
  return decode_object(node, &kind, DecodeOptions{Unknown::ignore, {}}, nullptr);
}

Result<std::vector<std::shared_ptr<Object>>> fetch_all(Session& session, const Kind& kind, const std::string& query) {
  std::vector<std::shared_ptr<Object>> out;
  std::string next;
  do {
    std::string path = str(client::path_of(kind, namespace_for(kind, session)), "?limit=500");
    if (!query.empty()) path += "&" + query;
    if (!next.empty()) path += "&continue=" + http::percent_encode(next);
    TRY(const Node list, session.api->get(path));
    if (const Node* items = list.find("items")) {
      for (const Node& item : items->items) {
        TRY(auto object, decode_object(item, &kind, DecodeOptions{Unknown::ignore, {}}, nullptr));
        out.push_back(std::move(object));
      }
    }
    const Node* metadata = list.find("metadata");
    next = metadata == nullptr ? std::string() : std::string(metadata->text_of("continue"));
  } while (!next.empty());
  return out;
}

}  // namespace muster::cmd
