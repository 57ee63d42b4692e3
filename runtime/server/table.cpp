#include "runtime/server/table.h"

#include <algorithm>

#include "api/base/text.h"
#include "api/schema/describe.h"
#include "api/schema/encode.h"
#include "api/schema/json.h"

namespace muster::server {
namespace {

void append_column(std::string& out, std::string_view name, std::string_view type, std::string_view format,
                   std::string_view doc, int priority) {
  if (out.back() != '[') out += ',';
  out += "{\"name\":";
  append_json_string(out, name);
  out += ",\"type\":";
  append_json_string(out, type);
  out += ",\"format\":";
  append_json_string(out, format);
  out += ",\"description\":";
  append_json_string(out, doc);
  out += str(",\"priority\":", priority, "}");
}

void append_row(std::string& out, const Object& object, RowObject form, Time now) {
  if (out.back() != '[') out += ',';
  out += "{\"cells\":[";
  append_json_string(out, object.metadata.name);
  for (const Column& column : object.kind->columns) {
    out += ',';
    const std::string cell = column.cell(object, now);
    if (column.type == "integer" && parse_int(cell)) {
      out += cell;
    } else {
      append_json_string(out, cell);
    }
  }
  if (object.kind->shows_age) {
    out += ',';
    const Time created = object.metadata.creation_timestamp;
    append_json_string(out, is_set(created) ? format_age(now - created) : "<unknown>");
  }
  out += "],\"object\":";
  switch (form) {
    case RowObject::none: out += "null"; break;
    case RowObject::metadata: out += metadata_json(object); break;
    case RowObject::object: encode_object(object, out); break;
  }
  out += '}';
}

}  // namespace

RowObject row_object(std::string_view include_object) {
  if (include_object == "None") return RowObject::none;
  if (include_object == "Object") return RowObject::object;
  return RowObject::metadata;
}

std::string metadata_json(const Object& object) {
  std::string out = R"({"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":)";
  encode(*type_of<Meta>(), &object.metadata, out);
  out += '}';
  return out;
}

std::string table_json(const Kind& kind, const std::vector<ObjectPtr>& objects, const std::string& list_metadata,
                       RowObject form, Time now) {
  std::string out =
      str(R"({"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":)", list_metadata, ",\"columnDefinitions\":[");
  // As in Kubernetes: nobody knows an event by its name.
  const int name_priority = kind.kind == "Event" ? 1 : 0;
  append_column(out, "Name", "string", "name", "The object's name, unique among its kind in its namespace.",
                name_priority);
  for (const Column& column : kind.columns)
    append_column(out, column.name, column.type, "", column.doc, column.priority);
  if (kind.shows_age) append_column(out, "Age", "string", "", "How long ago the object was created.", 0);
  out += "],\"rows\":[";
  for (const ObjectPtr& object : objects) append_row(out, *object, form, now);
  out += "]}";
  return out;
}

}  // namespace muster::server
