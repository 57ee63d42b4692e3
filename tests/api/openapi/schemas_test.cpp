// Every described field is in the schemas, with its documentation, limits, default and merge rules.
#include "api/openapi/schemas.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "api/base/text.h"
#include "api/openapi/shared_schemas.h"
#include "api/schema/json.h"

namespace muster::openapi {
namespace {

const GroupVersion ours{"muster.dev", "v1beta1"};

const Node& at(const Node& node, const std::vector<std::string>& path) {
  const Node* found = &node;
  for (const std::string& name : path) {
    found = found->find(name);
    if (found == nullptr) {
      ADD_FAILURE() << "no " << name << " of " << join(path, ".");
      static const Node nothing;
      return nothing;
    }
  }
  return *found;
}

Node json(std::string_view text) {
  auto node = parse_json(text);
  EXPECT_TRUE(node.ok()) << text;
  return node.ok() ? std::move(node).value() : Node();
}

const Node& property(const Schemas& schemas, const std::string& type, const std::string& name) {
  return at(schemas.at(type), {"properties", name});
}

// The member without its description, as JSON.
std::string rules(Node node) {
  node.erase("description");
  return write_json(node);
}

TEST(Schemas, names_are_those_clients_expect) {
  EXPECT_EQ(schema_name(ours, "Service"), "dev.muster.v1beta1.Service");
  EXPECT_EQ(schema_name(GroupVersion{"", "v1"}, "Namespace"), "io.k8s.api.core.v1.Namespace");
  EXPECT_EQ(schema_name(GroupVersion{"coordination.k8s.io", "v1"}, "Lease"), "io.k8s.api.coordination.v1.Lease");
  EXPECT_EQ(schema_name(GroupVersion{"apps", "v1"}, "Deployment"), "io.k8s.api.apps.v1.Deployment");
  EXPECT_EQ(meta_schema_name("ObjectMeta"), "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta");
}

TEST(Schemas, of_scalars) {
  const Schemas all = schemas_of(ours);
  EXPECT_EQ(rules(property(all, "dev.muster.v1beta1.ServiceSpec", "desiredCount")),
            R"({"type":"integer","format":"int32","minimum":0,"maximum":100000,"default":1})");
  EXPECT_EQ(rules(property(all, "dev.muster.v1beta1.ServiceSpec", "schedulingStrategy")),
            R"({"type":"string","enum":["REPLICA","DAEMON"],"default":"REPLICA"})");
  EXPECT_EQ(rules(property(all, "dev.muster.v1beta1.ServiceSpec", "lostAfter")), R"({"type":"string"})");
  EXPECT_EQ(rules(property(all, "dev.muster.v1beta1.TaskSpec", "stopCode")).find("\"\""), std::string::npos)
      << "the enumerator that stands for unset is no choice";
  EXPECT_EQ(rules(property(all, "dev.muster.v1beta1.ContainerDefinition", "essential")),
            R"({"type":"boolean","default":true})");
  EXPECT_EQ(rules(property(all, meta_schema_name("ObjectMeta"), "resourceVersion")), R"({"type":"string"})");
  EXPECT_EQ(rules(property(all, meta_schema_name("ObjectMeta"), "creationTimestamp")),
            R"({"type":"string","format":"date-time"})");
  EXPECT_EQ(rules(property(all, meta_schema_name("ObjectMeta"), "generation")),
            R"({"type":"integer","format":"int64"})");
  EXPECT_EQ(rules(property(all, meta_schema_name("ManagedFieldsEntry"), "fieldsV1")),
            R"({"x-kubernetes-preserve-unknown-fields":true})");
}

TEST(Schemas, of_lists_and_maps) {
  const Schemas all = schemas_of(ours);
  EXPECT_EQ(rules(property(all, "dev.muster.v1beta1.ContainerDefinition", "portMappings")),
            R"({"type":"array","items":{"$ref":"dev.muster.v1beta1.PortMapping"},"x-kubernetes-list-type":"map",)"
            R"("x-kubernetes-list-map-keys":["containerPort","protocol"]})");
  EXPECT_EQ(rules(property(all, "dev.muster.v1beta1.ContainerDefinition", "command")),
            R"({"type":"array","items":{"type":"string"},"x-kubernetes-list-type":"atomic"})");
  EXPECT_EQ(rules(property(all, meta_schema_name("ObjectMeta"), "finalizers")),
            R"({"type":"array","items":{"type":"string"},"x-kubernetes-list-type":"set"})");
  EXPECT_EQ(rules(property(all, meta_schema_name("ObjectMeta"), "labels")),
            R"({"type":"object","additionalProperties":{"type":"string"},"x-kubernetes-map-type":"granular"})");
}

TEST(Schemas, of_a_kind) {
  const Schemas all = schemas_of(ours);
  const Node& service = all.at("dev.muster.v1beta1.Service");
  EXPECT_TRUE(equal(at(service, {"x-kubernetes-group-version-kind"}),
                    json(R"([{"group":"muster.dev","version":"v1beta1","kind":"Service"}])")));
  EXPECT_TRUE(equal(at(service, {"properties", "metadata", "allOf"}),
                    json(R"([{"$ref":"io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"}])")));
  EXPECT_TRUE(equal(at(service, {"required"}), json(R"(["spec"])")));
  const Node& list = all.at("dev.muster.v1beta1.ServiceList");
  EXPECT_TRUE(equal(at(list, {"properties", "items", "items"}), json(R"({"$ref":"dev.muster.v1beta1.Service"})")));
}

void expect_described(const Schemas& all, const GroupVersion& group_version, const Type& type,
                      std::set<const Type*>& seen) {
  const Type* content = &type;
  while (content->element != nullptr) content = content->element();
  if (content->shape != Shape::object || !seen.insert(content).second) return;
  auto schema = all.find(schema_name(group_version, content->name));
  if (schema == all.end()) schema = all.find(meta_schema_name(content->name));
  ASSERT_NE(schema, all.end()) << content->name;
  EXPECT_EQ(schema->second.text_of("description"), content->doc);
  EXPECT_EQ(at(schema->second, {"properties"}).members.size(), content->fields.size())
      << content->name << ": two structs have one name";
  for (const Field& field : content->fields) {
    const Node& found = at(schema->second, {"properties", std::string(field.name)});
    EXPECT_TRUE(found.text_of("description").starts_with(field.doc)) << content->name << "." << field.name;
    expect_described(all, group_version, *field.type(), seen);
  }
}

TEST(Schemas, hold_every_field_of_every_kind) {
  for (const GroupVersion& group_version : group_versions()) {
    const Schemas all = schemas_of(group_version);
    for (const Kind* kind : kinds_of(group_version)) {
      std::set<const Type*> seen;
      expect_described(all, group_version, *kind->type(), seen);
      EXPECT_GT(seen.size(), 2U);
    }
  }
}

void each_node(const Node& node, const std::function<void(const Node&)>& visit) {
  visit(node);
  for (const Node& item : node.items) each_node(item, visit);
  for (const auto& [name, member] : node.members) each_node(member, visit);
}

TEST(Schemas, every_reference_leads_somewhere) {
  for (const GroupVersion& group_version : group_versions()) {
    const Schemas all = schemas_of(group_version);
    for (const auto& [name, schema] : all) {
      each_node(schema, [&, owner = &name](const Node& node) {
        const Node* reference = node.find("$ref");
        if (reference == nullptr || !reference->is_string()) return;
        EXPECT_TRUE(all.contains(reference->text)) << *owner << ": " << reference->text;
      });
    }
  }
}

// Clients merge such lists by themselves; they refuse a key that an item may lack.
TEST(Schemas, keys_of_lists_are_required_or_have_a_default) {
  for (const GroupVersion& group_version : group_versions()) {
    const Schemas all = schemas_of(group_version);
    for (const auto& [name, schema] : all) {
      each_node(schema, [&, owner = &name](const Node& node) {
        const Node* keys = node.find("x-kubernetes-list-map-keys");
        if (keys == nullptr) return;
        const Node& item = all.at(at(node, {"items", "$ref"}).text);
        for (const Node& key : keys->items) {
          const Node& field = at(item, {"properties", key.text});
          bool required = false;
          if (const Node* names = item.find("required")) {
            for (const Node& each : names->items) required = required || each.text == key.text;
          }
          // Kubernetes' own description of a ServiceAccount is so.
          if (owner->ends_with(".ServiceAccount") && key.text == "name") continue;
          EXPECT_TRUE(required || field.find("default") != nullptr) << *owner << ", key " << key.text;
        }
      });
    }
  }
}

TEST(Schemas, references_are_placed) {
  Node node = json(R"({"a":{"$ref":"x.Y"},"b":[{"$ref":"x.Z"}],"properties":{"$ref":{"type":"string"}}})");
  place_references(node, "#/definitions/");
  EXPECT_EQ(write_json(node), R"({"a":{"$ref":"#/definitions/x.Y"},"b":[{"$ref":"#/definitions/x.Z"}],)"
                              R"("properties":{"$ref":{"type":"string"}}})");
}

}  // namespace
}  // namespace muster::openapi
