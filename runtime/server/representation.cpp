#include "runtime/server/representation.h"

#include "api/base/text.h"
#include "runtime/server/table.h"

namespace muster::server {
namespace {

std::string plain_list(const Call& call, const std::vector<ObjectPtr>& objects, const std::string& metadata) {
  const bool whole = call.form == Call::Form::object;
  std::string body =
      whole ? str("{\"kind\":\"", call.kind->kind, "List\",\"apiVersion\":\"", call.kind->api_version(), "\"")
            : std::string(R"({"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/v1")");
  body += str(",\"metadata\":", metadata, ",\"items\":[");
  for (const ObjectPtr& object : objects) {
    if (body.back() != '[') body += ',';
    if (whole) {
      encode_object(*object, body);
    } else {
      body += metadata_json(*object);
    }
  }
  return body + "]}\n";
}

}  // namespace

std::string represent(const Call& call, const Object& object, Time now) {
  switch (call.form) {
    case Call::Form::object: return encode_object(object) + "\n";
    case Call::Form::metadata: return metadata_json(object) + "\n";
    case Call::Form::table: {
      const ObjectPtr pointer(ObjectPtr(), &object);  // does not own: the table is made at once
      return table_json(*object.kind, {pointer},
                        str("{\"resourceVersion\":\"", object.metadata.resource_version, "\"}"),
                        row_object(call.include_object), now) +
             "\n";
    }
  }
  return {};
}

std::string represent_list(const Call& call, const std::vector<ObjectPtr>& objects, const std::string& metadata,
                           Time now) {
  if (call.form != Call::Form::table) return plain_list(call, objects, metadata);
  return table_json(*call.kind, objects, metadata, row_object(call.include_object), now) + "\n";
}

}  // namespace muster::server
