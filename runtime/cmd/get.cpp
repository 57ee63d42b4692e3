// muster get
#include <cstdio>
#include <optional>

#include "api/base/text.h"
#include "api/schema/json.h"
#include "api/schema/yaml.h"
#include "api/types/builtin.h"
#include "runtime/cmd/client_verb.h"
#include "runtime/cmd/table_printer.h"
#include "runtime/cmd/verbs.h"

namespace muster::cmd {
namespace {

constexpr const char* table_accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

struct Request {
  Session session;
  bool all_namespaces = false;
  bool headers = true;
  std::string format;  // "", wide, json, yaml, name
  std::string query;   // selectors
};

std::string path_of(const Request& request, const Reference& reference) {
  const std::string_view ns =
      request.all_namespaces ? std::string_view() : namespace_for(*reference.kind, request.session);
  return client::path_of(*reference.kind, ns, reference.name);
}

bool shows_namespace(const Request& request, const Kind& kind) {
  return request.all_namespaces && kind.scope == Scope::namespaced;
}

// `-o wide` shows everything, whatever its width.
TableLayout layout_of(const Request& request, const Kind& kind) {
  TableLayout layout;
  if (request.format != "wide") layout.width = output_columns();
  layout.names = shows_namespace(request, kind) ? 1 : 0;
  if (&kind == &kind_of<Event>()) layout.names = std::string::npos;  // their names say nothing
  return layout;
}

std::string cell_text(const Node& cell) {
  if (cell.is_string()) return cell.text;
  return write_json(cell);
}

// One row of a Table, as it is printed.
std::vector<std::string> row_text(const Request& request, const Kind& kind, const Node& columns, const Node& row,
                                  bool prefix) {
  std::vector<std::string> out;
  const Node* cells = row.find("cells");
  if (shows_namespace(request, kind)) {
    const Node* object = row.find("object");
    const Node* metadata = object == nullptr ? nullptr : object->find("metadata");
    out.emplace_back(metadata == nullptr ? "" : metadata->text_of("namespace"));
  }
  for (std::size_t i = 0; cells != nullptr && i < cells->items.size() && i < columns.items.size(); ++i) {
    const Node* priority = columns.items[i].find("priority");
    if (priority != nullptr && priority->integer > 0 && request.format != "wide") continue;
    std::string text = cell_text(cells->items[i]);
    if (i == 0 && prefix) text = str(kind.singular, "/", text);
    out.push_back(text.empty() ? "<none>" : std::move(text));
  }
  return out;
}

std::vector<std::string> headers_of(const Request& request, const Kind& kind, const Node& columns) {
  std::vector<std::string> out;
  if (!request.headers) return out;
  if (shows_namespace(request, kind)) out.emplace_back("NAMESPACE");
  for (const Node& column : columns.items) {
    const Node* priority = column.find("priority");
    if (priority != nullptr && priority->integer > 0 && request.format != "wide") continue;
    out.push_back(header_of(column.text_of("name")));
  }
  return out;
}

Result<Node> get_table(Request& request, const std::string& path) {
  http::Request ask;
  ask.target = path;
  ask.headers.emplace_back("Accept", table_accept);
  TRY(const client::ApiClient::Reply reply, request.session.api->send(std::move(ask)));
  if (reply.response.status != 200) return client::error_of(reply.response);
  return parse_json(reply.response.body);
}

Status print_tables(Request& request, const std::vector<Reference>& references) {
  bool nothing = true;
  bool first = true;
  const Kind* last = nullptr;
  bool kinds_differ = false;
  for (const Reference& reference : references)
    kinds_differ = kinds_differ || reference.kind != references.front().kind;
  std::vector<std::pair<const Kind*, Node>> tables;
  for (const Reference& reference : references) {
    TRY(Node table,
        get_table(request, str(path_of(request, reference), request.query.empty() ? "" : "?", request.query)));
    if (last == reference.kind && !tables.empty()) {
      Node& rows = tables.back().second.at("rows");
      for (Node& row : table.at("rows").items) rows.items.push_back(std::move(row));
    } else {
      tables.emplace_back(reference.kind, std::move(table));
    }
    last = reference.kind;
  }
  for (auto& [kind, table] : tables) {
    const Node& columns = table.at("columnDefinitions");
    const Node& rows = table.at("rows");
    if (rows.items.empty()) continue;
    nothing = false;
    TablePrinter printer(headers_of(request, *kind, columns), layout_of(request, *kind));
    for (const Node& row : rows.items) printer.add(row_text(request, *kind, columns, row, kinds_differ));
    std::printf("%s%s", first ? "" : "\n", printer.text().c_str());
    first = false;
  }
  if (nothing) {
    const std::string where = request.all_namespaces || references.front().kind->scope == Scope::cluster
                                  ? std::string()
                                  : str(" in namespace ", request.session.ns);
    std::fprintf(stderr, "No %s found%s.\n",
                 references.size() == 1 ? std::string(references.front().kind->plural).c_str() : "objects",
                 where.c_str());
  }
  return {};
}

Status print_objects(Request& request, const std::vector<Reference>& references) {
  std::vector<Node> objects;
  bool list = references.size() > 1;
  for (const Reference& reference : references) {
    TRY(Node node,
        request.session.api->get(str(path_of(request, reference), request.query.empty() ? "" : "?", request.query)));
    if (!reference.name.empty()) {
      objects.push_back(std::move(node));
      continue;
    }
    list = true;
    for (Node& item : node.at("items").items) objects.push_back(std::move(item));
  }
  if (request.format == "name") {
    for (const Node& object : objects) {
      // The singular of every kind, views included.
      std::printf("%s/%s\n", to_lower(object.text_of("kind")).c_str(),
                  std::string(object.find("metadata")->text_of("name")).c_str());
    }
    return {};
  }
  Node out;
  if (list) {
    out = Node::map();
    out.at("apiVersion") = Node::of(std::string("v1"));
    out.at("kind") = Node::of(std::string("List"));
    Node& items = out.at("items");
    items = Node::list();
    items.items = std::move(objects);
  } else {
    out = std::move(objects.front());
  }
  std::printf("%s", request.format == "json" ? write_json_pretty(out).c_str() : write_yaml(out).c_str());
  return {};
}

// First what is there, then a row (or a document) for each change, until interrupted.
Status watch(Request& request, const Reference& reference) {
  Reference collection{reference.kind, {}};
  std::string query = request.query;
  if (!reference.name.empty())
    query += str(query.empty() ? "" : "&", "fieldSelector=metadata.name%3D", http::percent_encode(reference.name));
  const bool table = request.format.empty() || request.format == "wide";
  const std::string path = path_of(request, collection);
  Node columns;
  std::optional<TablePrinter> printer;
  const http::Headers accept{{"Accept", table ? table_accept : "application/json"}};
  Status failed;
  TRY_VOID(request.session.api->lines(
      str(path, "?watch=true", query.empty() ? "" : "&", query), accept, [&](std::string_view line) {
        auto event = parse_json(line);
        if (!event.ok()) return true;
        const Node& object = event->at("object");
        if (event->text_of("type") == "ERROR") {
          failed = Error{Code::gone, std::string(object.text_of("message")), {}};
          return false;
        }
        if (event->text_of("type") == "BOOKMARK") return true;
        if (!table) {
          std::printf("%s", request.format == "json" ? write_json_pretty(object).c_str()
                                                     : (str("---\n", write_yaml(object))).c_str());
          return flush_output();
        }
        if (const Node* given = object.find("columnDefinitions"); given != nullptr && given->is_list())
          columns = *given;
        const Node* rows = object.find("rows");
        for (const Node& row : rows == nullptr ? std::vector<Node>() : rows->items) {
          if (!printer)
            printer.emplace(headers_of(request, *reference.kind, columns), layout_of(request, *reference.kind));
          printer->add(row_text(request, *reference.kind, columns, row, false));
          std::printf("%s", printer->text().c_str());
        }
        return flush_output();
      }));
  return failed;
}

int raw(Session& session, const std::string& path) {
  http::Request ask;
  ask.target = path;
  auto reply = session.api->send(std::move(ask));
  if (!reply.ok()) return fail(reply.error());
  std::fwrite(reply->response.body.data(), 1, reply->response.body.size(), stdout);
  if (!reply->response.body.empty() && reply->response.body.back() != '\n') std::printf("\n");
  return reply->response.status < 300 ? exit_code::ok : exit_code::error;
}

int run(const Arguments& arguments) {
  Request request;
  request.format = arguments.get("output");
  for (const std::string_view known : {"", "wide", "json", "yaml", "name", "?"}) {
    if (known == "?")
      return fail_usage(
          get_verb(), Error{Code::malformed, str("-o ", request.format, ": there are wide, json, yaml and name"), {}});
    if (known == request.format) break;
  }
  auto session = connect(arguments);
  if (!session.ok()) return fail(session.error());
  request.session = std::move(session).value();
  if (const std::string path = arguments.get("raw", "/"); path.empty() || path.front() != '/')
    return fail_usage(get_verb(), Error{Code::malformed, str("--raw ", path, ": a path begins with /"), {}});
  if (arguments.has("raw")) return raw(request.session, arguments.get("raw"));
  request.all_namespaces = arguments.has("all-namespaces");
  request.headers = !arguments.has("no-headers");
  const auto add = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) request.query += str(request.query.empty() ? "" : "&", name, "=", http::percent_encode(value));
  };
  add("labelSelector", arguments.get("selector"));
  add("fieldSelector", arguments.get("field-selector"));
  auto references = parse_references(arguments.words);
  if (!references.ok()) return fail_usage(get_verb(), references.error());
  if (arguments.has("watch")) {
    if (references->size() != 1)
      return fail_usage(get_verb(), Error{Code::malformed, "-w watches one kind or one object", {}});
    const Status status = watch(request, references->front());
    return status.ok() ? exit_code::ok : fail(status.error());
  }
  const bool table = request.format.empty() || request.format == "wide";
  const Status status = table ? print_tables(request, *references) : print_objects(request, *references);
  return status.ok() ? exit_code::ok : fail(status.error());
}

}  // namespace

const Verb& get_verb() {
  static const Verb verb{
      "get",
      "KIND[,KIND...] [NAME...] | KIND/NAME... | all",
      "list objects, or show some",
      "Prints one line an object, as wide as the terminal, or 80 columns where there is\n"
      "none: what does not fit is cut, '...' marks the place. -o wide cuts nothing.\n\n"
      "  muster get services,tasks,containerinstances\n"
      "  muster get task/web-0-0-1a2b3c4d -o yaml\n"
      "  muster get tasks -l muster.dev/service=web -w\n"
      "  muster get --raw /readyz\n",
      client_options({{"output", 'o', "FORMAT",
                       "wide (a table with more columns, nothing is cut), json, yaml or name (default: a table)."},
                      {"all-namespaces", 'A', "", "Objects of all namespaces."},
                      {"selector", 'l', "LABELS", "Only objects with these labels: app=web,tier in (a,b),!x."},
                      {"field-selector", 0, "FIELDS", "Only objects with these fields: spec.group=service:web."},
                      {"watch", 'w', "", "Go on printing changes."},
                      {"no-headers", 0, "", "Leave out the header line."},
                      {"raw", 0, "PATH", "Print what the server answers for this path."}}),
      &run};
  return verb;
}

}  // namespace muster::cmd
