#include <algorithm>
#include <map>

#include "api/base/text.h"
#include "api/ecs/fields.h"
#include "api/ecs/task_definition.h"
#include "api/types/kinds.h"

namespace muster::ecs {
namespace {

// Null, false, "", an empty list, a map of nothing else: what `describe` prints for a field that was not given. Zero is
// a value: maxSwap 0 means no swap.
bool is_empty(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null: return true;
    case Node::Kind::boolean: return !node.boolean;
    case Node::Kind::integer:
    case Node::Kind::number: return false;
    case Node::Kind::string: return node.text.empty();
    case Node::Kind::list: return node.items.empty();
    case Node::Kind::map:
      return std::all_of(node.members.begin(), node.members.end(),
                         [](const auto& member) { return is_empty(member.second); });
  }
  return false;
}

// Whether the table has rules for the members of a map at this path. ECS's maps with free keys have none.
bool has_members(std::string_view path) {
  return std::any_of(field_rules().begin(), field_rules().end(), [path](const FieldRule& rule) {
    return rule.path.starts_with(path) && rule.path.substr(path.size()).starts_with('.');
  });
}

std::string joined(std::string_view path, std::string_view name) {
  return path.empty() ? std::string(name) : str(path, '.', name);
}

// Copies what is supported, and says what becomes of the rest.
class Reader {
 public:
  Reader(const FromEcsOptions& options, std::vector<Warning>& warnings) : options_(options), warnings_(warnings) {}

  // `rule_path` is the path in the table ("containerDefinitions[]"), `path` that of the document
  // ("containerDefinitions[0]").
  Node read_map(const Node& node, const std::string& rule_path, const std::string& path);
  void warn_output_only();
  void adapt_network(Node& spec);
  void warn(std::string_view path, const Mark& mark, std::string message) {
    warnings_.push_back({place(path, mark), std::move(message)});
  }
  void fail(std::string_view path, const Mark& mark, std::string message) {
    causes_.push_back({place(path, mark), std::move(message), ""});
  }
  std::vector<Cause>& causes() { return causes_; }

 private:
  void read_field(const FieldRule& rule, const Node& value, const std::string& name, const std::string& path,
                  Node& out);
  Node read_value(const FieldRule& rule, const Node& value, const std::string& path);
  void refuse(const FieldRule& rule, const Node& value, const std::string& path);
  bool refuse_parts(const FieldRule& rule, const Node& value, const std::string& path);
  bool read_log(const Node& value, const std::string& path);
  Node last_of_each_name(const Node& environment, const std::string& path);
  void unknown(const std::string& rule_path, std::string_view name, const Mark& mark, const std::string& path);
  std::string place(std::string_view path, const Mark& mark) const;

  const FromEcsOptions& options_;
  std::vector<Warning>& warnings_;
  std::vector<Cause> causes_;
  std::vector<std::string> output_only_;
};

std::string Reader::place(std::string_view path, const Mark& mark) const {
  if (options_.source.empty()) return std::string(path);
  const std::string file =
      mark.line == 0 ? std::string(options_.source) : str(options_.source, ':', mark.line, ':', mark.column);
  return path.empty() ? file : str(file, ": ", path);
}

Node Reader::read_map(const Node& node, const std::string& rule_path, const std::string& path) {
  Node out = Node::map();
  out.mark = node.mark;
  for (const auto& [name, value] : node.members) {
    const FieldRule* rule = find_rule(joined(rule_path, name));
    if (rule == nullptr) {
      unknown(rule_path, name, value.mark, joined(path, name));
    } else if (!value.is_null()) {
      read_field(*rule, value, name, joined(path, name), out);
    }
  }
  return out;
}

void Reader::read_field(const FieldRule& rule, const Node& value, const std::string& name, const std::string& path,
                        Node& out) {
  switch (rule.support) {
    case Support::supported:
      if (name == "logConfiguration" && !read_log(value, path)) return;
      out.members.emplace_back(name, read_value(rule, value, path));
      return;
    case Support::output_only:
      if (!is_empty(value)) output_only_.push_back(path);
      return;
    case Support::accepted:
      if (is_empty(value)) return;
      return warn(path, value.mark, std::string(rule.sentence));
    case Support::refused:
      if (!is_empty(value)) refuse(rule, value, path);
      return;
  }
}

// Of a supported field. Values of a wrong type are passed on: decoding names what was expected.
Node Reader::read_value(const FieldRule& rule, const Node& value, const std::string& path) {
  if (value.is_map() && has_members(rule.path)) return read_map(value, std::string(rule.path), path);
  const std::string item_path = str(rule.path, "[]");
  if (!value.is_list() || !has_members(item_path)) return value;
  Node list = Node::list();
  list.mark = value.mark;
  list.items.reserve(value.items.size());
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const Node& item = value.items[i];
    list.items.push_back(item.is_map() ? read_map(item, item_path, str(path, '[', i, ']')) : item);
  }
  return rule.path.ends_with(".environment") ? last_of_each_name(list, path) : list;
}

void Reader::refuse(const FieldRule& rule, const Node& value, const std::string& path) {
  if (!refuse_parts(rule, value, path)) fail(path, value.mark, std::string(rule.sentence));
}

// Refuses the parts that have a sentence of their own; false when there are none.
bool Reader::refuse_parts(const FieldRule& rule, const Node& value, const std::string& path) {
  bool found = false;
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    for (const auto& [name, part] : value.items[i].members) {
      const FieldRule* inner = find_rule(str(rule.path, "[].", name));
      if (inner == nullptr || is_empty(part)) continue;
      fail(str(path, '[', i, "].", name), part.mark, std::string(inner->sentence));
      found = true;
    }
  }
  return found;
}

