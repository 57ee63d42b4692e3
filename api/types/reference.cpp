#include "api/types/reference.h"

#include <set>
#include <vector>

#include "api/base/text.h"
#include "api/schema/reference.h"
#include "api/types/kinds.h"

namespace muster {
namespace {

// The object or enumeration inside of optionals, lists and maps; null for plain values.
const Type* named_part(const Type& type) {
  switch (type.shape) {
    case Shape::object:
    case Shape::enumeration: return &type;
    case Shape::optional:
    case Shape::list:
    case Shape::map: return named_part(*type.element());
    case Shape::boolean:
    case Shape::integer:
    case Shape::string:
    case Shape::time:
    case Shape::duration:
    case Shape::raw: return nullptr;
  }
  return nullptr;
}

std::string_view writer_text(Writer writer) {
  switch (writer) {
    case Writer::user: return "";
    case Writer::server: return "server";
    case Writer::scheduler: return "scheduler";
    case Writer::service: return "service controller";
    case Writer::instance: return "instance controller";
    case Writer::agent: return "agent";
    case Writer::task_run: return "task run controller";
  }
  return "";
}

// A table's cell: one line, without what would end the cell.
std::string cell(std::string_view text) {
  std::string out;
  for (const char letter : text) {
    if (letter == '|') {
      out += "\\|";
    } else {
      out += letter == '\n' ? ' ' : letter;
    }
  }
  return out;
}

class Page {
 public:
  std::string text;

  void add_kind(const Kind& kind) {
    const Type& type = *kind.type();
    text += str("## ", kind.kind, "\n\n`", kind.api_version(), "`, ",
                kind.scope == Scope::namespaced ? "in a namespace" : "cluster-wide", ", `", kind.plural, '`');
    for (const std::string_view name : kind.short_names) text += str(", `", name, '`');
    text += str("\n\n", type.doc, "\n\n");
    add_fields(type);
    add_parts(type);
  }

 private:
  void add_fields(const Type& type) {
    text += "| Field | Type | |\n|---|---|---|\n";
    for (const Field& field : type.fields) {
      text += str("| `", field.name, "` | ", cell(type_text(*field.type())), " | ", cell(field.doc),
                  cell(notes(field, type)), " |\n");
    }
    text += '\n';
  }

  static std::string notes(const Field& field, const Type& owner) {
    std::string out;
    if (field.required) out += " Required.";
    if (field.immutable) out += " Cannot be changed.";
    const std::string limits = limits_text(field, owner);
    if (!limits.empty()) out += str(" (", limits, ")");
    const std::string_view writer = writer_text(field.writer);
    if (!writer.empty()) out += str(" *Written by the ", writer, ".*");
    return out;
  }

  // What the fields refer to, each once on the page.
  void add_parts(const Type& type) {
    for (const Field& field : type.fields) {
      const Type* part = named_part(*field.type());
      if (part == nullptr || !seen_.insert(part).second) continue;
      text += str("### ", part->name, "\n\n", part->doc, "\n\n");
      if (part->shape == Shape::enumeration) {
        std::vector<std::string> names;
        for (const std::string_view name : part->enumerators) {
          if (!name.empty()) names.push_back(str('`', name, '`'));
        }
        text += str("One of ", join(names, ", "), ".\n\n");
        continue;
      }
      add_fields(*part);
      add_parts(*part);
    }
  }

  std::set<const Type*> seen_;
};

}  // namespace

std::string reference_markdown() {
  Page page;
  page.text =
      "# Kinds and their fields\n\nMade by `hack/update` from the descriptions in `api/types`; `muster explain` shows "
      "the "
      "same.\n\n";
  for (const Kind& kind : all_kinds()) page.add_kind(kind);
  return page.text;
}

}  // namespace muster
