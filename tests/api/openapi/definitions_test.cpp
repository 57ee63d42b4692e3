// Our kinds as CustomResourceDefinitions say what the one description says.
#include "api/openapi/definitions.h"

#include <gtest/gtest.h>

#include <functional>

#include "api/base/text.h"
#include "api/schema/json.h"
#include "api/types/kinds.h"

namespace muster::openapi {
namespace {

class DefinitionsTest : public ::testing::Test {
 protected:
  static Node schema(const CustomResourceDefinition& definition) {
    return std::move(parse_json(definition.spec.versions.at(0).schema.open_api_v3_schema.json)).value();
  }
  const CustomResourceDefinition& of(std::string_view name) const {
    for (const auto& each : all_) {
      if (each.metadata.name == name) return each;
    }
    ADD_FAILURE() << "no " << name;
    return all_.front();
  }
  const std::vector<CustomResourceDefinition> all_ = definitions();
};

TEST_F(DefinitionsTest, there_is_one_for_each_of_our_kinds) {
  std::size_t ours = 0;
  for (const Kind& kind : all_kinds()) {
    if (!is_ours(kind)) continue;
    ++ours;
    const CustomResourceDefinition& definition = of(kind.resource());
    EXPECT_EQ(definition.spec.group, kind.group);
    EXPECT_EQ(definition.spec.names.kind, kind.kind);
    EXPECT_EQ(definition.spec.names.plural, kind.plural);
    EXPECT_EQ(definition.spec.scope, kind.scope == Scope::namespaced ? "Namespaced" : "Cluster");
    EXPECT_EQ(definition.spec.versions.at(0).name, kind.version);
    EXPECT_EQ(!definition.spec.versions.at(0).subresources.status.json.empty(), kind.has_status);
    EXPECT_EQ(definition.spec.versions.at(0).subresources.scale.has_value(), kind.has_scale);
    EXPECT_TRUE(is_true(definition.status.conditions, "Established"));
    EXPECT_TRUE(validate_object(definition).ok());
    EXPECT_LT(encode_object(definition).size(), std::size_t{1} << 20U);
  }
  EXPECT_EQ(all_.size(), ours);
}

TEST_F(DefinitionsTest, schemas_are_whole_and_refer_to_nothing) {
  const std::function<void(const Node&)> look = [&](const Node& node) {
    EXPECT_EQ(node.find("$ref"), nullptr);
    EXPECT_EQ(node.find("allOf"), nullptr);
    for (const Node& item : node.items) look(item);
    for (const auto& [name, member] : node.members) look(member);
  };
  for (const auto& definition : all_) look(schema(definition));
  const Node service = schema(of("services.muster.dev"));
  const Node* spec = service.find("properties")->find("spec");
  ASSERT_NE(spec, nullptr);
  EXPECT_EQ(spec->text_of("type"), "object");
  EXPECT_NE(spec->find("properties")->find("desiredCount"), nullptr);
  EXPECT_FALSE(spec->text_of("description").empty());
}

// Every column names a field that the schema has.
TEST_F(DefinitionsTest, columns_show_fields_that_exist) {
  for (const auto& definition : all_) {
    const Node whole = schema(definition);
    const auto& columns = definition.spec.versions.at(0).additional_printer_columns;
    EXPECT_GE(columns.size(), 2U) << definition.metadata.name;
    for (const PrinterColumn& column : columns) {
      if (column.name == "Age") continue;
      ASSERT_TRUE(column.json_path.starts_with('.')) << column.name;
      const Node* at = &whole;
      for (const std::string_view part : split(std::string_view(column.json_path).substr(1), '.')) {
        const Node* properties = at->find("properties");
        at = properties != nullptr ? properties->find(part) : nullptr;
        ASSERT_NE(at, nullptr) << definition.metadata.name << " " << column.json_path;
      }
    }
  }
}

TEST_F(DefinitionsTest, are_the_same_whenever_they_are_made) {
  const auto again = definitions();
  for (std::size_t i = 0; i < all_.size(); ++i) {
    EXPECT_TRUE(again[i].spec == all_[i].spec);
    EXPECT_TRUE(again[i].status == all_[i].status);
  }
}

}  // namespace
}  // namespace muster::openapi
