// muster edit
#include <cstdio>

#include "api/base/text.h"
#include "api/schema/json.h"
#include "api/schema/yaml.h"
#include "runtime/cmd/client_verb.h"
#include "runtime/cmd/editor.h"
#include "runtime/cmd/verbs.h"

namespace muster::cmd {
namespace {

constexpr std::string_view preface =
    "# Save and leave the editor to change the object; leave it without a change, or with an\n"
    "# empty file, to cancel. Lines that begin with # are no part of it.\n";

// Without what only the server writes.
Node for_editing(Node object) {
  object.erase("status");
  if (Node* metadata = object.find("metadata")) metadata->erase("managedFields");
  return object;
}

std::string as_comment(const std::string& text) {
  std::string out = "#\n# ";
  for (const char letter : text) {
    out += letter;
    if (letter == '\n') out += "# ";
  }
  return out + "\n#\n";
}

std::string without_first_comments(std::string_view text) {
  while (text.starts_with('#')) {
    const std::size_t end = text.find('\n');
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return std::string(text);
}

Result<Node> parse_one(const std::string& text) {
  TRY(std::vector<Node> documents, parse_yaml(text));
  if (documents.size() > 1) return Error{Code::malformed, "only one document is expected", {}};
  return documents.empty() ? Node{} : std::move(documents.front());
}

// What somebody has written is not lost.
int fail_keeping(const std::string& text, Error error) {
  const auto path = kept(text);
  error.message += path.ok() ? str("\nYour text is in ", *path) : str("\n", path.error().message);
  return fail(error);
}

int run(const Arguments& arguments) {
  const auto reference = parse_reference(arguments.words);
  if (!reference.ok()) return fail_usage(edit_verb(), reference.error());
  auto session = connect(arguments);
  if (!session.ok()) return fail(session.error());
  const std::string name = str(reference->kind->singular, '/', reference->name);
  const std::string path =
      client::path_of(*reference->kind, namespace_for(*reference->kind, *session), reference->name);
  const auto stored = session->api->get(path);
  if (!stored.ok()) return fail(stored.error());
  const Node before = for_editing(*stored);
  std::string body = write_yaml(before);
  std::string complaint;
  while (true) {
    const std::string shown = str(preface, complaint, body);
    auto text = edited(shown);
    if (!text.ok()) return fail(text.error());
    // The same text again after a complaint: nothing better is to come.
    if (!complaint.empty() && without_first_comments(*text) == body) {
      return fail_keeping(*text, Error{Code::invalid, "not changed: the text is as it was refused", {}});
    }
    const auto document = parse_one(*text);
    if (document.ok() && (document->is_null() || equal(*document, before))) {
      std::printf("%s not changed\n", name.c_str());
      return exit_code::ok;
    }
    Error error;
    if (document.ok()) {
      // The revision is part of the text: what somebody else has written meanwhile is not overwritten.
      const auto answer = session->api->json("PUT", path + "?fieldValidation=Strict", write_json(*document));
      if (answer.ok()) {
        std::printf("%s edited\n", name.c_str());
        return exit_code::ok;
      }
      error = answer.error();
      if (error.code == Code::conflict) {
        error.message = str(name, " was changed by somebody else meanwhile; edit it again");
        return fail_keeping(*text, std::move(error));
      }
      if (error.code != Code::invalid && error.code != Code::malformed) return fail_keeping(*text, std::move(error));
    } else {
      error = document.error();
    }
    body = without_first_comments(*text);
    complaint = as_comment(error.text());
  }
}

}  // namespace

const Verb& edit_verb() {
  static const Verb verb{"edit",
                         "KIND/NAME",
                         "change an object in an editor",
                         "Opens the object as YAML in the editor of MUSTER_EDITOR, VISUAL or EDITOR\n"
                         "(else vi) and stores what is saved. A text that is refused is shown again, with\n"
                         "the reason.\n\n"
                         "  EDITOR=nano muster edit service/web\n",
                         client_options({}),
                         &run};
  return verb;
}

}  // namespace muster::cmd
