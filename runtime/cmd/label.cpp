// muster label and muster annotate
#include <cstdio>
#include <optional>
#include <set>

#include "api/base/text.h"
#include "api/schema/json.h"
#include "runtime/cmd/client_verb.h"
#include "runtime/cmd/verbs.h"

namespace muster::cmd {
namespace {

struct Change {
  std::string key;
  std::optional<std::string> value;  // absent: it is removed
};

struct Words {
  std::vector<Reference> references;
  std::vector<Change> changes;
};

// "key=value" and "key-" are changes, all other words name objects.
Result<Words> parse(const std::vector<std::string>& words) {
  Words out;
  std::vector<std::string> names;
  for (const std::string& word : words) {
    if (const std::size_t equals = word.find('='); equals != std::string::npos) {
      out.changes.push_back({word.substr(0, equals), word.substr(equals + 1)});
    } else if (word.size() > 1 && word.ends_with('-')) {
      out.changes.push_back({word.substr(0, word.size() - 1), std::nullopt});
    } else {
      names.push_back(word);
    }
  }
  TRY(out.references, parse_references(names));
  for (const Reference& each : out.references) {
    if (each.name.empty()) return Error{Code::malformed, "name the objects: service/web", {}};
  }
  std::set<std::string> keys;
  for (const Change& each : out.changes) {
    if (!keys.insert(each.key).second) return Error{Code::malformed, str(each.key, " is to be changed twice"), {}};
  }
  if (out.changes.empty()) return Error{Code::malformed, "say what to change: KEY=VALUE, or KEY- to remove", {}};
  return out;
}

// Code::conflict also when somebody else has changed the object between the two requests.
Status try_change(Session& session, const Reference& reference, const std::vector<Change>& changes,
                  std::string_view field, bool overwrite) {
  const std::string path = client::path_of(*reference.kind, namespace_for(*reference.kind, session), reference.name);
  TRY(const Node object, session.api->get(path));
  const Node* metadata = object.find("metadata");
  const Node* before = metadata->find(field);
  Node patch = Node::map();
  // What was looked at must be what is changed.
  patch.at("resourceVersion") = Node::of(std::string(metadata->text_of("resourceVersion")));
  Node& values = patch.at(field) = Node::map();
  for (const Change& each : changes) {
    const Node* old = before == nullptr ? nullptr : before->find(each.key);
    if (old != nullptr && each.value && old->text != *each.value && !overwrite) {
      return Error{Code::already_exists,
                   str(reference.kind->singular, '/', reference.name, " has ", each.key, '=', old->text,
                       " already; --overwrite replaces it"),
                   {}};
    }
    values.at(each.key) = each.value ? Node::of(*each.value) : Node{};
  }
  Node body = Node::map();
  body.at("metadata") = std::move(patch);
  TRY(const Node after, session.api->json("PATCH", path, write_json(body), "application/merge-patch+json"));
  const bool same = after.find("metadata")->text_of("resourceVersion") == metadata->text_of("resourceVersion");
  std::printf("%s/%s %s\n", std::string(reference.kind->singular).c_str(), reference.name.c_str(),
              same                ? "unchanged"
              : field == "labels" ? "labelled"
                                  : "annotated");
  return {};
}

Status change_one(Session& session, const Reference& reference, const std::vector<Change>& changes,
                  std::string_view field, bool overwrite) {
  constexpr int attempts = 10;
  Status status;
  for (int attempt = 0; attempt < attempts; ++attempt) {
    status = try_change(session, reference, changes, field, overwrite);
    if (status.ok() || status.error().code != Code::conflict) break;
  }
  return status;
}

int change(const Arguments& arguments, const Verb& verb, std::string_view field) {
  const auto words = parse(arguments.words);
  if (!words.ok()) return fail_usage(verb, words.error());
  auto session = connect(arguments);
  if (!session.ok()) return fail(session.error());
  int code = exit_code::ok;
  for (const Reference& each : words->references) {
    const Status status = change_one(*session, each, words->changes, field, arguments.has("overwrite"));
    if (!status.ok()) code = fail(status.error());
  }
  return code;
}

int label(const Arguments& arguments) {
  return change(arguments, label_verb(), "labels");
}

int annotate(const Arguments& arguments) {
  return change(arguments, annotate_verb(), "annotations");
}

}  // namespace

const Verb& label_verb() {
  static const Verb verb{"label",
                         "KIND/NAME... KEY=VALUE... KEY-...",
                         "set or remove labels of objects",
                         "KEY=VALUE sets a label, KEY- removes it.\n\n"
                         "  muster label service/web team=blue\n"
                         "  muster label service/web team-\n",
                         client_options({{"overwrite", 0, "", "Replace values that are there."}}),
                         &label};
  return verb;
}

const Verb& annotate_verb() {
  static const Verb verb{"annotate",
                         "KIND/NAME... KEY=VALUE... KEY-...",
                         "set or remove annotations of objects",
                         "KEY=VALUE sets an annotation, KEY- removes it.\n\n"
                         "  muster annotate namespace/prod muster.dev/host-access=hostNetwork\n",
                         client_options({{"overwrite", 0, "", "Replace values that are there."}}),
                         &annotate};
  return verb;
}

}  // namespace muster::cmd