// False when nothing is to be read of it: the log is the local one, or the driver is refused.
bool Reader::read_log(const Node& value, const std::string& path) {
  const std::string_view driver = value.text_of("logDriver");
  if (driver == "awslogs") {
    warn(path, value.mark, "is left out: the output goes to the local log, see `muster logs`");
  } else if (driver == "awsfirelens") {
    fail(joined(path, "logDriver"), value.mark, "awsfirelens is not supported: there is no log router");
  }
  return driver != "awslogs" && driver != "awsfirelens";
}

Node Reader::last_of_each_name(const Node& environment, const std::string& path) {
  std::map<std::string_view, std::size_t> last;
  for (std::size_t i = 0; i < environment.items.size(); ++i) last[environment.items[i].text_of("name")] = i;
  Node out = Node::list();
  out.mark = environment.mark;
  for (std::size_t i = 0; i < environment.items.size(); ++i) {
    const std::string_view name = environment.items[i].text_of("name");
    if (name.empty() || last[name] == i) {
      out.items.push_back(environment.items[i]);
    } else {
      warn(str(path, '[', i, ']'), environment.items[i].mark,
           str("is left out: a later entry of the same name (", name, ") replaces it"));
    }
  }
  return out;
}

void Reader::unknown(const std::string& rule_path, std::string_view name, const Mark& mark, const std::string& path) {
  const std::string prefix = rule_path.empty() ? std::string() : rule_path + '.';
  std::vector<std::string_view> siblings;
  for (const FieldRule& rule : field_rules()) {
    if (!rule.path.starts_with(prefix)) continue;
    const std::string_view rest = rule.path.substr(prefix.size());
    if (rest.find_first_of(".[") == std::string_view::npos) siblings.push_back(rest);
  }
  const auto near = nearest(name, siblings);
  fail(path, mark, near ? str("unknown field, did you mean \"", *near, "\"?") : std::string("unknown field"));
}

void Reader::warn_output_only() {
  if (output_only_.empty()) return;
  warn("", Mark{}, str("fields that ECS only prints are left out: ", join(output_only_, ", ")));
}

void Reader::adapt_network(Node& spec) {
  Node* mode = spec.find("networkMode");
  if (mode == nullptr || !mode->is_string() || mode->text != "awsvpc") return;
  if (options_.awsvpc == Awsvpc::refused) {
    fail("networkMode", mode->mark,
         "awsvpc is not supported: there are no network interfaces of AWS here; use bridge or host, or ask for awsvpc "
         "to "
         "run as bridge");
    return;
  }
  warn("networkMode", mode->mark, "awsvpc runs as bridge: ports are published on free ports of the host");
  mode->text = "bridge";
  Node* containers = spec.find("containerDefinitions");
  if (containers == nullptr) return;
  for (Node& container : containers->items) {
    Node* mappings = container.find("portMappings");
    if (mappings == nullptr) continue;
    // There every task has an address of its own, and the host's port is always the container's.
    for (Node& mapping : mappings->items) {
      if (mapping.is_map()) mapping.erase("hostPort");
    }
  }
}

const Node& content(const Node& node) {
  const Node* inner = node.find("taskDefinition");
  return inner != nullptr && inner->is_map() ? *inner : node;
}

Error refused(std::string_view family, std::vector<Cause> causes) {
  const std::string name = family.empty() ? std::string() : str(" \"", family, '"');
  return Error{Code::malformed, str("the ECS task definition", name, " is refused"), std::move(causes)};
}

}  // namespace

bool is_ecs_task_definition(const Node& node) {
  if (!node.is_map() || node.find("apiVersion") != nullptr || node.find("kind") != nullptr) return false;
  const Node& definition = content(node);
  return definition.find("containerDefinitions") != nullptr ||
         (definition.find("family") != nullptr && &definition != &node);
}

Result<std::shared_ptr<TaskDefinition>> from_ecs(const Node& node, const FromEcsOptions& options,
                                                 std::vector<Warning>& warnings) {
  if (!node.is_map()) {
    return Error{Code::malformed, str("an ECS task definition must be a map, not ", describe_kind(node.kind)), {}};
  }
  const Node& definition = content(node);
  Reader reader(options, warnings);
  if (&definition != &node) {
    for (const auto& [name, value] : node.members) {
      if (name == "taskDefinition") continue;
      if (name != "tags") {
        reader.fail(name, value.mark, "unknown field beside taskDefinition");
      } else if (!is_empty(value)) {
        reader.warn(name, value.mark, std::string(find_rule(name)->sentence));
      }
    }
  }
  Node spec = reader.read_map(definition, "", "");
  reader.warn_output_only();
  reader.adapt_network(spec);
  const std::string family(spec.text_of("family"));
  if (spec.find("family") == nullptr) reader.fail("family", definition.mark, "is required");
  if (!reader.causes().empty()) return refused(family, std::move(reader.causes()));

  std::shared_ptr<TaskDefinition> object = std::make_shared<TaskDefinition>(make<TaskDefinition>());
  DecodeOptions decoding;
  decoding.source = options.source;
  Status status = decode(spec, *type_of<TaskDefinitionSpec>(), &object->spec, decoding, &warnings);
  if (!status.ok()) {
    Error error = std::move(status).error();
    error.message = family.empty() ? "the ECS task definition is invalid"
                                   : str("the ECS task definition \"", family, "\" is invalid");
    return error;
  }
  object->metadata.name = family;
  object->kind->defaults(*object);
  return object;
}

Result<std::shared_ptr<TaskDefinition>> from_ecs(const Node& node, std::vector<Warning>& warnings) {
  return from_ecs(node, FromEcsOptions{}, warnings);
}

}  // namespace muster::ecs
